// What an execution's states are doing, one row for each entry of a state, out of its events: for
// the terminal of `stepwell run` as they come, and for `stepwell show` afterwards.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/core/event.hpp"

namespace stepwell::api {

struct StateRow {
    std::string place;  // "Each month[3] / Validate": iterations and branches around it
    std::string kind;   // "Task", "Map", ...
    Timestamp entered_at;
    std::optional<Timestamp> ended_at;
    std::uint32_t retries = 0;
    /// "running", "succeeded", "caught" (it failed, and a Catch took over), "failed", "aborted".
    std::string outcome = "running";
    std::string error;  // the last one; also of an attempt that was retried
    std::string cause;
    Json rows;  // the member "rows" of a task's result envelope; null where there is none
};

class StateTracker {
public:
    /// Members may be empty. Called from take(); the row lives that long.
    struct Watcher {
        std::function<void(const StateRow&)> entered;
        std::function<void(const StateRow&, Duration delay)> retried;
        std::function<void(const StateRow&)> ended;
    };
    StateTracker() = default;
    explicit StateTracker(Watcher watcher) : watcher_(std::move(watcher)) {}

    /// REQUIRES: events come in their order.
    void take(const core::Event& event);
    void take(const std::vector<core::Event>& events);

    /// In the order in which the states were entered.
    [[nodiscard]] const std::vector<StateRow>& rows() const { return rows_; }

private:
    void on_entered(const core::Event& event, const core::EnteredInfo& info);
    void on_child(const core::Event& event, const core::ChildInfo& info);
    void on_failure(const core::Event& event, const core::ErrorInfo& failure);
    void on_result(const core::Event& event, const core::TaskInfo& info);
    void on_retry(const core::Event& event, const core::RetryInfo& info);
    void end(FrameId frame, Timestamp at, const std::string& outcome);
    void end_all(Timestamp at, const std::string& outcome);
    StateRow* open_row(FrameId frame);

    Watcher watcher_;
    std::vector<StateRow> rows_;
    std::unordered_map<FrameId, std::size_t> open_;    // the state that a frame is in
    std::unordered_map<FrameId, std::string> places_;  // of frames below the root
};

}  // namespace stepwell::api
