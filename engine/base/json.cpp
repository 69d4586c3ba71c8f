#include "engine/base/json.hpp"

namespace stepwell {
bool is_deeper_than(const Json& value, int depth) {
    if (!value.is_structured()) return false;
    if (depth <= 0) return true;
    for (const Json& child : value) {
        if (child.is_structured() && is_deeper_than(child, depth - 1)) return true;
    }
    return false;
}

std::string pointer_part(std::string_view key) {
    std::string part = "/";
    for (const char c : key) {
        if (c == '~') {
            part += "~0";
        } else if (c == '/') {
            part += "~1";
        } else {
            part += c;
        }
    }
    return part;
}

const Json* find(const Json& object, std::string_view key) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(key);
    return found == object.end() ? nullptr : &*found;
}

std::string string_or(const Json& object, std::string_view key, std::string_view otherwise) {
    const Json* member = find(object, key);
    return member && member->is_string() ? member->get<std::string>() : std::string(otherwise);
}

std::uint64_t unsigned_in(const Json& object, std::string_view key) {
    const Json* member = find(object, key);
    return member && member->is_number_unsigned() ? member->get<std::uint64_t>() : 0;
}

std::optional<Timestamp> time_in(const Json& object, std::string_view key) {
    const Json* member = find(object, key);
    if (!member || !member->is_number_integer()) return std::nullopt;
    return from_ms(member->get<std::int64_t>());
}

}  // namespace stepwell
