// A pattern's ways through a text one after the other, the preferred one first. What was tried from
// a place and did not fit is not tried from there again, so that time grows with the length of the
// text times that of the pattern. Internal to Regex.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/base/work.hpp"
#include "engine/expression/jsonata/regex.hpp"

namespace stepwell::expression::jsonata {

class RegexTrial {
public:
    RegexTrial(const Regex& regex, std::string_view text, std::size_t from, Work& work);

    /// Whether there is a match from `from` on; false, too, where the work is spent.
    bool run();
    /// Of the match.
    [[nodiscard]] const Regex::Slots& slots() const { return slots_; }

private:
    /// What is left to do once what was begun behind it did not fit: go on at `pc`, or give `slot`
    /// back its place.
    struct Pending {
        std::uint32_t pc = 0;
        std::size_t at = 0;
        std::size_t slot = Regex::kNone;
    };

    bool fits_at(std::size_t start);
    /// Goes from `pc` as far as it is possible without a choice that fails. True at a match.
    bool advance(std::uint32_t pc, std::size_t at);
    bool is_first_visit(std::uint32_t pc, std::size_t at);
    void set(std::size_t slot, std::size_t value);
    bool looks(std::uint32_t pc, std::size_t at);
    bool takes(const Regex::Instruction& instruction, std::size_t& at) const;

    const Regex& regex_;
    std::string_view text_;
    std::size_t from_;
    Work& work_;
    Regex::Slots slots_;
    std::vector<Pending> pending_;
    std::vector<std::uint64_t> visits_;  // a bit for each instruction at each place from from_ on
};

}  // namespace stepwell::expression::jsonata
