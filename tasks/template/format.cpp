// Python's two ways of formatting: "%s of %d" % (...) and "{} of {}".format(...).
#include <cmath>

#include "tasks/template/format_spec.hpp"
#include "tasks/template/interpreter.hpp"
#include "tasks/template/text.hpp"

namespace stepwell::tasks::jinja {
namespace {

// "%s of %d" % (...)

Outcome<FormatSpec> percent_spec(std::string_view format, std::size_t& at, const auto& next_value) {
    FormatSpec spec;
    bool is_left = false;
    for (;
         at < format.size() && std::string_view("-+ 0#").find(format[at]) != std::string_view::npos;
         ++at) {
        if (format[at] == '-') is_left = true;
        if (format[at] == '+') spec.sign = '+';
        if (format[at] == ' ' && spec.sign != '+') spec.sign = ' ';
        if (format[at] == '0') spec.is_zero_padded = true;
        if (format[at] == '#') spec.is_alternate = true;
    }
    const auto number = [&](int limit) -> Outcome<int> {
        if (at >= format.size() || format[at] != '*') return read_number(format, at, limit);
        ++at;
        const Value given = SW_TRY(next_value());
        if (!given.is_integer()) return template_fail("'*' in a format expects a whole number");
        if (given.integer() > limit || given.integer() < -limit)
            return template_fail("expected a width or precision of at most " +
                                 std::to_string(limit) + " characters in a format");
        return static_cast<int>(given.integer());
    };
    spec.width = SW_TRY(number(kFormatWidthMax));
    if (spec.width < 0) is_left = true, spec.width = -spec.width;
    if (at < format.size() && format[at] == '.') {
        ++at;
        spec.precision = std::max(SW_TRY(number(kFormatPrecisionMax)), 0);
    }
    while (at < format.size() && (format[at] == 'l' || format[at] == 'h' || format[at] == 'L'))
        ++at;
    spec.align = is_left ? '<' : spec.is_zero_padded ? '=' : '>';
    if (is_left) spec.is_zero_padded = false;
    if (at >= format.size())
        return template_fail("incomplete format '" + std::string(format) + "'");
    spec.type = format[at++];
    return spec;
}

Outcome<std::string> percent_whole(const Value& value, const FormatSpec& spec) {
    const bool is_decimal_type = spec.type == 'd' || spec.type == 'i' || spec.type == 'u';
    const bool takes_real = is_decimal_type && value.as<double>() != nullptr;
    if (!value.is_integer() && !takes_real) return wrong_format_type(spec.type, value);
    if (takes_real && !(std::fabs(value.number()) < 9.2e18))
        return template_fail("the number does not fit into 64 bits");
    const std::int64_t whole =
        takes_real ? static_cast<std::int64_t>(value.number()) : value.integer();
    const unsigned base = is_decimal_type ? 10 : spec.type == 'o' ? 8 : 16;
    std::string digits = whole_digits(whole, base, spec.type == 'X');
    if (spec.precision > static_cast<int>(digits.size()))
        digits.insert(0, static_cast<std::size_t>(spec.precision) - digits.size(), '0');
    const std::string prefix =
        spec.is_alternate && base != 10 ? std::string("0") + spec.type : std::string();
    return number_text(whole < 0, prefix, std::move(digits), spec, 3);
}

Outcome<std::string> percent_text(const Value& value, FormatSpec spec) {
    std::u32string text = spec.type == 's'   ? decoded(value.text())
                          : spec.type == 'r' ? decoded(value.repr())
                                             : std::u32string();
    if (spec.type == 'a')
        text = decoded(value.as_text() != nullptr ? string_repr(*value.as_text(), true)
                                                  : value.repr());
    if (spec.type == 'c') {
        if (value.is_integer() && value.integer() >= 0 && value.integer() <= 0x10FFFF)
            text = static_cast<char32_t>(value.integer());
        else if (value.as_text() != nullptr)
            text = decoded(*value.as_text());
        if (text.size() != 1) return template_fail("%c expects one character or its number");
        spec.precision = -1;
    }
    if (spec.precision >= 0 && text.size() > static_cast<std::size_t>(spec.precision))
        text.resize(static_cast<std::size_t>(spec.precision));
    if (spec.align == '=') spec.align = '>';
    return aligned(encoded(text), spec, '>');
}

Outcome<std::string> percent_formatted(const Value& value, const FormatSpec& spec) {
    switch (spec.type) {
        case 's':
        case 'r':
        case 'a':
        case 'c':
            return percent_text(value, spec);
        case 'd':
        case 'i':
        case 'u':
        case 'x':
        case 'X':
        case 'o':
            return percent_whole(value, spec);
        case 'e':
        case 'E':
        case 'f':
        case 'F':
        case 'g':
        case 'G':
            if (!value.is_number()) return wrong_format_type(spec.type, value);
            return real_text(value.number(), spec);
        default:
            return template_fail("unsupported format character '" + std::string(1, spec.type) +
                                 "'");
    }
}

/// One format string and the values for it.
class PercentFormat {
public:
    PercentFormat(const std::string& format, const Value& value) : format_(format), value_(value) {
        is_tuple_ = value.as_sequence() != nullptr && value.as_list() == nullptr;
        values_ = is_tuple_ ? *value.as_sequence() : List{value};
    }

    Outcome<std::string> run() {
        TextBuilder result;
        for (std::size_t at = 0; at < format_.size();) {
            if (format_[at] != '%')
                result += format_[at++];
            else
                result += SW_TRY(conversion(++at));
        }
        // A list or a dict may have more than is asked for.
        const bool is_open =
            value_.as_list() != nullptr || value_.as_dict() != nullptr || value_.is_undefined();
        if (next_ < values_.size() && !uses_names_ && !is_open)
            return template_fail("more values than places in a format");
        return result.take();
    }

private:
    Outcome<std::string> conversion(std::size_t& at) {
        const Value* named = nullptr;
        if (at < format_.size() && format_[at] == '(') {
            std::size_t end = at + 1;
            for (int depth = 1; end < format_.size(); ++end) {
                depth += format_[end] == '(' ? 1 : format_[end] == ')' ? -1 : 0;
                if (depth == 0) break;
            }
            const Dict* dict = value_.as_dict();
            if (end >= format_.size() || dict == nullptr)
                return template_fail("expected a dict for '%(name)s'");
            named = dict->find(Value(format_.substr(at + 1, end - at - 1)));
            if (named == nullptr) return template_fail("the dict has no value for a format");
            at = end + 1;
            uses_names_ = true;
        }
        const FormatSpec spec = SW_TRY(percent_spec(format_, at, [&] { return next(); }));
        if (spec.type == '%') return std::string("%");
        if (named != nullptr) return percent_formatted(*named, spec);
        const Value value = SW_TRY(next());
        return percent_formatted(value, spec);
    }
    Outcome<Value> next() {
        if (next_ < values_.size()) return values_[next_++];
        return template_fail("not enough values for a format");
    }

    const std::string& format_;
    const Value& value_;
    List values_;
    bool is_tuple_ = false;
    bool uses_names_ = false;
    std::size_t next_ = 0;
};

/// "{} of {}".format(...)
class BraceFormat {
public:
    BraceFormat(Interpreter& interpreter, const Arguments& arguments)
        : interpreter_(interpreter), arguments_(arguments) {}

    Outcome<std::string> run(std::string_view format, int depth) {
        TextBuilder result;
        for (std::size_t at = 0; at < format.size(); ++at) {
            const char c = format[at];
            const bool is_doubled = at + 1 < format.size() && format[at + 1] == c;
            if (c != '{' && c != '}') {
                result += c;
            } else if (is_doubled && depth == 0) {
                result += c;
                ++at;
            } else if (c == '}' || depth > 1) {
                return template_fail("single '" + std::string(1, c) + "' in a format");
            } else {
                const std::size_t end = SW_TRY(end_of(format, at));
                result += SW_TRY(field(format.substr(at + 1, end - at - 1), depth));
                at = end;
            }
        }
        return result.take();
    }

private:
    static Outcome<std::size_t> end_of(std::string_view format, std::size_t at) {
        int depth = 0;
        bool is_index = false;
        for (std::size_t i = at; i < format.size(); ++i) {
            if (is_index && format[i] != ']') continue;
            is_index = format[i] == '[';
            if (format[i] == '{') ++depth;
            if (format[i] == '}' && --depth == 0) return i;
        }
        return template_fail("expected '}' before the end of a format");
    }

    /// name!conversion:spec
    Outcome<std::string> field(std::string_view text, int depth) {
        std::size_t end = 0;
        for (bool is_index = false; end < text.size(); ++end) {
            if (!is_index && (text[end] == ':' || text[end] == '!')) break;
            is_index = text[end] == '[' || (is_index && text[end] != ']');
        }
        Value value = SW_TRY(named(text.substr(0, end)));
        std::string_view rest = text.substr(end);
        if (rest.starts_with('!')) {
            const char how = rest.size() > 1 ? rest[1] : '\0';
            if (how == 'r')
                value = Value(value.repr());
            else if (how == 's')
                value = Value(value.text());
            else if (how == 'a')
                value = Value(value.as_text() != nullptr ? string_repr(*value.as_text(), true)
                                                         : value.repr());
            else
                return template_fail("expected !r, !s or !a in a format");
            rest.remove_prefix(2);
            if (!rest.empty() && rest[0] != ':')
                return template_fail("expected ':' behind the conversion of a format");
        }
        if (rest.size() < 2) return value.text();
        const std::string spec = SW_TRY(run(rest.substr(1), depth + 1));
        if (spec.empty()) return value.text();
        return formatted(value, SW_TRY(brace_spec(spec)));
    }

    Outcome<Value> named(std::string_view path) {
        std::size_t at = std::min(path.find_first_of(".["), path.size());
        const std::string first(path.substr(0, at));
        const bool is_position = first.find_first_not_of("0123456789") == std::string::npos;
        std::size_t position = arguments_.positional.size();
        if (first.empty()) {
            if (has_numbers_) return template_fail("a format mixes '{}' and '{0}'");
            has_counted_ = true;
            position = next_++;
        } else if (is_position) {
            if (has_counted_) return template_fail("a format mixes '{}' and '{0}'");
            has_numbers_ = true;
            position = std::stoul(first.substr(0, 6));
        }
        const bool has_name = !first.empty() && !is_position;
        const Value* chosen = has_name ? arguments_.get(arguments_.positional.size(), first)
                              : position < arguments_.positional.size()
                                  ? &arguments_.positional[position]
                                  : nullptr;
        if (chosen == nullptr) return template_fail("a format has no value for '{" + first + "}'");
        Value value = *chosen;
        while (at < path.size()) {
            const bool is_attribute = path[at] == '.';
            if (!is_attribute && path[at] != '[')
                return template_fail("expected '.' or '[' behind ']' in a format");
            const std::size_t end = is_attribute
                                        ? std::min(path.find_first_of(".[", at + 1), path.size())
                                        : path.find(']', at);
            if (end == std::string_view::npos || end == at + 1)
                return template_fail("expected a name or a position in a format");
            const std::string key(path.substr(at + 1, end - at - 1));
            value = SW_TRY(is_attribute ? attribute_of(value, key) : element_of(value, key));
            at = is_attribute ? end : end + 1;
        }
        return value;
    }

    /// Attributes alone, as Python's format: no keys of dicts.
    Outcome<Value> attribute_of(const Value& value, const std::string& name) {
        const bool is_key = value.as_dict() != nullptr && !method_of(value, name);
        Value found = SW_TRY(interpreter_.attribute(value, name));
        if (is_key || found.is_undefined())
            return template_fail("'" + value.type_name() + "' object has no attribute '" + name +
                                 "'");
        return found;
    }
    Outcome<Value> element_of(const Value& value, const std::string& key) {
        const bool is_position = key.find_first_not_of("0123456789") == std::string::npos;
        if (!is_position && value.as_dict() == nullptr)
            return template_fail("'" + value.type_name() + "' has no element '" + key + "'");
        Value found = SW_TRY(interpreter_.item(
            value, is_position ? Value(std::stoll(key.substr(0, 9))) : Value(key)));
        if (found.is_undefined())
            return template_fail("'" + value.type_name() + "' has no element '" + key + "'");
        return found;
    }

    Interpreter& interpreter_;
    const Arguments& arguments_;
    std::size_t next_ = 0;
    bool has_counted_ = false;
    bool has_numbers_ = false;
};

}  // namespace

Outcome<std::string> percent_format(const std::string& format, const Value& value) {
    return PercentFormat(format, value).run();
}

Outcome<std::string> brace_format(Interpreter& interpreter, const std::string& format,
                                  const Arguments& arguments) {
    return BraceFormat(interpreter, arguments).run(format, 0);
}

}  // namespace stepwell::tasks::jinja
