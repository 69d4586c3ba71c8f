// The reader's questions about many runs: answered from run rows and counts, never from histories.
#include <algorithm>

#include "engine/runtime/map_run_documents.hpp"
#include "engine/runtime/read/reader.hpp"
#include "engine/runtime/read/reader_search.hpp"

namespace stepwell::runtime {
namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::size_t kRunsAtOnce = 500;

Timestamp minute_begin(Timestamp at) {
    return from_ms(to_ms(at) / kMinute * kMinute);
}

}  // namespace

Result<std::optional<journal::RunRow>> Reader::run_row(ExecutionId id) {
    auto found = SW_TRY(rows().run_rows({id}));
    if (found.empty()) return std::optional<journal::RunRow>();
    return std::optional(std::move(found[0]));
}

Result<bool> Reader::is_folded() {
    if (value_of(SW_TRY(rows().rows_from())) > 1) return false;
    return SW_TRY(rows().unfolded_rows(1)).empty();
}

Result<std::vector<RunCount>> Reader::run_counts(const CountQuery& query) {
    journal::RunCountQuery counts;
    if (query.workflow) counts.workflow = SW_TRY(workflow_record(*query.workflow)).id;
    counts.status = query.status;
    counts.from = query.from;
    counts.until = query.until;
    std::vector<RunCount> out;
    for (const auto& one : SW_TRY(rows().run_counts(counts))) {
        std::string name = SW_TRY(workflow_record(one.workflow)).name;
        if (!query.workflow && is_of_map_runs(name)) continue;
        out.push_back({std::move(name), one.status, one.minute, one.count});
    }
    return out;
}

/// Whole minutes are counted already; within the last one it is looked run by run.
Result<std::uint64_t> Reader::count_running(const std::string& workflow, Timestamp until) {
    journal::RunCountQuery whole;
    journal::ExecutionQuery rest;
    whole.workflow = rest.workflow = SW_TRY(workflow_record(workflow)).id;
    whole.status = rest.status = core::Status::running;
    const Timestamp minute = minute_begin(until);
    whole.until = minute;
    std::uint64_t count = 0;
    for (const auto& one : SW_TRY(rows().run_counts(whole))) count += one.count;
    rest.before = SW_TRY(first_started_at(rows(), until));
    rest.limit = kRunsAtOnce;
    while (true) {
        const auto some = SW_TRY(rows().executions(rest));
        for (const auto& run : some) {
            if (run.started_at < minute) return count;
            if (run.started_at < until) ++count;
        }
        if (some.size() < kRunsAtOnce) return count;
        rest.before = some.back().id;
    }
}

Result<std::vector<ExecutionSummary>> Reader::oldest_running(const std::string& workflow,
                                                             std::size_t limit) {
    journal::ExecutionQuery query;
    query.workflow = SW_TRY(workflow_record(workflow)).id;
    query.status = core::Status::running;
    query.is_oldest_first = true;
    query.limit = limit;
    std::vector<ExecutionSummary> out;
    for (const auto& run : SW_TRY(rows().executions(query))) {
        out.push_back(SW_TRY(summary_of(run)));
    }
    return out;
}

Result<Reader::WaitingRuns> Reader::waiting_runs(std::size_t limit) {
    const auto found = SW_TRY(rows().waiting_runs(limit));
    WaitingRuns out;
    out.are_all = found.are_all;
    for (const ExecutionId id : found.runs) {
        const auto run = SW_TRY(rows().execution(id));
        if (run && run->status == core::Status::running)
            out.runs.push_back(SW_TRY(summary_of(*run)));
    }
    return out;
}

Result<std::vector<journal::FailureCount>> Reader::failure_counts(
    const std::optional<std::string>& workflow, Timestamp from, Timestamp until,
    Duration interval) {
    journal::FailureCountQuery query;
    if (workflow) query.workflow = SW_TRY(workflow_record(*workflow)).id;
    query.from = from;
    query.until = until;
    query.interval = std::max(interval, Duration(1));
    return rows().failure_counts(query);
}

Result<std::vector<journal::ListedFailure>> Reader::failures(const journal::FailureQuery& query) {
    return rows().failures(query);
}

Result<std::vector<ExecutionSummary>> Reader::closed_after(const std::string& workflow,
                                                           ExecutionId after, bool only_succeeded,
                                                           std::size_t limit) {
    journal::ClosedQuery query;
    query.workflow = SW_TRY(workflow_record(workflow)).id;
    query.after = after;
    query.only_succeeded = only_succeeded;
    query.limit = limit;
    std::vector<ExecutionSummary> out;
    for (const auto& run : SW_TRY(rows().closed_executions(query))) {
        out.push_back(SW_TRY(summary_of(run)));
    }
    return out;
}

/// The counts say in which minute it was; runs after it are passed over at once.
Result<std::optional<ExecutionSummary>> Reader::success_before(const ExecutionSummary& run) {
    journal::RunCountQuery counts;
    counts.workflow = SW_TRY(record_of(run.id)).workflow;
    counts.status = core::Status::succeeded;
    auto minutes = SW_TRY(rows().run_counts(counts));
    std::sort(minutes.begin(), minutes.end(),
              [](const auto& a, const auto& b) { return a.minute > b.minute; });
    for (const auto& minute : minutes) {
        if (minute.minute > run.started_at) continue;
        journal::ExecutionQuery query;
        query.workflow = counts.workflow;
        query.limit = kRunsAtOnce;
        query.before =
            std::min(run.id, SW_TRY(first_started_at(rows(), minute.minute + Duration(kMinute))));
        while (true) {
            const auto some = SW_TRY(rows().executions(query));
            for (const auto& other : some) {
                if (other.status == core::Status::succeeded) {
                    return std::optional(SW_TRY(summary_of(other)));
                }
            }
            const bool is_over =
                some.size() < kRunsAtOnce || some.back().started_at < minute.minute;
            if (is_over) break;
            query.before = some.back().id;
        }
    }
    return std::optional<ExecutionSummary>();
}

Result<Moment> Reader::hold() {
    SW_TRY(rows().begin_snapshot());
    Moment moment(rows());
    moment.feed_end_ = SW_TRY(feed_end());
    return moment;
}

Result<std::uint32_t> Reader::version_number(VersionId id) {
    const auto version = SW_TRY(rows().version(id));
    if (!version) return fail(ErrorCode::corruption, "an execution has lost its version");
    return version->number;
}

}  // namespace stepwell::runtime
