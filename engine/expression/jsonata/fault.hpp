// Why an expression cannot be read or evaluated, with the codes and the words of JSONata's
// reference, which users know and AWS shows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stepwell::expression::jsonata {

struct Fault {
    std::string code;            // "T2001"
    std::int64_t position = -1;  // in UTF-16 units, behind what was wrong; -1 where nobody knows
    std::string token;
    bool has_token = false;
    /// What the message's {{value}}, {{value2}}, {{index}} and {{type}} stand for, as JSON.
    std::string value;
    std::string value2;
    std::string index;
    std::string type;
    std::string message;  // of $error and $assert; else message_of() makes it

    [[nodiscard]] Fault at(std::size_t where) && {
        position = static_cast<std::int64_t>(where);
        return std::move(*this);
    }
    [[nodiscard]] Fault on(std::string_view what) && {
        token = what;
        has_token = true;
        return std::move(*this);
    }
    [[nodiscard]] Fault about(std::string json) && {
        value = std::move(json);
        return std::move(*this);
    }
};

/// "Attempted to invoke a non-function": the reference's words for the code.
std::string message_of(const Fault& fault);

}  // namespace stepwell::expression::jsonata
