// Events: facts of an execution, journaled in order.
//
// The visible ones are Step Functions' history events, to the letter (asl.md 18); beside what AWS
// shows they carry what evolve() needs (which frame, what comes next). The internal ones are facts
// that AWS's history does not show (a retry is due, a branch began); they have no id.
//
// Names, numbers and meaning are frozen at the first release: an event is never renamed, renumbered
// or reinterpreted; a new meaning is a new event.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/json.hpp"
#include "engine/base/payload.hpp"
#include "engine/base/time.hpp"
#include "engine/core/event_type.hpp"
#include "engine/core/execution.hpp"

namespace stepwell::core {

struct ExecutionBegan {  // ExecutionStarted: begins the root frame
    std::shared_ptr<const Facts> facts;
    StateId start{};
};
struct ErrorInfo {  // ExecutionFailed, ExecutionAborted, ExecutionTimedOut
    std::optional<std::string> error;
    std::optional<std::string> cause;
};
struct OutputInfo {  // ExecutionSucceeded
    Payload output;
};
struct EnteredInfo {  // <Kind>StateEntered
    std::string name;
    Payload input;
};
struct ExitedInfo {  // <Kind>StateExited
    std::string name;
    Payload output;
    VariablesPtr assigned;        // null: nothing
    std::optional<StateId> next;  // nothing: the frame is finished
};
struct ScheduledInfo {          // TaskScheduled, LambdaFunctionScheduled, ActivityScheduled
    std::string resource_type;  // empty: LambdaFunctionScheduled
    std::string resource;
    std::string region;
    Payload parameters;
    std::optional<std::int64_t> timeout_seconds;
    std::optional<std::int64_t> heartbeat_seconds;
    std::string role_arn;  // of Credentials; may be empty
    std::uint32_t attempt = 0;
};
struct TaskInfo {  // TaskStarted, TaskSubmitted, TaskSucceeded, LambdaFunction's, ActivitySucceeded
    std::string resource_type;
    std::string resource;
    std::optional<Payload> output;
    std::optional<Timestamp> due;            // Started: of the timeout
    std::optional<Timestamp> heartbeat_due;  // Started, Submitted
};
struct TaskFailureInfo {  // TaskFailed, TaskTimedOut, LambdaFunction's and Activity's
    std::string resource_type;
    std::string resource;
    ErrorInfo failure;
};
struct WorkerInfo {    // ActivityStarted
    std::string name;  // may be empty
    std::optional<Timestamp> heartbeat_due;
};
struct FanoutInfo {  // MapStateStarted, ParallelStateStarted
    std::shared_ptr<const Fanout> fanout;
};
struct ChildInfo {     // MapIterationStarted, BranchStarted: begins a frame
    std::string name;  // of the Map state
    std::uint32_t index = 0;
    FrameId child{};
    ScopeId scope{};
    StateId start{};
    Payload input;
};
struct IterationInfo {  // MapIterationSucceeded, MapIterationFailed, MapIterationAborted
    std::string name;
    std::uint32_t index = 0;
};
struct TimerInfo {  // WaitStarted, and TaskHeartbeat of old histories
    Timestamp due;
};
struct RetryInfo {  // RetryScheduled
    std::uint32_t retrier = 0;
    Timestamp due;
};
struct EvaluationInfo {  // EvaluationFailed
    std::string state;
    std::string location;  // empty: none
    ErrorInfo failure;
};
struct MapRunInfo {  // MapRunStarted, MapRunSucceeded, MapRunRedriven
    std::string arn;
    std::uint32_t attempt = 0;   // of the frame, by which the Map Run is known
    std::uint32_t redrives = 0;  // so far
    /// Succeeded: what comes next follows it. Where the items are the state's input, it follows
    /// what was before, as recorded.
    bool is_followed = false;
};
struct StandingFrame {
    FramePtr frame;
    VariablesPtr variables;  // the frame's: its stored form leaves them out
};
struct RedriveInfo {  // ExecutionRedriven: opens a closed execution again
    std::uint32_t count = 0;
    std::optional<Timestamp> due;       // TimeoutSeconds of the machine, begun anew
    std::string client_token;           // may be empty
    std::vector<StandingFrame> frames;  // all of them, by id, as they stand from now on
};

using EventDetails =
    std::variant<std::monostate, ExecutionBegan, ErrorInfo, OutputInfo, EnteredInfo, ExitedInfo,
                 ScheduledInfo, TaskInfo, TaskFailureInfo, FanoutInfo, ChildInfo, IterationInfo,
                 TimerInfo, RetryInfo, RedriveInfo, EvaluationInfo, WorkerInfo, MapRunInfo>;

struct Event {
    EventType type{};
    EventId id{};        // 0: internal
    EventId previous{};  // previousEventId
    Timestamp at;
    FrameId frame{};  // where it happened; of MapIteration* and BranchStarted: the parent
    EventDetails details;
};

/// One decision's events as bytes. A payload that occurs several times in it is stored once.
std::string encode(const std::vector<Event>& events);
/// Fails with `corruption`.
Result<std::vector<Event>> decode(std::string_view bytes);

/// The events that GetExecutionHistory shows, in its form ({"id", "previousEventId", "timestamp",
/// "type", "<x>EventDetails"}). `include_data` false leaves out inputs, outputs and parameters.
Json to_history(const std::vector<Event>& events, bool include_data);

/// One line an event for people: "3<2 TaskScheduled stepwell validate". Tests, the CLI and failures
/// print the same line.
std::string trace(const Event& event);
/// All of them, a line each.
std::string trace(const std::vector<Event>& events);

}  // namespace stepwell::core
