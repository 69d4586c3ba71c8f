// Reading what executions were and did out of the journal's chunks.
#pragma once

#include <vector>

#include "engine/journal/journal.hpp"
#include "engine/runtime/engine_types.hpp"

namespace stepwell::runtime {

/// The events of one chunk. Fails with `corruption` where it is not there or cannot be read.
Result<std::vector<core::Event>> events_of(journal::JournalReader& journal, journal::ChunkId id);

/// The chunks of an execution from the one that holds event number `after` + 1 on, oldest first.
Result<std::vector<journal::ChunkId>> chunks_after(journal::JournalReader& journal,
                                                   const journal::ExecutionRecord& record,
                                                   std::uint64_t after);

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
