// What a task host gets of the daemon's environment: an allow-list. The daemon may hold credentials
// in its own (a token, what the service manager hands it), and whoever may write a workflow reads
// the environment of the host it runs in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stepwell::tasks {

/// Of `environment` ("NAME=value", as `environ` has it, ended by null): PATH, HOME, LANG, TZ, LC_*,
/// and what `further` names ("PG*": all that begin so). Nothing of the daemon's own, whatever
/// `further` says: is_own_variable().
///
/// Threads: any, while nobody changes the environment.
std::vector<std::string> host_environment(const char* const* environment,
                                          const std::vector<std::string>& further);

/// Whether a variable speaks to the daemon alone: STEPWELL_*, what systemd hands a service.
bool is_own_variable(std::string_view name);

}  // namespace stepwell::tasks
