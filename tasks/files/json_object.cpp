#include "tasks/files/json_object.hpp"

#include <algorithm>
#include <deque>
#include <vector>

#include "engine/base/ascii.hpp"
#include "tasks/files/json_text.hpp"

namespace stepwell::tasks::data {
namespace {

class ObjectCheck {
public:
    explicit ObjectCheck(std::string_view text) : text_(text) {}

    std::string fault() {
        skip_blanks();
        const bool is_object = next() == '{';
        if (!value()) return "the line is not JSON";
        skip_blanks();
        if (at_ != text_.size()) return "the line is not JSON";
        if (!is_object) return "the line is not a JSON object";
        std::sort(names_.begin(), names_.end());
        const auto twice = std::adjacent_find(names_.begin(), names_.end());
        if (twice == names_.end()) return "";
        return "the line has member '" + std::string(*twice) + "' twice";
    }

private:
    [[nodiscard]] char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void skip_blanks() {
        while (next() == ' ' || next() == '\t' || next() == '\n' || next() == '\r') ++at_;
    }
    bool take(char c) {
        skip_blanks();
        if (next() != c) return false;
        ++at_;
        return true;
    }

    /// The value that begins here, with all that is in it.
    bool value() {
        while (true) {
            skip_blanks();
            if (const char open = next(); open == '{' || open == '[') {
                ++at_;
                const char close = open == '{' ? '}' : ']';
                open_ += close;
                if (!take(close)) {
                    if (close == '}' && !name()) return false;
                    continue;
                }
                open_.pop_back();
            } else if (!scalar()) {
                return false;
            }
            while (!open_.empty() && take(open_.back())) open_.pop_back();
            if (open_.empty()) return true;
            if (!take(',')) return false;
            if (open_.back() == '}' && !name()) return false;
        }
    }
    bool name() {
        skip_blanks();
        const std::size_t from = at_;
        if (!string()) return false;
        if (open_.size() == 1) keep_name(text_.substr(from, at_ - from));
        return take(':');
    }
    void keep_name(std::string_view quoted) {
        std::string scratch;
        const std::string_view plain = json_plain_text(quoted, scratch);
        const bool is_escaped = plain.data() == scratch.data();
        names_.push_back(is_escaped ? std::string_view(escaped_.emplace_back(plain)) : plain);
    }
    bool scalar() {
        if (next() == '"') return string();
        for (const std::string_view word : {"true", "false", "null"}) {
            if (!text_.substr(at_).starts_with(word)) continue;
            at_ += word.size();
            return true;
        }
        return number();
    }
    bool digits() {
        const std::size_t from = at_;
        while (is_digit(next())) ++at_;
        return at_ > from;
    }
    bool number() {
        if (next() == '-') ++at_;
        const bool is_zero = next() == '0';
        if (is_zero)
            ++at_;
        else if (!digits())
            return false;
        if (next() == '.') {
            ++at_;
            if (!digits()) return false;
        }
        if (next() != 'e' && next() != 'E') return true;
        ++at_;
        if (next() == '+' || next() == '-') ++at_;
        return digits();
    }
    bool string() {
        if (next() != '"') return false;
        for (++at_; at_ < text_.size() && text_[at_] != '"';) {
            const char c = text_[at_++];
            if (static_cast<unsigned char>(c) < 0x20) return false;
            if (c == '\\' && !escape()) return false;
        }
        if (at_ == text_.size()) return false;
        ++at_;
        return true;
    }
    /// Behind the backslash. Halves of pairs of UTF-16 do not stand alone.
    bool escape() {
        const char kind = next();
        if (kind != 'u') {
            ++at_;
            return std::string_view("\"\\/bfnrt").find(kind) != std::string_view::npos;
        }
        const int first = unit();
        if (first < 0) return false;
        if (first < 0xD800 || first > 0xDFFF) return true;
        if (first > 0xDBFF || next() != '\\') return false;
        ++at_;
        const int second = unit();
        return second >= 0xDC00 && second <= 0xDFFF;
    }
    /// "u" and four digits; below zero where it is something else.
    int unit() {
        if (next() != 'u' || text_.size() - at_ < 5) return -1;
        int result = 0;
        for (std::size_t i = at_ + 1; i < at_ + 5; ++i) {
            const int digit = hex_value(text_[i]);
            if (digit < 0) return -1;
            result = result * 16 + digit;
        }
        at_ += 5;
        return result;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string open_;                     // what closes the arrays and objects that are open
    std::vector<std::string_view> names_;  // of the object itself
    std::deque<std::string> escaped_;      // what of them is written with escapes
};

}  // namespace

std::string json_object_fault(std::string_view line) {
    return ObjectCheck(line).fault();
}

}  // namespace stepwell::tasks::data
