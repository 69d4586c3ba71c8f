// Episodes of failure: a workflow's first failed run after a success begins one, its next success
// ends it. Who is to be told is told once at each end, not for every run between.
//
// The state is a document ("episodes", WORKFLOW) that is there while the workflow fails; it and the
// notice are written in the transaction that ends the run. Stopped runs say nothing. Only workflows
// with `notify` have episodes; what a run began with counts.
//
// Threads: the engine's only.
#pragma once

#include <map>
#include <string>

#include "engine/journal/journal.hpp"
#include "engine/runtime/loop/catalog.hpp"

namespace stepwell::runtime {

inline constexpr const char* kEpisodes = "episodes";

class Episodes {
public:
    /// REQUIRES: `journal` outlives it.
    explicit Episodes(journal::Journal& journal) : journal_(journal) {}

    /// Adds to the batch what the end of this execution means; `row` says where it failed, and may
    /// be null. Fails where the journal cannot be read.
    Result<void> ended(const LoadedVersion& version, const core::Execution& execution,
                       const journal::RunRow* row, journal::Batch& batch);

    /// The batch that was added to is given up.
    void forget() { episodes_.clear(); }

private:
    /// Null where the workflow does not fail. The batch that changes it is committed, or forget()
    /// is called, so what is kept here is what is durable.
    Result<Json*> current(const std::string& workflow);
    void write(const std::string& workflow, const Json& episode, journal::Batch& batch);

    journal::Journal& journal_;
    std::map<std::string, Json> episodes_;  // null: there is none
};

}  // namespace stepwell::runtime
