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
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/map_run.hpp"
#include "engine/core/map_run_items.hpp"
#include "engine/journal/journal.hpp"

namespace stepwell::runtime {

struct OpenMapRun {
    core::MapRun run;
    /// What the executions gave that have succeeded, as text; [0, stored) are in the journal.
    std::vector<std::pair<ExecutionId, std::string>> results;
    std::size_t stored = 0;
    std::deque<journal::ExecutionRecord> to_redrive;  // the next ones, where it is redriven
    std::vector<ExecutionId> begun;  // by this turn: the journal does not know them yet
    /// Of one that drains: what is still to be stopped; nothing: it was not looked for yet.
    std::optional<std::deque<ExecutionId>> to_stop;
    /// What the next execution gets, while that is gathered: no item of it has passed yet.
    std::optional<core::ItemBatch> batch;
    bool is_listed = false;  // among those that go on
};

class MapRuns {
public:
    explicit MapRuns(journal::Journal& journal) : journal_(journal) {}

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
    static void forget(const journal::DocumentRecord& document, journal::Batch& batch);

    journal::Journal& journal_;
    std::map<TaskToken, OpenMapRun> runs_;
    std::set<TaskToken> busy_;
    std::set<TaskToken> dirty_;
    std::optional<TaskToken> last_;
    std::optional<Duration> held_until_;
};

}  // namespace stepwell::runtime
