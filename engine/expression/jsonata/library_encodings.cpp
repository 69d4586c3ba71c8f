// Base64, URLs, digests, JSON.
#include <array>

#include "engine/base/ascii.hpp"
#include "engine/base/digest.hpp"
#include "engine/base/utf8.hpp"
#include "engine/expression/jsonata/library.hpp"
#include "engine/expression/jsonata/text.hpp"

namespace stepwell::expression::jsonata {
namespace {

constexpr std::string_view kUnreserved = "-_.!~*'()";
constexpr std::string_view kReserved = ";/?:@&=+$,#";

/// As the reference under Node has it: each UTF-16 unit gives its low byte.
std::string latin1_of(std::string_view text) {
    std::string bytes;
    for (std::size_t at = 0; at < text.size();) {
        const Point point = point_at(text, at);
        at += point.bytes;
        if (point.value > 0xFFFF) {
            bytes += static_cast<char>(((point.value - 0x10000) >> 10) & 0xFF);
        }
        bytes += static_cast<char>(point.value & 0xFF);
    }
    return bytes;
}

Maybe base64_encode_(const Call& call) {
    if (call[0].is_undefined()) return Value();
    SW_TRY(call.evaluator.make_room(2 * call[0].text().size()));
    return call.evaluator.text(base64_encode(latin1_of(call[0].text())));
}

/// Takes what can be read, as Node does: padding or not, and both alphabets.
std::string base64_bytes(std::string_view text) {
    std::string bytes;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        int value = -1;
        if (c >= 'A' && c <= 'Z') value = c - 'A';
        if (c >= 'a' && c <= 'z') value = c - 'a' + 26;
        if (is_digit(c)) value = c - '0' + 52;
        if (c == '+' || c == '-') value = 62;
        if (c == '/' || c == '_') value = 63;
        if (c == '=') break;
        if (value < 0) continue;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>((bits >> count) & 0xFF);
    }
    return bytes;
}

Maybe base64_decode_(const Call& call) {
    if (call[0].is_undefined()) return Value();
    SW_TRY(call.evaluator.make_room(2 * call[0].text().size()));
    return call.evaluator.text(utf8_of_latin1(base64_bytes(call[0].text())));
}

stepwell::Failure<Raised> malformed(const Call& call, std::string_view name) {
    auto raised = call.evaluator.raise("D3140", call[0]);
    raised.error.fault->token = name;
    raised.error.fault->has_token = true;
    return raised;
}

Maybe encoded(const Call& call, std::string_view kept, std::string_view name) {
    if (call[0].is_undefined()) return Value();
    const std::string_view text = call[0].text();
    if (has_lone_surrogate(text)) return malformed(call, name);
    SW_TRY(call.evaluator.make_room(3 * text.size()));
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_kept = is_digit(c) || is_letter(c) ||
                             kUnreserved.find(c) != kUnreserved.npos || kept.find(c) != kept.npos;
        if (is_kept) {
            out += c;
        } else {
            out += '%';
            out += kHex[byte >> 4];
            out += kHex[byte & 0xF];
        }
    }
    return call.evaluator.text(out);
}

Maybe decoded(const Call& call, std::string_view kept, std::string_view name) {
    if (call[0].is_undefined()) return Value();
    const std::string_view text = call[0].text();
    SW_TRY(call.evaluator.make_room(text.size()));
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            out += text[at];
            continue;
        }
        std::string character;
        std::size_t wanted = 1;
        const std::size_t begin = at;
        while (character.size() < wanted) {
            const int high = at + 2 < text.size() && text[at] == '%' ? hex_value(text[at + 1]) : -1;
            const int low = high >= 0 ? hex_value(text[at + 2]) : -1;
            if (low < 0) return malformed(call, name);
            const int byte = high * 16 + low;
            if (character.empty()) wanted = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
            character += static_cast<char>(byte);
            at += 3;
        }
        --at;
        if (utf8_length_of_first(character) != wanted) return malformed(call, name);
        const bool stays = wanted == 1 && kept.find(character[0]) != kept.npos;
        out += stays ? text.substr(begin, 3) : std::string_view(character);
    }
    return call.evaluator.text(out);
}

Maybe encode_url_component(const Call& call) {
    return encoded(call, "", "encodeUrlComponent");
}
Maybe encode_url(const Call& call) {
    return encoded(call, kReserved, "encodeUrl");
}
Maybe decode_url_component(const Call& call) {
    return decoded(call, "", "decodeUrlComponent");
}
Maybe decode_url(const Call& call) {
    return decoded(call, kReserved, "decodeUrl");
}

// --- what Step Functions adds ---

stepwell::Failure<Raised> refuse_text(const Call& call, std::string message) {
    Fault fault;
    fault.code = "D3137";
    fault.message = std::move(message);
    return call.evaluator.raise(std::move(fault));
}

Maybe hash(const Call& call) {
    if (call[0].is_undefined() || call[1].is_undefined()) return Value();
    SW_TRY(call.evaluator.spend(cost_to_parse(call[0].text().size())));
    const auto digest = digest_hex(call[1].text(), call[0].text());
    if (digest) return call.evaluator.text(*digest);
    return refuse_text(
        call,
        "The second argument of the hash function must evaluate to one of MD5, SHA-1, "
        "SHA-256, SHA-384 and SHA-512");
}

/// Out of the engine's document: what stands there only has to live as long as the evaluation.
Value kept(Arena& arena, const Json& json) {
    if (json.is_string()) return Value::of(arena.keep(json.get_ref<const std::string&>()));
    if (json.is_array()) {
        Array* array = new_array(arena, json.size());
        for (const Json& item : json) array->push(arena, kept(arena, item));
        return Value::of(array);
    }
    if (!json.is_object()) return Value::of(json);
    Object* object = arena.make<Object>();
    for (const auto& [key, value] : json.items()) {
        object->set(arena, arena.keep(key), kept(arena, value));
    }
    return Value::of(object);
}

Maybe parse(const Call& call) {
    if (call[0].is_undefined()) return Value();
    const std::string_view text = call[0].text();
    SW_TRY(call.evaluator.spend(cost_to_parse(text.size())));
    SW_TRY(call.evaluator.make_room(8 * text.size()));
    const auto json = parse_json(text);
    if (!json)
        return refuse_text(
            call, "The argument of the parse function must be JSON: " + json.error().message);
    return kept(call.evaluator.arena(), *json);
}

constexpr auto kEncodingFunctions = std::to_array<Builtin>({
    {"base64encode", "<s-:s>", 1, base64_encode_},
    {"base64decode", "<s-:s>", 1, base64_decode_},
    {"encodeUrlComponent", "<s-:s>", 1, encode_url_component},
    {"encodeUrl", "<s-:s>", 1, encode_url},
    {"decodeUrlComponent", "<s-:s>", 1, decode_url_component},
    {"decodeUrl", "<s-:s>", 1, decode_url},
    {"hash", "<s-s:s>", 2, hash},
    {"parse", "<s-:x>", 1, parse},
});

}  // namespace

std::span<const Builtin> library::encodings() {
    return kEncodingFunctions;
}

}  // namespace stepwell::expression::jsonata
