// The pattern becomes a little program whose threads all step over the text together.
#include "engine/expression/pattern.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "engine/base/utf8.hpp"
#include "engine/expression/scanner.hpp"

namespace stepwell::expression {
namespace {

using Code = Pattern::Code;
using Instruction = Pattern::Instruction;
using Kind = Instruction::Kind;
using Set = Pattern::Set;

constexpr std::size_t kInstructionsMax = 1000;
constexpr char32_t kLast = 0x10FFFF;

/// The character at the front of `text`, which moves on; a byte that belongs to none is U+FFFD.
char32_t next_character(std::string_view& text) {
    const std::size_t length = utf8_length_of_first(text);
    const auto lead = static_cast<std::uint8_t>(text.front());
    char32_t c = length == 0 ? 0xFFFD : lead;
    if (length > 1) {
        c = lead & (0xFFu >> (length + 1));
        for (std::size_t i = 1; i < length; ++i) c = c << 6 | (text[i] & 0x3F);
    }
    text.remove_prefix(std::max<std::size_t>(1, length));
    return c;
}

char32_t folded(char32_t c) {
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/// `\d` and its like; nothing for another letter.
std::optional<Set> class_of(char letter) {
    switch (letter) {
        case 'd':
            return Set{{{'0', '9'}}, false};
        case 'D':
            return Set{{{'0', '9'}}, true};
        case 'w':
            return Set{{{'a', 'z'}, {'A', 'Z'}, {'0', '9'}, {'_', '_'}}, false};
        case 'W':
            return Set{{{'a', 'z'}, {'A', 'Z'}, {'0', '9'}, {'_', '_'}}, true};
        case 's':
            return Set{{{'\t', '\r'}, {' ', ' '}}, false};
        case 'S':
            return Set{{{'\t', '\r'}, {' ', ' '}}, true};
        default:
            return std::nullopt;
    }
}

/// What is left out of `set`: for a negated class within a class.
std::vector<std::pair<char32_t, char32_t>> complement(const Set& set) {
    auto ranges = set.ranges;
    std::sort(ranges.begin(), ranges.end());
    std::vector<std::pair<char32_t, char32_t>> others;
    char32_t from = 0;
    for (const auto& [first, last] : ranges) {
        if (first > from) others.emplace_back(from, first - 1);
        from = last + 1;
    }
    others.emplace_back(from, kLast);
    return others;
}

char32_t control_or_self(char32_t c) {
    switch (c) {
        case 'n':
            return '\n';
        case 't':
            return '\t';
        case 'r':
            return '\r';
        case 'f':
            return '\f';
        default:
            return c;
    }
}

class Parser {
public:
    explicit Parser(std::string_view text) : scanner_(text) {}

    Result<Code> parse() {
        Code code = SW_TRY(parse_alternatives());
        if (!scanner_.is_at_end()) return scanner_.expected("the end of the pattern");
        return code;
    }

    std::vector<Set> sets;

private:
    Result<Code> parse_alternatives() {
        if (++scanner_.depth > kExpressionDepthMax) return scanner_.expected("less nesting");
        Code code = SW_TRY(parse_sequence());
        while (scanner_.eat('|')) {
            const Code other = SW_TRY(parse_sequence());
            Code both{split(1, static_cast<int>(code.size()) + 2)};
            both.insert(both.end(), code.begin(), code.end());
            both.push_back(jump(static_cast<int>(other.size()) + 1));
            both.insert(both.end(), other.begin(), other.end());
            if (both.size() > kInstructionsMax) return scanner_.expected("a shorter pattern");
            code = std::move(both);
        }
        --scanner_.depth;
        return code;
    }

    Result<Code> parse_sequence() {
        Code code;
        while (!scanner_.is_at_end() && scanner_.peek() != '|' && scanner_.peek() != ')') {
            Code atom = SW_TRY(parse_atom());
            const Code repeated = SW_TRY(parse_repetition(std::move(atom)));
            code.insert(code.end(), repeated.begin(), repeated.end());
            if (code.size() > kInstructionsMax) return scanner_.expected("a shorter pattern");
        }
        return code;
    }

    Result<Code> parse_atom() {
        if (scanner_.eat('(')) return parse_group();
        if (scanner_.eat('[')) return parse_class();
        if (scanner_.eat('.')) return take(Set{{{'\n', '\n'}, {'\r', '\r'}}, true});
        if (scanner_.eat('^')) return Code{{Kind::at_begin, 0, 1, 1}};
        if (scanner_.eat('$')) return Code{{Kind::at_end, 0, 1, 1}};
        const char c = scanner_.peek();
        if (c == '*' || c == '+' || c == '?' || c == '{') {
            return scanner_.expected("something to repeat");
        }
        if (c != '\\') return take_one(SW_TRY(parse_character()));
        if (auto known = class_of(scanner_.peek(1))) {
            scanner_.advance(2);
            return take(std::move(*known));
        }
        return take_one(SW_TRY(parse_character()));
    }

    Result<Code> parse_group() {
        if (scanner_.peek() == '?' && !scanner_.eat("?:")) {
            return scanner_.expected("'?:' or a plain group (there is no look-around)");
        }
        Code code = SW_TRY(parse_alternatives());
        if (!scanner_.eat(')')) return scanner_.expected("')'");
        return code;
    }

    /// One character, perhaps after a backslash.
    Result<char32_t> parse_character() {
        const bool is_escaped = scanner_.eat('\\');
        if (scanner_.is_at_end()) return scanner_.expected("a character");
        const char first = scanner_.peek();
        const bool is_letter = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z');
        const bool is_digit = first >= '0' && first <= '9';
        const char32_t control = control_or_self(static_cast<unsigned char>(first));
        const bool is_known = control != static_cast<unsigned char>(first);
        if (is_escaped && (is_letter || is_digit) && !is_known) {
            return scanner_.expected("an escape such as \\d, \\w, \\s, \\n or \\.");
        }
        std::string_view character = scanner_.rest();
        const std::size_t before = character.size();
        const char32_t c = next_character(character);
        scanner_.advance(before - character.size());
        return is_escaped ? control_or_self(c) : c;
    }

    Result<Code> parse_class() {
        Set set;
        set.is_negated = scanner_.eat('^');
        do {
            if (scanner_.is_at_end()) return scanner_.expected("']'");
            SW_TRY(parse_class_part(set));
        } while (!scanner_.eat(']'));
        return take(std::move(set));
    }

    Result<void> parse_class_part(Set& set) {
        if (scanner_.peek() == '\\') {
            if (const auto known = class_of(scanner_.peek(1))) {
                scanner_.advance(2);
                const auto ranges = known->is_negated ? complement(*known) : known->ranges;
                set.ranges.insert(set.ranges.end(), ranges.begin(), ranges.end());
                return {};
            }
        }
        const char32_t first = SW_TRY(parse_character());
        char32_t last = first;
        const bool is_range = scanner_.peek() == '-' && scanner_.peek(1) != ']';
        if (is_range) {
            scanner_.advance();
            last = SW_TRY(parse_character());
        }
        if (last < first) return scanner_.expected("a range that ends after its start");
        set.ranges.emplace_back(first, last);
        return {};
    }

    Result<Code> parse_repetition(Code atom) {
        std::size_t min = 1;
        std::optional<std::size_t> max = 1;
        if (scanner_.eat('*')) {
            min = 0;
            max = std::nullopt;
        } else if (scanner_.eat('+')) {
            max = std::nullopt;
        } else if (scanner_.eat('?')) {
            min = 0;
        } else if (scanner_.eat('{')) {
            min = SW_TRY(parse_count());
            max = min;
            if (scanner_.eat(',')) max = SW_TRY(parse_upper_count());
            if (!scanner_.eat('}')) return scanner_.expected("'}'");
        } else {
            return atom;
        }
        scanner_.eat('?');  // lazy or not: the whole text has to fit all the same
        if (max && *max < min) return scanner_.expected("an upper count above the lower one");
        return repeat(atom, min, max);
    }

    Result<std::size_t> parse_count() {
        const std::string_view digits =
            scanner_.take_while([](char c) { return c >= '0' && c <= '9'; });
        std::size_t count = 0;
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), count);
        if (digits.empty() || error != std::errc() || count > kInstructionsMax) {
            return scanner_.expected("a count of at most 1000");
        }
        return count;
    }

    Result<std::optional<std::size_t>> parse_upper_count() {
        if (scanner_.peek() == '}') return std::optional<std::size_t>();
        return std::optional<std::size_t>(SW_TRY(parse_count()));
    }

    Result<Code> repeat(const Code& atom, std::size_t min, std::optional<std::size_t> max) {
        const std::size_t copies = max.value_or(min + 1);
        if (copies * (atom.size() + 2) > kInstructionsMax) {
            return scanner_.expected("fewer repetitions");
        }
        const int length = static_cast<int>(atom.size());
        Code code;
        for (std::size_t i = 0; i < copies; ++i) {
            if (i >= min) code.push_back(split(1, length + (max ? 1 : 2)));
            code.insert(code.end(), atom.begin(), atom.end());
        }
        if (!max) code.push_back(jump(-(length + 1)));
        return code;
    }

    static Instruction split(int first, int second) { return {Kind::split, 0, first, second}; }
    static Instruction jump(int distance) { return {Kind::jump, 0, distance, 1}; }

    Code take(Set set) {
        sets.push_back(std::move(set));
        return {{Kind::take, sets.size() - 1, 1, 1}};
    }
    Code take_one(char32_t c) { return take(Set{{{c, c}}, false}); }

    Scanner scanner_;
};

/// The places in the program that the threads have reached, each once.
class Threads {
public:
    Threads(const Code& code, std::size_t count) : code_(code), is_there_(count) {}

    /// Adds a thread and all that it leads to without taking a character.
    void add(std::size_t start, bool is_at_begin, bool is_at_end) {
        stack_.push_back(start);
        while (!stack_.empty()) {
            const std::size_t at = stack_.back();
            stack_.pop_back();
            if (is_there_[at]) continue;
            is_there_[at] = true;
            places.push_back(at);
            if (at < code_.size()) follow(at, is_at_begin, is_at_end);
        }
    }
    [[nodiscard]] bool has(std::size_t place) const { return is_there_[place]; }
    void clear() {
        for (const std::size_t place : places) is_there_[place] = false;
        places.clear();
    }

    std::vector<std::size_t> places;

private:
    void follow(std::size_t at, bool is_at_begin, bool is_at_end) {
        const Instruction& instruction = code_[at];
        const auto go = [&](int distance) {
            stack_.push_back(static_cast<std::size_t>(static_cast<long>(at) + distance));
        };
        switch (instruction.kind) {
            case Kind::take:
                break;
            case Kind::split:
                go(instruction.second);
                go(instruction.first);
                break;
            case Kind::jump:
                go(instruction.first);
                break;
            case Kind::at_begin:
                if (is_at_begin) go(1);
                break;
            case Kind::at_end:
                if (is_at_end) go(1);
                break;
        }
    }

    const Code& code_;
    std::vector<char> is_there_;
    std::vector<std::size_t> stack_;
};

}  // namespace

bool Pattern::Set::contains(char32_t c) const {
    for (const auto& [first, last] : ranges) {
        if (c >= first && c <= last) return !is_negated;
    }
    return is_negated;
}

Result<Pattern> Pattern::parse(std::string_view text, bool ignores_case) {
    Parser parser(text);
    Pattern pattern;
    pattern.code_ = SW_TRY(parser.parse());
    pattern.sets_ = std::move(parser.sets);
    pattern.ignores_case_ = ignores_case;
    for (const Instruction& instruction : pattern.code_) {
        pattern.steps_ += 1;
        if (instruction.kind == Kind::take) {
            pattern.steps_ += pattern.sets_[instruction.set].ranges.size();
        }
    }
    return pattern;
}

bool Pattern::matches(std::string_view text) const {
    Threads some(code_, code_.size() + 1);
    Threads others(code_, code_.size() + 1);
    Threads* now = &some;
    Threads* next = &others;
    now->add(0, true, text.empty());
    while (!text.empty() && !now->places.empty()) {
        const char32_t c = next_character(text);
        const char32_t lower = folded(c);
        const char32_t upper = c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
        for (const std::size_t place : now->places) {
            if (place == code_.size() || code_[place].kind != Kind::take) continue;
            const Set& set = sets_[code_[place].set];
            const bool fits =
                ignores_case_ ? set.contains(lower) || set.contains(upper) : set.contains(c);
            if (fits) next->add(place + 1, false, text.empty());
        }
        now->clear();
        std::swap(now, next);
    }
    return text.empty() && now->has(code_.size());
}

}  // namespace stepwell::expression
