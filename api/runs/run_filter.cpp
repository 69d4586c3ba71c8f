#include "api/runs/run_filter.hpp"

#include <algorithm>
#include <set>

#include "api/home/queued.hpp"
#include "api/read/usual.hpp"
#include "api/read/views.hpp"

namespace stepwell::api::answers {
namespace {

/// Workflows with runs that go on.
Result<std::set<std::string>> busy_names(runtime::Reader& reader) {
    runtime::CountQuery running;
    running.status = core::Status::running;
    std::set<std::string> names;
    for (const auto& one : SW_TRY(reader.run_counts(running))) names.insert(one.workflow);
    return names;
}

/// Only those that are in both.
void choose(std::vector<ExecutionId> ids, runtime::RunQuery& query) {
    if (query.among) {
        const std::set<ExecutionId> chosen(query.among->begin(), query.among->end());
        std::erase_if(ids, [&](ExecutionId id) { return chosen.count(id) == 0; });
    }
    query.among = std::move(ids);
}

Result<void> choose_late(runtime::Reader& reader, Timestamp now, AskedRuns& asked) {
    asked.query.late_before.emplace();
    for (const std::string& workflow : SW_TRY(busy_names(reader))) {
        const auto usual = usual_run_of(reader, workflow);
        if (!usual || usual->count == 0) continue;  // deleted, or nothing is usual
        asked.query.late_before->emplace(workflow, now - usual->p95);
    }
    return {};
}

Result<void> choose_queued(runtime::Reader& reader, const runtime::GateViews* gate,
                           AskedRuns& asked) {
    std::vector<ExecutionId> ids;
    if (gate) {
        const QueuedRuns found = queued_runs(reader, *gate, SW_TRY(busy_names(reader)));
        for (const auto& run : found.runs) ids.push_back(run.id);
        if (!found.is_exact || !found.more.empty()) asked.is_complete = false;
    }
    choose(std::move(ids), asked.query);
    return {};
}

Result<void> choose_waiting(runtime::Reader& reader, AskedRuns& asked) {
    const auto found = SW_TRY(reader.waiting_runs(kOpenLookedAt));
    std::vector<ExecutionId> ids;
    for (const auto& run : found.runs) ids.push_back(run.id);
    if (!found.are_all) asked.is_complete = false;
    choose(std::move(ids), asked.query);
    return {};
}

/// So many failures of one cause are looked at, the newest ones.
constexpr std::size_t kFailuresLookedAt = 10'000;

Result<void> choose_failures(runtime::Reader& reader, const std::string& fingerprint,
                             AskedRuns& asked) {
    const auto found = SW_TRY(reader.failures({fingerprint, {}, kFailuresLookedAt + 1}));
    std::vector<ExecutionId> ids;
    for (const auto& one : found) ids.push_back(one.run);
    if (found.size() > kFailuresLookedAt) asked.is_complete = false;
    if (!SW_TRY(reader.is_folded())) asked.is_complete = false;
    choose(std::move(ids), asked.query);
    return {};
}

Result<void> choose_conditions(Histories& histories, const AnswerSources& sources, const Call& call,
                               AskedRuns& asked) {
    runtime::Reader& reader = histories.reader();
    for (const std::string& condition : call.list("is")) {
        if (condition == "late") SW_TRY(choose_late(reader, sources.clock.now(), asked));
        if (condition == "queued") SW_TRY(choose_queued(reader, sources.gate, asked));
        if (condition == "waiting") SW_TRY(choose_waiting(reader, asked));
        if (condition == "caught") asked.query.has_caught = true;
    }
    const bool is_of_rows = asked.query.has_caught || asked.query.text.has_value();
    if (is_of_rows && !SW_TRY(reader.is_folded())) asked.is_complete = false;
    return {};
}

}  // namespace

std::vector<Parameter> run_filter_parameters() {
    constexpr std::int64_t kDurationMax = 400LL * 24 * 3'600 * 1'000;
    return {
        list_of(text_parameter("workflow",
                               "only of these; `*` stands for any characters, `?` for one", 400)),
        integer_parameter("version", "only of this version; needs one `workflow`", 1,
                          1'000'000'000),
        list_of(choice_parameter("status", "only with one of these",
                                 {"running", "succeeded", "failed", "timed_out", "aborted"})),
        list_of(choice_parameter("origin", "only started by one of these",
                                 {"api", "cli", "schedule", "file", "webhook", "parent", "map"})),
        text_parameter("trigger",
                       "only started by this schedule or file trigger (WORKFLOW#NAME, with the "
                       "'#' as %23), or by this webhook"),
        text_parameter("name", "only of this name; `*` stands for any characters, `?` for one"),
        text_parameter("error", "only with this error; `*` stands for any characters, `?` for one"),
        text_parameter(
            "fingerprint",
            "only that failed for this cause, also where a redrive has mended them: `id` of "
            "`GET /api/v1/failures`",
            64),
        text_parameter("q",
                       "only with this in the name, the error, the state that failed or what it "
                       "failed for; in capitals or not"),
        list_of(choice_parameter(
            "is",
            "late: it goes on for longer than the usual p95; queued: its tasks wait for others to "
            "end; waiting: it does nothing but wait for a time; caught: it has ended, and had "
            "caught a failure",
            {"late", "queued", "waiting", "caught"})),
        integer_parameter("parent", "only started by a task of the run with this number", 1,
                          1'000'000'000'000),
        time_parameter("from", "only started then or later"),
        time_parameter("to", "only started before"),
        integer_parameter("duration_from_ms", "only ended ones that took at least that", 0,
                          kDurationMax),
        integer_parameter("duration_to_ms", "only ended ones that took less", 0, kDurationMax)};
}

Result<AskedRuns> asked_runs(Histories& histories, const AnswerSources& sources, const Call& call) {
    AskedRuns asked;
    runtime::RunQuery& query = asked.query;
    query.workflows = call.list("workflow");
    if (const auto number = call.integer("version")) {
        query.version = static_cast<std::uint32_t>(*number);
    }
    for (const std::string& status : call.list("status")) {
        query.statuses.push_back(SW_TRY(status_named(status)));
    }
    query.origins = call.list("origin");
    if (const auto parent = call.integer("parent")) {
        query.parent = static_cast<ExecutionId>(*parent);
    }
    query.trigger = call.text("trigger");
    query.name = call.text("name");
    query.error = call.text("error");
    query.text = call.text("q");
    query.started_from = call.time("from");
    query.started_until = call.time("to");
    if (const auto ms = call.integer("duration_from_ms")) query.duration_from = Duration(*ms);
    if (const auto ms = call.integer("duration_to_ms")) query.duration_until = Duration(*ms);
    SW_TRY(choose_conditions(histories, sources, call, asked));
    if (const auto fingerprint = call.text("fingerprint")) {
        SW_TRY(choose_failures(histories.reader(), *fingerprint, asked));
    }
    return asked;
}

}  // namespace stepwell::api::answers
