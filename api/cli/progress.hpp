// The progress of one run in the terminal, state by state.
//
// Threads: the listener is called from the engine's thread and others; what it prints is kept apart
// by a lock.
#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include "api/cli/terminal.hpp"
#include "api/read/state_tracker.hpp"
#include "engine/runtime/engine_types.hpp"

namespace stepwell::api::cli {

class Progress {
public:
    struct Settings {
        bool is_silent = false;
        bool is_verbose = false;  // log lines and progress of tasks
        bool shows_begin = false;
    };
    /// Follows the next run of `workflow` that starts. REQUIRES: the terminal outlives it.
    Progress(const Terminal& terminal, std::string workflow, Settings settings);

    /// REQUIRES: the listener is gone before this is.
    [[nodiscard]] runtime::Listener listener();

private:
    void on_events(const core::Execution& execution, const std::vector<core::Event>& events);
    void on_entered(const StateRow& row);
    void on_retried(const StateRow& row, Duration delay);
    void on_ended(const StateRow& row);
    void on_log(const TaskToken& token, const std::string& line);
    void on_progress(const TaskToken& token, const Json& progress);
    void print(const std::string& line);

    const Terminal& terminal_;
    const std::string workflow_;
    const Settings settings_;
    std::atomic<std::uint64_t> run_{0};
    std::mutex mutex_;
    StateTracker tracker_;  // of the engine's thread
};

}  // namespace stepwell::api::cli
