#include "engine/runtime/loop/ledger.hpp"

namespace stepwell::runtime {
namespace {

constexpr std::size_t kDocumentsPerPage = 256;

}  // namespace

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
    const bool is_present = SW_TRY(this->document(document.collection, document.key)).has_value();
    if (is_present == (document.condition == If::present)) return {};
    return fail(ErrorCode::conflict,
                "expected '" + document.key + "' in '" + document.collection + "' " +
                    (is_present ? "not to exist, but it does" : "to exist, but it does not"));
}

Result<std::optional<std::string>> Ledger::document(const std::string& collection,
                                                    const std::string& key) {
    const auto in_turn = documents_.find({collection, key});
    if (in_turn != documents_.end()) return in_turn->second;
    return journal_.document(collection, key);
}

Result<std::vector<journal::DocumentRecord>> Ledger::documents(const std::string& collection,
                                                               const std::string& prefix) {
    std::map<std::string, std::string> found;
    // They come right behind the prefix itself, one after the other.
    std::string after = prefix;
    for (bool are_more = true; are_more;) {
        auto page = SW_TRY(journal_.documents(collection, after, kDocumentsPerPage));
        are_more = page.size() == kDocumentsPerPage;
        for (auto& one : page) {
            are_more = are_more && one.key.starts_with(prefix);
            if (!one.key.starts_with(prefix)) break;
            after = one.key;
            found[std::move(one.key)] = std::move(one.value);
        }
    }
    for (auto at = documents_.lower_bound({collection, prefix}); at != documents_.end(); ++at) {
        const auto& [place, value] = *at;
        if (place.first != collection || !place.second.starts_with(prefix)) break;
        if (value) found[place.second] = *value;
        if (!value) found.erase(place.second);
    }
    std::vector<journal::DocumentRecord> all;
    for (auto& [key, value] : found) all.push_back({collection, key, std::move(value)});
    return all;
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
        documents_[{document.collection, document.key}] = document.value;
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
