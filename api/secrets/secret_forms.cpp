#include "api/secrets/secret_forms.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "api/secrets/crypto.hpp"
#include "engine/base/digest.hpp"
#include "engine/base/json.hpp"

namespace stepwell::api {
namespace {

constexpr std::size_t kPieceBytes = 256;
/// Of a value with several lines, the lines that are looked for by themselves.
constexpr std::size_t kLineBytesMin = 8;

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    return text;
}

std::string replaced(std::string_view text, char from, std::string_view to) {
    std::string out;
    for (const char c : text) {
        if (c == from) {
            out += to;
        } else {
            out += c;
        }
    }
    return out;
}

std::string percent_quoted(std::string_view text, std::string_view plain, bool is_upper,
                           bool has_plus) {
    std::string out;
    for (const char c : text) {
        if (is_alphanumeric(c) || plain.find(c) != plain.npos) {
            out += c;
        } else if (c == ' ' && has_plus) {
            out += '+';
        } else {
            const std::string digits = hex_encode(std::string_view(&c, 1));
            out += "%" + (is_upper ? upper(digits) : digits);
        }
    }
    return out;
}

/// As it stands between the quotes of a JSON string.
std::string json_escaped(std::string_view text, bool is_ascii) {
    const std::string quoted =
        Json(std::string(text)).dump(-1, ' ', is_ascii, Json::error_handler_t::replace);
    return quoted.substr(1, quoted.size() - 2);
}

std::string html_escaped(std::string_view text, std::string_view apostrophe) {
    std::string out = replaced(text, '&', "&amp;");
    out = replaced(replaced(out, '<', "&lt;"), '>', "&gt;");
    return replaced(replaced(out, '"', "&quot;"), '\'', apostrophe);
}

/// What is in base64 whatever stands before and after: the characters that hold bits of `text`
/// only. `shift`: the bytes before, modulo 3.
std::string base64_core(std::string_view text, std::size_t shift) {
    const std::string encoded = base64_encode(std::string(shift, 'x') + std::string(text));
    const std::size_t begin = (shift * 8 + 5) / 6;
    const std::size_t end = (shift + text.size()) * 8 / 6;
    return encoded.substr(begin, end - begin);
}

class Forms {
public:
    void add_all(std::string_view unit) {
        add(std::string(unit));
        add_base64(unit);
        add_percent(unit);
        add_escaped(unit);
        const std::string hex = hex_encode(unit);
        add(hex);
        add(upper(hex));
    }
    [[nodiscard]] std::vector<std::string> take() { return {found_.begin(), found_.end()}; }

private:
    void add(std::string form) {
        if (form.size() >= kSecretBytesMin) found_.insert(std::move(form));
    }
    void add_base64(std::string_view unit) {
        for (const std::size_t shift : {0u, 1u, 2u}) {
            std::string core = base64_core(unit, shift);
            add(core);
            std::replace(core.begin(), core.end(), '+', '-');
            std::replace(core.begin(), core.end(), '/', '_');
            add(std::move(core));
        }
    }
    void add_percent(std::string_view unit) {
        constexpr std::array<std::string_view, 3> kPlain{"-._~", "-._~/", "-_.!~*'()"};
        for (const std::string_view plain : kPlain) {
            for (const bool is_upper : {false, true}) {
                add(percent_quoted(unit, plain, is_upper, false));
                add(percent_quoted(unit, plain, is_upper, true));
            }
        }
    }
    void add_escaped(std::string_view unit) {
        for (const bool is_ascii : {false, true}) {
            const std::string once = json_escaped(unit, is_ascii);
            add(json_escaped(once, is_ascii));
            add(replaced(once, '/', "\\/"));
            // Languages that keep '<' out of JSON.
            add(replaced(replaced(replaced(once, '<', "\\u003c"), '>', "\\u003e"), '&', "\\u0026"));
            add(replaced(once, '\'', "\\'"));
            add(once);
        }
        add(replaced(unit, '\'', "''"));
        add(replaced(unit, '"', "\"\""));
        add(replaced(unit, '\'', "'\\''"));
        add(replaced(unit, '\'', "'\"'\"'"));
        for (const std::string_view apostrophe : {"&#39;", "&#x27;", "&apos;", "'"}) {
            add(html_escaped(unit, apostrophe));
        }
    }

    std::set<std::string> found_;
};

std::vector<std::string_view> pieces_of(std::string_view text) {
    std::vector<std::string_view> pieces;
    while (text.size() > kPieceBytes) {
        // What is left over has to be long enough to be looked for.
        const bool is_nearly_all = text.size() < kPieceBytes + kSecretBytesMin;
        std::size_t size = is_nearly_all ? kPieceBytes - kSecretBytesMin : kPieceBytes;
        // Never inside a character.
        while (size > 1 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
        pieces.push_back(text.substr(0, size));
        text.remove_prefix(size);
    }
    pieces.push_back(text);
    return pieces;
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.size() >= kLineBytesMin) lines.push_back(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

}  // namespace

std::vector<std::string> forms_of_secret(std::string_view value) {
    Forms forms;
    if (value.size() < kSecretBytesMin) return {};
    for (const std::string_view piece : pieces_of(value)) forms.add_all(piece);
    if (value.find('\n') != value.npos) {
        for (const std::string_view line : lines_of(value)) {
            for (const std::string_view piece : pieces_of(line)) forms.add_all(piece);
        }
    }
    // A file with a secret often ends with a line break that is not a part of it.
    const std::size_t end = value.find_last_not_of("\r\n") + 1;
    if (end < value.size() && end >= kSecretBytesMin) {
        for (const std::string_view piece : pieces_of(value.substr(0, end))) forms.add_all(piece);
    }
    return forms.take();
}

}  // namespace stepwell::api
