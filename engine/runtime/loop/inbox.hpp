// The inbox: all that the outside has to say waits here for the engine's thread.
//
// Bounded: when it is full a request is refused and a report waits. The engine's own thread must
// not wait, as nobody else makes room: its requests are refused at twice the bound, its reports, of
// which there is one for each task that it runs, are always taken.
//
// Thread safety: complete; take() is for the engine's thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

#include "engine/runtime/engine_types.hpp"

namespace stepwell::runtime {

struct CreateWorkflow {
    enum class Existing { refuse, replace };
    WorkflowSpec spec;
    definition::DefinitionPtr definition;
    Existing existing = Existing::refuse;
    Answer<WorkflowStatus> answer;
};
/// A definition by the rules of each type: whoever asks does not know which its workflow is of.
struct ParsedDefinition {
    Result<definition::DefinitionPtr> standard;
    Result<definition::DefinitionPtr> express;
};
struct UpdateWorkflow {
    std::string name;
    WorkflowUpdate update;
    std::optional<ParsedDefinition> definition;  // iff the update has one: parsed by who asks
    Answer<WorkflowStatus> answer;
};
struct DeleteWorkflow {
    std::string name;
    Answer<void> answer;
};
struct Start {
    StartRequest request;
    Answer<Started> answer;
};
struct Stop {
    ExecutionId id{};
    core::StopExecution how;
    Answer<Timestamp> answer;
};
struct Redrive {
    RedriveRequest request;
    Answer<Redriven> answer;
};
struct Report {
    ExecutionId id{};
    core::Input input;
    Answer<void> answer;           // may be empty
    bool is_from_outside = false;  // of somebody who was given the task's token
};
struct PickUp {
    TaskToken token;
    std::string worker;
    Answer<Payload> answer;
};
struct Write {
    Writes writes;
    Answer<void> answer;
};
struct ChangeDocuments {
    Change change;
    Answer<void> answer;
};
struct Inspect {
    ExecutionId id{};
    Answer<Inspection> answer;
};
struct Remove {
    Removals removals;
    Answer<void> answer;
};
struct ChangeMapRun {
    TaskToken token;
    MapRunUpdate update;
    Answer<void> answer;
};
struct PutRows {
    FoldedRows rows;
    Answer<void> answer;
};
struct WhenClosed {
    ExecutionId id{};
    Answer<Closed> answer;
};

using Message =
    std::variant<CreateWorkflow, UpdateWorkflow, DeleteWorkflow, Start, Stop, Report, WhenClosed,
                 Write, Inspect, Redrive, Remove, PutRows, ChangeDocuments, PickUp, ChangeMapRun>;

/// Answers `message`, which is not done, with the reason.
void refuse(Message& message, const Error& error);

class Inbox {
public:
    enum class IfFull { refuse, refuse_late, wait, take };
    enum class Posted { accepted, full, closed };
    enum class Reports { take, leave };

    explicit Inbox(std::size_t messages_max) : messages_max_(messages_max) {}

    Posted post(Message& message, IfFull if_full);
    /// Takes what waits in its order, up to `count_max`, with or without reports. Waits for
    /// something to come where `patience` says so; false where the inbox is closed and empty.
    bool take(std::vector<Message>& messages, std::size_t count_max, Duration patience,
              Reports reports = Reports::take);
    /// Waits without taking anything. True where the inbox is closed; then it does not wait.
    bool rest(Duration patience);
    void close();
    /// What waits now.
    [[nodiscard]] std::size_t size();

private:
    void take_all_but_reports(std::vector<Message>& messages, std::size_t count_max);

    std::mutex mutex_;
    std::condition_variable is_filled_;
    std::condition_variable is_drained_;
    std::condition_variable is_closing_;
    std::deque<Message> messages_;
    std::size_t messages_max_;
    bool is_closed_ = false;
};

}  // namespace stepwell::runtime
