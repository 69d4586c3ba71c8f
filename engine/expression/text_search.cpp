#include "engine/expression/text_search.hpp"

#include <cstring>
#include <string>
#include <vector>

namespace stepwell::expression {
namespace {

/// What stands before, between and behind the wildcards, without escapes: at least one piece.
std::vector<std::string> pieces_of_pattern(std::string_view pattern) {
    std::vector<std::string> pieces(1);
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = pattern[i];
        const bool is_escape = c == '\\' && i + 1 < pattern.size() &&
                               (pattern[i + 1] == '*' || pattern[i + 1] == '\\');
        if (c == '*') {
            pieces.emplace_back();
        } else {
            pieces.back() += is_escape ? pattern[++i] : c;
        }
    }
    return pieces;
}

}  // namespace

/// std::string_view::find() is quadratic; memmem() is not, in every C library that has it.
std::size_t find_text(std::string_view text, std::string_view part, std::size_t from) {
    if (from > text.size()) return std::string_view::npos;
    if (part.empty()) return from;
    const void* found = ::memmem(text.data() + from, text.size() - from, part.data(), part.size());
    if (found == nullptr) return std::string_view::npos;
    return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

/// The first piece begins the text and the last ends it; of those between, each is taken where it
/// comes first, which leaves the most for those behind it.
bool matches_wildcards(std::string_view text, std::string_view pattern) {
    const std::vector<std::string> pieces = pieces_of_pattern(pattern);
    if (pieces.size() == 1) return text == pieces.front();
    const std::string& first = pieces.front();
    const std::string& last = pieces.back();
    if (text.size() < first.size() + last.size()) return false;
    if (!text.starts_with(first) || !text.ends_with(last)) return false;
    const std::string_view middle = text.substr(0, text.size() - last.size());
    std::size_t at = first.size();
    for (std::size_t i = 1; i + 1 < pieces.size(); ++i) {
        at = find_text(middle, pieces[i], at);
        if (at == std::string_view::npos) return false;
        at += pieces[i].size();
    }
    return true;
}

}  // namespace stepwell::expression
