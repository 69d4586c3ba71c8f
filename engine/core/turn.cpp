#include "engine/core/turn.hpp"

#include "engine/core/evolve.hpp"

namespace stepwell::core {

namespace {

/// So many events are kept free for one step and for the end of the execution.
constexpr std::uint64_t kEventsPerStep = 8;

}  // namespace

Turn::Turn(const Definition& definition, const Execution& execution, const Moment& moment)
    : definition_(definition), moment_(moment), draft_(execution), random_(moment.entropy) {}

const State& Turn::state_of(FrameId id) const {
    return definition_.state(frame(id).state);
}

EventId Turn::emit(EventType type, FrameId frame, EventDetails details,
                   std::optional<EventId> previous) {
    Event& event = events_.emplace_back();
    event.type = type;
    if (!is_internal(type)) event.id = EventId{draft_.header().events + 1};
    if (previous) {
        event.previous = *previous;
    } else if (const Frame* at = draft_.find(frame)) {
        event.previous = at->last_event;
    }
    event.at = moment_.now;
    event.frame = frame;
    event.details = std::move(details);
    evolve(draft_, event);
    return event.id;
}

std::optional<FrameId> Turn::next_runnable() {
    while (!queue_.empty()) {
        const FrameId id = queue_.front();
        const Frame* frame = draft_.find(id);
        if (frame == nullptr || !frame->is_runnable()) {  // it was aborted meanwhile
            queue_.pop_front();
            continue;
        }
        if (!spend()) return std::nullopt;
        queue_.pop_front();
        return id;
    }
    return std::nullopt;
}

bool Turn::spend() {
    if (spent_ >= moment_.limits.transitions_per_turn_max || is_at_event_limit()) return false;
    ++spent_;
    return true;
}

bool Turn::is_at_event_limit() const {
    return draft_.header().events + kEventsPerStep > moment_.limits.events_max;
}

Decision Turn::finish() && {
    return {std::move(events_), std::move(commands_), std::move(draft_).take()};
}

}  // namespace stepwell::core
