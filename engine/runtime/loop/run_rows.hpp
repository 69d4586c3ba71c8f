// Run rows as the loop writes them: folded out of the history in the turn in which a run ends, or
// taken from somebody who has folded a longer one beside the engine.
//
// Threads: the engine's only.
#pragma once

#include "engine/runtime/loop/execution_cache.hpp"

namespace stepwell::runtime {

class RunRows {
public:
    /// REQUIRES: both outlive it.
    RunRows(const EngineSettings& settings, journal::Journal& journal)
        : settings_(settings), journal_(journal) {}

    /// Of an execution that this turn ends; nothing where it needs none. REQUIRES: all of its
    /// decisions are pending, and nothing of them is taken out yet.
    [[nodiscard]] std::optional<journal::RunRow> row_of(Slot& slot);

    /// Keeps them until add_to().
    void put(FoldedRows rows);
    /// Adds those whose run is closed and has not gone on since. REQUIRES: all executions that the
    /// batch changes are in the cache.
    Result<void> add_to(journal::Batch& batch, ExecutionCache& cache);
    void end_turn() {
        waiting_.clear();
        pieces_read_ = bytes_folded_ = 0;
    }

private:
    Result<std::optional<std::vector<core::Event>>> whole_history(Slot& slot);
    std::optional<std::vector<core::Event>> remembered(Slot& slot);
    Result<std::optional<std::vector<core::Event>>> read_back(const Slot& slot);
    [[nodiscard]] bool fits(std::size_t pieces, std::size_t bytes) const;

    const EngineSettings& settings_;
    journal::Journal& journal_;
    std::vector<FoldedRows> waiting_;
    // In this turn, by row_of().
    std::size_t pieces_read_ = 0;   // back from the journal
    std::size_t bytes_folded_ = 0;  // as they are stored
};

/// Whether a run that succeeds with nothing but such events needs no row.
bool is_plain(const std::vector<core::Event>& events);

}  // namespace stepwell::runtime
