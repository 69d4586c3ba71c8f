#include "engine/core/event_type.hpp"

#include <array>

namespace stepwell::core {

namespace {

struct Name {
    EventType type;
    const char* text;
};

constexpr Name kNames[] = {
    {EventType::execution_started, "ExecutionStarted"},
    {EventType::execution_succeeded, "ExecutionSucceeded"},
    {EventType::execution_failed, "ExecutionFailed"},
    {EventType::execution_aborted, "ExecutionAborted"},
    {EventType::execution_timed_out, "ExecutionTimedOut"},
    {EventType::execution_redriven, "ExecutionRedriven"},
    {EventType::evaluation_failed, "EvaluationFailed"},
    {EventType::choice_state_entered, "ChoiceStateEntered"},
    {EventType::choice_state_exited, "ChoiceStateExited"},
    {EventType::fail_state_entered, "FailStateEntered"},
    {EventType::map_state_entered, "MapStateEntered"},
    {EventType::map_state_exited, "MapStateExited"},
    {EventType::parallel_state_entered, "ParallelStateEntered"},
    {EventType::parallel_state_exited, "ParallelStateExited"},
    {EventType::pass_state_entered, "PassStateEntered"},
    {EventType::pass_state_exited, "PassStateExited"},
    {EventType::succeed_state_entered, "SucceedStateEntered"},
    {EventType::succeed_state_exited, "SucceedStateExited"},
    {EventType::task_state_entered, "TaskStateEntered"},
    {EventType::task_state_exited, "TaskStateExited"},
    {EventType::wait_state_entered, "WaitStateEntered"},
    {EventType::wait_state_exited, "WaitStateExited"},
    {EventType::task_scheduled, "TaskScheduled"},
    {EventType::task_started, "TaskStarted"},
    {EventType::task_submitted, "TaskSubmitted"},
    {EventType::task_succeeded, "TaskSucceeded"},
    {EventType::task_failed, "TaskFailed"},
    {EventType::task_timed_out, "TaskTimedOut"},
    {EventType::lambda_function_scheduled, "LambdaFunctionScheduled"},
    {EventType::lambda_function_started, "LambdaFunctionStarted"},
    {EventType::lambda_function_succeeded, "LambdaFunctionSucceeded"},
    {EventType::lambda_function_failed, "LambdaFunctionFailed"},
    {EventType::lambda_function_timed_out, "LambdaFunctionTimedOut"},
    {EventType::activity_scheduled, "ActivityScheduled"},
    {EventType::activity_started, "ActivityStarted"},
    {EventType::activity_succeeded, "ActivitySucceeded"},
    {EventType::activity_failed, "ActivityFailed"},
    {EventType::activity_timed_out, "ActivityTimedOut"},
    {EventType::map_state_started, "MapStateStarted"},
    {EventType::map_state_succeeded, "MapStateSucceeded"},
    {EventType::map_state_failed, "MapStateFailed"},
    {EventType::map_state_aborted, "MapStateAborted"},
    {EventType::map_iteration_started, "MapIterationStarted"},
    {EventType::map_iteration_succeeded, "MapIterationSucceeded"},
    {EventType::map_iteration_failed, "MapIterationFailed"},
    {EventType::map_iteration_aborted, "MapIterationAborted"},
    {EventType::parallel_state_started, "ParallelStateStarted"},
    {EventType::parallel_state_succeeded, "ParallelStateSucceeded"},
    {EventType::parallel_state_failed, "ParallelStateFailed"},
    {EventType::parallel_state_aborted, "ParallelStateAborted"},
    {EventType::task_state_aborted, "TaskStateAborted"},
    {EventType::wait_state_aborted, "WaitStateAborted"},
    {EventType::map_run_started, "MapRunStarted"},
    {EventType::map_run_succeeded, "MapRunSucceeded"},
    {EventType::map_run_failed, "MapRunFailed"},
    {EventType::map_run_aborted, "MapRunAborted"},
    {EventType::map_run_redriven, "MapRunRedriven"},
    {EventType::branch_started, "BranchStarted"},
    {EventType::wait_started, "WaitStarted"},
    {EventType::retry_scheduled, "RetryScheduled"},
    {EventType::task_heartbeat, "TaskHeartbeat"},
    {EventType::wave_paused, "WavePaused"},
    {EventType::wave_ended, "WaveEnded"},
};

}  // namespace

const char* name_of(EventType type) {
    static const auto by_number = [] {
        std::array<const char*, 256> names{};
        names.fill("?");
        for (const Name& name : kNames) names[static_cast<std::size_t>(name.type)] = name.text;
        return names;
    }();
    return by_number[static_cast<std::size_t>(type)];
}

}  // namespace stepwell::core
