// The share of work that a turn has: what is spent of it, and what waits once it is.
//
// A start is always written, or its caller would wait for what others have asked for; where the
// share is spent it only begins, and goes on in a later turn as a timer that is due. Reports wait
// in their order. Timers and messages go first in turn, so that neither keeps the other from its
// own.
#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/runtime/loop/loop.hpp"

namespace stepwell::runtime {
namespace {

/// A turn of the loop may do as much work as so many turns of one execution.
constexpr std::uint64_t kDecisionsPerShare = 4;
/// What an event costs beside its expressions, in units of work: to be made, encoded and written.
constexpr std::uint64_t kWorkPerEvent = 100;
/// Larger inputs wait where the bytes of the turn are spent.
constexpr std::size_t kSmallInputBytes = 4'096;

}  // namespace

void Loop::take_put_off() {
    if (put_off_.empty()) return;
    put_off_.insert(put_off_.end(), std::make_move_iterator(messages_.begin()),
                    std::make_move_iterator(messages_.end()));
    messages_ = std::exchange(put_off_, {});
}

void Loop::hear() {
    bool was_spent = false;
    for (std::size_t i = 0; i < messages_.size(); ++i) {
        if (!was_spent && is_share_spent()) {
            was_spent = true;
            put_off_from(i);
            if (i == messages_.size()) return;
        }
        std::visit([&](const auto& one) { on(one); }, messages_[i]);
    }
}

/// Those before `first` stay where they are: they are pointed to.
void Loop::put_off_from(std::size_t first) {
    const bool are_bytes_spent = turn_bytes_ >= settings_.limits.bytes_per_turn_max;
    const auto goes_on = [&](const Message& message) {
        if (const auto* start = std::get_if<Start>(&message)) {
            return !are_bytes_spent || start->request.input.bytes() <= kSmallInputBytes;
        }
        return !std::holds_alternative<Report>(message);
    };
    const auto rest = std::stable_partition(messages_.begin() + static_cast<std::ptrdiff_t>(first),
                                            messages_.end(), goes_on);
    std::move(rest, messages_.end(), std::back_inserter(put_off_));
    messages_.erase(rest, messages_.end());
}

void Loop::charge(const core::Decision& decision) {
    turn_work_ += decision.work + kWorkPerEvent * decision.events.size();
}

bool Loop::is_share_spent() const {
    const core::Limits& limits = settings_.limits;
    return turn_work_ >= kDecisionsPerShare * limits.work_per_turn_max ||
           turn_bytes_ >= limits.bytes_per_turn_max;
}

core::Limits Loop::limits_left(const core::Input& input) const {
    core::Limits limits = settings_.limits;
    if (!is_share_spent()) return limits;
    const bool begins = std::holds_alternative<core::StartExecution>(input) ||
                        std::holds_alternative<core::RedriveExecution>(input);
    if (begins) limits.transitions_per_turn_max = 0;
    return limits;
}

}  // namespace stepwell::runtime
