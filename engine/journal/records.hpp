// What the journal stores: plain rows. The journal does not look into the blobs; core writes and
// reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/core/delta.hpp"
#include "engine/journal/run_rows.hpp"

namespace stepwell::journal {

/// A piece of history: the events of one decision, numbered over all executions; 0 means "none".
enum class ChunkId : std::uint64_t {};
inline constexpr ChunkId kNoChunk{0};

struct WorkflowRecord {
    WorkflowId id{};
    std::string name;  // unique among those that are not deleted
    std::string arn;
    std::string type;  // "STANDARD" or "EXPRESS"
    Timestamp created_at;
    bool is_deleted = false;  // kept for the sake of its executions
};

/// One revision of a workflow: what its executions keep until they end.
struct VersionRecord {
    VersionId id{};
    WorkflowId workflow{};
    std::uint32_t number = 0;  // of the workflow's revisions, from 1
    std::string revision_id;   // UUID; empty for the first
    std::string definition;    // ASL, byte for byte as it was given
    std::string role_arn;
    std::string settings;  // JSON text of whatever else belongs to it (logging, schedules, ...)
    Timestamp created_at;
};

/// The attempt whose task has started an execution.
struct ParentLink {
    TaskToken token;
    /// How many executions wait for each other down to this one; 0: nobody waits for it.
    std::uint32_t depth = 0;
    bool operator==(const ParentLink&) const = default;
};

/// An attempt waits for the end of an open execution.
struct Wait {
    TaskToken attempt;
    ExecutionId child{};
    bool operator==(const Wait&) const = default;
};

struct ExecutionRecord {
    ExecutionId id{};
    WorkflowId workflow{};
    VersionId version{};
    std::string name;  // empty: a generated one, which is made of the id
    core::Status status = core::Status::running;
    Timestamp started_at;
    std::optional<Timestamp> stopped_at;
    ChunkId first_chunk{};
    ChunkId last_chunk{};
    std::string error;   // of a failed, timed out or aborted one; may be empty
    std::string origin;  // what started it: "api", "cli", "schedule", "file", "webhook", "parent"
    std::string principal;  // who asked for it; empty where nobody did, or an older Stepwell
    std::uint32_t redrives = 0;
    std::optional<Timestamp> redriven_at;  // the last time
    std::optional<ParentLink> parent;      // iff another execution has started it
};

/// A small JSON text that a part of the daemon keeps under a name: a schedule's state, a user, ...
struct DocumentRecord {
    std::string collection;
    std::string key;
    std::string value;
};

struct DocumentWrite {
    enum class If { always, absent, present };
    std::string collection;
    std::string key;
    std::optional<std::string> value;  // absent: the document is removed
    If condition = If::always;         // of what was there; checked before the batch is made
};

/// What starts an execution: (source, key) is taken once and for all, so that one fire of a
/// schedule, one version of a file, one call of a webhook starts one execution.
struct Claim {
    std::string source;
    std::string key;
    std::string details;  // JSON text
};

struct ClaimRecord {
    Claim claim;
    ExecutionId execution{};  // 0: it started none
    Timestamp at;
};

struct ChunkRecord {
    ChunkId id{};
    ChunkId previous{};               // of the same execution
    std::uint64_t events_before = 0;  // visible events of the execution before this chunk
    std::string bytes;
    /// Whose it is, as it is read with its bytes; a write says it itself. 0: an older Stepwell did
    /// not write it down.
    ExecutionId execution{};
    std::uint64_t size = 0;  // of the bytes; as it is read, also where those were left out
    /// Written: it is to be found by JournalReader::mark_after().
    bool is_mark = false;
};

/// From a mark to the next there are about so many events.
inline constexpr std::uint64_t kEventsPerMark = 1'024;

/// A chunk in the middle of a long history, so that nobody who reads there comes from its end.
struct HistoryMark {
    ChunkId chunk{};
    std::uint64_t events_before = 0;
    bool operator==(const HistoryMark&) const = default;
};

/// Where an open execution stands, as far as it is in the open row; the rest is in its records.
struct OpenRecord {
    ExecutionId id{};
    std::optional<Timestamp> due;  // its next timer
    bool has_tasks = false;        // attempts are in flight: recovery must load it
    bool is_quarantined = false;   // deciding about it went wrong; nothing is done with it
    /// A task of it has been started: it holds a place of its workflow until it ends.
    bool has_begun = false;
    bool is_awaited = false;  // attempts of other executions wait for its end
    ChunkId last_chunk{};
    std::string head;  // opaque: the engine's
};

/// Begins an execution. Its first chunk is in the same ExecutionWrite.
struct ExecutionStart {
    WorkflowId workflow{};
    VersionId version{};
    std::string name;  // empty: generated
    Timestamp started_at;
    std::string origin;
    std::string principal;
};

struct ExecutionEnd {
    core::Status status = core::Status::succeeded;
    Timestamp stopped_at;
    std::string error;
};

/// Opens an execution again that has ended.
struct ExecutionReopening {
    std::uint32_t redrives = 0;  // this one included
    Timestamp at;
};

/// All that one commit changes of one execution.
struct ExecutionWrite {
    ExecutionId id{};
    std::optional<ExecutionStart> start;
    std::optional<ExecutionReopening> reopening;  // never with `start`; perhaps with `end`
    std::vector<ChunkRecord> chunks;  // in order, linked to each other and to what was there
    std::optional<OpenRecord> open;   // replaces the open row; its id is this one
    /// Removes the open row, all records, and who waits for it; never with `open`.
    std::optional<ExecutionEnd> end;
    /// Its parent, with its start; or later, where an older Stepwell did not write it down.
    std::optional<ParentLink> parent;
    std::vector<TaskToken> waits;  // attempts that wait for its end from now on; never with `end`
    std::optional<RunRow> row;     // only with `end`; a reopening removes it
    /// Whether the open table may hold rows of it from earlier commits; saves needless deletes.
    bool was_open = false;
    bool was_awaited = false;       // the same of those who wait for it
    bool had_payloads = false;      // the same of its large payloads
    bool leaves_records = false;    // with `end`: they are too many to be removed with it
    std::vector<core::Record> put;  // replaced or added
    std::vector<core::RecordKey> removed;
    /// From the first key to the second, both included: of what has many neighbours. Large
    /// payloads, whose keys lie among those of frames, stay.
    std::vector<std::pair<core::RecordKey, core::RecordKey>> removed_ranges;
};

/// The name is free again; the record stays for the sake of its executions.
struct WorkflowDeletion {
    WorkflowId id{};
};

/// What is forgotten for ever: closed executions, and chunks that no execution has any more. Ids
/// are not used again.
struct Removal {
    std::vector<ExecutionId> executions;
    std::vector<ChunkId> chunks;
    std::vector<std::int64_t> claims;  // by row
};

/// Closed executions from this id on have their rows, where they need one.
struct RowsFrom {
    ExecutionId id{};
};

/// Removes a part of what ended executions have left (ExecutionWrite::leaves_records).
struct Sweep {
    std::size_t records_max = 0;
    std::size_t payloads_max = 0;
};

/// A RunRow is one of a closed execution, folded later than it ended.
using Operation = std::variant<WorkflowRecord, VersionRecord, WorkflowDeletion, ExecutionWrite,
                               DocumentWrite, ClaimRecord, Removal, RunRow, RowsFrom, Sweep>;

/// What one commit changes: operations that are carried out one after the other, all or none. Their
/// order counts: a name is taken again only behind the deletion that frees it.
struct Batch {
    std::vector<Operation> operations;

    void add(Operation operation) { operations.push_back(std::move(operation)); }
    [[nodiscard]] bool is_empty() const { return operations.empty(); }
};

/// The right to write, of whoever opened the journal last. Each opening for writing raises the
/// epoch, so that an older owner that is still there can do no harm.
struct Lease {
    std::uint32_t shard = 0;
    std::uint64_t epoch = 0;
    bool operator==(const Lease&) const = default;
};

/// Why a batch was not committed.
struct CommitError : Error {
    enum class Kind {
        nothing_written,  // not now: another process writes, or the disk is full; may be repeated
        refused,          // the batch contradicts what is there; nothing of it is written
        fenced,           // somebody else has the lease: stop at once; nothing is written
        unknown,          // it may be there or not: stop, and let a new journal tell
    };
    Kind kind = Kind::unknown;
};

/// The next id of each kind that has never been used.
struct Counters {
    WorkflowId workflow{1};
    VersionId version{1};
    ExecutionId execution{1};
    ChunkId chunk{1};
};

}  // namespace stepwell::journal
