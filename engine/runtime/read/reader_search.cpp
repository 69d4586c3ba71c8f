// People's questions about executions, with a bound on what each may cost.
//
// Executions are numbered in the order of their starts, so that a range of time is a range of
// numbers. The journal's indexes answer for the workflow, for the parent, and for the statuses
// other than succeeded; everything else is looked at row by row, newest first, up to a limit: then
// the page ends, and its token goes on from there. The journal is asked for nothing that it would
// have to look for row by row itself: that had no limit.
#include "engine/runtime/read/reader_search.hpp"

#include <algorithm>
#include <utility>

namespace stepwell::runtime {
namespace {

constexpr std::size_t kRowsAtOnce = 500;
constexpr std::size_t kRowsMax = 20'000;

template <class T>
bool is_one_of(const std::vector<T>& wanted, const T& value) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

bool fits(const journal::ExecutionRecord& row, const RunQuery& query,
          std::optional<VersionId> version) {
    if (!is_one_of(query.statuses, row.status)) return false;
    if (version && row.version != *version) return false;
    if (!is_one_of(query.origins, row.origin)) return false;
    if (query.error && row.error != *query.error) return false;
    if (query.started_from && row.started_at < *query.started_from) return false;
    if (query.started_until && row.started_at >= *query.started_until) return false;
    if (!query.duration_from && !query.duration_until) return true;
    if (!row.stopped_at) return false;
    const Duration took = *row.stopped_at - row.started_at;
    return (!query.duration_from || took >= *query.duration_from) &&
           (!query.duration_until || took < *query.duration_until);
}

template <class T>
std::string number_or_star(const std::optional<T>& value) {
    if (!value) return "*";
    if constexpr (std::is_same_v<T, Timestamp>) {
        return std::to_string(to_ms(*value));
    } else if constexpr (std::is_same_v<T, Duration>) {
        return std::to_string(value->count());
    } else {
        return std::to_string(*value);
    }
}

/// Those that the journal has an index for; none where one of them has not: then it is asked for
/// rows of all statuses.
std::vector<core::Status> indexed(const std::vector<core::Status>& statuses) {
    const bool are_all =
        std::find(statuses.begin(), statuses.end(), core::Status::succeeded) == statuses.end();
    return are_all ? statuses : std::vector<core::Status>{};
}

/// The rows of all statuses that are asked for, newest first; the journal is asked once for each.
Result<std::vector<journal::ExecutionRecord>> rows_of(journal::JournalReader& journal,
                                                      const std::vector<core::Status>& statuses,
                                                      journal::ExecutionQuery rows) {
    if (statuses.empty()) return journal.executions(rows);
    std::vector<journal::ExecutionRecord> all;
    for (const core::Status status : statuses) {
        rows.status = status;
        auto some = SW_TRY(journal.executions(rows));
        std::move(some.begin(), some.end(), std::back_inserter(all));
    }
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id > b.id; });
    if (all.size() > rows.limit) all.resize(rows.limit);
    return all;
}

}  // namespace

Result<ExecutionId> first_started_at(journal::JournalReader& journal, Timestamp until) {
    journal::ExecutionQuery newest;
    newest.limit = 1;
    auto top = SW_TRY(journal.executions(newest));
    if (top.empty() || top[0].started_at < until) return ExecutionId{INT64_MAX};
    std::uint64_t low = 0;  // started before, or is none
    std::uint64_t high = value_of(top[0].id);
    while (high - low > 1) {
        const std::uint64_t middle = low + (high - low) / 2;
        newest.before = ExecutionId{middle + 1};
        const auto row = SW_TRY(journal.executions(newest));
        // The row may be below the middle, where those between have been removed.
        const bool is_before = row.empty() || row[0].started_at < until;
        if (is_before) {
            low = middle;
        } else {
            high = std::max(low + 1, value_of(row[0].id));
        }
    }
    return ExecutionId{high};
}

std::string search_text_of(const RunQuery& query) {
    Json parts = Json::array(
        {query.workflow.value_or("*"), number_or_star(query.version), query.error.value_or("*"),
         number_or_star(query.started_from), number_or_star(query.started_until),
         number_or_star(query.duration_from), number_or_star(query.duration_until)});
    parts.push_back(query.parent ? std::to_string(value_of(*query.parent)) : "*");
    for (const core::Status status : query.statuses) parts.push_back(core::name_of(status));
    for (const std::string& origin : query.origins) parts.push_back(origin);
    return "search/" + to_text(parts);
}

Result<FoundRows> search_rows(journal::JournalReader& journal, const RunQuery& query,
                              journal::ExecutionQuery rows, std::size_t limit) {
    if (!rows.before && query.started_until) {
        rows.before = SW_TRY(first_started_at(journal, *query.started_until));
    }
    const auto version = std::exchange(rows.version, std::nullopt);
    const auto statuses = indexed(query.statuses);
    rows.limit = kRowsAtOnce;
    FoundRows found;
    for (std::size_t seen = 0; seen < kRowsMax;) {
        const auto some = SW_TRY(rows_of(journal, statuses, rows));
        for (const auto& row : some) {
            // Those that follow were started even earlier.
            if (query.started_from && row.started_at < *query.started_from) return found;
            if (!fits(row, query, version)) continue;
            if (found.rows.size() == limit) {
                found.next = value_of(found.rows.back().id);
                return found;
            }
            found.rows.push_back(row);
        }
        if (some.size() < kRowsAtOnce) return found;
        rows.before = some.back().id;
        seen += some.size();
    }
    found.next = value_of(*rows.before);
    return found;
}

}  // namespace stepwell::runtime
