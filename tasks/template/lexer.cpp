#include "tasks/template/lexer.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "engine/base/ascii.hpp"
#include "tasks/template/text.hpp"

namespace stepwell::tasks::jinja {
namespace {

constexpr std::string_view kSpace = " \t\r\n\f\v";

bool is_name_start(char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0;
}
bool is_name_part(char c) {
    return is_name_start(c) || is_digit(c);
}

class Lexer {
public:
    Lexer(std::string_view source, std::string_view file, const Syntax& syntax)
        : source_(source), file_(file), syntax_(syntax) {}

    Outcome<std::vector<Token>> run() {
        if (!syntax_.keep_trailing_newline && source_.ends_with('\n')) source_.remove_suffix(1);
        while (at_ < source_.size()) SW_TRY(read_data());
        push(TokenKind::end, "");
        return std::move(tokens_);
    }

private:
    Failure<Signal> fail_at(int line, const std::string& message) const {
        return {Signal{Signal::Kind::error,
                       std::string(file_) + ":" + std::to_string(line) + ": " + message, true,
                       nullptr}};
    }
    void push(TokenKind kind, std::string text) {
        tokens_.push_back({kind, std::move(text), line_});
    }
    [[nodiscard]] bool looking_at(std::string_view text) const {
        return source_.substr(at_).starts_with(text);
    }
    void advance(std::size_t count) {
        const auto passed = source_.substr(at_, count);
        line_ += static_cast<int>(std::count(passed.begin(), passed.end(), '\n'));
        at_ += count;
    }
    void skip_space() {
        const auto next = source_.find_first_not_of(kSpace, at_);
        advance((next == std::string_view::npos ? source_.size() : next) - at_);
    }

    /// Where the next tag begins, or the end.
    [[nodiscard]] std::size_t next_tag() const {
        for (auto i = source_.find('{', at_); i != std::string_view::npos;
             i = source_.find('{', i + 1)) {
            const char next = i + 1 < source_.size() ? source_[i + 1] : '\0';
            if (next == '{' || next == '%' || next == '#') return i;
        }
        return source_.size();
    }

    /// The text before a tag, as the tag's own marks and lstrip_blocks leave it.
    [[nodiscard]] std::string_view trimmed_text(std::string_view text, std::size_t tag) const {
        const char mark = tag + 2 < source_.size() ? source_[tag + 2] : '\0';
        if (mark == '-') {
            const auto last = text.find_last_not_of(kSpace);
            return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
        }
        if (!syntax_.lstrip_blocks || mark == '+' || source_[tag + 1] == '{') return text;
        const auto last = text.find_last_not_of(" \t");
        const bool is_line_start =
            last == std::string_view::npos ? tag == text.size() : text[last] == '\n';
        return is_line_start ? text.substr(0, last == std::string_view::npos ? 0 : last + 1) : text;
    }

    Outcome<void> read_data() {
        const std::size_t tag = next_tag();
        std::string_view text = source_.substr(at_, tag - at_);
        if (tag < source_.size()) text = trimmed_text(text, tag);
        if (!text.empty()) push(TokenKind::text, std::string(text));
        advance(tag - at_);
        if (at_ >= source_.size()) return {};
        if (looking_at("{#")) return read_comment();
        if (is_raw_tag()) return read_raw();
        return read_tag();
    }

    void after_tag(bool strips, bool is_block) {
        if (strips) return skip_space();
        if (!is_block || !syntax_.trim_blocks) return;
        if (looking_at("\r\n"))
            advance(2);
        else if (looking_at("\n"))
            advance(1);
    }

    Outcome<void> read_comment() {
        const auto end = source_.find("#}", at_ + 2);
        if (end == std::string_view::npos) {
            return fail_at(line_, "expected '#}' after '{#', but the file ends");
        }
        const bool strips = end > at_ + 2 && source_[end - 1] == '-';
        advance(end + 2 - at_);
        after_tag(strips, true);
        return {};
    }

    /// How long the block tag `{% word %}` at `from` is; 0 where there is another.
    [[nodiscard]] std::size_t word_tag_length(std::size_t from, std::string_view word,
                                              bool& strips_left, bool& strips_right) const {
        std::size_t i = from + 2;
        const auto char_at = [&](std::size_t k) { return k < source_.size() ? source_[k] : '\0'; };
        strips_left = char_at(i) == '-';
        if (strips_left || char_at(i) == '+') ++i;
        i = std::min(source_.find_first_not_of(kSpace, i), source_.size());
        if (!source_.substr(i).starts_with(word)) return 0;
        i = std::min(source_.find_first_not_of(kSpace, i + word.size()), source_.size());
        strips_right = char_at(i) == '-';
        if (strips_right || char_at(i) == '+') ++i;
        return source_.substr(i).starts_with("%}") ? i + 2 - from : 0;
    }

    [[nodiscard]] bool is_raw_tag() const {
        bool left = false;
        bool right = false;
        return looking_at("{%") && word_tag_length(at_, "raw", left, right) > 0;
    }

    Outcome<void> read_raw() {
        const int line = line_;
        bool left = false;
        bool right = false;
        advance(word_tag_length(at_, "raw", left, right));
        after_tag(right, true);
        for (auto i = source_.find("{%", at_); i != std::string_view::npos;
             i = source_.find("{%", i + 2)) {
            const std::size_t length = word_tag_length(i, "endraw", left, right);
            if (length == 0) continue;
            const auto text = trimmed_text(source_.substr(at_, i - at_), i);
            if (!text.empty()) push(TokenKind::text, std::string(text));
            advance(i + length - at_);
            after_tag(right, true);
            return {};
        }
        return fail_at(line, "expected '{% endraw %}' after '{% raw %}', but the file ends");
    }

    Outcome<void> read_tag() {
        const bool is_block = source_[at_ + 1] == '%';
        const int line = line_;
        push(is_block ? TokenKind::block_begin : TokenKind::output_begin, "");
        advance(2);
        if (looking_at("-") || looking_at("+")) advance(1);
        const std::string_view close = is_block ? "%}" : "}}";
        depth_ = 0;
        while (true) {
            skip_space();
            if (at_ >= source_.size()) {
                return fail_at(line, "expected '" + std::string(close) +
                                         "' to end the tag, but the file ends");
            }
            if (depth_ == 0 && (looking_at("-" + std::string(close)) ||
                                looking_at("+" + std::string(close)) || looking_at(close))) {
                break;
            }
            SW_TRY(read_token());
        }
        const bool strips = looking_at("-");
        push(is_block ? TokenKind::block_end : TokenKind::output_end, "");
        advance(looking_at(close) ? 2 : 3);
        after_tag(strips, is_block);
        return {};
    }

    Outcome<void> read_token() {
        const char c = source_[at_];
        if (is_name_start(c)) return read_name();
        if (is_digit(c)) return read_number();
        if (c == '"' || c == '\'') return read_string();
        return read_symbol();
    }

    Outcome<void> read_name() {
        std::size_t end = at_;
        while (end < source_.size() && is_name_part(source_[end])) ++end;
        push(TokenKind::name, std::string(source_.substr(at_, end - at_)));
        advance(end - at_);
        return {};
    }

    /// 0x1F, 0o17, 0b101: as a decimal number, as Token has it.
    Outcome<bool> read_based_number() {
        if (source_[at_] != '0' || at_ + 1 >= source_.size()) return false;
        const char mark = stepwell::lower(source_[at_ + 1]);
        const int base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
        if (base == 0) return false;
        std::uint64_t number = 0;
        std::size_t end = at_ + 2;
        bool has_digits = false;
        for (; end < source_.size(); ++end) {
            const int digit = source_[end] == '_' ? -1 : hex_value(source_[end]);
            const bool goes_on = end + 1 < source_.size() && hex_value(source_[end + 1]) >= 0;
            if (source_[end] == '_' && goes_on) continue;
            if (digit < 0 || digit >= base) break;
            if (number > (std::uint64_t{1} << 63U) / 16)
                return fail_at(line_, "expected a whole number of at most 64 bits");
            number = number * static_cast<std::uint64_t>(base) + static_cast<std::uint64_t>(digit);
            has_digits = true;
        }
        if (!has_digits) return false;
        push(TokenKind::integer, std::to_string(number));
        advance(end - at_);
        return true;
    }

    Outcome<void> read_number() {
        if (SW_TRY(read_based_number())) return {};
        std::size_t end = at_;
        bool is_real = false;
        const auto digits = [&] {
            while (end < source_.size() && (is_digit(source_[end]) || source_[end] == '_')) ++end;
        };
        digits();
        if (end + 1 < source_.size() && source_[end] == '.' && is_digit(source_[end + 1])) {
            is_real = true;
            ++end;
            digits();
        }
        const std::size_t mark = end;
        if (end < source_.size() && (source_[end] == 'e' || source_[end] == 'E')) {
            ++end;
            if (end < source_.size() && (source_[end] == '+' || source_[end] == '-')) ++end;
            const bool has_exponent = end < source_.size() && is_digit(source_[end]);
            if (has_exponent)
                digits();
            else
                end = mark;
            is_real = is_real || has_exponent;
        }
        std::string text(source_.substr(at_, end - at_));
        std::erase(text, '_');
        const bool is_zero = text.find_first_not_of('0') == std::string::npos;
        if (!is_real && text.size() > 1 && text[0] == '0' && !is_zero)
            return fail_at(line_, "expected a number without zeros before it, but found " + text);
        push(is_real ? TokenKind::real : TokenKind::integer, std::move(text));
        advance(end - at_);
        return {};
    }

    Outcome<void> read_string() {
        const char quote = source_[at_];
        std::string value;
        std::size_t i = at_ + 1;
        for (; i < source_.size() && source_[i] != quote; ++i) {
            if (source_[i] != '\\' || i + 1 >= source_.size()) {
                value += source_[i];
                continue;
            }
            i = SW_TRY(read_escape(value, i + 1));
        }
        if (i >= source_.size()) {
            return fail_at(line_,
                           std::string("expected a closing ") + quote + ", but the file ends");
        }
        push(TokenKind::string, std::move(value));
        advance(i + 1 - at_);
        return {};
    }

    /// The escape whose letter stands at `i`, as Python has it. Returns where it ends.
    Outcome<std::size_t> read_escape(std::string& value, std::size_t i) const {
        static constexpr std::string_view kLetters = "abfnrtv\\'\"";
        static constexpr std::string_view kMeant = "\a\b\f\n\r\t\v\\'\"";
        const char c = source_[i];
        if (c == '\n') return i;
        if (const auto known = kLetters.find(c); known != std::string_view::npos) {
            value += kMeant[known];
            return i;
        }
        if (c >= '0' && c <= '7') return octal_escape(value, i);
        const std::size_t length = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
        if (length == 0) {
            value += {'\\', c};
            return i;
        }
        char32_t code = 0;
        for (std::size_t k = 1; k <= length; ++k) {
            const int digit = i + k < source_.size() ? hex_value(source_[i + k]) : -1;
            if (digit < 0)
                return fail_at(line_, "expected " + std::to_string(length) +
                                          " hexadecimal digits behind '\\" + c + "'");
            code = code * 16 + static_cast<char32_t>(digit);
        }
        if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
            return fail_at(
                line_, "expected the number of a character behind '\\" + std::string(1, c) + "'");
        append_character(value, code);
        return i + length;
    }

    [[nodiscard]] std::size_t octal_escape(std::string& value, std::size_t i) const {
        char32_t code = 0;
        std::size_t end = i;
        for (; end < std::min(i + 3, source_.size()); ++end) {
            if (source_[end] < '0' || source_[end] > '7') break;
            code = code * 8 + static_cast<char32_t>(source_[end] - '0');
        }
        append_character(value, code);
        return end - 1;
    }

    Outcome<void> read_symbol() {
        static constexpr std::array<std::string_view, 27> kSymbols = {
            "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">",
            "=",  "(",  ")",  "[",  "]",  "{",  "}", ",", ":", ".", "|", ";", "!"};
        for (const auto symbol : kSymbols) {
            if (!looking_at(symbol)) continue;
            if (symbol == "(" || symbol == "[" || symbol == "{") ++depth_;
            if (symbol == ")" || symbol == "]" || symbol == "}") --depth_;
            push(TokenKind::symbol, std::string(symbol));
            advance(symbol.size());
            return {};
        }
        return fail_at(line_,
                       std::string("expected an expression, but found '") + source_[at_] + "'");
    }

    std::string_view source_;
    std::string_view file_;
    Syntax syntax_;
    std::size_t at_ = 0;
    int line_ = 1;
    int depth_ = 0;
    std::vector<Token> tokens_;
};

}  // namespace

Outcome<std::vector<Token>> tokenize(std::string_view source, std::string_view file,
                                     const Syntax& syntax) {
    if (source.find('\r') != std::string_view::npos) {
        const std::string lines = replace_all(replace_all(source, "\r\n", "\n"), "\r", "\n");
        return Lexer(lines, file, syntax).run();
    }
    return Lexer(source, file, syntax).run();
}

}  // namespace stepwell::tasks::jinja
