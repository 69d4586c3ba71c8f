// A fault: why a state failed, on its way to a retrier, a catcher or the end of the execution.
#pragma once

#include <optional>
#include <string>

#include "engine/core/event.hpp"

namespace stepwell::core {

class Turn;

namespace errors {
inline constexpr const char* kAll = "States.ALL";
inline constexpr const char* kTaskFailed = "States.TaskFailed";
inline constexpr const char* kTimeout = "States.Timeout";
inline constexpr const char* kHeartbeatTimeout = "States.HeartbeatTimeout";
inline constexpr const char* kRuntime = "States.Runtime";
inline constexpr const char* kNoChoiceMatched = "States.NoChoiceMatched";
inline constexpr const char* kDataLimitExceeded = "States.DataLimitExceeded";
inline constexpr const char* kItemReaderFailed = "States.ItemReaderFailed";
inline constexpr const char* kResultWriterFailed = "States.ResultWriterFailed";
inline constexpr const char* kQueryEvaluation = "States.QueryEvaluationError";
}  // namespace errors

struct Fault {
    ErrorInfo info;
    bool is_final = false;      // neither Retry nor Catch may take it
    bool is_heartbeat = false;  // States.Timeout of a heartbeat
    bool is_from_children = false;
    EventId leaf{};  // of children: the event at which the failing one ended
    /// States.QueryEvaluationError of the state itself: the field, which may be empty.
    std::optional<std::string> evaluation_location = {};
    bool is_of_queries = false;  // that has been told
};

/// "The state/task 'NAME' returned a result with a size exceeding ...".
std::string data_limit_cause(const std::string& name);

/// The state at which `frame` is has failed: retries it, goes to a catcher, or fails the frame and
/// with it the states around it, up to the end of the execution.
void fail_state(Turn& turn, FrameId frame, Fault fault);

/// Stops what the frames below `frame`, and the frame itself, have in flight.
void cancel_tasks(Turn& turn, FrameId frame);

/// Ends the execution as failed, whatever runs.
void fail_execution(Turn& turn, ErrorInfo info);

}  // namespace stepwell::core
