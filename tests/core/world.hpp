// World: what surrounds the core in its tests. A workflow, one execution of it, a clock that stands
// until it is moved, and tasks that answer when they are told to.
//
// After every decision it checks what must always hold: the events survive the codec, replaying
// them gives the live execution, what is stored restores to it, and outstanding() names exactly the
// tasks that were commanded and not cancelled.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/core/decide.hpp"
#include "engine/core/redrive.hpp"
#include "engine/definition/workflow.hpp"

namespace stepwell::test {

// What the tests of the core speak of.
using core::CancelTask;
using core::Changes;
using core::Command;
using core::Decision;
using core::Event;
using core::EventType;
using core::Execution;
using core::FramePtr;
using core::Input;
using core::Limits;
using core::Moment;
using core::Phase;
using core::Record;
using core::RecordKey;
using core::RedriveExecution;
using core::StartExecution;
using core::StartTask;
using core::Status;
using core::StopExecution;
using core::TaskFailed;
using core::TaskHeartbeat;
using core::TaskPickedUp;
using core::TaskSubmitted;
using core::TaskSucceeded;
using core::TimerDue;

class World {
public:
    /// `workflow`: ASL as JSON. Faults in it fail the test.
    explicit World(const std::string& workflow);

    /// Decides and merges. A refusal changes nothing, which is checked too.
    Result<void> tell(const Input& input);
    /// tell() of what may be refused; a task whose end is accepted is no longer in flight.
    void report(const Input& input);
    void start(const std::string& input = "{}");
    /// Opens the execution again, with nothing but its history to go by.
    Result<void> redrive(const std::string& client_token = "");
    /// Lets time pass up to the next timer and tells it; false where none is set.
    bool tick();
    /// tick() until nothing happens by itself any more.
    void settle();
    void advance(Duration by) { now_ += by; }

    /// The tasks in flight, in the order of their tokens.
    [[nodiscard]] std::vector<StartTask> in_flight() const;
    /// The only task in flight. Its absence fails the test.
    [[nodiscard]] StartTask only_task() const;
    void succeed(const StartTask& task, const std::string& output);
    /// The only task in flight ends.
    void succeed(const std::string& output);
    void fail(const std::string& error, std::optional<std::string> cause = std::nullopt);

    [[nodiscard]] const Execution& execution() const { return execution_; }
    [[nodiscard]] const definition::Definition& definition() const { return *definition_; }
    [[nodiscard]] Timestamp now() const { return now_; }
    [[nodiscard]] const std::vector<Event>& events() const { return events_; }
    /// All events so far but the internal ones, joined by "; ".
    [[nodiscard]] std::string chain() const;
    /// The same without ids.
    [[nodiscard]] std::string types() const;
    [[nodiscard]] std::string output() const;
    [[nodiscard]] std::string cause() const;

    std::uint64_t entropy = 7;
    std::uint64_t secret = 42;
    Limits limits;
    /// As Moment::has_to_wait.
    std::function<bool(const definition::State&)> has_to_wait;
    /// As Moment::has_activity.
    std::function<bool(const std::string&)> has_activity;
    /// The most work that one decision took.
    std::uint64_t work_of_turn_max = 0;
    /// Bytes that were put in records and headers so far.
    std::size_t bytes_stored = 0;
    bool check_invariants = true;

private:
    void check(const std::vector<Event>& events);

    definition::DefinitionPtr definition_;
    Execution execution_;
    Execution replayed_;
    core::Rebuilding rebuilding_;
    Timestamp now_;
    /// Replaying cannot know the deadlines that they have moved.
    bool has_heartbeats_ = false;
    std::vector<Event> events_;
    std::map<TaskToken, StartTask> in_flight_;
    std::string header_;
    std::map<RecordKey, std::string> records_;
};

}  // namespace stepwell::test
