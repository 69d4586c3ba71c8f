#include "api/aws/json_fault.hpp"

#include <algorithm>
#include <optional>

#include "engine/base/ascii.hpp"
#include "engine/base/json.hpp"

namespace stepwell::api::aws {
namespace {

constexpr const char* kValues =
    "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

/// Reads without keeping anything: the text may be as deep and as wide as a body may be long.
class FaultFinder final : public nlohmann::json_sax<Json> {
public:
    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t&) override { return true; }
    bool string(string_t&) override { return true; }
    bool binary(binary_t&) override { return true; }
    bool start_object(std::size_t) override { return true; }
    bool key(string_t&) override { return true; }
    bool end_object() override { return true; }
    bool start_array(std::size_t) override { return true; }
    bool end_array() override { return true; }
    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::detail::exception&) override {
        found = position;
        return false;
    }

    std::optional<std::size_t> found;  // counted from 1
};

/// Where the text stops being JSON; its end where it is cut off.
std::size_t fault_position(std::string_view text) {
    FaultFinder finder;
    Json::sax_parse(text, &finder);
    if (!finder.found) return text.size();
    return *finder.found == 0 ? 0 : std::min(*finder.found - 1, text.size());
}

/// The last character before `position` that is no blank; NUL where there is none.
char before(std::string_view text, std::size_t position) {
    const auto found = text.substr(0, position).find_last_not_of(" \t\r\n");
    return found == text.npos ? '\0' : text[found];
}

std::string unexpected(std::string_view text, std::size_t at) {
    const std::string shown = "Unexpected character ('" + std::string(1, text[at]) + "' (code " +
                              std::to_string(static_cast<unsigned char>(text[at])) + ")): ";
    switch (before(text, at)) {
        case '{':
            return shown + "was expecting double-quote to start field name";
        case '"':
            return shown + "was expecting a colon to separate field name and value";
        default:
            return shown + "expected a valid value " + kValues;
    }
}

}  // namespace

std::string json_fault(std::string_view text) {
    std::size_t at = fault_position(text);
    if (at >= text.size()) return "Unexpected end-of-input";
    // The fault may lie inside a word ("nonsense" fails at its second letter).
    if (is_word(text[at]) || (at > 0 && is_word(text[at - 1]))) {
        if (!is_word(text[at])) --at;
        std::size_t begin = at;
        while (begin > 0 && is_word(text[begin - 1])) --begin;
        std::size_t end = at;
        while (end < text.size() && is_word(text[end])) ++end;
        if (is_digit(text[begin])) return unexpected(text, begin);
        return "Unrecognized token '" + std::string(text.substr(begin, end - begin)) +
               "': was expecting " + kValues;
    }
    return unexpected(text, at);
}

}  // namespace stepwell::api::aws
