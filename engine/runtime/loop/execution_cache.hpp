// The executions in memory, the least recently used of which are let go: the journal has them all.
//
// Threads: the engine's only.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "engine/core/execution.hpp"
#include "engine/runtime/loop/catalog.hpp"
#include "engine/runtime/loop/head.hpp"
#include "engine/runtime/loop/trail.hpp"

namespace stepwell::runtime {

/// What one batch will write of one execution. Several decisions in a batch make one of these.
struct PendingWrite {
    journal::ExecutionWrite write;
    std::string header;
    /// Records by key: what is put, or nothing where it is removed.
    std::map<core::RecordKey, std::optional<std::string>> records;
    std::vector<core::Event> events;  // for listeners and the run's row
    std::size_t event_bytes = 0;      // of all events, as they are stored
    bool is_plain = true;             // nothing in it that a run row would tell
};

struct Slot {
    explicit Slot(ExecutionId id) : execution(id) {}

    core::Execution execution;
    LoadedVersionPtr version;
    std::string given_name;  // empty: generated
    std::string origin;      // until it is written; not restored
    std::string principal;   // likewise
    journal::ChunkId last_chunk{};
    std::vector<core::Record> inlined;  // records that are in the open row
    /// What the queue of timers holds for it.
    std::optional<Timestamp> armed;
    bool is_stored = false;  // has an open row
    bool is_quarantined = false;
    bool has_begun = false;                     // a task of it was started
    bool is_awaited = false;                    // attempts of other executions wait for its end
    std::optional<journal::ParentLink> parent;  // what has started it, if that was one
    /// Frames whose heartbeat deadline has moved since they were stored. While there are any, the
    /// slot stays in memory.
    std::set<FrameId> unstored;
    std::size_t bytes = 0;                  // in memory, about
    Trail trail;                            // without what is pending
    std::vector<core::RecordKey> released;  // payloads whose records are still to be removed
    std::unique_ptr<PendingWrite> pending;
    std::list<ExecutionId>::iterator recency;
};

class ExecutionCache {
public:
    /// Null where it is not loaded. Counts as a use.
    Slot* find(ExecutionId id);
    Slot& add(std::unique_ptr<Slot> slot);
    void remove(ExecutionId id);
    void clear();
    /// Frees a part of what went with executions that were removed; the memory of a large one is
    /// freed over several turns. False where nothing is left of them.
    bool bury();
    void set_bytes(Slot& slot, std::size_t bytes);
    /// Lets go of the least recently used until both bounds hold, but of none that has something
    /// unstored, and gives memory back to the system after much was let go. REQUIRES: nothing is
    /// pending.
    void shrink(std::size_t count_max, std::size_t bytes_max);
    [[nodiscard]] std::size_t size() const { return slots_.size(); }

private:
    std::unordered_map<ExecutionId, std::unique_ptr<Slot>> slots_;
    std::vector<std::unique_ptr<Slot>> graves_;  // removed, with frames that are still to be freed
    std::list<ExecutionId> recency_;             // most recent first
    std::size_t bytes_ = 0;
    std::size_t released_bytes_ = 0;  // since memory was last given back
};

}  // namespace stepwell::runtime
