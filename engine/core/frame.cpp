#include "engine/core/frame.hpp"

#include <algorithm>

namespace stepwell::core {

namespace {

template <class T>
bool same(const std::shared_ptr<const T>& a, const std::shared_ptr<const T>& b) {
    return a == b || (a && b && *a == *b);
}

}  // namespace

const char* name_of(Phase phase) {
    switch (phase) {
        case Phase::ready:
            return "ready";
        case Phase::entered:
            return "entered";
        case Phase::awaiting_task:
            return "awaiting_task";
        case Phase::awaiting_timer:
            return "awaiting_timer";
        case Phase::awaiting_retry:
            return "awaiting_retry";
        case Phase::awaiting_children:
            return "awaiting_children";
        case Phase::starting_children:
            return "starting_children";
        case Phase::finished:
            return "finished";
        case Phase::redriven:
            return "redriven";
        case Phase::awaiting_pickup:
            return "awaiting_pickup";
        case Phase::awaiting_map_run:
            return "awaiting_map_run";
    }
    return "?";
}

std::optional<Timestamp> Frame::next_due() const {
    if (!due || !heartbeat_due) return due ? due : heartbeat_due;
    return std::min(*due, *heartbeat_due);
}

bool Frame::operator==(const Frame& other) const {
    return id == other.id && parent == other.parent && scope == other.scope &&
           index == other.index && state == other.state && phase == other.phase &&
           input == other.input && entered_event == other.entered_event &&
           entered_previous == other.entered_previous && last_event == other.last_event &&
           entered_at == other.entered_at && attempt == other.attempt && retries == other.retries &&
           retries_by_retrier == other.retries_by_retrier && due == other.due &&
           same(task, other.task) && same(fanout, other.fanout) && same(variables, other.variables);
}

}  // namespace stepwell::core
