// Documents and claims as the engine's thread knows them within a turn: what the journal has, and
// over it what this turn's batch will write.
//
// Threads: the engine's only.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/journal/journal.hpp"

namespace stepwell::runtime {

class Ledger {
public:
    /// REQUIRES: `journal` outlives it.
    explicit Ledger(journal::Journal& journal) : journal_(journal) {}

    /// Whether all of it may be written. Fails with `conflict`, naming what is in the way.
    Result<void> check(const std::vector<journal::DocumentWrite>& documents,
                       const std::vector<journal::Claim>& claims);
    /// Who has taken the claim; 0: it was taken without an execution.
    Result<std::optional<ExecutionId>> holder(const journal::Claim& claim);
    /// REQUIRES: check() said yes.
    void add(const std::vector<journal::DocumentWrite>& documents,
             const std::vector<journal::Claim>& claims, ExecutionId execution, Timestamp at,
             journal::Batch& batch);
    /// The batch was committed, or given up.
    void end_turn();

private:
    using Key = std::pair<std::string, std::string>;
    Result<bool> is_there(const Key& document);
    Result<void> check_condition(const journal::DocumentWrite& document);

    journal::Journal& journal_;
    std::map<Key, bool> documents_;  // written in this turn; false: removed
    std::map<Key, ExecutionId> claims_;
};

}  // namespace stepwell::runtime
