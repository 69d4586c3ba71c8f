#include "engine/core/redrive.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "engine/core/decide.hpp"

namespace stepwell::core {

namespace {

bool is_unsuccessful_end(EventType type) {
    return type == EventType::execution_failed || type == EventType::execution_aborted ||
           type == EventType::execution_timed_out;
}

/// What a failure emits on its way from the state where it began to the end of the execution.
/// Nothing else comes between these events, and where it is caught or retried another one follows.
bool is_spreading(EventType type) {
    switch (type) {
        case EventType::map_run_failed:
        case EventType::map_run_aborted:
        case EventType::map_state_failed:
        case EventType::map_state_aborted:
        case EventType::map_iteration_failed:
        case EventType::map_iteration_aborted:
        case EventType::parallel_state_failed:
        case EventType::parallel_state_aborted:
        case EventType::task_state_aborted:
        case EventType::wait_state_aborted:
            return true;
        default:
            return false;
    }
}

/// The children of the frames that a redrive looks at.
struct Family {
    std::uint32_t children = 0;
    std::uint32_t unfinished = 0;
};
using Families = std::unordered_map<FrameId, Family>;

Families families_of(const std::vector<FramePtr>& frames) {
    Families families;
    for (const FramePtr& frame : frames) {
        if (!frame->parent) continue;
        Family& family = families[*frame->parent];
        ++family.children;
        if (frame->phase != Phase::finished) ++family.unfinished;
    }
    return families;
}

bool goes_on_with_children(const Frame& frame, const Family& family) {
    if (!frame.fanout || family.children == 0) return false;
    if (frame.phase == Phase::starting_children) return true;
    return family.unfinished > 0 || family.children < frame.fanout->total;
}

void forget_retries(Frame& frame) {
    frame.retries = 0;
    frame.retries_by_retrier.clear();
}

void go_on(Frame& frame, const Family& family) {
    const Fanout& fanout = *frame.fanout;
    const bool is_free = fanout.concurrency_max == 0 || family.unfinished < fanout.concurrency_max;
    const bool starts_more = is_free && family.children < fanout.total;
    const bool joins = family.unfinished == 0 && family.children == fanout.total;
    frame.phase = starts_more || joins ? Phase::starting_children : Phase::awaiting_children;
}

void begin_again(Frame& frame, EventId redriven) {
    // A Map Run goes on, with what it was made from.
    const bool has_map_run = frame.phase == Phase::awaiting_map_run;
    if (frame.phase != Phase::ready) frame.phase = Phase::redriven;
    frame.due.reset();
    frame.heartbeat_due.reset();
    if (has_map_run) {
        frame.last_event = redriven;
        return;
    }
    frame.task.reset();
    frame.fanout.reset();
    frame.last_event = redriven;
}

}  // namespace

Result<void> check_redrivable(const Execution& execution) {
    if (execution.is_fresh()) {
        return fail(ErrorCode::conflict,
                    "expected an execution that has ended, but it has not begun");
    }
    const bool has_failed = !execution.is_running() && execution.status() != Status::succeeded;
    if (has_failed) return {};
    return fail(ErrorCode::conflict, std::string("Execution is ") + name_of(execution.status()) +
                                         " and cannot be redriven");
}

void Rebuilding::take(const std::vector<Event>& events) {
    if (events.empty() || !is_unsuccessful_end(events.back().type)) {
        evolve(execution_, events);
        return;
    }
    std::size_t spread = events.size() - 1;
    while (spread > 0 && is_spreading(events[spread - 1].type)) --spread;
    const auto from = events.begin() + static_cast<std::ptrdiff_t>(spread);
    evolve(execution_, {events.begin(), from});
    frames_ = execution_.frames();
    evolve(execution_, {from, events.end()});
}

std::vector<StandingFrame> restart_points(const std::vector<FramePtr>& frames, EventId redriven) {
    const Families families = families_of(frames);
    std::vector<StandingFrame> points;
    std::set<FrameId> emptied;  // begin again: what was below them is made anew
    for (const FramePtr& frame : frames) {
        if (frame->parent && emptied.contains(*frame->parent)) {
            emptied.insert(frame->id);
            continue;
        }
        if (frame->phase == Phase::finished) {
            points.push_back({frame, frame->variables});
            continue;
        }
        auto changed = std::make_shared<Frame>(*frame);
        forget_retries(*changed);
        const auto at = families.find(frame->id);
        const Family family = at == families.end() ? Family{} : at->second;
        if (goes_on_with_children(*frame, family)) {
            go_on(*changed, family);
        } else {
            begin_again(*changed, redriven);
            emptied.insert(frame->id);
        }
        points.push_back({std::move(changed), frame->variables});
    }
    return points;
}

std::optional<Timestamp> redriven_by(const Header& header, const std::string& client_token,
                                     Timestamp now) {
    if (client_token.empty() || !header.redrive) return std::nullopt;
    for (const ClientToken& one : header.redrive->clients) {
        if (one.text == client_token && now - one.at < kClientTokenLife) return one.at;
    }
    return std::nullopt;
}

}  // namespace stepwell::core
