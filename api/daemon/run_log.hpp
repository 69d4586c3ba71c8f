// What the daemon's log tells of runs: a line when one starts, ends or goes on.
//
// Many runs must not drown the log, nor may a log that nobody reads hold the engine up: within a
// second so many lines are told as fit, failures before all else, and of the others how many there
// were; a thread of its own writes them.
//
// Threads: the listener is called on the engine's thread; lines() may be called from any.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/runtime/engine_types.hpp"

namespace stepwell::api {

class RunLog {
public:
    struct Line {
        bool is_failure = false;
        std::string text;
        bool operator==(const Line&) const = default;
    };

    explicit RunLog(std::size_t lines_max = 20) : lines_max_(lines_max) {}

    /// REQUIRES: the log outlives the subscription.
    runtime::Listener listener();

    /// What has come since the last call, and how much of it is left out.
    std::vector<Line> lines();
    /// Waits until there is something to tell, for a second at least after the last time. False:
    /// the writer ends.
    bool wait();
    void end_waiting();

private:
    struct Counts {
        std::uint64_t started = 0;
        std::uint64_t succeeded = 0;
        std::uint64_t failed = 0;  // or timed out, or stopped
        bool operator==(const Counts&) const = default;
    };
    void take(const core::Execution& execution, const core::Event& event);
    void tell(bool is_failure, std::uint64_t& left_out, const std::function<std::string()>& text);

    const std::size_t lines_max_;
    std::mutex mutex_;
    std::condition_variable something_;
    std::vector<Line> lines_;
    std::size_t failures_ = 0;  // of the lines
    Counts left_out_;
    bool has_told_ = false;
    bool is_over_ = false;
};

/// Writes a RunLog's lines, once a second, on a thread of its own.
class RunLogWriter {
public:
    /// REQUIRES: `log` outlives it. `write` is called on its thread.
    RunLogWriter(RunLog& log, std::function<void(const RunLog::Line&)> write);
    /// Writes what is left.
    ~RunLogWriter();
    RunLogWriter(const RunLogWriter&) = delete;
    RunLogWriter& operator=(const RunLogWriter&) = delete;

private:
    void write_all();
    RunLog& log_;
    const std::function<void(const RunLog::Line&)> write_;
    std::thread thread_;
};

}  // namespace stepwell::api
