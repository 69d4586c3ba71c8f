// Commands: orders to the shell. They are a cache of outstanding(): after a restart they are
// derived again, so each may be carried out more than once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "engine/base/ids.hpp"
#include "engine/base/payload.hpp"
#include "engine/base/time.hpp"
#include "engine/core/map_run.hpp"

namespace stepwell::core {

/// Begin one attempt at a task, or let it wait until a TaskPickedUp tells that somebody takes it;
/// then it is ordered once more. What it needs beyond this is in the definition's state.
struct StartTask {
    TaskToken token;
    StateId state{};
    Payload parameters;                           // evaluated; the task's input
    std::optional<std::int64_t> timeout_seconds;  // the engine enforces both; the task may know
    std::optional<std::int64_t> heartbeat_seconds;
    std::uint32_t retry_count = 0;  // $$.State.RetryCount
    Timestamp entered_at;           // $$.State.EnteredTime
    /// Set when a `.sync` task had been submitted before a restart: the work has begun, do not
    /// begin it again but wait for its end. This is what the call answered that began it.
    std::optional<Payload> submitted;
    bool is_picked_up = true;  // false: it only waits so far
};
/// Nobody waits for this attempt any more; stop its work if that is possible.
struct CancelTask {
    TaskToken token;
};

/// Start the execution that an attempt at states:startExecution asks for, unless that was done.
/// The shell does so within the transaction that stores this decision, or in a later one: until the
/// attempt hears of it (ChildStarted, TaskFailed) the command is outstanding, and where the start
/// is refused for a reason that passes it is tried again.
struct StartChild {
    TaskToken token;
    StateId state{};
    Payload parameters;  // evaluated: StateMachineArn, Input, Name
    /// What the start has answered, where it was made: then only the end is to be waited for.
    std::optional<Payload> submitted;
};
/// Nobody waits any more for the execution that this attempt has started: stop it, if it runs,
/// within the transaction that stores this decision.
struct StopChild {
    TaskToken token;
    std::optional<Payload> submitted;  // as above; nothing: none was started
};

/// Begin a Map Run, within the transaction that stores this decision.
struct StartMapRun {
    TaskToken token;
    StateId state{};
    MapRunPlan plan;
};
/// Nobody waits for it any more: stop what runs of it.
struct StopMapRun {
    TaskToken token;
};
/// Open one again that did not succeed: what succeeded of it stays, the rest runs again.
struct RedriveMapRun {
    TaskToken token;
};

using Command = std::variant<StartTask, CancelTask, StartChild, StopChild, StartMapRun, StopMapRun,
                             RedriveMapRun>;

/// The opaque text that stands for a token outside: $$.Task.Token, SendTaskSuccess. Sealed with
/// `secret`: who does not know that cannot make one up, or make another out of it.
std::string to_task_token_text(const TaskToken& token, std::uint64_t secret);
/// Nothing where `text` was not made by to_task_token_text() with the same secret.
std::optional<TaskToken> parse_task_token_text(std::string_view text, std::uint64_t secret);

}  // namespace stepwell::core
