// Inputs: what the outside says about one execution. Untrusted: it may be late, repeated or wrong;
// decide() accepts it or refuses it, and a refusal changes nothing.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/payload.hpp"
#include "engine/core/child.hpp"
#include "engine/core/execution.hpp"
#include "engine/core/map_run.hpp"

namespace stepwell::core {

/// Begins an execution. Refused unless it is fresh.
struct StartExecution {
    std::string arn;            // of the execution
    std::string name;           // of the execution
    std::string workflow_arn;   // "arn:aws:states:R:A:stateMachine:NAME"
    std::string workflow_name;  // NAME
    std::string role_arn;       // may be empty
    std::string version_arn;    // "" unless started through a version
    std::string alias_arn;      // "" unless started through an alias
    Payload input;
};

/// Somebody takes a task that had to wait: it starts now, and so do its clocks.
struct TaskPickedUp {
    TaskToken token;
    std::string worker = {};  // of an activity: who takes it; may be empty
};
/// A `.sync` or `.waitForTaskToken` task: the call that began the work has answered.
struct TaskSubmitted {
    TaskToken token;
    Payload output;
};
/// The task lives: its heartbeat clock begins anew. Decides no events.
struct TaskHeartbeat {
    TaskToken token;
};
struct TaskSucceeded {
    TaskToken token;
    Payload output;
};
struct TaskFailed {
    TaskToken token;
    std::optional<std::string> error;  // nothing: SendTaskFailure need not name one
    std::optional<std::string> cause;
};
/// The execution that an attempt asked for is there.
struct ChildStarted {
    TaskToken token;
    std::string arn;  // of the execution
    Timestamp started_at;
    std::string request_id;  // of the call that has started it
};
/// The execution that an attempt waits for has ended.
struct ChildClosed {
    TaskToken token;
    ChildEnd end;
};
/// The Map Run that a distributed Map waits for has ended.
struct MapRunClosed {
    TaskToken token;
    MapRunStatus status = MapRunStatus::succeeded;
    Payload result;     // succeeded: of the state; too large where it is beyond the limits
    std::string error;  // else
    std::string cause;
};
/// Some timer of the execution is due at `now`; decide() finds which.
struct TimerDue {};
struct StopExecution {
    std::optional<std::string> error;
    std::optional<std::string> cause;
};

/// Opens a closed execution again. Refused unless it failed, timed out or was stopped.
struct RedriveExecution {
    std::vector<FramePtr> frames;  // as they stood when it ended: core/redrive.hpp
    std::string client_token;      // may be empty; whether it is known is for the caller to find
};

using Input = std::variant<StartExecution, TaskPickedUp, TaskSubmitted, TaskHeartbeat,
                           TaskSucceeded, TaskFailed, ChildStarted, ChildClosed, MapRunClosed,
                           TimerDue, StopExecution, RedriveExecution>;

/// The attempt that `input` is about; null: it is about none. Lives as long as the input.
const TaskToken* token_of(const Input& input);

}  // namespace stepwell::core
