// The runner's inside: shared by host_runner.cpp (what callers do), host_runner_loop.cpp (its
// thread: start, write, read) and host_runner_watch.cpp (its thread: time, death and the end).
//
// One lock guards all that start() and cancel() touch: the attempts, the slots and the frames to be
// sent. The runner's own thread takes it for short; it writes, reads, calls the sink and waits for
// processes without it. Only that thread makes and ends hosts.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "tasks/host/host_process.hpp"
#include "tasks/host/host_runner.hpp"

namespace stepwell::tasks {

/// Marks the event of the wake-up descriptor; others are 2 * slot + (1 for the process's end).
inline constexpr std::uint64_t kHostWakeTag = ~0ull;

/// A place for one host: empty until a task needs it, and again after its host is gone.
struct HostSlot {
    HostKind kind = HostKind::general;
    std::unique_ptr<HostProcess> host;
    std::unordered_set<TaskToken> in_flight;
    std::string waiting;  // frames for a host that is yet to be started
    bool is_ready = false;
    bool is_writable = true;
    SteadyTime last_heard;
    SteadyTime last_ping;
    std::optional<TaskError> verdict;  // why we killed it; failed attempts say so
    bool restarts_neighbours = false;  // it was killed for one cancelled task
    std::vector<TaskToken> acks;       // ends that we have, and the host keeps
    std::size_t acks_bytes = 0;        // what these take there

    /// Whether it takes frames now; else they wait for the next host.
    [[nodiscard]] bool is_usable() const { return host && !verdict; }
    std::string& outgoing() { return is_usable() ? host->outgoing() : waiting; }
};

struct HostedAttempt {
    runtime::TaskRequest request;
    std::size_t slot = 0;
    Json sections;               // of the configuration, with values; null: none
    std::uint32_t taken_up = 0;  // how often, after a crash of its host
    bool is_waiting = false;     // its frame is in HostSlot::waiting
    bool is_cancelled = false;
    SteadyTime deadline;  // of a cancelled one
};

class HostRunner::Impl {
public:
    Impl(HostRunnerSettings settings, runtime::TaskSink& sink);
    Result<void> open();
    void close();
    void start(runtime::TaskRequest request);
    void cancel(const TaskToken& token);
    [[nodiscard]] Statistics statistics() const;

private:
    struct Report {
        TaskToken token;
        TaskError error;
    };

    // Under the lock.

    [[nodiscard]] std::size_t choose_slot(HostKind kind) const;
    void assign(HostedAttempt attempt, std::size_t index);
    void send_acks(HostSlot& slot);
    void want_hosts();
    void mark_sent(const HostSlot& slot);
    void condemn(HostSlot& slot, TaskError verdict);
    void look_at_host(HostSlot& slot, SteadyTime now);
    void look_at_cancelled(SteadyTime now);
    void give_up_attempts(std::size_t index, const TaskError& error);
    void record() const;
    void wake();

    // The runner's own thread.

    void loop();
    void wait_and_serve();
    void serve(std::size_t index, bool is_end);
    void start_hosts();
    void start_host(std::size_t index);
    Json configuration_for(HostKind kind);
    void watch(std::size_t index);
    void flush_hosts();
    void set_writable(std::size_t index, bool is_writable);
    void send_reports();
    bool receive(std::size_t index);
    void handle(HostSlot& slot, Frame frame);
    void handle_ready(HostSlot& slot, const Frame& frame);
    bool note_submitted(const TaskToken& token, const std::string& what);
    std::optional<std::string> take_attempt(HostSlot& slot, const Frame& frame);
    bool is_wanted(const TaskToken& token) const;
    void look_at_time();
    void bury(std::size_t index);
    void end_hosts();
    [[nodiscard]] std::chrono::milliseconds patience() const;
    [[nodiscard]] Result<Json> sections_of(const TaskType& type,
                                           const runtime::TaskRequest& request) const;
    void note(const std::string& line) const {
        if (settings_.log) settings_.log(line);
    }

    const HostRunnerSettings settings_;
    runtime::TaskSink& sink_;
    Descriptor wake_;
    Descriptor epoll_;
    std::thread thread_;
    std::atomic<bool> is_awake_ = false;

    mutable std::mutex mutex_;
    std::vector<HostSlot> slots_;  // data, general ones, messenger; never changes its size
    std::unordered_map<TaskToken, HostedAttempt> attempts_;
    std::vector<Report> reports_;
    std::set<std::size_t> wanted_slots_;  // to be started without a task
    bool has_deadlines_ = false;
    bool is_closing_ = false;
    std::uint64_t hosts_started_ = 0;
};

}  // namespace stepwell::tasks
