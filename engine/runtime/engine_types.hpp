// What goes into the engine and what comes out of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/json.hpp"
#include "engine/base/payload.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/core/decide.hpp"
#include "engine/core/event.hpp"
#include "engine/journal/records.hpp"
#include "engine/runtime/notice.hpp"
#include "engine/runtime/redrive.hpp"

namespace stepwell::runtime {

class Confidentiality;

/// Folds the whole history of a run that has ended to its row; nothing where the run needs none.
/// Pure, and called on the engine's thread: it must be quick. It fills in all but what its
/// execution says (workflow, start, revision).
using FoldRun = std::function<std::optional<journal::RunRow>(
    const journal::ExecutionRecord& run, const std::vector<core::Event>& events)>;

struct EngineSettings {
    std::string account = "123456789012";  // what ARNs say
    std::string region = "us-east-1";
    /// Task logs go below it; empty: they are dropped.
    std::filesystem::path logs_folder;
    /// What tasks read for Map Runs is in folders below it, by map_run_key(); empty: nobody reads.
    std::filesystem::path map_runs_folder;
    /// Where it is remembered whom the engine decides about, so that an execution that ends the
    /// process each time is put aside; empty: nowhere.
    std::filesystem::path guard_file;
    /// The names N for which `stepwell:N` is a task; empty: any name is let through.
    std::vector<std::string> builtin_tasks;
    /// Requests that wait for the engine; beyond it starts are refused and reports wait.
    std::size_t inbox_max = 65'536;
    /// Executions kept in memory, and what their payloads may measure together. Others are in
    /// the journal only, with 16 bytes in memory for each one that waits for a time.
    std::size_t loaded_executions_max = 4'096;
    std::size_t loaded_bytes_max = 256u << 20;
    /// Below it new starts are refused, so that what runs can still end.
    std::uint64_t free_bytes_min = 32u << 20;
    /// Sees all that comes in before it is journaled; null: there are no secrets. Outlives the
    /// engine.
    Confidentiality* secrets = nullptr;
    core::Limits limits{};
    /// So many executions may wait for each other, each for the one that it has started.
    std::uint32_t nesting_max = 64;
    RedrivePolicy redrive{};
    /// Null: runs get no rows.
    FoldRun fold_run = nullptr;
    /// Histories with more events or bytes are folded later, by RowKeeper.
    std::uint64_t folded_events_max = 500;
    std::size_t folded_bytes_max = 1u << 20;
};

struct WorkflowStatus;
struct Writes;

/// What there is within a turn, with what the turn will write. Of the engine's thread.
class ChangeView {
public:
    virtual ~ChangeView() = default;
    virtual Result<std::optional<std::string>> document(const std::string& collection,
                                                        const std::string& key) = 0;
    /// By key, those whose keys begin so and go on.
    virtual Result<std::vector<journal::DocumentRecord>> documents(const std::string& collection,
                                                                   const std::string& prefix) = 0;
    /// Fails with `not_found`.
    virtual Result<WorkflowStatus> workflow(const std::string& name) = 0;
    [[nodiscard]] virtual Timestamp now() const = 0;
};

/// Says what to write by what is there, which nobody else changes meanwhile. Called on the engine's
/// thread, perhaps more than once: it must be quick, and depend on nothing but the view.
using Change = std::function<Result<Writes>(ChangeView&)>;
/// The same for what goes with a change of a workflow, in its transaction, also where that has
/// changed nothing. REQUIRES: it fails only there.
using WorkflowChange = std::function<Result<Writes>(const WorkflowStatus&, ChangeView&)>;

/// A workflow as somebody wants it to be.
struct WorkflowSpec {
    std::string name;
    std::string definition;  // ASL in JSON; kept byte for byte
    std::string type = "STANDARD";
    std::string role_arn;
    /// Whatever else belongs to a version, as JSON text; opaque to the engine.
    std::string settings = "{}";
    /// Only where this is still the newest version, so that nobody's change is lost; VersionId{0}:
    /// only where there is no such workflow. See WorkflowStatus::is_stale.
    std::optional<VersionId> replaces = {};
    WorkflowChange beside = {};
};

/// What to change; what is absent stays.
struct WorkflowUpdate {
    std::optional<std::string> definition;
    std::optional<std::string> role_arn;
    std::optional<std::string> settings;
    WorkflowChange beside = {};
};

struct WorkflowStatus {
    WorkflowId id{};
    VersionId version{};
    std::uint32_t number = 0;  // of the version, from 1
    std::string arn;
    std::string revision_id;  // empty: never updated
    Timestamp created_at;     // of the workflow
    Timestamp updated_at;     // of the version
    bool is_changed = false;  // a workflow or version was made
    bool is_stale = false;    // another version was the newest than the spec said: nothing was done
};

struct StartRequest {
    std::string workflow;             // name
    std::optional<std::string> name;  // generated where absent; checked by the caller
    Payload input;
    std::optional<VersionId> version;  // the newest where absent
    std::string version_arn;           // for the history; may be empty
    std::string alias_arn;
    /// A published version's number, or an alias: says which version, and the two ARNs.
    std::string qualifier = {};
    std::string origin = "api";  // as ExecutionRecord::origin
    std::string principal = {};  // who asks; kept with the run
    /// Taken in the same transaction as the start. Where one execution has taken all of them, it is
    /// the answer; where only some are taken, or by several, the start is refused.
    std::vector<journal::Claim> claims;
    /// The claims stand for just this start: whoever holds them has to be of this workflow and
    /// input, else the start is refused with `conflict`.
    bool claims_are_exact = false;
    std::vector<journal::DocumentWrite> documents;  // written with the start, and only with it
    /// With a name that is taken: where the input is the same, answer with the execution that has
    /// it even if it has ended. For callers that may have started it before a crash.
    bool adopts_existing = false;
};

/// What is written together, all or nothing, without an execution.
struct Writes {
    std::vector<journal::DocumentWrite> documents;
    std::vector<journal::Claim> claims;
    /// Told to whom the newest version of the workflow names under `notify` for the event; `to` is
    /// set by the engine.
    std::vector<NoticeWrite> notices = {};
};

struct Started {
    ExecutionId id{};
    std::string arn;
    std::string name;
    Timestamp started_at;
    bool is_new = true;  // false: it was there already, and the request a repetition
};

/// Where an open execution stands.
struct Inspection {
    definition::DefinitionPtr definition;
    std::vector<core::FramePtr> frames;  // by id
    bool is_quarantined = false;
};

/// Opens an execution again that failed, timed out or was stopped.
struct RedriveRequest {
    ExecutionId id{};
    /// The client's name for this wish; a repetition within 15 minutes redrives nothing. Optional.
    std::string client_token;
    /// Saves the engine's thread the work, where it is still what the journal says.
    RebuiltPtr rebuilt;
};

/// What of a Map Run to change; what is absent stays.
struct MapRunUpdate {
    std::optional<std::int64_t> concurrency_max = {};  // 0: as many as it may
    std::optional<std::int64_t> tolerated_count = {};
    std::optional<double> tolerated_percentage = {};
};

struct Redriven {
    Timestamp at;
    std::uint32_t count = 0;  // of the execution's redrives
    bool is_new = true;       // false: a repetition
};

/// Closed executions that are to be forgotten, or a part of what is left of one.
struct Removals {
    struct Run {
        ExecutionId id{};
        journal::ChunkId last_chunk{};  // as it was when the removal was planned
    };
    std::vector<Run> runs;
    std::vector<journal::ChunkId> chunks;
    std::vector<std::int64_t> claims;               // by row; their keys may be taken again
    std::vector<journal::DocumentWrite> documents;  // in the same transaction
};

/// Run rows that were folded beside the engine.
struct FoldedRows {
    std::vector<journal::RunRow> rows;
    std::optional<ExecutionId> rows_from;  // see journal::RowsFrom
};

/// How an execution ended.
struct Closed {
    ExecutionId id{};
    core::Status status = core::Status::succeeded;
    Timestamp started_at;
    Timestamp stopped_at;
    std::string arn;
    std::string name;
    std::string workflow_arn;
    Payload input;
    std::optional<Payload> output;  // iff succeeded
    std::optional<std::string> error;
    std::optional<std::string> cause;
};

/// What somebody wants to see of everything as it happens. Members may be empty. Called one at a
/// time, from the engine's thread (progress and log: also from others); must be quick, and must not
/// subscribe or unsubscribe.
struct Listener {
    /// Durable events, in order; `state` of the execution after them.
    std::function<void(const core::Execution&, const std::vector<core::Event>&)> events;
    std::function<void(const TaskToken&, const Json&)> progress;
    std::function<void(const TaskToken&, const std::string&)> log;
    /// A workflow was made, changed or deleted; by name.
    std::function<void(const std::string&)> workflow;
};

/// Keeps a Listener subscribed; once it is gone, the listener is not called any more.
using Subscription = std::shared_ptr<void>;

template <class T>
using Answer = std::function<void(Result<T>)>;

}  // namespace stepwell::runtime
