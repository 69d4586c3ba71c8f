#include "tasks/template/text.hpp"

#include <algorithm>

namespace stepwell::tasks::jinja {
namespace {

std::string changed(std::string_view text, CaseChange change) {
    std::string result;
    for (const char32_t c : decoded(text)) append_changed(result, c, change);
    return result;
}

/// A capital sigma at the end of a word becomes another small letter than elsewhere.
void append_lower(std::string& result, const std::u32string& all, std::size_t i) {
    constexpr char32_t kSigma = 0x3A3;
    constexpr char32_t kFinalSigma = 0x3C2;
    const bool is_final = all[i] == kSigma && i > 0 && is_cased(all[i - 1]) &&
                          (i + 1 == all.size() || !is_cased(all[i + 1]));
    if (is_final)
        append_character(result, kFinalSigma);
    else
        append_changed(result, all[i], CaseChange::lower);
}

bool is_line_end(char32_t c) {
    return (c >= 10 && c <= 13) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 ||
           c == 0x2029;
}

}  // namespace

std::vector<std::string> characters(std::string_view text) {
    std::vector<std::string> result;
    for (const char32_t c : decoded(text)) result.push_back(encoded({&c, 1}));
    return result;
}

std::size_t width_of(std::string_view text) {
    return decoded(text).size();
}

std::string strip(std::string_view text, std::optional<std::string_view> set, Side side) {
    const std::u32string all = decoded(text);
    const std::u32string unwanted = set ? decoded(*set) : std::u32string();
    const auto goes = [&](char32_t c) {
        return set ? unwanted.find(c) != std::u32string::npos : is_space(c);
    };
    std::size_t begin = 0;
    std::size_t end = all.size();
    while (side != Side::right && begin < end && goes(all[begin])) ++begin;
    while (side != Side::left && begin < end && goes(all[end - 1])) --end;
    return encoded(std::u32string_view(all).substr(begin, end - begin));
}

std::string lower(std::string_view text) {
    const std::u32string all = decoded(text);
    std::string result;
    for (std::size_t i = 0; i < all.size(); ++i) append_lower(result, all, i);
    return result;
}

std::string upper(std::string_view text) {
    return changed(text, CaseChange::upper);
}

std::string casefold(std::string_view text) {
    return changed(text, CaseChange::fold);
}

std::string swapcase(std::string_view text) {
    const std::u32string all = decoded(text);
    std::string result;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (is_upper(all[i]))
            append_lower(result, all, i);
        else if (is_lower(all[i]))
            append_changed(result, all[i], CaseChange::upper);
        else
            append_character(result, all[i]);
    }
    return result;
}

std::string capitalize(std::string_view text) {
    const std::u32string all = decoded(text);
    std::string result;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (i == 0)
            append_changed(result, all[i], CaseChange::title);
        else
            append_lower(result, all, i);
    }
    return result;
}

std::string title(std::string_view text) {
    const std::u32string all = decoded(text);
    std::string result;
    bool is_inside = false;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (is_inside)
            append_lower(result, all, i);
        else
            append_changed(result, all[i], CaseChange::title);
        is_inside = is_cased(all[i]);
    }
    return result;
}

std::string replace_all(std::string_view text, std::string_view from, std::string_view to,
                        long count) {
    std::string result;
    std::size_t at = 0;
    if (from.empty()) {  // before each character, and at the end
        const auto all = characters(text);
        for (const auto& character : all) {
            if (count-- != 0)
                result += to;
            else
                count = 0;
            result += character;
        }
        return count != 0 ? result.append(to) : result;
    }
    while (count != 0) {
        const auto found = text.find(from, at);
        if (found == std::string_view::npos) break;
        result.append(text.substr(at, found - at)).append(to);
        at = found + from.size();
        --count;
    }
    return result.append(text.substr(at));
}

std::size_t count_of(std::string_view text, std::string_view part) {
    if (part.empty()) return width_of(text) + 1;
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string_view::npos;
         at = text.find(part, at + part.size()))
        ++count;
    return count;
}

std::vector<std::string> split_words(std::string_view text, long limit) {
    const std::u32string all = decoded(text);
    std::vector<std::string> result;
    std::size_t at = 0;
    while (true) {
        while (at < all.size() && is_space(all[at])) ++at;
        if (at == all.size()) return result;
        std::size_t end = at;
        if (limit-- == 0) {
            result.push_back(encoded(std::u32string_view(all).substr(at)));
            return result;
        }
        while (end < all.size() && !is_space(all[end])) ++end;
        result.push_back(encoded(std::u32string_view(all).substr(at, end - at)));
        at = end;
    }
}

std::vector<std::string> rsplit_words(std::string_view text, long limit) {
    const std::u32string all = decoded(text);
    std::vector<std::string> result;
    std::size_t end = all.size();
    while (true) {
        while (end > 0 && is_space(all[end - 1])) --end;
        if (end == 0) break;
        std::size_t at = end;
        if (limit-- == 0) {
            result.push_back(encoded(std::u32string_view(all).substr(0, end)));
            break;
        }
        while (at > 0 && !is_space(all[at - 1])) --at;
        result.push_back(encoded(std::u32string_view(all).substr(at, end - at)));
        end = at;
    }
    std::reverse(result.begin(), result.end());
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

std::vector<std::string> rsplit(std::string_view text, std::string_view separator, long limit) {
    std::vector<std::string> result;
    while (limit != 0) {
        const auto found = text.rfind(separator);
        if (found == std::string_view::npos) break;
        result.emplace_back(text.substr(found + separator.size()));
        text = text.substr(0, found);
        --limit;
    }
    result.emplace_back(text);
    std::reverse(result.begin(), result.end());
    return result;
}

std::vector<std::string> split_lines(std::string_view text, bool keeps_ends) {
    const std::u32string all = decoded(text);
    std::vector<std::string> result;
    for (std::size_t begin = 0; begin < all.size();) {
        std::size_t end = begin;
        while (end < all.size() && !is_line_end(all[end])) ++end;
        std::size_t next = std::min(end + 1, all.size());
        if (end + 1 < all.size() && all[end] == '\r' && all[end + 1] == '\n') ++next;
        result.push_back(
            encoded(std::u32string_view(all).substr(begin, (keeps_ends ? next : end) - begin)));
        begin = next;
    }
    return result;
}

std::string expand_tabs(std::string_view text, long size) {
    std::string result;
    long column = 0;
    for (const char32_t c : decoded(text)) {
        if (c == '\t') {
            const long blanks = size > 0 ? size - column % size : 0;
            result.append(static_cast<std::size_t>(blanks), ' ');
            column += blanks;
            continue;
        }
        append_character(result, c);
        column = c == '\n' || c == '\r' ? 0 : column + 1;
    }
    return result;
}

std::string padded(std::string_view text, std::size_t width, char32_t fill, bool at_left,
                   bool at_right) {
    const std::size_t length = width_of(text);
    if (width <= length) return std::string(text);
    const std::size_t missing = width - length;
    // Python puts the odd one to the left where the width is odd.
    const std::size_t left = !at_left    ? 0
                             : !at_right ? missing
                                         : missing / 2 + (missing & width & 1);
    const std::string one = encoded({&fill, 1});
    std::string result;
    for (std::size_t i = 0; i < left; ++i) result += one;
    result += text;
    for (std::size_t i = left; i < missing; ++i) result += one;
    return result;
}

namespace {

bool is_word(char32_t c) {
    return is_alnum(c) || c == '_';
}
bool is_letter(char32_t c) {
    return is_alpha(c) || c == '_';
}
bool is_word_or_mark(char32_t c) {
    return is_word(c) ||
           (c < 0x80 && c != 0 &&
            std::string_view("!\"'&.,?").find(static_cast<char>(c)) != std::string_view::npos);
}
bool is_blank(char32_t c) {
    return c == ' ' || (c >= 9 && c <= 13);
}

/// Where textwrap may break a line: words, white space, halves of hyphenated words.
class Chunks {
public:
    Chunks(const std::u32string& text, bool breaks_hyphens)
        : text_(text), breaks_hyphens_(breaks_hyphens) {}

    std::vector<std::u32string> all() {
        std::vector<std::u32string> result;
        for (std::size_t begin = 0; begin < text_.size();) {
            const std::size_t end = end_of(begin);
            result.push_back(text_.substr(begin, end - begin));
            begin = end;
        }
        return result;
    }

private:
    [[nodiscard]] char32_t at(std::size_t i) const { return i < text_.size() ? text_[i] : 0; }
    [[nodiscard]] std::size_t dashes(std::size_t i) const {
        std::size_t end = i;
        while (at(end) == '-') ++end;
        return end - i;
    }
    [[nodiscard]] std::size_t end_of(std::size_t begin) const {
        std::size_t end = begin;
        if (is_blank(text_[begin])) {
            while (end < text_.size() && is_blank(text_[end])) ++end;
            return end;
        }
        if (breaks_hyphens_ && begin > 0 && is_word_or_mark(text_[begin - 1])) {
            const std::size_t count = dashes(begin);
            if (count >= 2 && is_word(at(begin + count))) return begin + count;
        }
        for (end = begin + 1; end < text_.size() && !is_blank(text_[end]); ++end) {
            if (!breaks_hyphens_) continue;
            if (is_hyphen_break(begin, end)) return end;
            const std::size_t count = dashes(end);
            if (count >= 2 && is_word_or_mark(text_[end - 1]) && is_word(at(end + count)))
                return end;
        }
        return end;
    }
    /// Whether the hyphen before `end` stands between two letters on each side.
    [[nodiscard]] bool is_hyphen_break(std::size_t begin, std::size_t end) const {
        if (text_[end - 1] != '-' || end < begin + 2) return false;
        const char32_t before = text_[end - 2];
        const char32_t second = end >= 3 ? text_[end - 3] : 0;
        const char32_t third = end >= 4 ? text_[end - 4] : 0;
        const bool left = (is_letter(before) && is_letter(second)) ||
                          (is_word_or_mark(before) && second == '-' && is_letter(third));
        if (!left || !is_letter(at(end))) return false;
        return is_letter(at(end + 1)) || (at(end + 1) == '-' && is_letter(at(end + 2)));
    }

    const std::u32string& text_;
    bool breaks_hyphens_;
};

bool is_all_blank(const std::u32string& text) {
    return std::all_of(text.begin(), text.end(), is_space);
}

}  // namespace

std::vector<std::string> wrapped(std::string_view line, std::size_t width, bool breaks_words,
                                 bool breaks_hyphens) {
    const std::u32string text = decoded(line);
    auto chunks = Chunks(text, breaks_hyphens).all();
    std::reverse(chunks.begin(), chunks.end());  // the next one is the last
    std::vector<std::string> lines;
    while (!chunks.empty()) {
        std::vector<std::u32string> current;
        std::size_t length = 0;
        if (!lines.empty() && is_all_blank(chunks.back())) chunks.pop_back();
        while (!chunks.empty() && length + chunks.back().size() <= width) {
            length += chunks.back().size();
            current.push_back(std::move(chunks.back()));
            chunks.pop_back();
        }
        if (!chunks.empty() && chunks.back().size() > width) {
            const std::size_t room = width < 1 ? 1 : width - length;
            std::u32string& chunk = chunks.back();
            if (breaks_words) {
                std::size_t end = room;
                if (breaks_hyphens && chunk.size() > room) {
                    const auto hyphen = chunk.rfind(U'-', room == 0 ? 0 : room - 1);
                    const bool is_inside =
                        hyphen != std::u32string::npos && hyphen > 0 && hyphen < room &&
                        std::any_of(chunk.begin(),
                                    chunk.begin() + static_cast<std::ptrdiff_t>(hyphen),
                                    [](char32_t c) { return c != '-'; });
                    if (is_inside) end = hyphen + 1;
                }
                current.push_back(chunk.substr(0, end));
                chunk.erase(0, end);
            } else if (current.empty()) {
                current.push_back(std::move(chunk));
                chunks.pop_back();
            }
        }
        if (!current.empty() && is_all_blank(current.back())) current.pop_back();
        if (current.empty()) continue;
        std::u32string joined;
        for (const auto& chunk : current) joined += chunk;
        lines.push_back(encoded(joined));
    }
    return lines;
}

}  // namespace stepwell::tasks::jinja
