#include "engine/base/json.hpp"

namespace stepwell {
namespace {

/// Brackets outside strings, so that hostile nesting is refused before anything recurses into it.
bool is_too_deep(std::string_view text) {
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
            if (++depth > kJsonDepthMax) return true;
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return false;
}

/// "[json.exception.parse_error.101] parse error at line 1, column 5: ..." without its prefix.
std::string plain_message(std::string_view what) {
    const std::string_view marker = "parse error at ";
    if (const auto at = what.find(marker); at != what.npos) what.remove_prefix(at + marker.size());
    constexpr std::size_t kMessageBytesMax = 300;
    return std::string(what.substr(0, kMessageBytesMax));
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
    if (is_too_deep(text)) {
        return fail(ErrorCode::invalid, "expected JSON nested at most " +
                                            std::to_string(kJsonDepthMax) +
                                            " deep, but it is deeper");
    }
    try {
        return Json::parse(text);
    } catch (const nlohmann::json::exception& e) {
        return fail(ErrorCode::invalid, plain_message(e.what()));
    }
}

Result<void> check_json(std::string_view text) {
    if (!is_too_deep(text) && Json::accept(text)) return {};
    auto parsed = parse_json(text);  // for its message
    if (!parsed) return fail(std::move(parsed).error());
    return {};
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

std::string to_text(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Json* find(const Json& object, std::string_view key) {
    if (!object.is_object()) return nullptr;
    for (auto it = object.begin(); it != object.end(); ++it) {
        if (it.key() == key) return &it.value();
    }
    return nullptr;
}

std::string string_or(const Json& object, std::string_view key, std::string_view otherwise) {
    const Json* member = find(object, key);
    return member && member->is_string() ? member->get<std::string>() : std::string(otherwise);
}

}  // namespace stepwell
