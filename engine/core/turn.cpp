#include "engine/core/turn.hpp"

#include "engine/core/evolve.hpp"

namespace stepwell::core {

namespace {

/// Of a task that ended, and of the next one that began.
constexpr std::size_t kEventsAsARule = 8;
/// So many events are kept free for one step and for the end of the execution.
constexpr std::uint64_t kEventsPerStep = 8;

}  // namespace

Turn::Turn(const Definition& definition, const Execution& execution, const Moment& moment,
           StateProbe* probe)
    : definition_(definition),
      moment_(moment),
      probe_(probe),
      draft_(execution),
      random_(moment.entropy),
      work_(0) {}

const State& Turn::state_of(FrameId id) const {
    return definition_.state(frame(id).state);
}

EventId Turn::emit(EventType type, FrameId frame, EventDetails details,
                   std::optional<EventId> previous) {
    if (events_.empty()) events_.reserve(kEventsAsARule);
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
    count_bytes(event.details);
    evolve(draft_, event);
    return event.id;
}

std::optional<FrameId> Turn::next_runnable() {
    for (; next_ < queue_.size(); ++next_) {
        const FrameId id = queue_[next_];
        const Frame* frame = draft_.find(id);
        if (frame == nullptr || !frame->is_runnable()) continue;  // it was aborted meanwhile
        if (!spend()) return std::nullopt;
        ++next_;
        return id;
    }
    return std::nullopt;
}

bool Turn::spend() {
    if (spent_ >= moment_.limits.transitions_per_turn_max || is_at_event_limit()) return false;
    // The first transition is always granted: else a large one would never come.
    const bool is_over = bytes_ >= moment_.limits.bytes_per_turn_max || is_worked_out();
    if (spent_ > 0 && is_over) return false;
    ++spent_;
    return true;
}

void Turn::begin_work_of(FrameId id, std::optional<std::uint32_t> index) {
    const std::tuple now{id, frame(id).entered_event, index};
    if (now == working_) return;
    working_ = now;
    work_.begin_part(moment_.limits.work_per_state_max);
}

bool Turn::is_at_event_limit() const {
    return draft_.header().events + kEventsPerStep > moment_.limits.events_max;
}

bool Turn::is_at_byte_limit() const {
    return draft_.base().held_bytes() + bytes_ > moment_.limits.execution_bytes_max;
}

/// Only what makes payloads: what enters a state was counted when it left the one before.
void Turn::count_bytes(const EventDetails& details) {
    if (const auto* exited = std::get_if<ExitedInfo>(&details)) {
        count_bytes(exited->output);
        if (!exited->assigned) return;
        for (const Variable& variable : *exited->assigned) count_bytes(variable.value);
    } else if (const auto* child = std::get_if<ChildInfo>(&details)) {
        count_bytes(child->input);
    } else if (const auto* scheduled = std::get_if<ScheduledInfo>(&details)) {
        count_bytes(scheduled->parameters);
    } else if (const auto* fanout = std::get_if<FanoutInfo>(&details)) {
        count_bytes(fanout->fanout->items);
    } else if (const auto* task = std::get_if<TaskInfo>(&details)) {
        if (task->output) count_bytes(*task->output);
    }
}

void Turn::count_bytes(const Payload& payload) {
    if (payload.is_same(last_counted_)) return;
    bytes_ += payload.bytes();
    last_counted_ = payload;
}

Decision Turn::finish() && {
    return {std::move(events_), std::move(commands_), std::move(draft_).take(), work_.used()};
}

}  // namespace stepwell::core
