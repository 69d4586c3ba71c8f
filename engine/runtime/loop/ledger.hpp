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
    Result<std::optional<std::string>> document(const std::string& collection,
                                                const std::string& key);
    /// By key, those whose keys begin so and go on.
    Result<std::vector<journal::DocumentRecord>> documents(const std::string& collection,
                                                           const std::string& prefix);
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
    Result<void> check_condition(const journal::DocumentWrite& document);

    journal::Journal& journal_;
    std::map<Key, std::optional<std::string>> documents_;  // written in this turn, or removed
    std::map<Key, ExecutionId> claims_;
};

}  // namespace stepwell::runtime
