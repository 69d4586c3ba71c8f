// Values as text: Python's str and repr, and as JSON.
#include <charconv>
#include <cmath>

#include "tasks/template/text.hpp"
#include "tasks/template/value.hpp"

namespace stepwell::tasks::jinja {

namespace {

void append_repr(TextBuilder& result, const Value& value, int depth);

void append_reprs(TextBuilder& result, const List& elements, int depth) {
    bool is_first = true;
    for (const auto& element : elements) {
        if (!is_first) result += ", ";
        is_first = false;
        append_repr(result, element, depth);
    }
}

void append_dict(TextBuilder& result, const Dict& dict, int depth) {
    bool is_first = true;
    result += "{";
    for (const auto& [key, value] : dict.entries()) {
        if (!is_first) result += ", ";
        is_first = false;
        append_repr(result, key, depth);
        result += ": ";
        append_repr(result, value, depth);
    }
    result += "}";
}

void append_escape(TextBuilder& result, char32_t c) {
    constexpr char kDigits[] = "0123456789abcdef";
    const bool is_byte = c < 0x100;
    const bool is_short = c < 0x10000;
    result += is_byte ? "\\x" : is_short ? "\\u" : "\\U";
    for (int shift = is_byte ? 4 : is_short ? 12 : 28; shift >= 0; shift -= 4)
        result += kDigits[(c >> static_cast<unsigned>(shift)) & 0xFU];
}

}  // namespace

std::string string_repr(std::string_view text, bool is_ascii) {
    const bool has_single = text.find('\'') != std::string::npos;
    const char quote = has_single && text.find('"') == std::string::npos ? '"' : '\'';
    TextBuilder result;
    result += quote;
    for (const char32_t c : decoded(text)) {
        if (c == '\n')
            result += "\\n";
        else if (c == '\t')
            result += "\\t";
        else if (c == '\r')
            result += "\\r";
        else if (c == '\\' || c == static_cast<char32_t>(quote))
            (result += '\\') += static_cast<char>(c);
        else if (is_printable(c) && (c < 0x80 || !is_ascii))
            result += encoded({&c, 1});
        else
            append_escape(result, c);
    }
    result += quote;
    return result.take();
}

namespace {

/// Cycles print as Python's "..."; so does what is nested deeper than anybody reads.
constexpr int kReprDepthMax = 64;

void append_repr(TextBuilder& result, const Value& value, int depth) {
    if (++depth > kReprDepthMax) {
        result += "...";
        return;
    }
    if (value.is_undefined()) {
        result += "Undefined";
    } else if (value.is_none()) {
        result += "None";
    } else if (const auto* flag = value.as<bool>()) {
        result += *flag ? "True" : "False";
    } else if (const auto* whole = value.as<std::int64_t>()) {
        result += std::to_string(*whole);
    } else if (const auto* real = value.as<double>()) {
        result += float_text(*real);
    } else if (const auto* string = value.as_text()) {
        result += string_repr(*string, false);
    } else if (const auto* list = value.as_list()) {
        result += "[";
        append_reprs(result, *list, depth);
        result += "]";
    } else if (const auto* tuple = value.as_sequence()) {
        result += "(";
        append_reprs(result, *tuple, depth);
        result += tuple->size() == 1 ? ",)" : ")";
    } else if (const auto* dict = value.as_dict()) {
        append_dict(result, *dict, depth);
    } else if (const auto* callable = value.as<std::shared_ptr<Callable>>()) {
        ((result += "<function ") += (*callable)->name) += ">";
    } else {
        result += (*value.as<std::shared_ptr<Object>>())->text();
    }
}

}  // namespace

std::string float_text(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    char buffer[64];
    const auto end =
        std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
    std::string scientific(buffer, end);
    const int exponent = std::stoi(scientific.substr(scientific.find('e') + 1));
    if (exponent < -4 || exponent >= 16) return scientific;
    const auto fixed_end =
        std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr;
    std::string fixed(buffer, fixed_end);
    if (fixed.find('.') == std::string::npos) fixed += ".0";
    return fixed;
}

std::string Value::text() const {
    if (const auto* string = as_text()) return *string;
    if (is_undefined()) return {};
    return repr();
}

std::string Value::repr() const {
    TextBuilder result;
    append_repr(result, *this, 0);
    return result.take();
}

namespace {

/// JSON values that one value may become: a list that is in a list many times is one value.
constexpr int kJsonValuesMax = 1'000'000;

Json json_of(const Value& value, int depth, int& left) {
    if (--left < 0)
        throw LimitExceeded("expected a value of at most " + std::to_string(kJsonValuesMax) +
                            " parts");
    if (++depth > kReprDepthMax) return nullptr;
    if (const auto* flag = value.as<bool>()) return *flag;
    if (const auto* whole = value.as<std::int64_t>()) return *whole;
    if (const auto* real = value.as<double>()) return *real;
    if (const auto* string = value.as_text()) return *string;
    if (const auto* sequence = value.as_sequence()) {
        Json array = Json::array();
        for (const auto& element : *sequence) array.push_back(json_of(element, depth, left));
        return array;
    }
    if (const auto* dict = value.as_dict()) {
        Json object = Json::object();
        for (const auto& [key, part] : dict->entries())
            object[key.text()] = json_of(part, depth, left);
        return object;
    }
    if (const auto* object = value.as<std::shared_ptr<Object>>()) return (*object)->text();
    return nullptr;
}

}  // namespace

Json Value::to_json() const {
    int left = kJsonValuesMax;
    return json_of(*this, 0, left);
}

}  // namespace stepwell::tasks::jinja
