// What became of the data: GET /api/v1/workflows/{workflow}/data and /api/v1/tables
#include "api/home/routes.hpp"
#include "api/router/paging.hpp"
#include "api/workflows/data_trend.hpp"
#include "api/workflows/figures.hpp"

namespace stepwell::api::answers {
namespace {

/// Histories of runs that an older Stepwell ended, which one answer may read.
constexpr std::size_t kDataReadsMax = 30;

constexpr const char* kDataRun = R"json({"type": "object",
  "required": ["run", "name", "status", "version", "started_at", "tasks"], "properties": {
    "run": {"type": "integer"}, "name": {"type": "string"}, "status": {"type": "string"},
    "version": {"type": "integer"}, "started_at": {"type": "string", "format": "date-time"},
    "tasks": {"type": "array", "description": "states with results, in the order in which the run entered them",
      "items": {"type": "object",
        "required": ["state", "definition_path", "task", "status", "results", "rows", "checks"], "properties": {
          "state": {"type": "string"}, "definition_path": {"type": "string"},
          "task": {"type": "string", "description": "validate, load, ..."},
          "status": {"type": "string", "enum": ["success", "warn", "failed", "skipped"], "description": "the most severe"},
          "results": {"type": "integer", "description": "of how many items and tries"},
          "rows": {"type": "object", "additionalProperties": {"type": "integer"},
            "description": "read, good, rejected, inserted, ...: summed over them"},
          "checks": {"type": "array", "description": "100 at most", "items": {"type": "object",
            "required": ["name", "column", "status", "passed", "warned", "failed", "skipped", "violations"],
            "properties": {
              "name": {"type": "string"}, "column": {"type": ["string", "null"]},
              "status": {"type": "string", "enum": ["pass", "warn", "fail", "skipped"], "description": "the most severe"},
              "passed": {"type": "integer"}, "warned": {"type": "integer"}, "failed": {"type": "integer"},
              "skipped": {"type": "integer"},
              "violations": {"type": "integer", "description": "rows that broke it"}}}}}}}}})json";

constexpr const char* kTables =
    R"json({"type": "object", "required": ["workflow", "tables"], "properties": {
    "workflow": {"type": "string"},
    "tables": {"type": "array", "description": "by their uri", "items": {"type": "object",
      "required": ["uri", "run", "definition_path", "task", "at", "age_ms", "rows", "status", "later_runs"], "properties": {
        "uri": {"type": "string", "description": "as the result of the task names it"},
        "run": {"type": "integer", "description": "that has written it last"},
        "definition_path": {"type": "string"}, "task": {"type": "string"},
        "at": {"type": "string", "format": "date-time", "description": "when"},
        "age_ms": {"type": "integer"}, "rows": {"type": "integer"},
        "status": {"type": "string", "description": "of that run"},
        "later_runs": {"type": "integer", "description": "newer runs, which have not written it"}}}}}})json";

constexpr const char* kComplete =
    R"("complete": {"type": "boolean", "description": "false: an older Stepwell did not note what some of the runs said, and there are too many to read"},)";

template <class Answer>
std::function<Result<Json>(const Call&)> about_data(AnswerSources& sources, Answer answer) {
    return [&sources, answer](const Call& call) {
        return snapshot_of(sources.readers, [&](runtime::Reader& reader) -> Result<Json> {
            Histories histories(reader, sources.cache, kDataReadsMax);
            return answer(histories, call);
        });
    };
}

Result<Json> tables_answer(const AnswerSources& sources, Histories& histories, const Call& call) {
    Json names = SW_TRY(workflow_names_view(histories.reader()));
    if (const auto wanted = call.text("workflow")) {
        names["items"] = Json::array(
            {{{"workflow", SW_TRY(histories.reader().workflow(*wanted)).workflow.name}}});
    }
    Json page = SW_TRY(page_of(call, std::move(names), "workflow"));
    SW_TRY(add_tables(histories, sources.clock.now(), page));
    return page;
}

}  // namespace

void add_data_routes(Router& router, AnswerSources& sources) {
    router.add(
        {.method = "GET",
         .pattern = "/api/v1/workflows/{workflow}/data",
         .operation = "listWorkflowData",
         .tag = "data",
         .summary = "Row counts and results of checks over the runs of a workflow, newest first",
         .description = "Of runs that have ended. What data tasks in the items of a Map said is "
                        "taken together by state.",
         .query = {integer_parameter("limit", "how many runs at most", 1, 100, 30),
                   text_parameter("after", "`next` of the page before", 200)},
         .answer = snapshot_schema(kDataRun,
                                   R"("workflow": {"type": "string"},)" + std::string(kComplete),
                                   R"(, "workflow", "complete")"),
         .read = about_data(sources, [](Histories& histories, const Call& call) {
             DataTrendQuery query;
             query.workflow = call.path("workflow");
             query.limit = static_cast<std::size_t>(*call.integer("limit"));
             query.token = call.text("after");
             return data_trend_view(histories, query);
         })});
    router.add({.method = "GET",
                .pattern = "/api/v1/tables",
                .operation = "listTables",
                .tag = "data",
                .summary = "Tables and places that workflows write, and when they did it last",
                .description = "By workflow; looks at the last 30 runs of each.",
                .query = page_parameters({text_parameter("workflow", "only of this one")}),
                .answer = snapshot_schema(kTables, kComplete, R"(, "complete")"),
                .errors = {404},
                .read = about_data(sources, [&sources](Histories& histories, const Call& call) {
                    return tables_answer(sources, histories, call);
                })});
}

}  // namespace stepwell::api::answers
