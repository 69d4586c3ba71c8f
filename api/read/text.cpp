#include "api/read/text.hpp"

#include <algorithm>
#include <cctype>

#include "engine/base/ascii.hpp"
#include "engine/base/json.hpp"
#include "engine/runtime/work/task_log.hpp"

namespace stepwell::api::answers {
namespace {

constexpr std::size_t kNormalisedMax = 300;

bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// How much of `text` from `at` on is made of characters that `fits` takes.
template <class Fits>
std::size_t run_length(std::string_view text, std::size_t at, Fits fits) {
    std::size_t end = at;
    while (end < text.size() && fits(text[end])) ++end;
    return end - at;
}

bool ends_url(char c) {
    return c == ' ' || c == '\t' || c == '"' || c == '\'' || c == '<' || c == '>' || c == ')' ||
           c == ']' || c == ';';
}

/// A URL, or an absolute path to a file of data: what names the thing and not its kind.
std::size_t url_length(std::string_view text, std::size_t at) {
    const std::size_t scheme = run_length(text, at, [](char c) { return is_word(c) || c == '+'; });
    if (scheme == 0 || text.substr(at + scheme, 3) != "://") return 0;
    std::size_t length = run_length(text, at, [](char c) { return !ends_url(c); });
    while (length > 0 && (text[at + length - 1] == ',' || text[at + length - 1] == '.' ||
                          text[at + length - 1] == ':')) {
        --length;
    }
    return length;
}

std::size_t uuid_length(std::string_view text, std::size_t at) {
    constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (text.size() - at < kForm.size()) return 0;
    for (std::size_t i = 0; i < kForm.size(); ++i) {
        if (kForm[i] == '-' ? text[at + i] != '-' : !is_hex(text[at + i])) return 0;
    }
    return kForm.size();
}

/// "3f9a0c77", "deadbeef01": eight hexadecimal digits or more, with both letters and numerals.
std::size_t hex_length(std::string_view text, std::size_t at) {
    const std::size_t length = run_length(text, at, is_word);
    const std::string_view word = text.substr(at, length);
    const bool is_id = length >= 8 && std::all_of(word.begin(), word.end(), is_hex) &&
                       std::any_of(word.begin(), word.end(), is_digit) &&
                       !std::all_of(word.begin(), word.end(), is_digit);
    return is_id ? length : 0;
}

std::size_t id_length(std::string_view text, std::size_t at) {
    if (text.substr(at, 4) == "arn:") {
        return run_length(text, at, [](char c) { return !ends_url(c) && c != ','; });
    }
    const std::size_t uuid = uuid_length(text, at);
    return uuid > 0 ? uuid : hex_length(text, at);
}

/// "1,234.5", "2024-01-02T03:04:05Z", "10.0.0.1:80": numerals and what stands between them.
std::size_t number_length(std::string_view text, std::size_t at) {
    if (!is_digit(text[at])) return 0;
    std::size_t end = at;
    while (end < text.size()) {
        if (is_digit(text[end])) {
            ++end;
            continue;
        }
        const bool joins = std::string_view(",.:-T").find(text[end]) != std::string_view::npos;
        if (!joins || end + 1 >= text.size() || !is_digit(text[end + 1])) break;
        ++end;
    }
    return end - at;
}

}  // namespace

std::string cut(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return std::string(text);
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) --bytes;
    return std::string(text.substr(0, bytes)) + "…";
}

std::string message_of(const std::string& cause) {
    if (!cause.starts_with('{')) return cause;
    const auto document = parse_json(cause);
    if (!document) return cause;
    for (const char* member : {"message", "errorMessage", "Cause"}) {
        const std::string text = string_or(*document, member, "");
        if (!text.empty()) return text == cause ? text : message_of(text);
    }
    return cause;
}

std::string normalised(std::string_view message) {
    const std::string_view line = message.substr(0, message.find('\n'));
    std::string out;
    bool is_inside_word = false;
    for (std::size_t at = 0; at < line.size() && out.size() < kNormalisedMax;) {
        std::size_t taken = 0;
        const char* shown = "‹n›";
        if (!is_inside_word) {
            taken = url_length(line, at);
            shown = "‹url›";
        }
        if (taken == 0 && !is_inside_word) {
            taken = id_length(line, at);
            shown = "‹id›";
        }
        if (taken == 0) {
            taken = number_length(line, at);
            shown = "‹n›";
        }
        if (taken > 0) {
            out += shown;
            at += taken;
            is_inside_word = true;
            continue;
        }
        is_inside_word = is_word(line[at]);
        out += line[at++];
    }
    return out;
}

bool tells_error(std::string_view line, std::string_view error) {
    if (!error.empty() && line.find(error) != line.npos) return true;
    return runtime::level_of(line) == runtime::LogLevel::error;
}

}  // namespace stepwell::api::answers
