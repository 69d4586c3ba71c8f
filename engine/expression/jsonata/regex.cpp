// All ways through the program step over the text together, the preferred one first.
#include "engine/expression/jsonata/regex.hpp"

#include <algorithm>

#include "engine/expression/jsonata/regex_trial.hpp"
#include "engine/expression/jsonata/text.hpp"

namespace stepwell::expression::jsonata {
namespace {

bool is_line_end(std::string_view text, std::size_t at) {
    if (text[at] == '\n' || text[at] == '\r') return true;
    const char32_t point = point_at(text, at).value;
    return point == 0x2028 || point == 0x2029;
}

bool is_word(std::string_view text, std::size_t at) {
    if (at >= text.size()) return false;
    const char c = text[at];
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

/// Where the character before `at` begins.
std::size_t before(std::string_view text, std::size_t at) {
    do {
        --at;
    } while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U);
    return at;
}

}  // namespace

class RegexRun {
public:
    RegexRun(const Regex& regex, std::string_view text, Work& work)
        : regex_(regex),
          text_(text),
          work_(work),
          slots_(2 * (regex.groups_ + 1)),
          marks_(regex.code_.size()) {}

    /// Whether what begins at `pc` fits at `from`, or behind it where `may_move`; where `until` is
    /// given, only what ends there. `found` gets the slots.
    bool run(std::uint32_t pc, std::size_t from, bool may_move, std::size_t until,
             std::vector<std::size_t>& found) {
        Threads now;
        Threads next;
        bool is_found = false;
        for (std::size_t at = from;;) {
            const bool may_begin = !is_found && (may_move || at == from);
            if (now.pcs.empty() && may_begin && may_move) at = regex_.next_start(text_, at, work_);
            ++generation_;
            if (may_begin) {
                scratch_ = found;
                reopen(now, pc, at, scratch_);
            }
            if (now.pcs.empty() && (is_found || !may_move || at >= text_.size())) return is_found;
            if (!work_.spend(2 + 2 * now.pcs.size())) return false;
            const Point point = at < text_.size() ? point_at(text_, at) : Point{0, 1};
            next.clear();
            ++generation_;
            for (std::size_t i = 0; i < now.pcs.size(); ++i) {
                const Regex::Instruction& instruction = regex_.code_[now.pcs[i]];
                std::size_t* slots = &now.slots[i * slots_];
                if (instruction.op == Regex::Op::match) {
                    if (until != Regex::kNone && at != until) continue;
                    found.assign(slots, slots + slots_);
                    is_found = true;
                    break;  // those behind are less preferred
                }
                if (at >= text_.size() || !regex_.sets_[instruction.a].contains(point.value)) {
                    continue;
                }
                scratch_.assign(slots, slots + slots_);
                follow(next, now.pcs[i] + 1, at + point.bytes, scratch_);
            }
            std::swap(now, next);
            if (at >= text_.size()) return is_found;
            at += point.bytes;
            if (until != Regex::kNone && at > until) return is_found;
        }
    }

private:
    struct Pending {
        std::uint32_t pc = 0;
        std::size_t slot = Regex::kNone;  // to be given back `value` instead
        std::size_t value = 0;
    };
    struct Threads {
        std::vector<std::uint32_t> pcs;
        std::vector<std::size_t> slots;
        void clear() {
            pcs.clear();
            slots.clear();
        }
    };

    /// A new try, less preferred than those that are under way.
    void reopen(Threads& threads, std::uint32_t pc, std::size_t at,
                std::vector<std::size_t>& slots) {
        for (const std::uint32_t running : threads.pcs) marks_[running] = generation_;
        follow(threads, pc, at, slots);
    }

    /// Adds the instructions that take a character and can be reached from `pc` without one.
    void follow(Threads& threads, std::uint32_t start, std::size_t at,
                std::vector<std::size_t>& slots) {
        std::vector<Pending>& pending = pending_;
        pending.assign(1, Pending{start});
        const auto set = [&](std::size_t slot, std::size_t value) {
            pending.push_back({0, slot, slots[slot]});
            slots[slot] = value;
        };
        while (!pending.empty()) {
            const Pending step = pending.back();
            pending.pop_back();
            if (step.slot != Regex::kNone) {
                slots[step.slot] = step.value;
                continue;
            }
            if (marks_[step.pc] == generation_) continue;
            marks_[step.pc] = generation_;
            const Regex::Instruction& instruction = regex_.code_[step.pc];
            switch (instruction.op) {
                case Regex::Op::take:
                case Regex::Op::match:
                    threads.pcs.push_back(step.pc);
                    threads.slots.insert(threads.slots.end(), slots.begin(), slots.end());
                    break;
                case Regex::Op::split:
                    pending.push_back({instruction.b});
                    pending.push_back({instruction.a});
                    break;
                case Regex::Op::jump:
                    pending.push_back({instruction.a});
                    break;
                case Regex::Op::save:
                    set(instruction.a, at);
                    pending.push_back({step.pc + 1});
                    break;
                case Regex::Op::forget:
                    for (std::size_t i = instruction.a; i < instruction.b; ++i) {
                        set(i, Regex::kNone);
                    }
                    pending.push_back({step.pc + 1});
                    break;
                case Regex::Op::look: {
                    std::vector<std::size_t> seen = slots;
                    if (!regex_.looks(step.pc, text_, at, seen, work_)) break;
                    for (std::size_t i = 0; i < seen.size(); ++i) {
                        if (seen[i] != slots[i]) set(i, seen[i]);
                    }
                    pending.push_back({instruction.a});
                    break;
                }
                default:
                    if (regex_.stands(instruction, text_, at)) pending.push_back({step.pc + 1});
                    break;
            }
        }
    }

    const Regex& regex_;
    std::string_view text_;
    Work& work_;
    std::size_t slots_;
    std::vector<std::uint64_t> marks_;  // by instruction: when it was reached last
    std::vector<Pending> pending_;      // kept for their memory
    std::vector<std::size_t> scratch_;
    std::uint64_t generation_ = 0;
};

std::size_t Regex::next_start(std::string_view text, std::size_t at, Work& work) const {
    if (!first_bytes_) return at;
    const std::size_t begin = at;
    while (at < text.size() && !(*first_bytes_)[static_cast<unsigned char>(text[at])]) ++at;
    work.spend((at - begin) / 8);
    return at;
}

bool Regex::stands(const Instruction& instruction, std::string_view text, std::size_t at) const {
    if (instruction.op == Op::begin) {
        return at == 0 || (is_multiline_ && is_line_end(text, before(text, at)));
    }
    if (instruction.op == Op::end) {
        return at == text.size() || (is_multiline_ && is_line_end(text, at));
    }
    const bool is_edge = (at > 0 && is_word(text, at - 1)) != is_word(text, at);
    return is_edge == (instruction.a == 0);
}

bool Regex::looks(std::uint32_t pc, std::string_view text, std::size_t at, Slots& slots,
                  Work& work) const {
    const Instruction& instruction = code_[pc];
    RegexRun inner(*this, text, work);
    bool fits = false;
    if (instruction.b == kAhead || instruction.b == kNotAhead) {
        fits = inner.run(pc + 1, at, false, kNone, slots);
    } else {
        for (std::size_t from = at; !fits && work.spend();) {
            fits = inner.run(pc + 1, from, false, at, slots);
            if (from == 0) break;
            from = before(text, from);
        }
    }
    const bool is_negated = instruction.b == kNotAhead || instruction.b == kNotBehind;
    return fits != is_negated && !work.is_spent();
}

std::optional<Regex::Spans> Regex::spans_of(const Slots& slots) {
    Spans spans;
    for (std::size_t i = 0; i + 1 < slots.size(); i += 2) {
        const bool is_whole = slots[i] != kNone && slots[i + 1] != kNone;
        spans.emplace_back(is_whole ? slots[i] : kNone, is_whole ? slots[i + 1] : kNone);
    }
    return spans;
}

std::optional<Regex::Spans> Regex::search_together(std::string_view text, std::size_t from,
                                                   Work& work) const {
    RegexRun run(*this, text, work);
    Slots slots(2 * (groups_ + 1), kNone);
    if (!run.run(0, from, true, kNone, slots) || work.is_spent()) return std::nullopt;
    return spans_of(slots);
}

std::optional<Regex::Spans> Regex::search_in_turn(std::string_view text, std::size_t from,
                                                  Work& work) const {
    RegexTrial trial(*this, text, from, work);
    if (!trial.run()) return std::nullopt;
    return spans_of(trial.slots());
}

std::optional<Regex::Spans> Regex::search(std::string_view text, std::size_t from,
                                          Work& work) const {
    const bool is_small = from <= text.size() && text.size() - from < kVisitsMax / code_.size();
    return is_small ? search_in_turn(text, from, work) : search_together(text, from, work);
}

}  // namespace stepwell::expression::jsonata
