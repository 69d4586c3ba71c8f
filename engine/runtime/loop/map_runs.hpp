// The Map Runs that go on, as the engine's thread knows them. Each is one document, written at most
// once a turn, with what its executions have changed in it; what they gave is in documents of its
// own (parts), each written once.
//
// Changes are visible here at once and durable with the turn's batch; where that is given up,
// load() forgets them.
//
// Threads: the engine's only.
#pragma once

#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/map_run.hpp"
#include "engine/core/map_run_items.hpp"
#include "engine/journal/journal.hpp"
#include "engine/runtime/loop/item_lines.hpp"

namespace stepwell::runtime {

/// What the next execution gets, while that is gathered: no item of it has passed yet.
struct Gathering {
    core::ItemBatch batch;
    std::uint64_t bytes = 0;  // of the items, as they were read
};

/// What is put together of the results before a task writes them.
struct ResultGathering {
    std::ofstream file;
    std::deque<journal::ExecutionRecord> rows;  // the next ones
    ExecutionId after{0};                       // the last one that was asked for
    bool has_all_rows = false;
    std::uint64_t pending = 0;     // the next item without an execution, counted from next_item
    std::uint64_t pending_at = 0;  // where it begins in what was read
};

struct OpenMapRun {
    core::MapRun run;
    /// What the executions gave that have succeeded, as text; [0, stored) are in the journal.
    std::vector<std::pair<ExecutionId, std::string>> results;
    std::size_t stored = 0;
    std::deque<journal::ExecutionRecord> to_redrive;  // the next ones, where it is redriven
    std::vector<ExecutionId> begun;  // by this turn: the journal does not know them yet
    /// Of one that drains: what is still to be stopped; nothing: it was not looked for yet.
    std::optional<std::deque<ExecutionId>> to_stop;
    std::optional<Gathering> gathering;
    std::optional<ItemLines> lines;  // where a task has read the items
    std::optional<ResultGathering> results_to_write;
    std::uint64_t results_from_turn = 0;  // before, the journal does not have them all
    bool is_task_ordered = false;         // by this process
    bool is_listed = false;               // among those that go on
};

/// The token of the task that goes on for a Map Run. A host may still keep what the last one
/// reported under its token, so each has another.
TaskToken task_token_of(const core::MapRun& run);
/// The Map Run's token in that of its task; nothing: it is of no such task.
std::optional<TaskToken> map_run_of(const TaskToken& task);

class MapRuns {
public:
    /// `folder`: EngineSettings::map_runs_folder.
    MapRuns(journal::Journal& journal, std::filesystem::path folder)
        : journal_(journal), folder_(std::move(folder)) {}

    /// All that go on, as the journal has them.
    Result<void> load();
    void clear();
    OpenMapRun& add(core::MapRun run);
    /// One that has ended, to go on; null where there is none.
    Result<OpenMapRun*> reopen(const TaskToken& token, Timestamp now);
    /// Null where none of that name goes on.
    OpenMapRun* find(const TaskToken& token);
    [[nodiscard]] bool is_empty() const { return runs_.empty(); }

    /// Something of it has changed: it is written with the turn, and may have something to do.
    void changed(OpenMapRun& open);
    /// The next in turn that has something to do; null: none has.
    OpenMapRun* next();
    /// Nothing is to be done for any of them before `until`, which is of the steady clock.
    void hold(Duration until) { held_until_ = until; }
    void release() { held_until_.reset(); }
    [[nodiscard]] std::optional<Duration> held_until() const { return held_until_; }
    [[nodiscard]] bool has_work() const { return !busy_.empty(); }

    /// What tasks have written for it.
    [[nodiscard]] std::filesystem::path folder_of(const TaskToken& token) const;
    /// The runner has its task, or has it no more; that outlives load().
    void task_began(const TaskToken& token) { with_task_.insert(token); }
    void task_ended(const TaskToken& token) { with_task_.erase(token); }
    /// What no Map Run needs any more is removed: REQUIRES: the turn that said so is durable.
    void sweep();
    /// The same for what an earlier life has left.
    Result<void> sweep_all();

    /// Those of one execution that go on.
    std::vector<TaskToken> of(ExecutionId execution) const;
    /// Keeps it as it ended, and forgets it here.
    void close(const TaskToken& token, journal::Batch& batch);
    /// What is kept of an execution's Map Runs goes with it. REQUIRES: none of them goes on.
    Result<void> forget(ExecutionId execution, journal::Batch& batch);
    /// What the turn has changed.
    void write(journal::Batch& batch);

private:
    Result<OpenMapRun*> load_one(const std::string& key);
    Result<void> load_results(OpenMapRun& open);
    void write(OpenMapRun& open, journal::Batch& batch);
    void forget(const journal::DocumentRecord& document, journal::Batch& batch);

    journal::Journal& journal_;
    const std::filesystem::path folder_;
    std::set<TaskToken> with_task_;
    std::vector<TaskToken> to_sweep_;
    std::map<TaskToken, OpenMapRun> runs_;
    std::set<TaskToken> busy_;
    std::set<TaskToken> dirty_;
    std::optional<TaskToken> last_;
    std::optional<Duration> held_until_;
};

}  // namespace stepwell::runtime
