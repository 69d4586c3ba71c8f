// What the checks of workflow files know of the built-in tasks. Part of the composition root.
#pragma once

#include "engine/definition/workflow.hpp"

namespace stepwell::api {

definition::BuiltinTasks known_tasks();

}  // namespace stepwell::api
