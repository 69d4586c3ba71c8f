// Hosts of an earlier daemon that was killed: they end by themselves as soon as they notice, but a
// new daemon must not start their tasks again before they, and the children of their tasks, are
// gone.
//
// <data>/hosts.lock is locked (shared) by every host as long as it lives. <data>/hosts.json lists
// the hosts that the daemon started, for finding their children and for killing one that hangs. A
// host leads a session of its own: whatever it starts can be found by it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "engine/base/result.hpp"
#include "tasks/host/child_process.hpp"

namespace stepwell::tasks {

struct HostRecord {
    pid_t pid = 0;
    std::uint64_t started = 0;  // clock ticks since boot: tells a reused number
};

/// The process's start in clock ticks since boot; 0 where there is no such process.
std::uint64_t process_start(pid_t pid);

/// Kills every process of the session that `leader` led. REQUIRES: the leader has ended, or is
/// ours.
void kill_session(pid_t leader);

/// In a host: takes its share of the lock. An empty descriptor where the folder cannot be used.
Descriptor hold_hosts_lock(const std::filesystem::path& data_folder);

/// In a daemon, before it starts a host: waits until the hosts of an earlier one are gone, kills
/// those that hang after `grace`, and what their tasks left running.
///
/// Fails with `unavailable` where one does not go even so, `io` where the folder cannot be used.
Result<void> end_old_hosts(const std::filesystem::path& data_folder,
                           std::chrono::milliseconds grace);

/// In a daemon: writes down which hosts there are.
void record_hosts(const std::filesystem::path& data_folder, const std::vector<HostRecord>& hosts);

}  // namespace stepwell::tasks
