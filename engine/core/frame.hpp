// A frame: one thread of control in an execution (the root, a branch of a Parallel, an iteration of
// a Map), at one state of one scope.
//
//   ready ──▶ entered ──▶ awaiting_task | awaiting_timer | awaiting_retry | awaiting_children
//     ▲                      │                                                  │
//     └──── StateExited ─────┴──▶ finished (its parent has not yet collected the output)
//
// A task that has to wait before somebody takes it is at `awaiting_pickup` until then.
//
// An execution that is redriven after its end goes on at `redriven`, as if it were `entered`.
//
// A distributed Map is at `awaiting_map_run` while its Map Run (map_run.hpp) goes on.
//
// What may be trusted by phase: `task` is set in awaiting_pickup, awaiting_task and
// awaiting_map_run only (there it is what begin_map_run() says of the Map Run); `fanout` in
// awaiting_children, starting_children and awaiting_map_run; `due` in awaiting_timer and
// awaiting_retry, and in awaiting_task where the task has a timeout (an activity's: also in
// awaiting_pickup). `input` is the raw input of `state`, but in `finished` the frame's output.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/payload.hpp"
#include "engine/base/time.hpp"

namespace stepwell::core {

/// Stored as a number: append only.
enum class Phase : std::uint8_t {
    ready = 0,              // the next turn enters `state`
    entered = 1,            // only inside a turn
    awaiting_task = 2,      // a task is in flight, and somebody has taken it
    awaiting_timer = 3,     // a Wait
    awaiting_retry = 4,     // an attempt failed, the next begins at `due`
    awaiting_children = 5,  // a Parallel or Map whose children run
    // The same, but the turn ended before all that may run were started, or all outputs joined.
    starting_children = 6,
    finished = 7,
    redriven = 8,           // the next turn begins the work of `state` again, which was entered
    awaiting_pickup = 9,    // a task is in flight, but nobody has taken it yet
    awaiting_map_run = 10,  // a distributed Map whose Map Run goes on
};

/// "ready", "awaiting_task", ...
const char* name_of(Phase phase);

struct Variable {
    std::string name;
    Payload value;
    bool operator==(const Variable&) const = default;
};
/// The variables of one scope, sorted by name.
using Variables = std::vector<Variable>;
using VariablesPtr = std::shared_ptr<const Variables>;

/// The attempt at a task that is in flight.
struct TaskInFlight {
    Payload parameters;
    std::optional<std::int64_t> timeout_seconds;
    std::optional<std::int64_t> heartbeat_seconds;
    /// `.sync`, `.waitForTaskToken`: what the call answered that began the work.
    std::optional<Payload> submitted;
    bool operator==(const TaskInFlight&) const = default;
};

/// What the children of a Parallel or Map state are made from. Never rewritten while they run.
struct Fanout {
    Payload items;           // Map: the array; Parallel: unused
    Payload selector_input;  // Map: what `$` means in ItemSelector; Parallel: each branch's input
    std::uint32_t total = 0;
    std::uint32_t concurrency_max = 0;  // 0: no limit
    bool operator==(const Fanout&) const = default;
};

struct Frame {
    FrameId id{};
    std::optional<FrameId> parent;  // nothing: the root
    ScopeId scope{};
    std::uint32_t index = 0;  // among its parent's children: the iteration's or branch's number
    StateId state{};
    Phase phase = Phase::ready;
    Payload input;

    EventId entered_event{};     // of the state's StateEntered; wrapped causes name it
    EventId entered_previous{};  // the previousEventId of that event
    EventId last_event{};        // the predecessor of the frame's next event
    Timestamp entered_at;

    std::uint32_t attempt = 0;  // all attempts at tasks, over all states: the fencing number
    std::uint32_t retries = 0;  // of this visit of the state
    std::vector<std::uint32_t> retries_by_retrier;
    std::optional<Timestamp> due;
    std::optional<Timestamp> heartbeat_due;

    std::shared_ptr<const TaskInFlight> task;
    std::shared_ptr<const Fanout> fanout;
    VariablesPtr variables;  // null: none

    /// When something happens by itself: the earlier of `due` and `heartbeat_due`.
    [[nodiscard]] std::optional<Timestamp> next_due() const;
    /// Whether a turn has work for it without any input.
    [[nodiscard]] bool is_runnable() const {
        return phase == Phase::ready || phase == Phase::starting_children ||
               phase == Phase::redriven;
    }
    [[nodiscard]] bool has_task() const {
        return phase == Phase::awaiting_task || phase == Phase::awaiting_pickup;
    }
    /// By value: what is pointed to is compared, not the pointers. Without `heartbeat_due`, which
    /// is no fact: heartbeats move it and are not in the history.
    bool operator==(const Frame& other) const;
};

}  // namespace stepwell::core
