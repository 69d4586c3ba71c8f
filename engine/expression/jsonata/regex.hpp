// Regular expressions as JavaScript writes them, for /.../ literals. Internal to
// engine/expression/jsonata.
//
// Time grows with the length of the text times that of the pattern, whatever both hold: there is no
// backtracking, hence there are no back references. What is looked ahead for or behind costs as
// much again at each place. Characters are code points, not UTF-16 units.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/work.hpp"

namespace stepwell::expression::jsonata {

class Regex {
public:
    static constexpr std::size_t kNone = SIZE_MAX;

    /// Begin and end in bytes of the whole and of each group; kNone where a group took no part.
    using Spans = std::vector<std::pair<std::size_t, std::size_t>>;

    /// `flags`: i and m. The message says what cannot be read.
    static Result<Regex> parse(std::string_view pattern, std::string_view flags);

    /// The leftmost match that begins at `from` or behind it, as JavaScript prefers it. Nothing,
    /// too, where the work is spent.
    [[nodiscard]] std::optional<Spans> search(std::string_view text, std::size_t from,
                                              Work& work) const;
    /// The two ways in which search() finds it. All ways through the pattern together: in memory
    /// that does not grow with the text.
    [[nodiscard]] std::optional<Spans> search_together(std::string_view text, std::size_t from,
                                                       Work& work) const;
    /// One way after the other, none twice from the same place: faster, for what is small.
    /// REQUIRES: memory for a bit for each instruction at each place.
    [[nodiscard]] std::optional<Spans> search_in_turn(std::string_view text, std::size_t from,
                                                      Work& work) const;

    [[nodiscard]] const std::string& pattern() const { return pattern_; }

    struct Set {
        std::vector<std::pair<char32_t, char32_t>> ranges;  // both ends included
        bool is_negated = false;
        std::bitset<128> ascii;  // what contains() says of these
        [[nodiscard]] bool contains(char32_t c) const;
    };
    enum class Op : std::uint8_t {
        take,       // a character of set `a`
        split,      // go on at `a`, else at `b`
        jump,       // go on at `a`
        save,       // the place in slot `a`
        forget,     // slots from `a` to before `b`
        begin,      // of the text, or of a line
        end,        // the same
        word_edge,  // a: 1 where there must be none
        look,       // the program from here on to `a` fits; b: its Look
        match,
    };
    enum Look : std::uint32_t { kAhead = 0, kNotAhead = 1, kBehind = 2, kNotBehind = 3 };
    struct Instruction {
        Op op = Op::match;
        std::uint32_t a = 0;
        std::uint32_t b = 0;
    };

private:
    friend class RegexParser;
    friend class RegexRun;
    friend class RegexTrial;

    /// The places of begin and end of each group in turn, the whole first.
    using Slots = std::vector<std::size_t>;
    /// So many places times instructions are remembered at most: 32 KiB.
    static constexpr std::size_t kVisitsMax = 1u << 18;

    static std::optional<Spans> spans_of(const Slots& slots);
    /// The first place from `at` on where a match may begin.
    std::size_t next_start(std::string_view text, std::size_t at, Work& work) const;
    /// Whether a begin, end or word_edge holds at `at`.
    [[nodiscard]] bool stands(const Instruction& instruction, std::string_view text,
                              std::size_t at) const;
    /// Whether the look at `pc` holds at `at`; `slots` gets what it saw.
    bool looks(std::uint32_t pc, std::string_view text, std::size_t at, Slots& slots,
               Work& work) const;

    std::string pattern_;
    std::vector<Instruction> code_;
    std::vector<Set> sets_;
    std::size_t groups_ = 0;
    bool ignores_case_ = false;
    bool is_multiline_ = false;
    /// Bytes that a match may begin with; none: any.
    std::optional<std::bitset<256>> first_bytes_;
};

}  // namespace stepwell::expression::jsonata
