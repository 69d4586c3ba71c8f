#include "engine/base/json.hpp"

#include <algorithm>

namespace stepwell {
namespace {

/// What can be said of a text without parsing it.
struct Shape {
    int depth = 0;
    std::size_t values = 1;  // at most: members, elements, and the document itself
};

/// Looks at brackets and commas outside strings, so that hostile texts are refused before anything
/// recurses into them or takes memory for them.
Shape shape_of(std::string_view text) {
    Shape shape;
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            shape.depth = std::max(shape.depth, ++depth);
            ++shape.values;
        } else if (c == ']' || c == '}') {
            --depth;
        } else if (c == ',') {
            ++shape.values;
        }
    }
    return shape;
}

Error too_deep() {
    return {ErrorCode::invalid, "expected JSON nested at most " + std::to_string(kJsonDepthMax) +
                                    " deep, but it is deeper"};
}

/// "[json.exception.parse_error.101] parse error at line 1, column 5: ..." without its prefix.
std::string plain_message(std::string_view what) {
    const std::string_view marker = "parse error at ";
    if (const auto at = what.find(marker); at != what.npos) what.remove_prefix(at + marker.size());
    constexpr std::size_t kMessageBytesMax = 300;
    return std::string(what.substr(0, kMessageBytesMax));
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::size_t values_max) {
    const Shape shape = shape_of(text);
    if (shape.depth > kJsonDepthMax) return fail(too_deep());
    if (shape.values > values_max) {
        return fail(ErrorCode::invalid, "expected JSON of at most " + std::to_string(values_max) +
                                            " members and elements, but it has more");
    }
    try {
        return Json::parse(text);
    } catch (const Json::exception& e) {
        return fail(ErrorCode::invalid, plain_message(e.what()));
    }
}

Result<int> check_json(std::string_view text) {
    const Shape shape = shape_of(text);
    if (shape.depth > kJsonDepthMax) return fail(too_deep());
    if (Json::accept(text)) return shape.depth;
    auto parsed = parse_json(text);  // for its message
    if (!parsed) return fail(std::move(parsed).error());
    return shape.depth;
}

int json_depth(std::string_view text) {
    return shape_of(text).depth;
}

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
