// A task that no execution asks for: what TestState has done where nobody mocks it.
#pragma once

#include <functional>
#include <variant>

#include "engine/base/payload.hpp"
#include "engine/core/event.hpp"
#include "engine/runtime/task_runner.hpp"

namespace stepwell::api::aws {

/// What it gave, or why it failed.
using TaskEnd = std::variant<Payload, core::ErrorInfo>;
/// Called once, from any thread.
using TaskDone = std::function<void(TaskEnd)>;
/// Has a task done; the token of the request means nothing.
using RunTask = std::function<void(runtime::TaskRequest request, TaskDone done)>;

}  // namespace stepwell::api::aws
