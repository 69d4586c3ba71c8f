// The share of work that a turn has: what is spent of it, and what waits once it is.
//
// A start is always written, or its caller would wait for what others have asked for; where the
// share is spent it only begins, and goes on in a later turn as a timer that is due. Reports wait
// in their order. Timers and messages go first in turn, so that neither keeps the other from its
// own.
//
// Whoever asks just after a turn has begun waits for the rest of it, and for the next, which
// answers. Two turns that keep to their share are short enough for that. After one that did not
// (what was decided last is never cut, and may have gone far beyond), or that writes much, comes a
// light one, where somebody waits for an answer: it has no share.
#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/runtime/loop/loop.hpp"

namespace stepwell::runtime {
namespace {

/// A turn of the loop may do as much work as so many turns of one execution: a million units, each
/// of which takes ten to twenty nanoseconds. Nobody shall wait for more than fifty milliseconds.
constexpr std::uint64_t kDecisionsPerShare = 4;
/// A turn is long that went beyond its share by this part of it.
constexpr std::uint64_t kLongPart = 8;
/// What an event and a record cost beside expressions, in units of work: to be made, encoded and
/// written.
constexpr std::uint64_t kWorkPerEvent = 100;
constexpr std::uint64_t kWorkPerRecord = 75;
/// Larger inputs wait where the bytes of the turn are spent.
constexpr std::size_t kSmallInputBytes = 4'096;

}  // namespace

/// Reports wait for nobody, and nobody waits for them but the execution itself.
void Loop::look_who_waits() {
    const auto wants_answer = [](const Message& message) {
        return !std::holds_alternative<Report>(message);
    };
    is_light_ = std::exchange(was_long_, false) &&
                std::any_of(messages_.begin(), messages_.end(), wants_answer);
}

/// What has been put off stays there in a light turn.
void Loop::take_parts() {
    if (is_light_) return hear();
    restart_some_tasks();
    pick_up_granted();
    take_put_off();
    const bool do_timers_go_first = std::exchange(do_timers_go_first_, false);
    if (do_timers_go_first) fire_timers();
    hear();
    if (do_timers_go_first) return;
    fire_timers();
    do_timers_go_first_ = timers_.is_due(now_);
}

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

/// The records of what has ended are not written.
void Loop::charge(const Decided& decided) {
    const core::Decision& decision = decided.decision;
    turn_work_ += decision.work + kWorkPerEvent * decision.events.size();
    turn_bytes_ += decided.bytes.size();
    if (decision.next.header.status != core::Status::running) return;
    const core::Changes& changes = decided.changes;
    turn_work_ += kWorkPerRecord * (changes.put.size() + changes.removed.size());
    for (const core::Record& record : changes.put) turn_bytes_ += record.bytes.size();
}

bool Loop::is_share_spent() const {
    if (is_light_) return true;
    const core::Limits& limits = settings_.limits;
    return turn_work_ >= kDecisionsPerShare * limits.work_per_turn_max ||
           turn_bytes_ >= limits.bytes_per_turn_max;
}

/// By more than is worth cutting.
bool Loop::is_beyond_share() const {
    const core::Limits& limits = settings_.limits;
    const std::uint64_t share = kDecisionsPerShare * limits.work_per_turn_max;
    return turn_work_ >= share + share / kLongPart || turn_bytes_ >= limits.bytes_per_turn_max;
}

/// Whether it only begins, as the share is spent. Many small ones make no turn a long one: to have
/// them wait for a light turn would be to have each of them decided twice.
bool Loop::is_cut(const core::Input& input) const {
    const bool begins = std::holds_alternative<core::StartExecution>(input) ||
                        std::holds_alternative<core::RedriveExecution>(input);
    return begins && is_share_spent();
}

core::Limits Loop::limits_left(const core::Input& input) const {
    core::Limits limits = settings_.limits;
    if (is_cut(input)) limits.transitions_per_turn_max = 0;
    return limits;
}

}  // namespace stepwell::runtime
