// Jinja's filters on texts.
#include <algorithm>

#include "tasks/template/filters.hpp"
#include "tasks/template/methods.hpp"
#include "tasks/template/text.hpp"

namespace stepwell::tasks::jinja {
namespace {

using TextResult = Outcome<Value>;

template <std::string (*change)(std::string_view)>
TextResult text_filter(Interpreter&, const Value& input, const Arguments&) {
    return Value(change(input.text()));
}

/// Unlike str.title(), words begin behind blanks, hyphens and opening brackets only.
TextResult title_filter(Interpreter&, const Value& input, const Arguments&) {
    const auto begins = [](char32_t c) {
        return is_space(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<';
    };
    std::u32string word;
    std::string result;
    const auto end_word = [&] {
        if (word.empty()) return;
        append_changed(result, word[0], CaseChange::upper);
        result += lower(encoded(std::u32string_view(word).substr(1)));
        word.clear();
    };
    for (const char32_t c : decoded(input.text())) {
        if (!begins(c)) {
            word += c;
            continue;
        }
        end_word();
        append_character(result, c);
    }
    end_word();
    return Value(std::move(result));
}

TextResult replace_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    const std::string text = input.text();
    const std::string from = arguments.get(0, "old")->text();
    const std::string to = arguments.get(1, "new")->text();
    const auto count = SW_TRY(integer_argument(arguments, 2, "count", -1));
    check_replaced(text, from, to);
    return Value(replace_all(text, from, to, count));
}

TextResult trim_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    const Value* set = arguments.get(0, "chars");
    if (set == nullptr || set->is_none()) return Value(strip(input.text()));
    return Value(strip(input.text(), SW_TRY(text_argument(arguments, 0, "chars"))));
}

Outcome<void> check_text(const Value& input, const std::string& filter) {
    SW_TRY(check_defined(input));
    if (input.as_text() != nullptr) return {};
    return template_fail(filter + " expects a string, but got a '" + input.type_name() + "'");
}

TextResult indent_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    SW_TRY(check_text(input, "indent"));
    const Value* width = arguments.get(0, "width");
    const auto given = width != nullptr && width->as_text() != nullptr
                           ? 0
                           : SW_TRY(integer_argument(arguments, 0, "width", 4));
    const auto count = static_cast<std::size_t>(std::clamp<std::int64_t>(given, 0, 10'000));
    const std::string pad = width != nullptr && width->as_text() != nullptr
                                ? *width->as_text()
                                : std::string(count, ' ');
    const bool pads_blank = flag(arguments, 2, "blank");
    TextBuilder result;
    bool is_first = true;
    for (const auto& line : split_lines(input.text() + "\n")) {
        const bool pads = is_first ? flag(arguments, 1, "first") : !line.empty() || pads_blank;
        if (!is_first) result += '\n';
        if (pads) result += pad;
        result += line;
        is_first = false;
    }
    return Value(result.take());
}

TextResult truncate_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    const auto length = SW_TRY(integer_argument(arguments, 0, "length", 255));
    const auto leeway = SW_TRY(integer_argument(arguments, 3, "leeway", 5));
    const Value* end = arguments.get(2, "end");
    const std::string tail = end != nullptr ? end->text() : "...";
    const auto tail_width = static_cast<std::int64_t>(width_of(tail));
    if (length < tail_width || leeway < 0)
        return template_fail("truncate expects a length that its end fits into");
    // What is short enough stays what it is, also a list.
    if (SW_TRY(length_of(input)) <= length + leeway) return input;
    if (input.as_text() == nullptr)
        return template_fail("truncate expects a string, but got a '" + input.type_name() + "'");
    const std::u32string all = decoded(*input.as_text());
    std::string kept = encoded(all.substr(0, static_cast<std::size_t>(length - tail_width)));
    const auto space = kept.rfind(' ');
    if (!flag(arguments, 1, "killwords") && space != std::string::npos) kept.resize(space);
    return Value(kept + tail);
}

std::string escaped(std::string_view text) {
    TextBuilder result;
    for (const char c : text) {
        if (c == '&')
            result += "&amp;";
        else if (c == '<')
            result += "&lt;";
        else if (c == '>')
            result += "&gt;";
        else if (c == '\'')
            result += "&#39;";
        else if (c == '"')
            result += "&#34;";
        else
            result += c;
    }
    return result.take();
}

TextResult escape_filter(Interpreter&, const Value& input, const Arguments&) {
    return Value(escaped(input.text()));
}

/// The character that an entity stands for ("&amp;"); nothing where it is not known.
std::optional<std::string> entity(std::string_view name) {
    static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
        {"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}, {"nbsp", "\u00a0"}};
    for (const auto& [known, text] : kNames) {
        if (name == known) return std::string(text);
    }
    if (!name.starts_with('#') || name.size() > 9) return std::nullopt;
    const bool is_hex = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
    const std::string digits(name.substr(is_hex ? 2 : 1));
    char* end = nullptr;
    const long code = std::strtol(digits.c_str(), &end, is_hex ? 16 : 10);
    if (digits.empty() || *end != '\0' || code <= 0 || code > 0x10FFFF) return std::nullopt;
    const auto character = static_cast<char32_t>(code);
    return encoded({&character, 1});
}

std::string unescaped(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = text[at] == '&' ? text.find(';', at) : std::string_view::npos;
        const auto found = end == std::string_view::npos
                               ? std::nullopt
                               : entity(text.substr(at + 1, end - at - 1));
        result += found ? *found : std::string(1, text[at]);
        at = found ? end + 1 : at + 1;
    }
    return result;
}

/// Without what stands between `begin` and `end`, again and again.
std::string without(const std::string& text, std::string_view begin, std::string_view end) {
    std::string result;
    std::size_t at = 0;
    for (auto found = text.find(begin); found != std::string::npos; found = text.find(begin, at)) {
        const auto last = text.find(end, found);
        if (last == std::string::npos) break;
        result += text.substr(at, found - at);
        at = last + end.size();
    }
    return result + text.substr(at);
}

TextResult striptags_filter(Interpreter&, const Value& input, const Arguments&) {
    const std::string bare = without(without(input.text(), "<!--", "-->"), "<", ">");
    std::string result;
    for (const auto& word : split_words(bare)) result += (result.empty() ? "" : " ") + word;
    return Value(unescaped(result));
}

std::string quoted_url(const Value& value, bool is_query) {
    static constexpr std::string_view kPlain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~";
    constexpr char kDigits[] = "0123456789ABCDEF";
    TextBuilder result;
    for (const char c : value.text()) {
        const auto byte = static_cast<unsigned char>(c);
        if (kPlain.find(c) != std::string_view::npos || (c == '/' && !is_query))
            result += c;
        else if (c == ' ' && is_query)
            result += '+';
        else
            ((result += '%') += kDigits[byte >> 4U]) += kDigits[byte & 0xFU];
    }
    return result.take();
}

TextResult urlencode_filter(Interpreter&, const Value& input, const Arguments&) {
    if (input.as_text() != nullptr || !elements_of(input)) return Value(quoted_url(input, false));
    Value pairs = input;
    if (const Dict* dict = input.as_dict()) {
        List all;
        for (const auto& [key, value] : dict->entries()) all.push_back(Value::tuple({key, value}));
        pairs = Value::list(std::move(all));
    }
    TextBuilder result;
    for (const auto& pair : SW_TRY(elements_of(pairs))) {
        const List parts = SW_TRY(elements_of(pair));
        if (parts.size() != 2) return template_fail("urlencode expects a text, a dict or pairs");
        if (!result.text().empty()) result += '&';
        ((result += quoted_url(parts[0], true)) += '=') += quoted_url(parts[1], true);
    }
    return Value(result.take());
}

TextResult xmlattr_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    const Dict* dict = input.as_dict();
    if (dict == nullptr)
        return template_fail("xmlattr expects a dict, but got a '" + input.type_name() + "'");
    TextBuilder result;
    for (const auto& [key, value] : dict->entries()) {
        if (value.is_none() || value.is_undefined()) continue;
        if (key.as_text() == nullptr ||
            key.as_text()->find_first_of(" \t\n\r\f\v/>=") != std::string::npos)
            return template_fail("xmlattr expects names of attributes as keys");
        if (!result.text().empty()) result += ' ';
        (((result += escaped(*key.as_text())) += "=\"") += escaped(value.text())) += '"';
    }
    const Value* spaces = arguments.get(0, "autospace");
    const bool begins_with_space = spaces == nullptr || spaces->is_true();
    return Value((begins_with_space && !result.text().empty() ? " " : "") + result.text());
}

TextResult wordwrap_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    SW_TRY(check_text(input, "wordwrap"));
    const auto width = SW_TRY(integer_argument(arguments, 0, "width", 79));
    const Value* breaks_words = arguments.get(1, "break_long_words");
    const Value* between = arguments.get(2, "wrapstring");
    const Value* breaks_hyphens = arguments.get(3, "break_on_hyphens");
    const auto is_on = [](const Value* given) { return given == nullptr || given->is_true(); };
    const std::string separator =
        between != nullptr && !between->is_none() ? between->text() : "\n";
    TextBuilder result;
    bool is_first = true;
    for (const auto& line : split_lines(input.text())) {
        if (width <= 0) return template_fail("wordwrap expects a width above 0");
        auto parts = wrapped(line, static_cast<std::size_t>(width), is_on(breaks_words),
                             is_on(breaks_hyphens));
        if (parts.empty()) parts.emplace_back();
        for (const auto& part : parts) {
            if (!is_first) result += separator;
            result += part;
            is_first = false;
        }
    }
    return Value(result.take());
}

TextResult center_filter(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
    Arguments width;
    width.positional.push_back(Value(SW_TRY(integer_argument(arguments, 0, "width", 80))));
    return interpreter.call(*method_of(Value(input.text()), "center"), width);
}

TextResult format_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    if (!arguments.named.empty() && !arguments.positional.empty())
        return template_fail("format expects values by position or by name, not both");
    Value values = Value::tuple(arguments.positional);
    if (!arguments.named.empty()) {
        values = Value::dict();
        for (const auto& [name, value] : arguments.named) values.as_dict()->set(name, value);
    }
    return Value(SW_TRY(percent_format(input.text(), values)));
}

TextResult wordcount_filter(Interpreter&, const Value& input, const Arguments&) {
    std::int64_t count = 0;
    bool is_inside = false;
    for (const char32_t c : decoded(input.text())) {
        const bool is_part = is_alnum(c) || c == '_';
        if (is_part && !is_inside) ++count;
        is_inside = is_part;
    }
    return Value(count);
}

}  // namespace

void add_text_filters(Environment& environment) {
    add_filter(environment, "lower()", text_filter<lower>);
    add_filter(environment, "upper()", text_filter<upper>);
    add_filter(environment, "capitalize()", text_filter<capitalize>);
    add_filter(environment, "title()", title_filter);
    add_filter(environment, "trim(chars=)", trim_filter);
    add_filter(environment, "replace(old, new, count=)", replace_filter);
    add_filter(environment, "indent(width=, first=, blank=)", indent_filter);
    add_filter(environment, "truncate(length=, killwords=, end=, leeway=)", truncate_filter);
    for (const char* name : {"escape()", "e()", "forceescape()"})
        add_filter(environment, name, escape_filter);
    add_filter(environment, "striptags()", striptags_filter);
    add_filter(environment, "urlencode()", urlencode_filter);
    add_filter(environment, "xmlattr(autospace=)", xmlattr_filter);
    add_filter(environment, "wordwrap(width=, break_long_words=, wrapstring=, break_on_hyphens=)",
               wordwrap_filter);
    add_filter(environment, "center(width=)", center_filter);
    add_filter(environment, "format(*, **)", format_filter);
    add_filter(environment, "wordcount()", wordcount_filter);
}

}  // namespace stepwell::tasks::jinja
