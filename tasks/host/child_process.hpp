// A child of a task host: a shell command or a function's interpreter, with pipes to it.
//
// Invariants:
//   (1) A child leads its own process group, has only the descriptors that its spec names, and no
//       signal blocked or ignored.
//   (2) Every live child is in the host's table, so that kill_all_children() reaches it.
//   (3) Destroying a ChildProcess kills its group and reaps it.
//   (4) Nothing that a child started outlives it, also what left its group (strays.hpp).
//
// Threads: a ChildProcess belongs to one thread; signal_group() may be called from any.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/descriptor.hpp"
#include "engine/base/result.hpp"

namespace stepwell::tasks {

struct ChildSpec {
    std::vector<std::string> arguments;    // arguments[0] is the program: a name or a path
    std::vector<std::string> environment;  // all of it, as "NAME=value"
    std::filesystem::path working_folder;  // empty: the host's
    std::uint64_t memory_bytes = 0;  // what it and its children may each allocate; 0: no limit
    std::vector<int> descriptors;    // become 3, 4, ... in the child
    bool has_input = false;          // else its standard input is /dev/null
};

/// How a child ended.
struct ChildEnd {
    int exit_code = -1;  // -1: by a signal
    int signal = 0;
    std::uint64_t peak_bytes = 0;  // the largest resident size of it or of a child it waited for
};

class ChildProcess {
public:
    /// Fails with `not_found` (no such program or working folder), `invalid` (it cannot be
    /// executed), `unavailable` (no process or memory to be had).
    static Result<ChildProcess> spawn(const ChildSpec& spec);

    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&&) = delete;
    ~ChildProcess();

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Readable once the child has ended.
    [[nodiscard]] int end_descriptor() const { return pidfd_.get(); }
    Descriptor& input() { return input_; }
    Descriptor& output() { return output_; }
    Descriptor& error() { return error_; }

    /// Whether it has ended (it may not have been reaped).
    [[nodiscard]] bool has_ended() const;
    /// Signals the child and all that are still in its group.
    void signal_group(int signal) const;
    /// Kills what is left of the group, waits for the child and reaps it, then ends what had left
    /// the group. REQUIRES: called once.
    ChildEnd finish();

private:
    ChildProcess() = default;
    void end_strays() const;
    pid_t pid_ = -1;
    bool is_reaped_ = false;
    std::string mark_;
    Descriptor pidfd_;
    Descriptor input_;
    Descriptor output_;
    Descriptor error_;
};

/// Kills every child of this process, group by group. For a host that is about to exit.
void kill_all_children();

/// "SIGKILL", "SIGSEGV"; "signal 64" for one without a name.
std::string signal_name(int signal);

/// The pidfd of a process, or -1.
int open_pidfd(pid_t pid);

}  // namespace stepwell::tasks
