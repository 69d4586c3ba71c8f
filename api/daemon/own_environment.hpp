// What this process was told in its environment and others shall not find there: tasks run under
// the same user, who may read /proc/PID/environ.
#pragma once

#include <string>

namespace stepwell::api {

/// Takes a variable out of the environment and overwrites its value where the kernel shows it. No
/// effect where there is none of that name. REQUIRES: no other thread reads the environment.
void forget_variable(const std::string& name);

}  // namespace stepwell::api
