// What a host's frames and its end mean to the engine.
#pragma once

#include <chrono>
#include <string>

#include "engine/runtime/task_runner.hpp"
#include "tasks/host/host_process.hpp"

namespace stepwell::tasks {

/// Hands a succeeded or failed frame to the sink; a `.waitForTaskToken` task has but submitted.
void report_end(runtime::TaskSink& sink, const std::string& resource, Frame frame);

/// Hands a log, progress or heartbeat frame to the sink.
void report_middle(runtime::TaskSink& sink, Frame frame);

/// Why the attempts in a host failed that ended by itself. `memory_limit`: 0 for none.
TaskError explain_end(const HostProcess::End& end, std::uint64_t memory_limit, bool was_ready);

/// "30 s", "0.5 s".
std::string seconds_text(std::chrono::milliseconds duration);

}  // namespace stepwell::tasks
