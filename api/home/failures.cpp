#include "api/home/failures.hpp"

#include <algorithm>
#include <map>

#include "api/read/run_row.hpp"
#include "api/read/span.hpp"

namespace stepwell::api::answers {
namespace {

constexpr std::size_t kRunsListed = 10;
/// Runs after a failure that are looked at for whether its state goes well now.
constexpr std::size_t kRunsAfter = 50;

struct Group {
    std::string fingerprint;
    std::string workflow;
    std::uint64_t count = 0;
    Timestamp first_at = Timestamp::max();
    Timestamp last_at = Timestamp::min();
    ExecutionId first_run{UINT64_MAX};
    ExecutionId last_run{};
    std::string last_name;  // of that run
    std::vector<std::uint64_t> occurrences;
    std::vector<journal::ListedFailure> listed;  // newest first
    std::string condition;

    void add(const journal::FailureCount& one) {
        count += one.count;
        first_at = std::min(first_at, one.first_at);
        last_at = std::max(last_at, one.last_at);
        first_run = std::min(first_run, one.first_run);
        last_run = std::max(last_run, one.last_run);
        occurrences[std::min<std::size_t>(one.interval, occurrences.size() - 1)] += one.count;
    }
    [[nodiscard]] const journal::RunFailure& last() const { return listed.front().failure; }
};

/// Newest last occurrence first: what is not shown costs no more than its count.
Result<std::vector<Group>> groups_of(runtime::Reader& reader, const FailuresQuery& query) {
    const Duration whole = query.span.to - query.span.from;
    const Duration interval = whole / static_cast<std::int64_t>(query.intervals) + Duration(1);
    std::map<std::string, Group> groups;
    for (const auto& one :
         SW_TRY(reader.failure_counts(query.workflow, query.span.from, query.span.to, interval))) {
        Group& group = groups[one.fingerprint];
        group.fingerprint = one.fingerprint;
        group.occurrences.resize(query.intervals);
        group.add(one);
    }
    std::vector<Group> sorted;
    for (auto& [fingerprint, group] : groups) sorted.push_back(std::move(group));
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Group& a, const Group& b) { return a.last_at > b.last_at; });
    return sorted;
}

/// Whether a run says that the state goes well: it got through it. One without a row went through
/// all that it met.
Result<bool> went_well(Histories& histories, const runtime::ExecutionSummary& run,
                       const std::string& path) {
    const auto row = SW_TRY(histories.reader().run_row(run.id));
    if (!row) return run.status == core::Status::succeeded;
    const auto digest = digest_in(run, *row);
    const StateDigest* state = digest ? digest->find(path) : nullptr;
    return state && state->outcome() == "succeeded";
}

/// Whether the state went well in a run after `after`, and before `before`.
Result<bool> went_well_between(Histories& histories, const Group& group, ExecutionId after,
                               ExecutionId before) {
    for (const bool only_succeeded : {false, true}) {
        const auto runs =
            histories.reader().closed_after(group.workflow, after, only_succeeded, kRunsAfter);
        if (!runs) return false;  // the workflow is deleted: nothing follows
        for (const auto& run : *runs) {
            if (run.id >= before) break;
            if (SW_TRY(went_well(histories, run, group.last().path))) return true;
        }
    }
    return false;
}

/// As few marks as condition_of() needs: the first failure, the last one, and what went well
/// between and after them.
Result<std::string> standing_of(Histories& histories, const Group& group) {
    using Kind = Mark::Kind;
    std::vector<Mark> marks{{Kind::failure, group.first_at}};
    const bool is_once = group.first_run == group.last_run;
    if (!is_once) {
        const bool is_mended =
            std::any_of(group.listed.begin() + 1, group.listed.end(),
                        [](const journal::ListedFailure& one) { return one.failure.is_recovered; });
        if (is_mended ||
            SW_TRY(went_well_between(histories, group, group.first_run, group.last_run))) {
            marks.push_back({Kind::success, group.last_at});
        }
        marks.push_back({Kind::failure, group.last_at});
    }
    const bool is_well_now =
        group.last().is_recovered ||
        SW_TRY(went_well_between(histories, group, group.last_run, ExecutionId{UINT64_MAX}));
    if (is_well_now) marks.push_back({Kind::success, group.last_at});
    return condition_of(marks);
}

using Successes = std::map<std::string, std::vector<std::uint64_t>>;

/// By workflow, the runs that succeeded in each interval.
Result<Successes> successes_in(runtime::Reader& reader, const FailuresQuery& query,
                               const Intervals& intervals) {
    runtime::CountQuery counts;
    counts.workflow = query.workflow;
    counts.status = core::Status::succeeded;
    counts.from = query.span.from - Duration(59'999);  // the minute that the span begins in
    counts.until = query.span.to;
    Successes successes;
    for (const auto& one : SW_TRY(reader.run_counts(counts))) {
        auto& bars = successes[one.workflow];
        if (bars.empty()) bars = intervals.zeros();
        bars[intervals.of(one.minute + Duration(30'000))] += one.count;
    }
    return successes;
}

Json group_view(const Group& group, const Intervals& intervals, const Successes& successes) {
    Json runs = Json::array();
    for (const auto& one : group.listed) runs.push_back(value_of(one.run));
    const auto well = successes.find(group.workflow);
    return {{"id", group.fingerprint},
            {"workflow", group.workflow},
            {"state", group.last().state},
            {"definition_path", group.last().path},
            {"error", group.last().error},
            {"cause", group.last().cause},
            {"message", group.last().message},
            {"count", group.count},
            {"condition", group.condition},
            {"first_at", to_iso8601(group.first_at)},
            {"last_at", to_iso8601(group.last_at)},
            {"runs", std::move(runs)},
            {"last_run", {{"run", value_of(group.last_run)}, {"name", group.last_name}}},
            {"occurrences", group.occurrences},
            {"successes", well == successes.end() ? intervals.zeros() : well->second}};
}

bool comes_first(const Group& a, const Group& b) {
    const bool a_is_open = a.condition != "recovered";
    const bool b_is_open = b.condition != "recovered";
    if (a_is_open != b_is_open) return a_is_open;
    return a.last_at > b.last_at;
}

/// What is shown of a group beside its counts. False: its runs have been forgotten meanwhile.
Result<bool> complete(Histories& histories, Group& group) {
    group.listed = SW_TRY(histories.reader().failures(
        {group.fingerprint, ExecutionId{value_of(group.last_run) + 1}, kRunsListed}));
    if (group.listed.empty()) return false;
    auto last = SW_TRY(histories.reader().summary(group.last_run));
    group.workflow = std::move(last.workflow_name);
    group.last_name = std::move(last.name);
    group.condition = SW_TRY(standing_of(histories, group));
    return true;
}

}  // namespace

std::string condition_of(const std::vector<Mark>& marks) {
    std::size_t trailing = 0;
    bool failed_before = false;
    bool is_trailing = true;
    for (auto mark = marks.rbegin(); mark != marks.rend(); ++mark) {
        const bool is_failure = mark->kind == Mark::Kind::failure;
        is_trailing = is_trailing && is_failure;
        if (is_trailing) {
            ++trailing;
        } else if (is_failure) {
            failed_before = true;
        }
    }
    if (trailing == 0) return "recovered";
    if (failed_before) return "came_back";
    return trailing == 1 ? "new" : "still_failing";
}

Result<Json> failures_view(Histories& histories, const FailuresQuery& query) {
    runtime::Reader& reader = histories.reader();
    std::vector<Group> shown;
    for (Group& group : SW_TRY(groups_of(reader, query))) {
        if (shown.size() == query.groups) break;
        if (SW_TRY(complete(histories, group))) shown.push_back(std::move(group));
    }
    std::stable_sort(shown.begin(), shown.end(), comes_first);

    const Intervals intervals(query.span, query.intervals);
    const auto successes = SW_TRY(successes_in(reader, query, intervals));
    Json groups = Json::array();
    for (const Group& group : shown) groups.push_back(group_view(group, intervals, successes));
    return Json{{"from", to_iso8601(query.span.from)},
                {"to", to_iso8601(query.span.to)},
                {"intervals", intervals.begins()},
                {"items", std::move(groups)},
                {"complete", SW_TRY(reader.is_folded())}};
}

}  // namespace stepwell::api::answers
