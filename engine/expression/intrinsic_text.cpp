// The intrinsic functions on texts and on JSON as text.
#include <set>

#include "engine/base/digest.hpp"
#include "engine/base/utf8.hpp"
#include "engine/base/uuid.hpp"
#include "engine/expression/intrinsic_function.hpp"
#include "engine/expression/value.hpp"

namespace stepwell::expression {
namespace {

constexpr std::size_t kCodecCharactersMax = 10'000;

bool is_escapable(char c) {
    return c == '\\' || c == '\'' || c == '{' || c == '}';
}

/// Base64 and Hash take texts up to a length only.
Result<void, std::string> check_length(std::string_view text) {
    const bool is_long =
        text.size() > kCodecCharactersMax && utf8_count(text) > kCodecCharactersMax;
    if (!is_long) return {};
    return fail(std::string("expected at most 10000 characters as argument 1"));
}

/// Splits a Format text at its `{}`: hands each run of plain characters, and each placeholder, on.
template <class OnText, class OnPlaceholder>
std::string walk_format(std::string_view text, OnText on_text, OnPlaceholder on_placeholder) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const char next = i + 1 < text.size() ? text[i + 1] : '\0';
        if (c == '\\' && is_escapable(next)) {
            on_text(next);
            ++i;
        } else if (c == '{' && next == '}') {
            on_placeholder();
            ++i;
        } else if (c == '{' || c == '}') {
            return "expected '{}' or an escaped brace, but found a single '" + std::string(1, c) +
                   "'";
        } else {
            on_text(c);
        }
    }
    return {};
}

/// Some characters, each of which splits.
class Delimiters {
public:
    explicit Delimiters(std::string_view characters) {
        while (!characters.empty()) all_.insert(take_character(characters));
    }
    [[nodiscard]] bool has(std::string_view character) const { return all_.contains(character); }

    /// The first character of `text`, which moves on.
    static std::string_view take_character(std::string_view& text) {
        const std::size_t length = std::max<std::size_t>(1, utf8_length_of_first(text));
        const std::string_view character = text.substr(0, length);
        text.remove_prefix(length);
        return character;
    }

private:
    std::set<std::string_view> all_;  // of which there are not many in one text
};

Json pieces_of(std::string_view text, const Delimiters& delimiters) {
    Json pieces = Json::array();
    std::string piece;
    const auto finish = [&] {
        if (!piece.empty()) pieces.push_back(std::move(piece));
        piece.clear();
    };
    while (!text.empty()) {
        const std::string_view character = Delimiters::take_character(text);
        if (delimiters.has(character)) {
            finish();
        } else {
            piece += character;
        }
    }
    finish();
    return pieces;
}

}  // namespace

std::string format_fault(std::string_view text) {
    return walk_format(
        text, [](char) {}, [] {});
}

namespace intrinsic {

Answer format(const Arguments& arguments) {
    const std::string_view text = SW_TRY(string_argument(arguments, 0));
    for (std::size_t i = 0; i < arguments.count(); ++i) SW_TRY(pay_for(arguments, i));
    std::string result;
    std::size_t placeholders = 0;
    const std::string fault = walk_format(
        text, [&](char c) { result += c; },
        [&] {
            if (++placeholders >= arguments.count() || result.size() > kIntrinsicBytesMax) return;
            result += to_java_text(arguments[placeholders]);
        });
    if (!fault.empty()) return fail(fault);
    if (placeholders + 1 != arguments.count()) {
        return fail("expected as many arguments as there are {} in the text, but there are " +
                    std::to_string(placeholders) + " of {} and " +
                    std::to_string(arguments.count() - 1) + " arguments");
    }
    return Json(std::move(result));
}

Answer string_to_json(const Arguments& arguments) {
    const std::string_view text = SW_TRY(string_argument(arguments, 0));
    SW_TRY(pay(arguments, cost_to_parse(text.size())));
    if (text.find_first_not_of(" \t\r\n") == text.npos) return Json(nullptr);
    auto value = parse_json(text);
    if (!value) return fail("expected JSON, but found: " + value.error().message);
    const bool is_negative_zero = value->is_number_integer() && *value == 0;
    if (is_negative_zero) return Json(0);
    return std::move(value).value();
}

Answer json_to_string(const Arguments& arguments) {
    SW_TRY(pay_for(arguments, 0));
    return Json(to_text(arguments[0]));
}

Answer json_merge(const Arguments& arguments) {
    for (std::size_t i = 0; i < 2; ++i) {
        if (arguments[i].is_object()) continue;
        return fail("expected an object as argument " + std::to_string(i + 1) + ", but got " +
                    std::string(kind_of(arguments[i])));
    }
    if (!arguments[2].is_boolean() || arguments[2].get<bool>()) {
        return fail(std::string("expected false as argument 3: only shallow merging is supported"));
    }
    SW_TRY(pay_for(arguments, 0));
    SW_TRY(pay_for(arguments, 1));
    Json merged = arguments[0];
    for (auto it = arguments[1].begin(); it != arguments[1].end(); ++it) {
        merged[it.key()] = it.value();
    }
    return merged;
}

Answer string_split(const Arguments& arguments) {
    const std::string_view text = SW_TRY(string_argument(arguments, 0));
    const std::string_view delimiters = SW_TRY(string_argument(arguments, 1));
    SW_TRY(pay(arguments, cost_to_parse(text.size() + delimiters.size())));
    return pieces_of(text, Delimiters(delimiters));
}

Answer base64_encode(const Arguments& arguments) {
    const std::string_view text = SW_TRY(string_argument(arguments, 0));
    SW_TRY(check_length(text));
    return Json(stepwell::base64_encode(text));
}

Answer base64_decode(const Arguments& arguments) {
    const std::string_view text = SW_TRY(string_argument(arguments, 0));
    SW_TRY(check_length(text));
    const auto decoded = stepwell::base64_decode(text);
    if (!decoded) return fail(std::string("expected base64 text as argument 1"));
    return Json(utf8_repaired(*decoded));
}

Answer hash(const Arguments& arguments) {
    const std::string_view algorithm = SW_TRY(string_argument(arguments, 1));
    SW_TRY(pay_for(arguments, 0));
    const std::string data =
        arguments[0].is_string() ? arguments[0].get<std::string>() : to_text(arguments[0]);
    SW_TRY(check_length(data));
    auto digest = digest_hex(algorithm, data);
    if (!digest) {
        return fail(std::string("expected MD5, SHA-1, SHA-256, SHA-384 or SHA-512 as argument 2"));
    }
    return Json(std::move(*digest));
}

Answer uuid(const Arguments& arguments) {
    return Json(uuid4(arguments.random));
}

}  // namespace intrinsic
}  // namespace stepwell::expression
