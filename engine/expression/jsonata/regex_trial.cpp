#include "engine/expression/jsonata/regex_trial.hpp"

#include "engine/expression/jsonata/text.hpp"

namespace stepwell::expression::jsonata {

RegexTrial::RegexTrial(const Regex& regex, std::string_view text, std::size_t from, Work& work)
    : regex_(regex),
      text_(text),
      from_(from),
      work_(work),
      slots_(2 * (regex.groups_ + 1), Regex::kNone),
      visits_((text.size() - from + 1) * regex.code_.size() / 64 + 1) {}

bool RegexTrial::run() {
    if (!work_.spend(visits_.size() / 64)) return false;
    for (std::size_t start = from_;;) {
        start = regex_.next_start(text_, start, work_);
        if (fits_at(start)) return true;
        if (start >= text_.size() || work_.is_spent()) return false;
        start += point_at(text_, start).bytes;
    }
}

bool RegexTrial::fits_at(std::size_t start) {
    pending_.assign(1, Pending{0, start});
    while (!pending_.empty()) {
        const Pending step = pending_.back();
        pending_.pop_back();
        if (step.slot != Regex::kNone) {
            slots_[step.slot] = step.at;
        } else if (advance(step.pc, step.at)) {
            return true;
        }
        if (work_.is_spent()) return false;
    }
    return false;
}

bool RegexTrial::advance(std::uint32_t pc, std::size_t at) {
    while (work_.spend() && is_first_visit(pc, at)) {
        const Regex::Instruction& instruction = regex_.code_[pc++];
        switch (instruction.op) {
            case Regex::Op::match:
                return true;
            case Regex::Op::take:
                if (!takes(instruction, at)) return false;
                break;
            case Regex::Op::split:
                pending_.push_back({instruction.b, at});
                pc = instruction.a;
                break;
            case Regex::Op::jump:
                pc = instruction.a;
                break;
            case Regex::Op::save:
                set(instruction.a, at);
                break;
            case Regex::Op::forget:
                for (std::size_t i = instruction.a; i < instruction.b; ++i) set(i, Regex::kNone);
                break;
            case Regex::Op::look:
                if (!looks(pc - 1, at)) return false;
                pc = instruction.a;
                break;
            default:
                if (!regex_.stands(instruction, text_, at)) return false;
                break;
        }
    }
    return false;
}

bool RegexTrial::takes(const Regex::Instruction& instruction, std::size_t& at) const {
    if (at >= text_.size()) return false;
    const auto& set = regex_.sets_[instruction.a];
    const auto byte = static_cast<unsigned char>(text_[at]);
    if (byte < set.ascii.size()) {
        if (!set.ascii[byte]) return false;
        ++at;
        return true;
    }
    const Point point = point_at(text_, at);
    if (!set.contains(point.value)) return false;
    at += point.bytes;
    return true;
}

bool RegexTrial::is_first_visit(std::uint32_t pc, std::size_t at) {
    const std::size_t bit = (at - from_) * regex_.code_.size() + pc;
    const std::uint64_t mask = 1ULL << (bit % 64);
    std::uint64_t& word = visits_[bit / 64];
    if ((word & mask) != 0) return false;
    word |= mask;
    return true;
}

void RegexTrial::set(std::size_t slot, std::size_t value) {
    pending_.push_back({0, slots_[slot], slot});
    slots_[slot] = value;
}

bool RegexTrial::looks(std::uint32_t pc, std::size_t at) {
    Regex::Slots seen = slots_;
    if (!regex_.looks(pc, text_, at, seen, work_)) return false;
    for (std::size_t i = 0; i < seen.size(); ++i) {
        if (seen[i] != slots_[i]) set(i, seen[i]);
    }
    return true;
}

}  // namespace stepwell::expression::jsonata
