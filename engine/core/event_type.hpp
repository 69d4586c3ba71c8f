// The types of events. The numbers are on disk: append, never renumber.
#pragma once

#include <cstdint>

namespace stepwell::core {

enum class EventType : std::uint8_t {
    execution_started = 1,
    execution_succeeded = 2,
    execution_failed = 3,
    execution_aborted = 4,
    execution_timed_out = 5,
    execution_redriven = 6,

    choice_state_entered = 10,
    choice_state_exited = 11,
    fail_state_entered = 12,
    map_state_entered = 13,
    map_state_exited = 14,
    parallel_state_entered = 15,
    parallel_state_exited = 16,
    pass_state_entered = 17,
    pass_state_exited = 18,
    succeed_state_entered = 19,
    succeed_state_exited = 20,
    task_state_entered = 21,
    task_state_exited = 22,
    wait_state_entered = 23,
    wait_state_exited = 24,

    task_scheduled = 30,
    task_started = 31,
    task_submitted = 32,
    task_succeeded = 33,
    task_failed = 34,
    task_timed_out = 35,
    lambda_function_scheduled = 40,
    lambda_function_started = 41,
    lambda_function_succeeded = 42,
    lambda_function_failed = 43,
    lambda_function_timed_out = 44,
    activity_scheduled = 45,
    activity_started = 46,
    activity_succeeded = 47,
    activity_failed = 48,
    activity_timed_out = 49,

    map_state_started = 50,
    map_state_succeeded = 51,
    map_state_failed = 52,
    map_state_aborted = 53,
    map_iteration_started = 54,
    map_iteration_succeeded = 55,
    map_iteration_failed = 56,
    map_iteration_aborted = 57,
    parallel_state_started = 58,
    parallel_state_succeeded = 59,
    parallel_state_failed = 60,
    parallel_state_aborted = 61,
    task_state_aborted = 62,
    wait_state_aborted = 63,
    evaluation_failed = 64,
    map_run_started = 65,
    map_run_succeeded = 66,
    map_run_failed = 67,
    map_run_aborted = 68,
    map_run_redriven = 69,

    // Internal: without id, not in the history.
    branch_started = 200,   // of a Parallel
    wait_started = 201,     // a Wait knows when it is over
    retry_scheduled = 202,  // a failed attempt will be repeated
    task_heartbeat = 203,   // the task lives; read in old histories, not written any more
    wave_paused = 204,      // a wave of iterations goes on in the next turn
    wave_ended = 205,       // and is complete
};

/// The AWS name ("TaskStateEntered"); of internal events our own ("BranchStarted").
const char* name_of(EventType type);
inline bool is_internal(EventType type) {
    return static_cast<unsigned>(type) >= 200;
}

}  // namespace stepwell::core
