// People's questions about executions, with a bound on what each may cost.
//
// Executions are numbered in the order of their starts, so that a range of time is a range of
// numbers. The journal's indexes answer for workflows, for parents, for names, for the statuses
// other than succeeded, and for what was caught; everything else is looked at row by row, newest
// first, up to a budget: then the page ends, and its token goes on from there. The journal is asked
// for nothing that it would have to look for row by row itself: that had no limit.
#include "engine/runtime/read/reader_search.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/ascii.hpp"
#include "engine/runtime/map_run_documents.hpp"

namespace stepwell::runtime {
namespace {

constexpr std::size_t kRowsAtOnce = 500;
constexpr std::size_t kRowsAtOnceOfMany = 100;
/// Lists that are walked side by side; with more of them one list is walked, and passed over.
constexpr std::size_t kSourcesMax = 32;
/// What looking further costs, in rows.
constexpr std::size_t kFurther = 4;

constexpr std::int64_t kMinuteMs = 60'000;

using core::Status;

template <class T>
bool is_one_of(const std::vector<T>& wanted, const T& value) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
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
std::vector<Status> indexed(const std::vector<Status>& statuses) {
    const bool are_all =
        std::find(statuses.begin(), statuses.end(), Status::succeeded) == statuses.end();
    return are_all ? statuses : std::vector<Status>{};
}

bool is_pattern(std::string_view text) {
    return text.find_first_of("*?") != text.npos;
}

/// One list for each workflow and status, as long as these are few.
std::vector<journal::ExecutionQuery> sources_of(
    const std::optional<std::unordered_set<WorkflowId>>& workflows,
    const std::vector<Status>& statuses) {
    std::vector<std::optional<WorkflowId>> owners{std::nullopt};
    if (workflows && workflows->size() * std::max<std::size_t>(statuses.size(), 1) <= kSourcesMax) {
        owners.assign(workflows->begin(), workflows->end());
    }
    std::vector<journal::ExecutionQuery> sources;
    for (const auto& owner : owners) {
        journal::ExecutionQuery source;
        source.workflow = owner;
        if (statuses.empty()) sources.push_back(source);
        for (const Status status : statuses) {
            source.status = status;
            sources.push_back(source);
        }
    }
    return sources;
}

Timestamp minute_of(Timestamp at) {
    return from_ms(to_ms(at) / kMinuteMs * kMinuteMs);
}

bool ended_badly(Status status) {
    return status != Status::running && status != Status::succeeded;
}

bool tells(const journal::RunFailure& failure, std::string_view wanted) {
    return !failure.is_recovered &&
           (has_part(failure.path, wanted) || has_part(failure.error, wanted) ||
            has_part(failure.message, wanted));
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
    Json parts =
        Json::array({query.workflows, query.origins, number_or_star(query.version),
                     query.has_caught, query.among.has_value(), query.late_before.has_value(),
                     number_or_star(query.started_from), number_or_star(query.started_until),
                     number_or_star(query.duration_from), number_or_star(query.duration_until)});
    for (const auto* text : {&query.trigger, &query.name, &query.error, &query.text}) {
        parts.push_back(*text ? Json(**text) : Json());
    }
    if (query.parent) parts.push_back(value_of(*query.parent));
    for (const Status status : query.statuses) parts.push_back(core::name_of(status));
    return "search/" + to_text(parts);
}

Result<RunSearch> RunSearch::make(journal::JournalReader& journal, const ExecutionNames& names,
                                  RunQuery query) {
    RunSearch search(journal, names, std::move(query));
    SW_TRY(search.find_workflows());
    SW_TRY(search.find_version());
    SW_TRY(search.find_late());
    if (search.query_.among) search.choose(*search.query_.among);
    SW_TRY(search.find_named());
    search.narrow();
    if (search.query_.parent) {
        search.sources_.emplace_back().parent = search.query_.parent;
    } else {
        search.sources_ = sources_of(search.workflows_, indexed(search.query_.statuses));
    }
    return search;
}

Result<void> RunSearch::find_workflows() {
    if (query_.workflows.empty()) return {};
    workflows_.emplace();
    for (const std::string& wanted : query_.workflows) {
        if (is_pattern(wanted)) {
            for (const auto& owner : SW_TRY(journal_->workflows())) {
                if (fits_glob(owner.name, wanted)) workflows_->insert(owner.id);
            }
            continue;
        }
        const auto owner = SW_TRY(journal_->workflow_named(wanted));
        if (!owner) {
            return fail(ErrorCode::not_found,
                        "expected a workflow '" + wanted + "', but there is none");
        }
        workflows_->insert(owner->id);
    }
    return {};
}

Result<void> RunSearch::find_version() {
    if (!query_.version) return {};
    if (query_.workflows.size() != 1 || is_pattern(query_.workflows[0])) {
        return fail(ErrorCode::invalid,
                    "expected one 'workflow' beside 'version': versions are numbered by workflow");
    }
    const std::uint32_t number = *query_.version;
    std::vector<journal::VersionRecord> found;
    if (number < UINT32_MAX) {
        found = SW_TRY(journal_->versions(*workflows_->begin(), number + 1, 1));
    }
    if (found.empty() || found[0].number != number) {
        return fail(ErrorCode::not_found, "expected a version " + std::to_string(number) + " of '" +
                                              query_.workflows[0] + "', but there is none");
    }
    version_ = found[0].id;
    return {};
}

/// A whole name needs no search, where the workflows are known, or it is one of ours.
Result<void> RunSearch::find_named() {
    if (!query_.name || is_pattern(*query_.name)) return {};
    std::vector<ExecutionId> ids;
    const auto generated = names_->id_of(*query_.name);
    if (generated) ids.push_back(*generated);
    if (!generated && (!workflows_ || workflows_->size() > kSourcesMax)) return {};
    if (workflows_) {
        for (const WorkflowId owner : *workflows_) {
            const auto row = SW_TRY(journal_->execution_named(owner, *query_.name));
            if (row) ids.push_back(row->id);
        }
    }
    choose(std::move(ids));
    return {};
}

/// Only those, and of them only what was chosen already.
void RunSearch::choose(std::vector<ExecutionId> ids) {
    std::sort(ids.begin(), ids.end(), std::greater<>());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    if (chosen_) {
        std::erase_if(ids, [&](ExecutionId id) {
            return !std::binary_search(chosen_->begin(), chosen_->end(), id, std::greater<>());
        });
    }
    chosen_ = std::move(ids);
}

Result<void> RunSearch::find_late() {
    if (!query_.late_before) return {};
    for (const auto& [name, until] : *query_.late_before) {
        const auto owner = SW_TRY(journal_->workflow_named(name));
        if (owner) late_before_[owner->id] = until;
    }
    return {};
}

/// What follows from the conditions, and has an index. Each status once: it is walked by itself.
void RunSearch::narrow() {
    std::sort(query_.statuses.begin(), query_.statuses.end());
    query_.statuses.erase(std::unique(query_.statuses.begin(), query_.statuses.end()),
                          query_.statuses.end());
    if (query_.error && query_.statuses.empty()) {
        query_.statuses = {Status::failed, Status::timed_out, Status::aborted};
    }
    if (query_.late_before && query_.statuses.empty()) query_.statuses = {Status::running};
    if (query_.trigger && query_.origins.empty()) query_.origins = {"schedule", "file", "webhook"};
}

std::string RunSearch::name_of(const journal::ExecutionRecord& row) const {
    return row.name.empty() ? names_->name_of(row.id) : row.name;
}

bool RunSearch::fits_name(const journal::ExecutionRecord& row) const {
    return !query_.name || fits_glob(name_of(row), *query_.name);
}

bool RunSearch::is_late(const journal::ExecutionRecord& row) const {
    const auto until = late_before_.find(row.workflow);
    return row.status == Status::running && until != late_before_.end() &&
           row.started_at < until->second;
}

bool RunSearch::fits_times(const journal::ExecutionRecord& row) const {
    if (query_.started_from && row.started_at < *query_.started_from) return false;
    if (query_.started_until && row.started_at >= *query_.started_until) return false;
    if (!query_.duration_from && !query_.duration_until) return true;
    if (!row.stopped_at) return false;
    const Duration took = *row.stopped_at - row.started_at;
    return (!query_.duration_from || took >= *query_.duration_from) &&
           (!query_.duration_until || took < *query_.duration_until);
}

/// Runs of a Map Run's items come by the thousand, and are looked for at their parent.
bool RunSearch::asks_for_items() const {
    return query_.parent || !query_.origins.empty() || workflows_ || query_.among;
}

bool RunSearch::fits(const journal::ExecutionRecord& row) const {
    if (!is_one_of(query_.statuses, row.status)) return false;
    if (workflows_ && workflows_->count(row.workflow) == 0) return false;
    if (version_ && row.version != *version_) return false;
    if (!is_one_of(query_.origins, row.origin)) return false;
    if (row.origin == kMapOrigin && !asks_for_items()) return false;
    if (query_.parent && (!row.parent || row.parent->token.execution != *query_.parent)) {
        return false;
    }
    if (query_.error && (row.error.empty() || !fits_glob(row.error, *query_.error))) return false;
    if (query_.late_before && !is_late(row)) return false;
    return fits_times(row) && fits_name(row);
}

Result<bool> RunSearch::fits_further(const journal::ExecutionRecord& row,
                                     std::size_t& spent) const {
    if (query_.trigger) {
        spent += kFurther;
        if (!SW_TRY(is_of_trigger(row))) return false;
    }
    if (query_.has_caught && chosen_) {
        spent += kFurther;
        if (!SW_TRY(has_caught(row))) return false;
    }
    return !query_.text || SW_TRY(has_text(row, spent));
}

Result<bool> RunSearch::is_of_trigger(const journal::ExecutionRecord& row) const {
    const auto claims = SW_TRY(journal_->claims_of(row.id));
    return std::any_of(claims.begin(), claims.end(), [&](const journal::ClaimRecord& one) {
        const std::string& source = one.claim.source;  // "schedule:flights#nightly"
        return std::string_view(source).substr(source.find(':') + 1) == *query_.trigger;
    });
}

Result<bool> RunSearch::has_caught(const journal::ExecutionRecord& row) const {
    const auto rows = SW_TRY(journal_->run_rows({row.id}));
    return !rows.empty() && rows[0].caught > 0;
}

/// What it failed for is told by its run row.
Result<bool> RunSearch::has_text(const journal::ExecutionRecord& row, std::size_t& spent) const {
    const std::string& wanted = *query_.text;
    if (has_part(name_of(row), wanted) || has_part(row.error, wanted)) return true;
    if (!ended_badly(row.status)) return false;
    spent += kFurther;
    for (const auto& found : SW_TRY(journal_->run_rows({row.id}))) {
        const bool is_told =
            std::any_of(found.failures.begin(), found.failures.end(),
                        [&](const auto& failure) { return tells(failure, wanted); });
        if (is_told) return true;
    }
    return false;
}

std::size_t RunSearch::rows_at_once() const {
    return sources_.size() > 4 ? kRowsAtOnceOfMany : kRowsAtOnce;
}

Result<std::vector<ExecutionId>> RunSearch::ids_before(std::optional<ExecutionId> before) const {
    const ExecutionId end = before.value_or(ExecutionId{INT64_MAX});
    if (!chosen_) return journal_->caught_runs(end, kRowsAtOnce);
    const auto first = std::upper_bound(chosen_->begin(), chosen_->end(), end, std::greater<>());
    const auto count = std::min<std::ptrdiff_t>(kRowsAtOnce, chosen_->end() - first);
    return std::vector<ExecutionId>(first, first + count);
}

/// Of those that are known by their numbers.
Result<RunSearch::Candidates> RunSearch::chosen_before(std::optional<ExecutionId> before) const {
    const auto ids = SW_TRY(ids_before(before));
    Candidates found;
    for (const ExecutionId id : ids) {
        auto row = SW_TRY(journal_->execution(id));
        if (row) found.rows.push_back(*std::move(row));
    }
    if (ids.size() == kRowsAtOnce) found.next = ids.back();
    return found;
}

Result<RunSearch::Candidates> RunSearch::candidates(std::optional<ExecutionId> before,
                                                    std::size_t count) const {
    if (chosen_ || query_.has_caught) return chosen_before(before);
    Candidates found;
    for (journal::ExecutionQuery source : sources_) {
        source.before = before;
        source.limit = count;
        auto some = SW_TRY(journal_->executions(source));
        std::move(some.begin(), some.end(), std::back_inserter(found.rows));
    }
    if (sources_.size() > 1) {
        std::sort(found.rows.begin(), found.rows.end(),
                  [](const auto& a, const auto& b) { return a.id > b.id; });
    }
    if (found.rows.size() < count) return found;
    found.rows.resize(count);
    found.next = found.rows.back().id;
    return found;
}

/// False: it need not go on, because of the visitor, the budget or the time.
Result<bool> RunSearch::look_at(const std::vector<journal::ExecutionRecord>& rows,
                                const Visit& visit, Walk& walk) const {
    // A clock may have been set back for a while: one older row among them says nothing.
    bool are_too_old = query_.started_from.has_value() && !rows.empty();
    for (const auto& row : rows) {
        if (walk.spent >= query_.budget) return false;
        ++walk.spent;
        walk.next = row.id;
        walk.started_at = std::min(walk.started_at, row.started_at);
        are_too_old = are_too_old && row.started_at < *query_.started_from;
        if (!fits(row) || !SW_TRY(fits_further(row, walk.spent))) continue;
        if (!visit(row)) return false;
    }
    if (are_too_old) walk.next.reset();
    return !are_too_old;
}

/// Those that succeeded have no index of their own; of one workflow the counts by minute tell where
/// there are any.
bool RunSearch::may_pass_over() const {
    return workflows_ && workflows_->size() == 1 && sources_.size() == 1 && !chosen_ &&
           !query_.parent && !query_.has_caught &&
           query_.statuses == std::vector<Status>{Status::succeeded};
}

/// Where to go on before, so far nothing having fitted down to `next`, which started at
/// `started_at`. REQUIRES: may_pass_over().
Result<std::optional<ExecutionId>> RunSearch::pass_over(ExecutionId next,
                                                        Timestamp started_at) const {
    journal::RunCountQuery counts;
    counts.workflow = *workflows_->begin();
    counts.status = Status::succeeded;
    counts.until = minute_of(started_at) + Duration(kMinuteMs);
    counts.is_newest_only = true;
    const auto newest = SW_TRY(journal_->run_counts(counts));
    if (newest.empty()) return std::optional<ExecutionId>();
    const Timestamp end = newest.front().minute + Duration(kMinuteMs);
    if (end > started_at) return std::optional(next);
    return std::optional(std::min(next, SW_TRY(first_started_at(*journal_, end))));
}

Result<RunSearch::Walk> RunSearch::walk(std::optional<ExecutionId> before,
                                        const Visit& visit) const {
    if (query_.started_until) {
        const ExecutionId first = SW_TRY(first_started_at(*journal_, *query_.started_until));
        before = std::min(before.value_or(first), first);
    }
    Walk walk;
    // Where nearly all fit, one page needs no more.
    std::size_t count = std::min(query_.limit + 1, rows_at_once());
    for (;; count = rows_at_once()) {
        const Candidates some = SW_TRY(candidates(before, count));
        if (!SW_TRY(look_at(some.rows, visit, walk))) return walk;
        before = some.next;
        const bool is_desert =
            before && may_pass_over() &&
            std::none_of(some.rows.begin(), some.rows.end(),
                         [](const auto& row) { return row.status == Status::succeeded; });
        if (is_desert) before = SW_TRY(pass_over(*before, some.rows.back().started_at));
        walk.next = before;
        if (!before) return walk;
    }
}

Result<FoundRows> RunSearch::page(std::optional<ExecutionId> before) const {
    FoundRows found;
    if (workflows_ && workflows_->empty()) return found;
    bool is_full = false;
    const Walk walked = SW_TRY(walk(before, [&](const journal::ExecutionRecord& row) {
        is_full = found.rows.size() == query_.limit;
        if (!is_full) found.rows.push_back(row);
        return !is_full;
    }));
    if (is_full) {
        found.next = value_of(found.rows.back().id);
    } else if (walked.next) {
        found.next = value_of(*walked.next);
    }
    return found;
}

bool RunSearch::is_counted() const {
    return !version_ && !chosen_ && !query_.parent && query_.origins.empty() && !query_.trigger &&
           !query_.name && !query_.error && !query_.text && !query_.duration_from &&
           !query_.duration_until && !query_.has_caught && !query_.late_before;
}

Result<void> RunSearch::add_counts(Timestamp from, Timestamp until, RunTally& tally) const {
    journal::RunCountQuery counts;
    counts.from = from;
    counts.until = until;
    if (workflows_ && workflows_->size() == 1) counts.workflow = *workflows_->begin();
    for (const auto& one : SW_TRY(journal_->run_counts(counts))) {
        if (workflows_ && workflows_->count(one.workflow) == 0) continue;
        const auto owner = SW_TRY(journal_->workflow(one.workflow));
        if (!workflows_ && owner && is_of_map_runs(owner->name)) continue;
        if (!is_one_of(query_.statuses, one.status)) continue;
        tally.parts.push_back({one.minute, one.status, one.count});
        tally.count += one.count;
    }
    return {};
}

Result<void> RunSearch::add_walked(std::optional<Timestamp> from, std::optional<Timestamp> until,
                                   RunTally& tally) const {
    RunSearch part = *this;
    part.query_.started_from = from;
    part.query_.started_until = until;
    std::map<std::pair<Timestamp, Status>, std::uint64_t> counts;
    const Walk walked = SW_TRY(part.walk(std::nullopt, [&](const journal::ExecutionRecord& row) {
        ++counts[{minute_of(row.started_at), row.status}];
        return true;
    }));
    for (const auto& [key, count] : counts) {
        tally.parts.push_back({key.first, key.second, count});
        tally.count += count;
    }
    if (walked.next) {
        tally.counted_from =
            std::max(walked.started_at, tally.counted_from.value_or(Timestamp::min()));
    }
    return {};
}

/// Whole minutes are counted already; of those at the ends it is looked run by run.
Result<RunTally> RunSearch::tally() const {
    RunTally tally;
    if (workflows_ && workflows_->empty()) return tally;
    const auto& from = query_.started_from;
    const auto& until = query_.started_until;
    const Timestamp first = from ? minute_of(*from + Duration(kMinuteMs - 1)) : from_ms(0);
    const Timestamp last = until ? minute_of(*until) : from_ms(INT64_MAX / 2);
    if (!is_counted() || first >= last) {
        SW_TRY(add_walked(from, until, tally));
        return tally;
    }
    SW_TRY(add_counts(first, last, tally));
    if (from && *from < first) SW_TRY(add_walked(from, first, tally));
    if (until && last < *until) SW_TRY(add_walked(last, until, tally));
    return tally;
}

}  // namespace stepwell::runtime
