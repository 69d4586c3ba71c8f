// Values as text for others: tojson and pprint.
#include <algorithm>
#include <cmath>

#include "tasks/template/filters.hpp"
#include "tasks/template/text.hpp"

namespace stepwell::tasks::jinja {
namespace {

constexpr int kPrintedDepthMax = 64;

class JsonWriter {
public:
    JsonWriter(int indent, bool sorts_keys, bool is_for_html)
        : indent_(indent), sorts_keys_(sorts_keys), is_for_html_(is_for_html) {}

    Outcome<void> write(const Value& value, int depth) {
        if (depth > kPrintedDepthMax)
            return template_fail("expected a value of at most " + std::to_string(kPrintedDepthMax) +
                                 " levels for tojson");
        if (const auto* string = value.as_text()) return quoted(*string), Outcome<void>{};
        if (const List* list = value.as_sequence()) return array(*list, depth);
        if (const Dict* dict = value.as_dict()) return object(*dict, depth);
        result_ += SW_TRY(scalar(value));
        return {};
    }
    std::string take() { return result_.take(); }

private:
    static Outcome<std::string> scalar(const Value& value) {
        if (value.is_none()) return std::string("null");
        if (const auto* given = value.as<bool>()) return std::string(*given ? "true" : "false");
        if (const auto* real = value.as<double>()) {
            if (std::isnan(*real)) return std::string("NaN");
            if (std::isinf(*real)) return std::string(*real > 0 ? "Infinity" : "-Infinity");
        }
        if (value.is_number()) return value.text();
        if (const auto* undefined = value.as<Undefined>())
            return template_fail("tojson expects a value, but " + *undefined->hint);
        return template_fail("tojson expects what JSON has, but got a '" + value.type_name() + "'");
    }

    void code_unit(unsigned unit) {
        constexpr char kDigits[] = "0123456789abcdef";
        result_ += "\\u";
        for (unsigned shift = 16; shift > 0; shift -= 4)
            result_ += kDigits[(unit >> (shift - 4)) & 0xFU];
    }

    void character(char32_t c) {
        constexpr std::string_view kEscaped = "\"\\\b\f\n\r\t";
        constexpr std::string_view kLetters = "\"\\bfnrt";
        const bool is_ascii = c < 0x80;
        const auto escape = is_ascii ? kEscaped.find(static_cast<char>(c)) : std::string_view::npos;
        const bool is_markup = c == '<' || c == '>' || c == '&' || c == '\'';
        if (escape != std::string_view::npos && c != 0) {
            (result_ += '\\') += kLetters[escape];
        } else if (c >= 0x10000) {
            code_unit(0xD800U + ((c - 0x10000U) >> 10U));
            code_unit(0xDC00U + ((c - 0x10000U) & 0x3FFU));
        } else if (c < 32 || !is_ascii || c == 127 || (is_for_html_ && is_markup)) {
            if (c == 127)
                result_ += static_cast<char>(c);
            else
                code_unit(c);
        } else {
            result_ += static_cast<char>(c);
        }
    }

    void quoted(std::string_view text) {
        result_ += '"';
        for (const char32_t c : decoded(text)) character(c);
        result_ += '"';
    }

    void new_line(int depth) {
        if (indent_ < 0) return;
        result_ += '\n';
        result_ += std::string(static_cast<std::size_t>(indent_ * depth), ' ');
    }

    Outcome<void> array(const List& list, int depth) {
        result_ += '[';
        bool is_first = true;
        for (const auto& element : list) {
            if (!is_first) result_ += indent_ < 0 ? ", " : ",";
            is_first = false;
            new_line(depth + 1);
            SW_TRY(write(element, depth + 1));
        }
        if (!list.empty()) new_line(depth);
        result_ += ']';
        return {};
    }

    Outcome<void> object(const Dict& dict, int depth) {
        Dict::Entries entries = dict.entries();
        if (sorts_keys_) {
            std::optional<Signal> fault;
            std::stable_sort(entries.begin(), entries.end(), [&](const auto& a, const auto& b) {
                auto order = compare(a.first, b.first);
                if (!order && !fault) fault = order.error();
                return order && *order < 0;
            });
            if (fault) return fail(*std::move(fault));
        }
        result_ += '{';
        bool is_first = true;
        for (const auto& [key, value] : entries) {
            if (!is_first) result_ += indent_ < 0 ? ", " : ",";
            is_first = false;
            new_line(depth + 1);
            quoted(key.as_text() != nullptr ? *key.as_text() : SW_TRY(scalar(key)));
            result_ += ": ";
            SW_TRY(write(value, depth + 1));
        }
        if (!entries.empty()) new_line(depth);
        result_ += '}';
        return {};
    }

    int indent_;
    bool sorts_keys_;
    bool is_for_html_;
    TextBuilder result_;
};

/// As Python's pprint, but texts are not cut: one line where it fits into 80 characters, else a
/// line for each part. Keys are sorted where they can be.
class PrettyPrinter {
public:
    std::string printed(const Value& value, std::size_t indent, std::size_t after, int depth) {
        std::string line = in_one_line(value, depth);
        const bool fits = indent + width_of(line) + after <= kWidth;
        if (fits || depth > kPrintedDepthMax) return line;
        const List* list = value.as_sequence();
        const Dict* dict = value.as_dict();
        if (list == nullptr && dict == nullptr) return line;
        TextBuilder result;
        const bool is_tuple = dict == nullptr && value.as_list() == nullptr;
        result += dict != nullptr ? '{' : is_tuple ? '(' : '[';
        const std::string margin = ",\n" + std::string(indent + 1, ' ');
        const auto entries = dict != nullptr ? sorted(*dict) : Dict::Entries();
        const std::size_t count = dict != nullptr ? entries.size() : list->size();
        for (std::size_t i = 0; i < count; ++i) {
            if (i > 0) result += margin;
            const std::size_t left = i + 1 == count ? after + 1 : 1;
            std::size_t column = indent + 1;
            if (dict != nullptr) {
                const std::string key = entries[i].first.repr() + ": ";
                result += key;
                column += width_of(key);
            }
            result +=
                printed(dict != nullptr ? entries[i].second : (*list)[i], column, left, depth + 1);
        }
        if (is_tuple && count == 1) result += ',';
        result += dict != nullptr ? '}' : is_tuple ? ')' : ']';
        return result.take();
    }

private:
    static constexpr std::size_t kWidth = 80;

    static Dict::Entries sorted(const Dict& dict) {
        Dict::Entries entries = dict.entries();
        std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
            const auto order = compare(a.first, b.first);
            if (order) return *order < 0;
            return a.first.type_name() < b.first.type_name();
        });
        return entries;
    }

    static std::string in_one_line(const Value& value, int depth) {
        const Dict* dict = value.as_dict();
        const List* list = value.as_sequence();
        if ((dict == nullptr && list == nullptr) || depth > kPrintedDepthMax) return value.repr();
        const bool is_tuple = dict == nullptr && value.as_list() == nullptr;
        TextBuilder result;
        result += dict != nullptr ? '{' : is_tuple ? '(' : '[';
        bool is_first = true;
        const auto separate = [&] {
            if (!is_first) result += ", ";
            is_first = false;
        };
        if (dict != nullptr) {
            for (const auto& [key, part] : sorted(*dict)) {
                separate();
                ((result += key.repr()) += ": ") += in_one_line(part, depth + 1);
            }
        } else {
            for (const auto& part : *list) {
                separate();
                result += in_one_line(part, depth + 1);
            }
        }
        if (is_tuple && list->size() == 1) result += ',';
        result += dict != nullptr ? '}' : is_tuple ? ')' : ']';
        return result.take();
    }
};

}  // namespace

Outcome<std::string> json_text(const Value& value, int indent, bool sorts_keys, bool is_for_html) {
    JsonWriter writer(indent, sorts_keys, is_for_html);
    SW_TRY(writer.write(value, 0));
    return writer.take();
}

Outcome<Value> tojson_filter(Interpreter&, const Value& input, const Arguments& arguments) {
    const Value* indent = arguments.get(0, "indent");
    const int width = indent != nullptr && indent->is_integer()
                          ? static_cast<int>(std::clamp<std::int64_t>(indent->integer(), 0, 16))
                          : -1;
    return Value(SW_TRY(json_text(input, width, true, true)));
}

Outcome<Value> pprint_filter(Interpreter&, const Value& input, const Arguments&) {
    return Value(PrettyPrinter().printed(input, 0, 0, 0));
}

}  // namespace stepwell::tasks::jinja
