// A task host as the daemon sees it: a child process with a socket to it.
//
// Threads: all of it belongs to the runner's own thread, but what says "under the runner's lock".
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tasks/host/child_process.hpp"
#include "tasks/host/old_hosts.hpp"
#include "tasks/host/protocol.hpp"

namespace stepwell::tasks {

using SteadyTime = std::chrono::steady_clock::time_point;

struct HostCommand {
    std::string program;
    std::vector<std::string> arguments;    // arguments[0] included
    std::vector<std::string> environment;  // all of it, as "NAME=value"
};

class HostProcess {
public:
    /// Starts a host that leads a session of its own. REQUIRES: the calling thread lives as long as
    /// the host should (a host is told when the thread that started it ends).
    static Result<std::unique_ptr<HostProcess>> spawn(const HostCommand& command);

    /// Kills what is left.
    ~HostProcess();
    HostProcess(const HostProcess&) = delete;
    HostProcess& operator=(const HostProcess&) = delete;

    [[nodiscard]] const HostRecord& record() const { return record_; }
    [[nodiscard]] int socket() const { return socket_.get(); }
    [[nodiscard]] int end_descriptor() const { return pidfd_.get(); }

    /// Frames to be staged; under the runner's lock.
    std::string& outgoing() { return outgoing_; }
    /// Takes the frames for flush(), where none are left from before; under the runner's lock.
    /// Whether there is anything to write.
    bool stage();
    /// Writes what the socket takes. Whether all is written; the rest waits for room.
    bool flush();

    enum class Received { data, nothing, closed };
    /// Reads some of what there is, for frames().
    Received receive();
    FrameReader& frames() { return frames_; }

    void kill();
    /// No more tasks: it exits when it sees the end of the socket.
    void hang_up() { socket_.reset(); }
    /// Whether it has ended by then.
    [[nodiscard]] bool await_end(SteadyTime deadline) const;

    struct End {
        int exit_code = -1;
        int signal = 0;
        std::uint64_t peak_bytes = 0;
        bool is_out_of_memory = false;  // the kernel killed something for want of memory
    };
    /// Waits for its end; kills what its tasks left. REQUIRES: called once.
    End finish();

private:
    HostProcess() = default;
    HostRecord record_;
    Descriptor socket_;
    Descriptor pidfd_;
    std::string outgoing_;
    std::string sending_;
    std::size_t sent_ = 0;
    FrameReader frames_;
    std::uint64_t oom_kills_before_ = 0;
    bool is_finished_ = false;
};

}  // namespace stepwell::tasks
