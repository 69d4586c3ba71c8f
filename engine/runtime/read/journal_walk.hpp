// Reading what executions were and did out of the journal's chunks.
#pragma once

#include <optional>
#include <vector>

#include "engine/journal/journal.hpp"
#include "engine/runtime/engine_types.hpp"

namespace stepwell::runtime {

/// The events of a chunk that has been read. Fails with `corruption`, and says whose it is.
Result<std::vector<core::Event>> events_in(const journal::ChunkRecord& chunk);
/// The same of one that has not. Fails with `corruption` where it is not there or cannot be read.
Result<std::vector<core::Event>> events_of(journal::JournalReader& journal, journal::ChunkId id);

/// All chunks of an execution, oldest first.
Result<std::vector<journal::ChunkId>> chunks_of(journal::JournalReader& journal,
                                                const journal::ExecutionRecord& record);

/// A part of a history, to be read in its order: as many chunks however long the history is.
struct Stretch {
    std::vector<journal::ChunkId> chunks;
    std::optional<std::uint64_t> next;  // `after` of the next one; nothing: this was the last
};
/// From the chunk that holds event number `after` + 1 on.
Result<Stretch> stretch_after(journal::JournalReader& journal,
                              const journal::ExecutionRecord& record, std::uint64_t after);
/// From where to go back to meet event number `before` - 1 soon; 0: from the end.
Result<journal::ChunkId> chunk_behind(journal::JournalReader& journal,
                                      const journal::ExecutionRecord& record, std::uint64_t before);

/// The facts that the execution was started with.
Result<std::shared_ptr<const core::Facts>> facts_of(journal::JournalReader& journal,
                                                    const journal::ExecutionRecord& record);

/// The output, or error and cause, of an execution that has ended.
struct Outcome {
    std::optional<Payload> output;
    std::optional<std::string> error;
    std::optional<std::string> cause;
    std::uint64_t events = 0;  // visible ones in all; 0 where it runs
};
Result<Outcome> outcome_of(journal::JournalReader& journal, const journal::ExecutionRecord& record);

/// REQUIRES: it has ended.
Result<Closed> closed_of(journal::JournalReader& journal, const journal::ExecutionRecord& record);

}  // namespace stepwell::runtime
