// The methods of str that templates may call.
#include <algorithm>

#include "tasks/template/methods.hpp"
#include "tasks/template/text.hpp"

namespace stepwell::tasks::jinja {
namespace {

Value text_list(std::vector<std::string> parts) {
    List elements;
    for (auto& part : parts) elements.push_back(Value(std::move(part)));
    return Value::list(std::move(elements));
}

/// What Python's `text[start:end]` is, and where it begins.
struct Part {
    std::u32string text;
    std::int64_t begin = 0;
    bool is_none = false;  // begins behind the end: nothing is found there, not even ""
};

Outcome<Part> part_of(const Value& self, const Arguments& arguments) {
    std::u32string text = decoded(*self.as_text());
    const auto length = static_cast<std::int64_t>(text.size());
    auto begin = SW_TRY(integer_argument(arguments, 1, "start", 0));
    auto end = SW_TRY(integer_argument(arguments, 2, "end", length));
    if (begin < 0) begin = std::max<std::int64_t>(begin + length, 0);
    if (end < 0) end = std::max<std::int64_t>(end + length, 0);
    end = std::min(end, length);
    if (begin > end) return Part{{}, begin, true};
    return Part{text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)),
                begin, false};
}

template <Side side>
Outcome<Value> strip_method(Interpreter&, const Value& self, const Arguments& arguments) {
    const Value* set = arguments.get(0, "chars");
    if (set == nullptr || set->is_none()) return Value(strip(*self.as_text(), std::nullopt, side));
    return Value(strip(*self.as_text(), SW_TRY(text_argument(arguments, 0, "chars")), side));
}

template <bool at_end>
Outcome<Value> affix_method(Interpreter&, const Value& self, const Arguments& arguments) {
    const Part part = SW_TRY(part_of(self, arguments));
    const Value& given = arguments.positional[0];
    const bool is_tuple = given.as_sequence() != nullptr && given.as_list() == nullptr;
    const List candidates = is_tuple ? *given.as_sequence()
                                     : List{Value(SW_TRY(text_argument(arguments, 0, "prefix")))};
    for (const auto& candidate : candidates) {
        if (candidate.as_text() == nullptr)
            return template_fail("expected strings, but got a '" + candidate.type_name() + "'");
        const std::u32string affix = decoded(*candidate.as_text());
        if (part.is_none) continue;
        if (at_end ? part.text.ends_with(affix) : part.text.starts_with(affix)) return Value(true);
    }
    return Value(false);
}

template <bool at_end>
Outcome<Value> remove_affix(Interpreter&, const Value& self, const Arguments& arguments) {
    const std::string affix = SW_TRY(text_argument(arguments, 0, "prefix"));
    std::string_view text = *self.as_text();
    if (at_end && !affix.empty() && text.ends_with(affix)) text.remove_suffix(affix.size());
    if (!at_end && text.starts_with(affix)) text.remove_prefix(affix.size());
    return Value(text);
}

template <bool (*is_member)(char32_t)>
Outcome<Value> all_characters(Interpreter&, const Value& self, const Arguments&) {
    const std::u32string text = decoded(*self.as_text());
    return Value(!text.empty() && std::all_of(text.begin(), text.end(), is_member));
}

bool is_ascii_character(char32_t c) {
    return c < 0x80;
}

template <bool (*is_member)(char32_t)>
Outcome<Value> all_or_empty(Interpreter&, const Value& self, const Arguments&) {
    const std::u32string text = decoded(*self.as_text());
    return Value(std::all_of(text.begin(), text.end(), is_member));
}

/// Capitals only after what has no case, small letters only after what has one.
Outcome<Value> istitle_method(Interpreter&, const Value& self, const Arguments&) {
    bool is_inside = false;
    bool has_cased = false;
    for (const char32_t c : decoded(*self.as_text())) {
        const bool is_capital = is_upper(c) || is_title(c);
        if ((is_capital && is_inside) || (is_lower(c) && !is_inside)) return Value(false);
        is_inside = is_capital || is_lower(c);
        has_cased = has_cased || is_inside;
    }
    return Value(has_cased);
}

Outcome<Value> isidentifier_method(Interpreter&, const Value& self, const Arguments&) {
    const std::u32string text = decoded(*self.as_text());
    const auto goes_on = [](char32_t c) { return c == '_' || is_alpha(c) || is_decimal(c); };
    return Value(!text.empty() && !is_decimal(text[0]) &&
                 std::all_of(text.begin(), text.end(), goes_on));
}

template <bool from_end>
Outcome<Value> split_method(Interpreter&, const Value& self, const Arguments& arguments) {
    const Value* separator = arguments.get(0, "sep");
    const auto limit = SW_TRY(integer_argument(arguments, 1, "maxsplit", -1));
    const std::string& text = *self.as_text();
    if (separator == nullptr || separator->is_none())
        return text_list(from_end && limit >= 0 ? rsplit_words(text, limit)
                                                : split_words(text, limit));
    const std::string by = SW_TRY(text_argument(arguments, 0, "sep"));
    if (by.empty()) return template_fail("expected a separator, but got an empty string");
    return text_list(from_end ? rsplit(text, by, limit) : split(text, by, limit));
}

template <bool from_end>
Outcome<Value> partition_method(Interpreter&, const Value& self, const Arguments& arguments) {
    const std::string by = SW_TRY(text_argument(arguments, 0, "sep"));
    if (by.empty()) return template_fail("expected a separator, but got an empty string");
    const std::string& text = *self.as_text();
    const auto at = from_end ? text.rfind(by) : text.find(by);
    if (at == std::string::npos) {
        return from_end ? Value::tuple({Value(""), Value(""), self})
                        : Value::tuple({self, Value(""), Value("")});
    }
    return Value::tuple({Value(text.substr(0, at)), Value(by), Value(text.substr(at + by.size()))});
}

Outcome<Value> join_method(Interpreter&, const Value& self, const Arguments& arguments) {
    TextBuilder result;
    bool is_first = true;
    for (const auto& part : SW_TRY(elements_of(arguments.positional[0]))) {
        if (part.as_text() == nullptr)
            return template_fail("expected strings to join, but got a '" + part.type_name() + "'");
        if (!is_first) result += *self.as_text();
        result += *part.as_text();
        is_first = false;
    }
    return Value(result.take());
}

template <bool from_end, bool must_be_there>
Outcome<Value> find_method(Interpreter&, const Value& self, const Arguments& arguments) {
    const std::u32string wanted = decoded(SW_TRY(text_argument(arguments, 0, "sub")));
    const Part part = SW_TRY(part_of(self, arguments));
    const auto at = part.is_none ? std::u32string::npos
                    : from_end   ? part.text.rfind(wanted)
                                 : part.text.find(wanted);
    if (at != std::u32string::npos) return Value(static_cast<std::int64_t>(at) + part.begin);
    if (must_be_there) return template_fail("the text to look for is not there");
    return Value(-1);
}

Outcome<Value> count_method(Interpreter&, const Value& self, const Arguments& arguments) {
    const std::string wanted = SW_TRY(text_argument(arguments, 0, "sub"));
    const Part part = SW_TRY(part_of(self, arguments));
    return Value(part.is_none ? 0 : count_of(encoded(part.text), wanted));
}

Outcome<Value> replace_method(Interpreter&, const Value& self, const Arguments& arguments) {
    const std::string from = SW_TRY(text_argument(arguments, 0, "old"));
    const std::string to = SW_TRY(text_argument(arguments, 1, "new"));
    const auto count = SW_TRY(integer_argument(arguments, 2, "count", -1));
    check_replaced(*self.as_text(), from, to);
    return Value(replace_all(*self.as_text(), from, to, count));
}

template <bool at_left, bool at_right>
Outcome<Value> pad_method(Interpreter&, const Value& self, const Arguments& arguments) {
    const auto width = SW_TRY(integer_argument(arguments, 0, "width", 0));
    const Value* fill = arguments.get(1, "fillchar");
    const std::u32string character =
        fill != nullptr ? decoded(SW_TRY(text_argument(arguments, 1, "fillchar"))) : U" ";
    if (character.size() != 1) return template_fail("expected one character to fill with");
    TextBuilder().reserve(static_cast<std::size_t>(std::max<std::int64_t>(width, 0)));
    return Value(padded(*self.as_text(), static_cast<std::size_t>(std::max<std::int64_t>(width, 0)),
                        character[0], at_left, at_right));
}

Outcome<Value> zfill_method(Interpreter&, const Value& self, const Arguments& arguments) {
    const auto width = SW_TRY(integer_argument(arguments, 0, "width", 0));
    std::string text = *self.as_text();
    const auto missing =
        std::max<std::int64_t>(width - static_cast<std::int64_t>(width_of(text)), 0);
    TextBuilder().reserve(static_cast<std::size_t>(missing));
    const bool is_signed = !text.empty() && (text[0] == '-' || text[0] == '+');
    return Value(text.insert(is_signed ? 1 : 0, static_cast<std::size_t>(missing), '0'));
}

Outcome<Value> expandtabs_method(Interpreter&, const Value& self, const Arguments& arguments) {
    const auto size = SW_TRY(integer_argument(arguments, 0, "tabsize", 8));
    const auto tabs = static_cast<std::int64_t>(count_of(*self.as_text(), "\t"));
    if (size > 0 && tabs > 0)
        TextBuilder().reserve(static_cast<std::size_t>(
            size > static_cast<std::int64_t>(Meter::current().text_max()) ? size : size * tabs));
    return Value(expand_tabs(*self.as_text(), static_cast<long>(size)));
}

Outcome<Value> splitlines_method(Interpreter&, const Value& self, const Arguments& arguments) {
    const Value* keeps = arguments.get(0, "keepends");
    return text_list(split_lines(*self.as_text(), keeps != nullptr && keeps->is_true()));
}

template <std::string (*change)(std::string_view)>
Outcome<Value> change_method(Interpreter&, const Value& self, const Arguments&) {
    return Value(change(*self.as_text()));
}

template <bool (*is_wanted)(char32_t), bool (*is_not)(char32_t)>
Outcome<Value> case_method(Interpreter&, const Value& self, const Arguments&) {
    return Value(has_only_case(*self.as_text(), is_wanted, is_not));
}

}  // namespace

bool has_only_case(std::string_view text, bool (*is_wanted)(char32_t), bool (*is_not)(char32_t)) {
    bool has_any = false;
    for (const char32_t c : decoded(text)) {
        if (is_not(c) || is_title(c)) return false;
        has_any = has_any || is_wanted(c);
    }
    return has_any;
}

void check_replaced(std::string_view text, std::string_view from, std::string_view to) {
    if (to.size() <= from.size()) return;
    const std::size_t places = count_of(text, from);
    const std::size_t most = Meter::current().text_max();
    TextBuilder().reserve(places <= most / to.size() ? text.size() + places * to.size() : most + 1);
}

const Methods& text_methods() {
    static const Methods methods = method_table({
        {"lower()", change_method<lower>},
        {"upper()", change_method<upper>},
        {"title()", change_method<title>},
        {"capitalize()", change_method<capitalize>},
        {"swapcase()", change_method<swapcase>},
        {"casefold()", change_method<casefold>},
        {"strip(/chars=)", strip_method<Side::both>},
        {"lstrip(/chars=)", strip_method<Side::left>},
        {"rstrip(/chars=)", strip_method<Side::right>},
        {"split(sep=, maxsplit=)", split_method<false>},
        {"rsplit(sep=, maxsplit=)", split_method<true>},
        {"splitlines(keepends=)", splitlines_method},
        {"partition(/sep)", partition_method<false>},
        {"rpartition(/sep)", partition_method<true>},
        {"join(/iterable)", join_method},
        {"replace(/old, new, count=)", replace_method},
        {"startswith(/prefix, start=, end=)", affix_method<false>},
        {"endswith(/suffix, start=, end=)", affix_method<true>},
        {"removeprefix(/prefix)", remove_affix<false>},
        {"removesuffix(/suffix)", remove_affix<true>},
        {"find(/sub, start=, end=)", find_method<false, false>},
        {"rfind(/sub, start=, end=)", find_method<true, false>},
        {"index(/sub, start=, end=)", find_method<false, true>},
        {"rindex(/sub, start=, end=)", find_method<true, true>},
        {"count(/sub, start=, end=)", count_method},
        {"isdigit()", all_characters<is_digit_like>},
        {"isdecimal()", all_characters<is_decimal>},
        {"isnumeric()", all_characters<is_numeric>},
        {"isalpha()", all_characters<is_alpha>},
        {"isalnum()", all_characters<is_alnum>},
        {"isspace()", all_characters<is_space>},
        {"isascii()", all_or_empty<is_ascii_character>},
        {"isprintable()", all_or_empty<is_printable>},
        {"islower()", case_method<is_lower, is_upper>},
        {"isupper()", case_method<is_upper, is_lower>},
        {"istitle()", istitle_method},
        {"isidentifier()", isidentifier_method},
        {"center(/width, fillchar=)", pad_method<true, true>},
        {"ljust(/width, fillchar=)", pad_method<false, true>},
        {"rjust(/width, fillchar=)", pad_method<true, false>},
        {"zfill(/width)", zfill_method},
        {"expandtabs(tabsize=)", expandtabs_method},
        {"format(*, **)",
         [](Interpreter& i, const Value& s, const Arguments& a) -> Outcome<Value> {
             return Value(SW_TRY(brace_format(i, *s.as_text(), a)));
         }},
    });
    return methods;
}

}  // namespace stepwell::tasks::jinja
