#include "api/home/failures.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "api/read/span.hpp"
#include "api/read/text.hpp"
#include "engine/base/digest.hpp"

namespace stepwell::api::answers {
namespace {

constexpr std::size_t kRunsListed = 10;

struct Occurrence {
    ExecutionId run{};
    Timestamp at;
    std::string message;
};

struct Group {
    Fingerprint fingerprint;
    std::string state;
    std::vector<Occurrence> occurrences;  // newest first
    std::vector<Timestamp> successes;     // newest first
    std::string condition;
};

using Groups = std::map<Fingerprint, Group>;

std::string message_line(const LeafFailure& leaf) {
    const std::string message = message_of(leaf.cause);
    return message.substr(0, message.find('\n'));
}

bool has_failed(core::Status status) {
    return status == core::Status::failed || status == core::Status::timed_out;
}

void add_failures(const RunDigest& digest, Groups& groups) {
    std::set<Fingerprint> of_this_run;
    for (const LeafFailure& leaf : digest.failures) {
        Fingerprint fingerprint = fingerprint_of(digest.summary.workflow_name, leaf);
        if (!of_this_run.insert(fingerprint).second) continue;
        Group& group = groups[fingerprint];
        group.fingerprint = std::move(fingerprint);
        group.state = leaf.name;
        group.occurrences.push_back(
            {digest.summary.id, digest.summary.started_at, message_line(leaf)});
    }
}

/// Where the state of a group succeeded; a Map counts when all its items did.
void add_successes(const RunDigest& digest, Groups& groups) {
    for (auto& [fingerprint, group] : groups) {
        if (fingerprint.workflow != digest.summary.workflow_name) continue;
        const StateDigest* state = digest.find(fingerprint.path);
        if (state && state->outcome() == "succeeded") {
            group.successes.push_back(digest.summary.started_at);
        }
    }
}

std::vector<Mark> marks_of(const Group& group) {
    std::vector<Mark> marks;
    for (const Occurrence& one : group.occurrences) marks.push_back({Mark::Kind::failure, one.at});
    for (const Timestamp at : group.successes) marks.push_back({Mark::Kind::success, at});
    std::stable_sort(marks.begin(), marks.end(),
                     [](const Mark& a, const Mark& b) { return a.at < b.at; });
    return marks;
}

/// Which runs are looked at: all of the workflows in which something failed.
std::vector<runtime::ExecutionSummary> runs_to_read(RunsInSpan& found) {
    std::set<std::string> workflows;
    for (const auto& run : found.runs) {
        if (has_failed(run.status)) workflows.insert(run.workflow_name);
    }
    std::erase_if(found.runs,
                  [&](const auto& run) { return workflows.count(run.workflow_name) == 0; });
    return std::move(found.runs);
}

Json group_view(const Group& group, const Intervals& intervals) {
    auto occurrences = intervals.zeros();
    auto successes = intervals.zeros();
    Json runs = Json::array();
    for (const Occurrence& one : group.occurrences) {
        ++occurrences[intervals.of(one.at)];
        if (runs.size() < kRunsListed) runs.push_back(value_of(one.run));
    }
    for (const Timestamp at : group.successes) ++successes[intervals.of(at)];
    return {{"id", group.fingerprint.id()},
            {"workflow", group.fingerprint.workflow},
            {"state", group.state},
            {"path", group.fingerprint.path},
            {"error", group.fingerprint.error},
            {"cause", group.fingerprint.cause},
            {"message", cut(group.occurrences.front().message, 1'000)},
            {"count", group.occurrences.size()},
            {"condition", group.condition},
            {"first_at", to_iso8601(group.occurrences.back().at)},
            {"last_at", to_iso8601(group.occurrences.front().at)},
            {"runs", std::move(runs)},
            {"occurrences", occurrences},
            {"successes", successes}};
}

bool comes_first(const Group& a, const Group& b) {
    const bool a_is_open = a.condition != "recovered";
    const bool b_is_open = b.condition != "recovered";
    if (a_is_open != b_is_open) return a_is_open;
    return a.occurrences.front().at > b.occurrences.front().at;
}

}  // namespace

std::string Fingerprint::id() const {
    const std::string text = workflow + "\n" + path + "\n" + error + "\n" + cause;
    return digest_hex("SHA-256", text).value_or("").substr(0, 16);
}

Fingerprint fingerprint_of(const std::string& workflow, const LeafFailure& leaf) {
    return {workflow, leaf.path, leaf.error, normalised(message_line(leaf))};
}

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
    if (failed_before) return "came back";
    return trailing == 1 ? "new" : "still failing";
}

Result<Json> failures_view(Histories& histories, const FailuresQuery& query) {
    auto found =
        SW_TRY(runs_in(histories.reader(), query.workflow, {}, query.span, query.runs_max));
    const bool is_cut = found.is_cut;
    const auto runs = runs_to_read(found);
    Groups groups;
    // Failures first: they are what is asked for, where not everything can be read.
    for (const auto& run : runs) {
        if (!has_failed(run.status)) continue;
        const DigestPtr digest = SW_TRY(histories.digest(run));
        if (digest) add_failures(*digest, groups);
    }
    for (const auto& run : runs) {
        const DigestPtr digest = SW_TRY(histories.digest(run));
        if (digest) add_successes(*digest, groups);
    }
    std::vector<Group> sorted;
    for (auto& [fingerprint, group] : groups) {
        group.condition = condition_of(marks_of(group));
        sorted.push_back(std::move(group));
    }
    std::stable_sort(sorted.begin(), sorted.end(), comes_first);

    const Intervals intervals(query.span, query.intervals);
    Json shown = Json::array();
    for (const Group& group : sorted) {
        if (shown.size() == query.groups) break;
        shown.push_back(group_view(group, intervals));
    }
    return Json{{"from", to_iso8601(query.span.from)},
                {"to", to_iso8601(query.span.to)},
                {"intervals", intervals.begins()},
                {"groups", std::move(shown)},
                {"complete", !is_cut && histories.is_complete()}};
}

}  // namespace stepwell::api::answers
