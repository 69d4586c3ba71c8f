// What an execution's states are doing, one row for each entry of a state, out of its events (a
// redrive goes on with the rows that there are): for the terminal of `stepwell run` as they come,
// and for `stepwell show` afterwards.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/core/event.hpp"

namespace stepwell::api {

/// One try at a task: from when it could begin, until its end.
struct StateAttempt {
    std::uint32_t number = 0;  // of its frame: what its log is kept under
    Timestamp scheduled_at;
    std::optional<Timestamp> started_at;  // somebody has taken it
    std::optional<Timestamp> ended_at;
    std::string outcome = "running";  // "succeeded", "failed", "aborted"
    std::string error;                // of one that failed; may be empty
};

struct StateRow {
    std::string place;  // "Each month[3] / Validate": iterations and branches around it
    std::string path;   // "Each month/Validate": the same without their numbers
    std::string name;
    std::string kind;  // "Task", "Map", ...
    FrameId frame{};
    std::optional<std::size_t> parent;  // the row of the Map or Parallel around it
    std::uint32_t item = 0;             // which iteration or branch of that one
    std::uint32_t wave = 0;             // retries of that one when this iteration or branch began
    std::uint32_t total = 0;            // of a Map or Parallel: its iterations or branches
    std::string resource;               // of a Task: "stepwell:validate", an ARN's last part
    std::uint32_t attempt = 0;          // the last one: what its log is kept under
    EventId entered_event{};
    EventId failure_event{};  // the last failure of an attempt; 0: none, or none that is shown
    std::optional<Timestamp> failed_at;
    std::optional<Timestamp> due;  // it waits until then: a Wait, or between attempts
    Timestamp entered_at;
    std::optional<Timestamp> ended_at;
    std::uint32_t retries = 0;
    std::vector<StateAttempt> attempts;  // of a Task
    /// "running", "succeeded", "caught" (it failed, and a Catch took over), "failed", "aborted".
    std::string outcome = "running";
    std::string error;  // the last one; also of an attempt that was retried
    std::string cause;
    Json rows;  // the member "rows" of a task's result envelope; null where there is none
    std::optional<Payload> result;  // a data task's result envelope; also of one that failed

    [[nodiscard]] bool is_lane() const { return kind == "Map" || kind == "Parallel"; }
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
    /// What surrounds the states of a frame below the root.
    struct Surroundings {
        std::string place;
        std::string path;
        std::size_t parent = 0;
        std::uint32_t item = 0;
        std::uint32_t wave = 0;
    };
    void on_entered(const core::Event& event, const core::EnteredInfo& info);
    void on_child(const core::Event& event, const core::ChildInfo& info);
    void on_scheduled(const core::Event& event, const core::ScheduledInfo& info);
    void on_started(const core::Event& event);
    void on_failure(const core::Event& event, const core::ErrorInfo& failure);
    void on_result(const core::Event& event, const core::TaskInfo& info);
    void on_redriven(const core::Event& event, const core::RedriveInfo& info);
    void on_retry(const core::Event& event, const core::RetryInfo& info);
    void on_iteration(const core::Event& event, const core::IterationInfo& info);
    void on_exit(const core::Event& event);
    void on_other(const core::Event& event);
    void on_execution_failed(const core::Event& event);
    void end(FrameId frame, Timestamp at, const std::string& outcome);
    /// Ends what is open below the state that `frame` is in. `leaf`: the event at which one of them
    /// failed.
    void end_children(FrameId frame, Timestamp at, EventId leaf);
    void end_all(Timestamp at, const std::string& outcome);
    StateRow* open_row(FrameId frame);

    Watcher watcher_;
    std::vector<StateRow> rows_;
    std::unordered_map<FrameId, std::size_t> open_;  // the state that a frame is in
    std::unordered_map<FrameId, std::size_t> last_;  // the same, or the one it was in last
    std::unordered_map<FrameId, Surroundings> surroundings_;
    std::unordered_map<FrameId, std::vector<FrameId>> children_;  // of the state that it is in
    std::unordered_map<FrameId, EventId> last_events_;
};

}  // namespace stepwell::api
