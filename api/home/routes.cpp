#include "api/home/routes.hpp"

#include <array>
#include <utility>

#include "api/home/failures.hpp"
#include "api/home/home.hpp"
#include "api/home/schemas.hpp"
#include "api/router/paging.hpp"
#include "api/runs/map.hpp"
#include "api/runs/map_runs.hpp"
#include "api/runs/results.hpp"
#include "api/workflows/figures.hpp"
#include "api/workflows/grid.hpp"
#include "api/workflows/overview.hpp"

namespace stepwell::api::answers {
namespace {

/// Histories that one answer over many runs may read, beside those that are kept.
constexpr std::size_t kReadsMax = 200;

constexpr std::array<std::pair<const char*, int>, 8> kRanges{{{"1h", 1},
                                                              {"6h", 6},
                                                              {"12h", 12},
                                                              {"24h", 24},
                                                              {"3d", 72},
                                                              {"7d", 168},
                                                              {"14d", 336},
                                                              {"30d", 720}}};

constexpr const char* kRunHelp =
    "`run`: its number, its ARN, or WORKFLOW/NAME with the slash as %2F.";
constexpr const char* kSpanHelp =
    "Over `from` to `to` where they are given, else over `range` up to the present moment. All "
    "runs "
    "are counted, however many; `complete` is false while runs of an older Stepwell, or very long "
    "ones, are still to be folded.";

std::string reference(const char* schema) {
    return std::string(R"({"$ref": "#/components/schemas/)") + schema + "\"}";
}

Parameter range_parameter(const char* otherwise) {
    std::vector<std::string> names;
    for (const auto& [name, hours] : kRanges) names.emplace_back(name);
    return choice_parameter("range", "how far back", std::move(names), otherwise);
}

/// An impossible span is an empty one.
Span span_of(const Call& call, Timestamp now) {
    Duration length{};
    for (const auto& [name, hours] : kRanges) {
        if (call.text("range") == name) length = std::chrono::hours(hours);
    }
    Span span;
    span.to = call.time("to").value_or(now);
    span.from = call.time("from").value_or(span.to - length);
    if (span.from >= span.to) span.to = span.from + Duration(1);
    return span;
}

std::size_t count_of(const Call& call, std::string_view name) {
    return static_cast<std::size_t>(call.integer(name).value_or(0));
}

Samples samples_for(const Call& call) {
    return call.principal().role == Role::viewer ? Samples::hidden : Samples::shown;
}

FailureQuery failure_query(const AnswerSources& sources, const Call& call) {
    FailureQuery query;
    query.data_folder = sources.data_folder;
    query.log_lines = count_of(call, "log_lines");
    query.samples = samples_for(call);
    return query;
}

Parameter log_lines_parameter() {
    return integer_parameter("log_lines",
                             "lines of the log, up to the first that tells of an error", 1, 200, 4);
}

using Answer = std::function<Result<Json>(Histories&, const Call&)>;
using RunAnswer = std::function<Result<Json>(Histories&, ExecutionId, const Call&)>;

std::function<Result<Json>(const Call&)> reading(AnswerSources& sources, Answer answer) {
    return [&sources, answer = std::move(answer)](const Call& call) -> Result<Json> {
        return snapshot_of(sources.readers, [&](runtime::Reader& reader) {
            Histories histories(reader, sources.cache, kReadsMax);
            return answer(histories, call);
        });
    };
}

std::function<Result<Json>(const Call&)> reading_run(AnswerSources& sources, RunAnswer answer) {
    return reading(
        sources,
        [answer = std::move(answer)](Histories& histories, const Call& call) -> Result<Json> {
            const ExecutionId run = SW_TRY(histories.reader().find(call.path("run")));
            return answer(histories, run, call);
        });
}

void add_map_run_answers(Router& router, AnswerSources& sources) {
    router.add(
        {.method = "GET",
         .pattern = "/api/v1/runs/{run}/map-runs",
         .operation = "listMapRuns",
         .tag = "runs",
         .summary = "What the distributed Maps of a run have ordered, by status",
         .description = std::string(kRunHelp) +
                        " The runs of the items are those that `GET /api/v1/runs` lists with "
                        "`parent`.",
         .query = {integer_parameter("limit", "how many at most", 1, 1'000, 100),
                   text_parameter("after", "`next` of the page before", 200)},
         .answer = reference("MapRuns"),
         .read = reading_run(sources, [](auto& histories, auto run, auto& call) -> Result<Json> {
             return map_runs_view(histories.reader(), run,
                                  {call.text("after"), count_of(call, "limit")});
         })});
}

void add_map_answers(Router& router, AnswerSources& sources) {
    router.add({.method = "GET",
                .pattern = "/api/v1/runs/{run}/map/{state}",
                .operation = "getRunMap",
                .tag = "runs",
                .summary = "The items of a Map by status, whole and in buckets",
                .description = kRunHelp,
                .query = {text_parameter("path", "which entry of it; the last where it is absent"),
                          integer_parameter("buckets", "how many buckets at most", 1, 1'000, 60)},
                .answer = reference("MapAnswer"),
                .read = reading_run(sources, [](auto& histories, auto run, auto& call) {
                    MapQuery query;
                    query.state = call.path("state");
                    query.place = call.text("path").value_or("");
                    query.buckets = count_of(call, "buckets");
                    return map_view(histories.reader(), run, query);
                })});
    router.add(
        {.method = "GET",
         .pattern = "/api/v1/runs/{run}/map/{state}/items",
         .operation = "listRunMapItems",
         .tag = "runs",
         .summary = "The items of a Map one by one, in their order",
         .description = kRunHelp,
         .query = {text_parameter("path", "which entry of it; the last where it is absent"),
                   choice_parameter("status", "only these",
                                    {"succeeded", "failed", "aborted", "running", "not_reached"}),
                   integer_parameter("limit", "how many at most", 1, 1'000, 100),
                   text_parameter("after", "`next` of the page before", 200)},
         .answer = reference("MapItems"),
         .read = reading_run(sources, [](auto& histories, auto run, auto& call) -> Result<Json> {
             MapItemsQuery query;
             query.state = call.path("state");
             query.place = call.text("path").value_or("");
             query.status = call.text("status").value_or("");
             query.after = SW_TRY(position_in(call));
             query.limit = count_of(call, "limit");
             return map_items_view(histories.reader(), run, query);
         })});
}

void add_run_answers(Router& router, AnswerSources& sources) {
    router.add({.method = "GET",
                .pattern = "/api/v1/runs/{run}/overview",
                .operation = "getRunOverview",
                .tag = "runs",
                .summary = "What a run's page shows, in one answer",
                .description = kRunHelp,
                .query = {log_lines_parameter()},
                .answer = reference("Overview"),
                .read = reading_run(sources, [&sources](auto& histories, auto run, auto& call) {
                    return overview_view(histories, run, failure_query(sources, call));
                })});
    router.add({.method = "GET",
                .pattern = "/api/v1/runs/{run}/failure",
                .operation = "getRunFailure",
                .tag = "runs",
                .summary = "Which state failed first, why, and what its log said",
                .description = std::string(kRunHelp) +
                               " Viewers see how many bad samples there are, not their values.",
                .query = {log_lines_parameter()},
                .answer = reference("FailureAnswer"),
                .read = reading_run(sources, [&sources](auto& histories, auto run, auto& call) {
                    return failure_view(histories, run, failure_query(sources, call));
                })});
    router.add(
        {.method = "GET",
         .pattern = "/api/v1/runs/{run}/results",
         .operation = "listRunResults",
         .tag = "runs",
         .summary = "The results of a run's data tasks",
         .description = kRunHelp,
         .query = page_parameters({text_parameter("state", "only of this state")}),
         .answer = reference("Results"),
         .read = reading_run(sources, [](auto& histories, auto run, auto& call) -> Result<Json> {
             return page_of(
                 call,
                 SW_TRY(results_view(histories.reader(), run, call.text("state").value_or(""),
                                     samples_for(call))),
                 "");
         })});
    add_map_answers(router, sources);
    add_map_run_answers(router, sources);
}

Result<Json> grid_answer(Histories& histories, const Call& call) {
    GridQuery query;
    query.workflow = call.path("workflow");
    query.last = count_of(call, "last");
    if (call.text("only") == "failed") query.status = core::Status::failed;
    query.until = call.text("after");
    return grid_view(histories, query);
}

Result<Json> figures_answer(AnswerSources& sources, Histories& histories, const Call& call) {
    FiguresQuery query;
    query.now = sources.clock.now();
    query.runs = count_of(call, "last");
    Json names = SW_TRY(workflow_names_view(histories.reader()));
    Json page = SW_TRY(page_of(call, std::move(names), "workflow"));
    SW_TRY(add_figures(histories, query, page));
    return page;
}

void add_workflow_answers(Router& router, AnswerSources& sources) {
    router.add(
        {.method = "GET",
         .pattern = "/api/v1/workflow-figures",
         .operation = "listWorkflowFigures",
         .tag = "workflows",
         .summary = "Workflows by name: how the last runs ended, how long it takes, when it "
                    "starts next",
         .query = page_parameters({integer_parameter("last", "how many runs of each", 1, 100, 30)}),
         .answer = reference("WorkflowFigures"),
         .read = reading(sources, [&sources](auto& histories, auto& call) {
             return figures_answer(sources, histories, call);
         })});
    router.add({.method = "GET",
                .pattern = "/api/v1/workflows/{workflow}/grid",
                .operation = "getWorkflowGrid",
                .tag = "workflows",
                .summary = "States by runs: the last runs of a workflow, with their trend",
                .query = {integer_parameter("last", "how many runs", 1, 100, 30),
                          choice_parameter("only", "which runs", {"all", "failed"}, "all"),
                          text_parameter("after", "`next` of the page before: older runs")},
                .answer = reference("Grid"),
                .read = reading(sources, grid_answer)});
    router.add({.method = "GET",
                .pattern = "/api/v1/workflows/{workflow}/usual",
                .operation = "getWorkflowUsual",
                .tag = "workflows",
                .summary = "How long the last 30 runs that succeeded took, whole and by state",
                .answer = reference("Usual"),
                .read = reading(sources, [](auto& histories, auto& call) -> Result<Json> {
                    return usual_view(SW_TRY(usual_of(histories, call.path("workflow"))));
                })});
    router.add({.method = "GET",
                .pattern = "/api/v1/workflows/{workflow}/results",
                .operation = "listWorkflowResults",
                .tag = "workflows",
                .summary = "The latest result of each data task of a workflow",
                .description = "Looks at the last 50 runs.",
                .query = page_parameters(),
                .answer = reference("Results"),
                .read = reading(sources, [](auto& histories, auto& call) -> Result<Json> {
                    return page_of(call,
                                   SW_TRY(latest_results_view(histories, call.path("workflow"),
                                                              samples_for(call))),
                                   "definition_path");
                })});
}

Result<Json> failures_answer(AnswerSources& sources, Histories& histories, const Call& call) {
    FailuresQuery query;
    query.workflow = call.text("workflow");
    query.span = span_of(call, sources.clock.now());
    query.intervals = count_of(call, "intervals");
    query.groups = items_needed(call);
    return page_of(call, SW_TRY(failures_view(histories, query)), "id");
}

Result<Json> home_answer(AnswerSources& sources, Histories& histories, const Call& call) {
    HomeQuery query;
    query.span = span_of(call, sources.clock.now());
    query.now = sources.clock.now();
    query.intervals = count_of(call, "intervals");
    query.gate = sources.gate;
    if (sources.health) {
        query.health = sources.health();
        query.health->now = query.now;
    }
    return home_view(histories, query);
}

void add_overall_answers(Router& router, AnswerSources& sources) {
    router.add({.method = "GET",
                .pattern = "/api/v1/failures",
                .operation = "listFailures",
                .tag = "answers",
                .summary = "Failures by cause, and how each stands",
                .description = kSpanHelp,
                .query = page_parameters(
                    {text_parameter("workflow", "only of this workflow"), range_parameter("7d"),
                     time_parameter("from", "from then on"), time_parameter("to", "before then"),
                     integer_parameter("intervals", "parts of the span", 1, 200, 28)}),
                .answer = reference("Failures"),
                .errors = {404},
                .read = reading(sources, [&sources](auto& histories, auto& call) {
                    return failures_answer(sources, histories, call);
                })});
    router.add({.method = "GET",
                .pattern = "/api/v1/home",
                .operation = "getHome",
                .tag = "answers",
                .summary = "What the home page shows, in one answer",
                .description = kSpanHelp,
                .query = {range_parameter("24h"), time_parameter("from", "from then on"),
                          time_parameter("to", "before then"),
                          integer_parameter("intervals", "parts of the span", 1, 200, 24)},
                .answer = reference("Home"),
                .read = reading(sources, [&sources](auto& histories, auto& call) {
                    return home_answer(sources, histories, call);
                })});
}

}  // namespace

void add_answer_routes(Router& router, AnswerSources& sources) {
    add_answer_schemas(router);
    add_overall_answers(router, sources);
    add_workflow_answers(router, sources);
    add_run_answers(router, sources);
    add_run_list_routes(router, sources);
    add_data_routes(router, sources);
}

}  // namespace stepwell::api::answers
