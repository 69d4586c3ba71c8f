#include "engine/runtime/loop/ledger.hpp"

namespace stepwell::runtime {

Result<void> Ledger::check(const std::vector<journal::DocumentWrite>& documents,
                           const std::vector<journal::Claim>& claims) {
    for (const auto& document : documents) SW_TRY(check_condition(document));
    for (const auto& claim : claims) {
        const auto by = SW_TRY(holder(claim));
        if (!by) continue;
        return fail(ErrorCode::conflict,
                    "expected '" + claim.key + "' of '" + claim.source +
                        "' to be new, but it is taken" +
                        (value_of(*by) ? " by execution " + std::to_string(value_of(*by)) : ""));
    }
    return {};
}

Result<void> Ledger::check_condition(const journal::DocumentWrite& document) {
    using If = journal::DocumentWrite::If;
    if (document.condition == If::always) return {};
    const bool is_present = SW_TRY(is_there({document.collection, document.key}));
    if (is_present == (document.condition == If::present)) return {};
    return fail(ErrorCode::conflict,
                "expected '" + document.key + "' in '" + document.collection + "' " +
                    (is_present ? "not to exist, but it does" : "to exist, but it does not"));
}

Result<bool> Ledger::is_there(const Key& document) {
    const auto in_turn = documents_.find(document);
    if (in_turn != documents_.end()) return in_turn->second;
    const auto value = SW_TRY(journal_.document(document.first, document.second));
    return value.has_value();
}

Result<std::optional<ExecutionId>> Ledger::holder(const journal::Claim& claim) {
    const auto in_turn = claims_.find({claim.source, claim.key});
    if (in_turn != claims_.end()) return std::optional(in_turn->second);
    const auto row = SW_TRY(journal_.claim(claim.source, claim.key));
    return row ? std::optional(row->execution) : std::optional<ExecutionId>();
}

void Ledger::add(const std::vector<journal::DocumentWrite>& documents,
                 const std::vector<journal::Claim>& claims, ExecutionId execution, Timestamp at,
                 journal::Batch& batch) {
    for (const auto& document : documents) {
        documents_[{document.collection, document.key}] = document.value.has_value();
        batch.add(document);
    }
    for (const auto& claim : claims) {
        const bool is_new = claims_.emplace(Key(claim.source, claim.key), execution).second;
        if (is_new) batch.add(journal::ClaimRecord{claim, execution, at});
    }
}

void Ledger::end_turn() {
    documents_.clear();
    claims_.clear();
}

}  // namespace stepwell::runtime
