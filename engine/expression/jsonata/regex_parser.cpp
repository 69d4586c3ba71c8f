// Pattern to program.
#include <algorithm>

#include "engine/base/ascii.hpp"
#include "engine/expression/jsonata/letter_case.hpp"
#include "engine/expression/jsonata/regex.hpp"
#include "engine/expression/jsonata/text.hpp"

namespace stepwell::expression::jsonata {
namespace {

constexpr std::size_t kProgramMax = 5'000;
constexpr int kNestingMax = 100;
constexpr char32_t kLastPoint = 0x10FFFF;

using Ranges = std::vector<std::pair<char32_t, char32_t>>;

const Ranges& digits() {
    static const Ranges kRanges{{'0', '9'}};
    return kRanges;
}
const Ranges& word_characters() {
    static const Ranges kRanges{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
    return kRanges;
}
const Ranges& spaces() {
    static const Ranges kRanges{
        {'\t', '\r'},     {' ', ' '},       {0xA0, 0xA0},     {0x1680, 0x1680}, {0x2000, 0x200A},
        {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};
    return kRanges;
}
const Ranges& line_ends() {
    static const Ranges kRanges{{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}};
    return kRanges;
}

Ranges all_but(const Ranges& sorted) {
    Ranges others;
    char32_t from = 0;
    for (const auto& [first, last] : sorted) {
        if (first > from) others.emplace_back(from, first - 1);
        from = last + 1;
    }
    others.emplace_back(from, kLastPoint);
    return others;
}

/// What `\d` and its like stand for; nothing for another letter.
std::optional<Ranges> class_named(char letter) {
    switch (letter) {
        case 'd':
            return digits();
        case 'D':
            return all_but(digits());
        case 'w':
            return word_characters();
        case 'W':
            return all_but(word_characters());
        case 's':
            return spaces();
        case 'S':
            return all_but(spaces());
        default:
            return std::nullopt;
    }
}

}  // namespace

bool Regex::Set::contains(char32_t c) const {
    if (c < ascii.size()) return ascii[c];
    const bool is_in = std::any_of(ranges.begin(), ranges.end(), [c](const auto& range) {
        return c >= range.first && c <= range.second;
    });
    return is_in != is_negated;
}

class RegexParser {
public:
    RegexParser(std::string_view pattern, Regex& regex) : text_(pattern), regex_(regex) {}

    Result<void> parse() {
        group_count_ = count_groups();
        emit({Regex::Op::save, 0, 0});
        SW_TRY(alternatives());
        if (at_ < text_.size()) return refuse("an unmatched ')'");
        emit({Regex::Op::save, 1, 0});
        emit({Regex::Op::match, 0, 0});
        regex_.groups_ = next_group_ - 1;
        find_first_bytes();
        return {};
    }

private:
    using Op = Regex::Op;
    using Code = std::vector<Regex::Instruction>;

    [[nodiscard]] stepwell::Failure<Error> refuse(std::string_view what) const {
        return fail(ErrorCode::invalid, "expected a regular expression, but it has " +
                                            std::string(what) + " at character " +
                                            std::to_string(at_ + 1));
    }
    [[nodiscard]] char peek(std::size_t ahead = 0) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }
    bool eat(std::string_view what) {
        if (!text_.substr(at_).starts_with(what)) return false;
        at_ += what.size();
        return true;
    }
    Code& code() { return regex_.code_; }
    [[nodiscard]] std::uint32_t here() { return static_cast<std::uint32_t>(code().size()); }
    void emit(Regex::Instruction instruction) { code().push_back(instruction); }
    /// Puts an instruction before those from `from` on, which jump only among themselves.
    void insert(std::uint32_t from, Regex::Instruction instruction) {
        for (std::uint32_t i = from; i < here(); ++i) shift(code()[i], 1);
        code().insert(code().begin() + from, instruction);
    }
    static void shift(Regex::Instruction& instruction, std::uint32_t by) {
        if (instruction.op == Op::split || instruction.op == Op::jump ||
            instruction.op == Op::look) {
            instruction.a += by;
        }
        if (instruction.op == Op::split) instruction.b += by;
    }

    [[nodiscard]] std::size_t count_groups() const {
        std::size_t count = 0;
        bool in_class = false;
        for (std::size_t i = 0; i < text_.size(); ++i) {
            if (text_[i] == '\\') {
                ++i;
            } else if (in_class) {
                in_class = text_[i] != ']';
            } else if (text_[i] == '[') {
                in_class = true;
            } else if (text_[i] == '(') {
                const std::string_view rest = text_.substr(i + 1);
                const bool is_named =
                    rest.starts_with("?<") && !rest.starts_with("?<=") && !rest.starts_with("?<!");
                count += !rest.starts_with('?') || is_named;
            }
        }
        return count;
    }

    Result<void> alternatives() {
        if (++nesting_ > kNestingMax) return refuse("too much nesting");
        std::uint32_t begin = here();
        SW_TRY(sequence());
        std::vector<std::uint32_t> ends;
        while (eat("|")) {
            insert(begin, {Op::split, begin + 1, here() + 2});
            ends.push_back(here());
            emit({Op::jump, 0, 0});
            begin = here();
            SW_TRY(sequence());
        }
        for (const std::uint32_t end : ends) code()[end].a = here();
        --nesting_;
        return {};
    }

    Result<void> sequence() {
        while (at_ < text_.size() && peek() != '|' && peek() != ')') {
            const std::uint32_t begin = here();
            const auto first_group = static_cast<std::uint32_t>(next_group_);
            SW_TRY(atom());
            SW_TRY(repetition(begin, first_group));
            if (code().size() > kProgramMax) return refuse("too many parts or repetitions");
        }
        return {};
    }

    Result<void> atom() {
        if (eat("^")) return emit({Op::begin, 0, 0}), Result<void>();
        if (eat("$")) return emit({Op::end, 0, 0}), Result<void>();
        if (eat("\\b")) return emit({Op::word_edge, 0, 0}), Result<void>();
        if (eat("\\B")) return emit({Op::word_edge, 1, 0}), Result<void>();
        if (eat("(")) return group();
        if (eat("[")) return char_class();
        if (eat(".")) return take(line_ends(), true);
        const char c = peek();
        if (c == '*' || c == '+' || c == '?') return refuse("nothing to repeat");
        if (c == '\\') {
            if (const auto named = class_named(peek(1))) {
                at_ += 2;
                return take(*named, false);
            }
        }
        const char32_t point = SW_TRY(character(false));
        return take({{point, point}}, false);
    }

    Result<void> group() {
        if (eat("?:")) return close(alternatives());
        if (eat("?=")) return look(Regex::kAhead);
        if (eat("?!")) return look(Regex::kNotAhead);
        if (eat("?<=")) return look(Regex::kBehind);
        if (eat("?<!")) return look(Regex::kNotBehind);
        if (eat("?<")) {
            while (at_ < text_.size() && peek() != '>') ++at_;
            if (!eat(">")) return refuse("a group's name without an end");
        } else if (peek() == '?') {
            return refuse("an unknown kind of group");
        }
        const auto slot = static_cast<std::uint32_t>(2 * next_group_++);
        emit({Op::save, slot, 0});
        SW_TRY(close(alternatives()));
        emit({Op::save, slot + 1, 0});
        return {};
    }

    Result<void> close(Result<void> inner) {
        if (!inner) return inner;
        if (!eat(")")) return refuse("a group without an end");
        return {};
    }

    Result<void> look(Regex::Look kind) {
        const std::uint32_t begin = here();
        emit({Op::look, 0, kind});
        SW_TRY(close(alternatives()));
        emit({Op::match, 0, 0});
        code()[begin].a = here();
        return {};
    }

    Result<void> take(const Ranges& ranges, bool is_negated) {
        Regex::Set set;
        set.ranges = ranges;
        if (regex_.ignores_case_) add_other_cases(set.ranges);
        set.is_negated = is_negated;
        for (char32_t c = 0; c < set.ascii.size(); ++c) {
            set.ascii[c] =
                is_negated !=
                std::any_of(set.ranges.begin(), set.ranges.end(), [c](const auto& range) {
                    return c >= range.first && c <= range.second;
                });
        }
        emit({Op::take, static_cast<std::uint32_t>(regex_.sets_.size()), 0});
        regex_.sets_.push_back(std::move(set));
        return {};
    }

    static void add_other_cases(Ranges& ranges) {
        constexpr char32_t kSpanMax = 2'000;  // what is wider has both cases
        Ranges others;
        for (const auto& [first, last] : ranges) {
            if (last - first > kSpanMax) continue;
            for (char32_t c = first; c <= last; ++c) {
                for (const char32_t other : {upper_point(c), lower_point(c)}) {
                    // As JavaScript has it, no letter beyond ASCII is equal to one of it.
                    if (other != c && (c >= 0x80) == (other >= 0x80)) {
                        others.emplace_back(other, other);
                    }
                }
            }
        }
        ranges.insert(ranges.end(), others.begin(), others.end());
    }

    Result<void> char_class() {
        const bool is_negated = eat("^");
        Ranges ranges;
        while (!eat("]")) {
            if (at_ >= text_.size()) return refuse("a class without an end");
            SW_TRY(class_part(ranges));
        }
        return take(ranges, is_negated);
    }

    Result<void> class_part(Ranges& ranges) {
        if (eat_named_class(ranges)) return {};
        const char32_t first = SW_TRY(character(true));
        char32_t last = first;
        if (peek() == '-' && peek(1) != ']' && at_ + 1 < text_.size()) {
            ++at_;
            if (eat_named_class(ranges)) {
                ranges.emplace_back('-', '-');
            } else {
                last = SW_TRY(character(true));
            }
        }
        if (last < first) return refuse("a range that ends before its start");
        ranges.emplace_back(first, last);
        return {};
    }

    bool eat_named_class(Ranges& ranges) {
        if (peek() != '\\') return false;
        const auto named = class_named(peek(1));
        if (!named) return false;
        at_ += 2;
        ranges.insert(ranges.end(), named->begin(), named->end());
        return true;
    }

    /// One character, perhaps after a backslash.
    Result<char32_t> character(bool in_class) {
        if (eat("\\")) return escaped(in_class);
        const Point point = point_at(text_, at_);
        at_ += point.bytes;
        return point.value;
    }

    Result<char32_t> escaped(bool in_class) {
        if (at_ >= text_.size()) return refuse("a backslash at its end");
        constexpr std::string_view kLetters = "tnvfr";
        constexpr std::string_view kMeanings = "\t\n\v\f\r";
        const char c = peek();
        if (const std::size_t known = kLetters.find(c); known != kLetters.npos) {
            ++at_;
            return static_cast<char32_t>(kMeanings[known]);
        }
        if (in_class && c == 'b') return ++at_, char32_t{'\b'};
        if (c == '0' && !is_digit(peek(1))) return ++at_, char32_t{0};
        if (c == 'c' && is_letter(peek(1))) {
            at_ += 2;
            return static_cast<char32_t>(text_[at_ - 1] & 0x1F);
        }
        if (c == 'x' || c == 'u') return hexadecimal(c == 'x' ? 2 : 4, c);
        const bool is_reference =
            !in_class &&
            ((c >= '1' && c <= '9' && static_cast<std::size_t>(c - '0') <= group_count_) ||
             (c == 'k' && peek(1) == '<'));
        if (is_reference) return refuse("a back reference");
        const Point point = point_at(text_, at_);
        at_ += point.bytes;
        return point.value;
    }

    Result<char32_t> hexadecimal(std::size_t digits_count, char letter) {
        char32_t value = 0;
        for (std::size_t i = 1; i <= digits_count; ++i) {
            const int digit = hex_value(peek(i));
            if (digit < 0) return ++at_, static_cast<char32_t>(letter);
            value = value << 4 | static_cast<char32_t>(digit);
        }
        at_ += digits_count + 1;
        const bool is_pair = value >= 0xD800 && value < 0xDC00 && peek() == '\\' && peek(1) == 'u';
        if (!is_pair) return value;
        ++at_;
        const char32_t low = SW_TRY(hexadecimal(4, 'u'));
        return 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
    }

    // --- repetition ---

    Result<void> repetition(std::uint32_t begin, std::uint32_t first_group) {
        std::size_t least = 1;
        std::optional<std::size_t> most = 1;
        if (eat("*")) {
            least = 0;
            most.reset();
        } else if (eat("+")) {
            most.reset();
        } else if (eat("?")) {
            least = 0;
        } else if (!counts(least, most)) {
            return {};
        }
        const bool is_lazy = eat("?");
        if (most && *most < least) return refuse("counts that are out of order");
        return repeat(begin, least, most, is_lazy, first_group);
    }

    /// `{2}`, `{2,}` or `{2,3}`; what looks like anything else is text.
    bool counts(std::size_t& least, std::optional<std::size_t>& most) {
        if (peek() != '{') return false;
        std::size_t at = at_ + 1;
        const auto number = [&]() -> std::optional<std::size_t> {
            std::size_t value = 0;
            const std::size_t from = at;
            while (at < text_.size() && is_digit(text_[at])) {
                value = std::min<std::size_t>(
                    kProgramMax + 1, value * 10 + static_cast<std::size_t>(text_[at++] - '0'));
            }
            if (at == from) return std::nullopt;
            return value;
        };
        const auto first = number();
        if (!first) return false;
        std::optional<std::size_t> last = first;
        if (at < text_.size() && text_[at] == ',') {
            ++at;
            last = number();
        }
        if (at >= text_.size() || text_[at] != '}') return false;
        at_ = at + 1;
        least = *first;
        most = last;
        return true;
    }

    Result<void> repeat(std::uint32_t begin, std::size_t least, std::optional<std::size_t> most,
                        bool is_lazy, std::uint32_t first_group) {
        Code once(code().begin() + begin, code().end());
        code().resize(begin);
        for (auto& instruction : once) shift(instruction, 0U - begin);
        const auto last_group = static_cast<std::uint32_t>(next_group_);
        const bool has_groups = last_group > first_group;
        const std::size_t copies = most ? *most : least + 1;
        if (copies * (once.size() + 3) > kProgramMax) return refuse("too many repetitions");
        const auto put = [&] {
            if (has_groups) emit({Op::forget, 2 * first_group, 2 * last_group});
            const std::uint32_t base = here();
            for (auto instruction : once) {
                shift(instruction, base);
                emit(instruction);
            }
        };
        for (std::size_t i = 0; i < least; ++i) put();
        std::vector<std::uint32_t> splits;
        const std::size_t optional = most ? *most - least : 1;
        for (std::size_t i = 0; i < optional; ++i) {
            splits.push_back(here());
            emit({Op::split, here() + 1, 0});
            put();
        }
        if (!most) emit({Op::jump, splits.front(), 0});
        for (const std::uint32_t at : splits) {
            code()[at].b = here();
            if (is_lazy) std::swap(code()[at].a, code()[at].b);
        }
        return {};
    }

    // --- what a match may begin with ---

    /// Whatever is asked of a place alone is taken to hold.
    void find_first_bytes() {
        std::bitset<256> bytes;
        std::vector<bool> is_known(code().size());
        std::vector<std::uint32_t> pending{0};
        while (!pending.empty()) {
            const std::uint32_t pc = pending.back();
            pending.pop_back();
            if (is_known[pc]) continue;
            is_known[pc] = true;
            const Regex::Instruction& instruction = code()[pc];
            switch (instruction.op) {
                case Op::match:
                    return;  // it may be empty, and begin anywhere
                case Op::take:
                    add_first_bytes(regex_.sets_[instruction.a], bytes);
                    break;
                case Op::split:
                    pending.push_back(instruction.b);
                    pending.push_back(instruction.a);
                    break;
                case Op::jump:
                case Op::look:
                    pending.push_back(instruction.a);
                    break;
                default:
                    pending.push_back(pc + 1);
            }
        }
        regex_.first_bytes_ = bytes;
    }

    static void add_first_bytes(const Regex::Set& set, std::bitset<256>& bytes) {
        for (std::size_t c = 0; c < set.ascii.size(); ++c) {
            if (set.ascii[c]) bytes.set(c);
        }
        const bool has_others =
            set.is_negated || std::any_of(set.ranges.begin(), set.ranges.end(),
                                          [](const auto& range) { return range.second >= 0x80; });
        for (std::size_t c = 0x80; has_others && c < bytes.size(); ++c) bytes.set(c);
    }

    std::string_view text_;
    Regex& regex_;
    std::size_t at_ = 0;
    std::size_t next_group_ = 1;
    std::size_t group_count_ = 0;
    int nesting_ = 0;
};

Result<Regex> Regex::parse(std::string_view pattern, std::string_view flags) {
    Regex regex;
    regex.pattern_ = pattern;
    regex.ignores_case_ = flags.find('i') != flags.npos;
    regex.is_multiline_ = flags.find('m') != flags.npos;
    SW_TRY(RegexParser(pattern, regex).parse());
    return regex;
}

}  // namespace stepwell::expression::jsonata
