// Processes that left the group or session of the task that started them: by setsid, or as a child
// whose parents have ended. Each process that a task starts carries a mark in its environment,
// which its descendants inherit, so that all of them are found again.
//
// What takes the mark out of its environment on purpose (env -i) is found as long as it is a child
// of the host alone (see end_strays_of()); otherwise a control group would be needed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace stepwell::tasks {

inline constexpr const char* kMarkVariable = "STEPWELL_STARTED_BY";

/// A process, and its start in clock ticks since boot, which tells a reused number.
struct ProcessId {
    pid_t pid = 0;
    std::uint64_t started = 0;
};

/// From /proc/PID/stat; nothing where there is no such process.
struct ProcessFacts {
    pid_t parent = 0;
    pid_t session = 0;
    std::uint64_t started = 0;
    bool is_zombie = false;
};
std::optional<ProcessFacts> facts_of(pid_t pid);

std::vector<pid_t> all_processes();

/// "PID-START.": what marks of all that a host's tasks start begin with.
std::string mark_of_host(const ProcessId& host);

/// In a host: from now on what loses its parents becomes its child.
void adopt_orphans();

/// In a host that adopts orphans: whether it has any, dead ones too, at the price of one look. May
/// say so without need, never the other way round.
bool may_have_orphans();

/// In a host that adopts orphans: kills the orphans that carry `mark`, and what is below them, and
/// waits for them. `leaders`: children that are to be left alone. `takes_unmarked`: orphans without
/// any mark, too. REQUIRES: nobody starts a child meanwhile.
void end_strays_of(const std::string& mark, const std::set<pid_t>& leaders, bool takes_unmarked);

/// Kills everything on this machine whose mark begins with `prefix`, where this process may.
void kill_marked(const std::string& prefix);

}  // namespace stepwell::tasks
