// Jinja's filters on single values, and those that dbt adds (as_number, as_native, as_bool,
// as_text).
#include <charconv>
#include <cmath>

#include "tasks/template/interpreter.hpp"
#include "tasks/template/text.hpp"

namespace stepwell::tasks::jinja {
namespace {

using Result_ = Outcome<Value>;

template <std::string (*change)(std::string_view)>
Result_ text_filter(Interpreter&, const Value& input, const Arguments&) {
    return Value(change(input.text()));
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
    const std::string bare = strip(text);
    std::string_view digits = bare;
    if (digits.starts_with('+')) digits.remove_prefix(1);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc{} || end != digits.data() + digits.size() || digits.empty())
        return std::nullopt;
    return number;
}

std::optional<double> parse_real(std::string_view text) {
    const std::string bare = strip(text);
    double number = 0;
    const auto [end, error] = std::from_chars(bare.data(), bare.data() + bare.size(), number);
    if (error != std::errc{} || end != bare.data() + bare.size() || bare.empty())
        return std::nullopt;
    return number;
}

bool fits_integer(double value) {
    return std::abs(value) < 9.2e18;
}

Result_ int_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    const Value* fallback = arguments.get(0, "default");
    if (input.is_integer()) return Value(input.integer());
    std::optional<double> real;
    if (input.is_number()) real = input.number();
    if (const auto* text = input.as_text()) {
        if (const auto whole = parse_integer(*text)) return Value(*whole);
        real = parse_real(*text);
    }
    if (real && fits_integer(*real)) return Value(static_cast<std::int64_t>(*real));
    return fallback != nullptr ? *fallback : Value(0);
}

Result_ float_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    const Value* fallback = arguments.get(0, "default");
    if (input.is_number()) return Value(input.number());
    const auto real = input.as_text() != nullptr ? parse_real(*input.as_text()) : std::nullopt;
    if (real) return Value(*real);
    return fallback != nullptr ? *fallback : Value(0.0);
}

Result_ as_number_filter(Interpreter&, const Value& input, const Arguments&) {
    if (input.is_number()) return input;
    if (const auto whole = parse_integer(input.text())) return Value(*whole);
    if (const auto real = parse_real(input.text())) return Value(*real);
    return template_fail("expected a number, but got " + input.repr());
}

std::optional<bool> parse_bool(const Value& input) {
    if (const auto* flag = input.as<bool>()) return *flag;
    const std::string text = lower(strip(input.text()));
    if (text == "true") return true;
    if (text == "false") return false;
    return std::nullopt;
}

Result_ as_bool_filter(Interpreter&, const Value& input, const Arguments&) {
    if (const auto flag = parse_bool(input)) return Value(*flag);
    return template_fail("expected true or false, but got " + input.repr());
}

Result_ as_native_filter(Interpreter&, const Value& input, const Arguments&) {
    if (input.as_text() == nullptr) return input;
    if (const auto whole = parse_integer(*input.as_text())) return Value(*whole);
    if (const auto real = parse_real(*input.as_text())) return Value(*real);
    if (const auto flag = parse_bool(input)) return Value(*flag);
    if (strip(*input.as_text()) == "None") return Value();
    return input;
}

Result_ round_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    if (!input.is_number())
        return template_fail("round expects a number, but got a '" + input.type_name() + "'");
    const Value* precision = arguments.get(0, "precision");
    const Value* method = arguments.get(1, "method");
    const double factor =
        std::pow(10.0, precision != nullptr && precision->is_number() ? precision->number() : 0.0);
    const double scaled = input.number() * factor;
    const std::string how = method != nullptr ? method->text() : "common";
    if (how == "ceil") return Value(std::ceil(scaled) / factor);
    if (how == "floor") return Value(std::floor(scaled) / factor);
    if (how != "common")
        return template_fail("round's method is 'common', 'ceil' or 'floor', not '" + how + "'");
    return Value(std::nearbyint(scaled) / factor);
}

Result_ abs_filter(Interpreter&, const Value& input, const Arguments&) {
    if (!input.is_number())
        return template_fail("abs expects a number, but got a '" + input.type_name() + "'");
    return input.is_integer() ? Value(std::abs(input.integer())) : Value(std::abs(input.number()));
}

Result_ default_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    const Value* fallback = arguments.get(0, "default_value");
    const Value* also_false = arguments.get(1, "boolean");
    const bool is_missing = input.is_undefined() ||
                            (also_false != nullptr && also_false->is_true() && !input.is_true());
    if (!is_missing) return input;
    return fallback != nullptr ? *fallback : Value("");
}

Result_ replace_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    const Value* from = arguments.get(0, "old");
    const Value* to = arguments.get(1, "new");
    const Value* count = arguments.get(2, "count");
    if (from == nullptr || to == nullptr)
        return template_fail("replace expects what to replace and by what");
    const bool has_count = count != nullptr && count->is_integer();
    return Value(
        replace_all(input.text(), from->text(), to->text(), has_count ? count->integer() : -1));
}

Result_ trim_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    const Value* set = arguments.get(0, "chars");
    return Value(set != nullptr && !set->is_none() ? strip(input.text(), set->text())
                                                   : strip(input.text()));
}

Result_ indent_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    const Value* width = arguments.get(0, "width");
    const Value* first = arguments.get(1, "first");
    const Value* blank = arguments.get(2, "blank");
    const auto count = width != nullptr && width->is_integer()
                           ? std::clamp<std::int64_t>(width->integer(), 0, 1000)
                           : 4;
    const std::string pad = width != nullptr && width->as_text() != nullptr
                                ? *width->as_text()
                                : std::string(static_cast<std::size_t>(count), ' ');
    std::string result;
    bool is_first = true;
    for (const auto& line : split(input.text(), "\n")) {
        const bool pads = is_first ? first != nullptr && first->is_true()
                                   : !line.empty() || (blank != nullptr && blank->is_true());
        result += (is_first ? "" : "\n") + (pads ? pad + line : line);
        is_first = false;
    }
    return Value(std::move(result));
}

Result_ truncate_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    const Value* limit = arguments.get(0, "length");
    const Value* kills_words = arguments.get(1, "killwords");
    const Value* end = arguments.get(2, "end");
    const std::string tail = end != nullptr ? end->text() : "...";
    const auto length = static_cast<std::size_t>(limit != nullptr && limit->is_integer()
                                                     ? std::max<std::int64_t>(limit->integer(), 0)
                                                     : 255);
    const auto all = characters(input.text());
    if (all.size() <= length + 5) return Value(input.text());
    std::string kept;
    for (std::size_t i = 0; i + characters(tail).size() < length; ++i) kept += all[i];
    const auto space = kept.rfind(' ');
    if ((kills_words == nullptr || !kills_words->is_true()) && space != std::string::npos)
        kept.resize(space);
    return Value(kept + tail);
}

Result_ escape_filter(Interpreter&, const Value& input, const Arguments&) {
    std::string text = replace_all(input.text(), "&", "&amp;");
    text = replace_all(replace_all(text, "<", "&lt;"), ">", "&gt;");
    return Value(replace_all(replace_all(text, "'", "&#39;"), "\"", "&#34;"));
}

Result_ tojson_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    const Value* indent = arguments.get(0, "indent");
    const int width = indent != nullptr && indent->is_integer()
                          ? static_cast<int>(std::clamp<std::int64_t>(indent->integer(), 0, 16))
                          : -1;
    const std::string text =
        input.to_json().dump(width, ' ', false, Json::error_handler_t::replace);
    if (width >= 0) return Value(text);
    // As Python's json.dumps writes it: a blank after ',' and ':'.
    std::string spaced;
    bool is_inside = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        spaced += text[i];
        if (text[i] == '"' &&
            !(is_inside && i > 0 && text[i - 1] == '\\' && (i < 2 || text[i - 2] != '\\')))
            is_inside = !is_inside;
        if (!is_inside && (text[i] == ',' || text[i] == ':')) spaced += ' ';
    }
    return Value(std::move(spaced));
}

Result_ format_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    Value values = Value::tuple(arguments.positional);
    if (!arguments.named.empty()) {
        values = Value::dict();
        for (const auto& [name, value] : arguments.named) values.as_dict()->set(name, value);
    }
    return Value(SW_TRY(percent_format(input.text(), values)));
}

Result_ attr_filter(Interpreter& interpreter, const Value& input, const Arguments& arguments) {
    const Value* name = arguments.get(0, "name");
    if (name == nullptr || name->as_text() == nullptr) return template_fail("attr expects a name");
    return interpreter.attribute(input, *name->as_text());
}

}  // namespace

void add_filters(Environment& environment) {
    auto& filters = environment.filters;
    filters["lower"] = text_filter<lower>;
    filters["upper"] = text_filter<upper>;
    filters["capitalize"] = text_filter<capitalize>;
    filters["title"] = text_filter<title>;
    filters["trim"] = trim_filter;
    filters["replace"] = replace_filter;
    filters["int"] = int_filter;
    filters["float"] = float_filter;
    filters["as_number"] = as_number_filter;
    filters["as_bool"] = as_bool_filter;
    filters["as_native"] = as_native_filter;
    filters["round"] = round_filter;
    filters["abs"] = abs_filter;
    filters["default"] = filters["d"] = default_filter;
    filters["indent"] = indent_filter;
    filters["truncate"] = truncate_filter;
    filters["escape"] = filters["e"] = escape_filter;
    filters["tojson"] = tojson_filter;
    filters["format"] = format_filter;
    filters["attr"] = attr_filter;
    const auto as_text = [](Interpreter&, const Value& input, const Arguments&) -> Result_ {
        return Value(input.text());
    };
    filters["string"] = filters["as_text"] = filters["safe"] = as_text;
    filters["wordcount"] = [](Interpreter&, const Value& input, const Arguments&) -> Result_ {
        return Value(split_words(input.text()).size());
    };
}

}  // namespace stepwell::tasks::jinja
