#include "engine/base/json_parser.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/base/big_integer.hpp"

namespace stepwell {
namespace {

/// Fewer digits are a number of 64 bits.
constexpr int kLongRun = 19;

/// Builds the document as the library does, but for whole numbers beyond 64 bits.
class ExactBuilder : public nlohmann::json_sax<Json> {
public:
    bool null() override { return put(nullptr); }
    bool boolean(bool value) override { return put(value); }
    bool number_integer(number_integer_t value) override { return put(value); }
    bool number_unsigned(number_unsigned_t value) override { return put(value); }
    bool number_float(number_float_t value, const string_t& text) override {
        return put(is_integer_text(text) ? big_integer(text) : Json(value));
    }
    bool string(string_t& value) override { return put(std::move(value)); }
    bool binary(binary_t& /*value*/) override { return false; }
    bool start_object(std::size_t /*size*/) override { return open(Json::object()); }
    bool key(string_t& name) override {
        member_ = &(*open_.back())[std::move(name)];
        return true;
    }
    bool end_object() override { return close(); }
    bool start_array(std::size_t /*size*/) override { return open(Json::array()); }
    bool end_array() override { return close(); }
    bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                     const nlohmann::detail::exception& e) override {
        fault_ = e.what();
        return false;
    }

    Json take() { return std::move(root_); }
    [[nodiscard]] const std::string& fault() const { return fault_; }

private:
    /// Where the next value goes: only the innermost open value grows, so that the others stay.
    Json& place() {
        if (open_.empty()) return root_;
        if (open_.back()->is_object()) return *member_;
        open_.back()->emplace_back();
        return open_.back()->back();
    }
    bool put(Json value) {
        place() = std::move(value);
        return true;
    }
    bool open(Json empty) {
        Json& opened = place();
        opened = std::move(empty);
        open_.push_back(&opened);
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }

    Json root_;
    std::vector<Json*> open_;
    Json* member_ = nullptr;
    std::string fault_;
};

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

Result<Json> parse_exactly(std::string_view text) {
    ExactBuilder builder;
    if (Json::sax_parse(text, &builder)) return builder.take();
    return fail(ErrorCode::invalid, plain_message(builder.fault()));
}

}  // namespace

/// Looks at brackets, commas and digits outside strings, so that hostile texts are refused before
/// anything recurses into them or takes memory for them.
JsonShape json_shape(std::string_view text) {
    JsonShape shape;
    int depth = 0;
    int digits = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') ++i;
            if (c == '"') in_string = false;
            continue;
        }
        if (c >= '0' && c <= '9') {
            if (++digits == kLongRun) shape.has_long_run = true;
            continue;
        }
        digits = 0;
        if (c == '"') {
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

Json parse_checked_json(std::string_view text, bool has_long_run) {
    if (!has_long_run) return Json::parse(text, nullptr, false);
    auto parsed = parse_exactly(text);
    return parsed ? std::move(parsed).value() : Json(Json::value_t::discarded);
}

Result<Json> parse_json(std::string_view text, std::size_t values_max) {
    const JsonShape shape = json_shape(text);
    if (shape.depth > kJsonDepthMax) return fail(too_deep());
    if (shape.values > values_max) {
        return fail(ErrorCode::invalid, "expected JSON of at most " + std::to_string(values_max) +
                                            " members and elements, but it has more");
    }
    if (shape.has_long_run) return parse_exactly(text);
    try {
        return Json::parse(text);
    } catch (const Json::exception& e) {
        return fail(ErrorCode::invalid, plain_message(e.what()));
    }
}

Result<JsonShape> check_json_shape(std::string_view text) {
    const JsonShape shape = json_shape(text);
    if (shape.depth > kJsonDepthMax) return fail(too_deep());
    if (Json::accept(text)) return shape;
    auto parsed = parse_json(text);  // for its message
    if (!parsed) return fail(std::move(parsed).error());
    return shape;
}

Result<int> check_json(std::string_view text) {
    return SW_TRY(check_json_shape(text)).depth;
}

int json_depth(std::string_view text) {
    return json_shape(text).depth;
}

}  // namespace stepwell
