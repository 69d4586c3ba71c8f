#include "tasks/template/text.hpp"

#include <cctype>

namespace stepwell::tasks::jinja {
namespace {

char lower_char(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
char upper_char(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}
bool is_letter(char c) {
    return lower_char(c) != upper_char(c) || (c & 0x80) != 0;
}

}  // namespace

std::vector<std::string> characters(std::string_view text) {
    std::vector<std::string> result;
    for (const char c : text) {
        const bool continues = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
        if (continues && !result.empty())
            result.back() += c;
        else
            result.emplace_back(1, c);
    }
    return result;
}

std::string strip(std::string_view text, std::string_view set, int which) {
    if (which <= 0) {
        const auto begin = text.find_first_not_of(set);
        text.remove_prefix(begin == std::string_view::npos ? text.size() : begin);
    }
    if (which >= 0) {
        const auto end = text.find_last_not_of(set);
        text = text.substr(0, end == std::string_view::npos ? 0 : end + 1);
    }
    return std::string(text);
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = lower_char(c);
    return result;
}

std::string upper(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = upper_char(c);
    return result;
}

std::string capitalize(std::string_view text) {
    std::string result = lower(text);
    if (!result.empty()) result[0] = upper_char(result[0]);
    return result;
}

std::string title(std::string_view text) {
    std::string result(text);
    bool is_inside = false;
    for (char& c : result) {
        c = is_inside ? lower_char(c) : upper_char(c);
        is_inside = is_letter(c);
    }
    return result;
}

std::string replace_all(std::string_view text, std::string_view from, std::string_view to,
                        long count) {
    std::string result;
    std::size_t at = 0;
    while (count != 0 && at <= text.size()) {
        const auto found = text.find(from, at);
        if (found == std::string_view::npos) break;
        result.append(text.substr(at, found - at)).append(to);
        at = found + from.size();
        --count;
        if (!from.empty()) continue;
        if (at == text.size()) return result;
        result += text[at++];
    }
    return at < text.size() ? result.append(text.substr(at)) : result;
}

std::vector<std::string> split_words(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n\f\v";
    std::vector<std::string> result;
    auto begin = text.find_first_not_of(kSpace);
    while (begin != std::string_view::npos) {
        const auto end = text.find_first_of(kSpace, begin);
        result.emplace_back(text.substr(begin, end - begin));
        begin = end == std::string_view::npos ? end : text.find_first_not_of(kSpace, end);
    }
    return result;
}

std::vector<std::string> split(std::string_view text, std::string_view separator, long limit) {
    std::vector<std::string> result;
    while (limit != 0) {
        const auto found = text.find(separator);
        if (found == std::string_view::npos) break;
        result.emplace_back(text.substr(0, found));
        text.remove_prefix(found + separator.size());
        --limit;
    }
    result.emplace_back(text);
    return result;
}

}  // namespace stepwell::tasks::jinja
