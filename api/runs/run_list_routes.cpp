// GET /api/v1/runs, /api/v1/runs/histogram and exports
#include "api/runs/run_export.hpp"
#include "api/runs/run_histogram.hpp"
#include "api/runs/run_list.hpp"

namespace stepwell::api::answers {
namespace {

constexpr const char* kRunRow = R"json({"allOf": [{"$ref": "#/components/schemas/Run"}, {
  "type": "object", "required": ["version"], "properties": {
    "version": {"type": "integer", "description": "of its workflow, from 1"},
    "failure": {"type": "object", "description": "the state that failed first, of one that ended badly",
      "required": ["state", "definition_path", "error", "message", "count"], "properties": {
        "state": {"type": "string"}, "definition_path": {"type": "string"},
        "error": {"type": "string"}, "message": {"type": "string"},
        "count": {"type": "integer", "description": "of failures that differ; the others are not here"}}},
    "caught": {"type": "integer", "description": "states that failed and a Catch went on; absent: none"},
    "rows": {"type": "object", "description": "of its data tasks, together",
      "required": ["read", "good", "rejected"], "properties": {
        "read": {"type": "integer"}, "good": {"type": "integer"}, "rejected": {"type": "integer"}}},
    "queued_for_ms": {"type": "integer", "description": "its tasks, together; absent: not at all"},
    "queued": {"type": "object", "description": "absent: nothing of it waits for others to end",
      "required": ["state", "pool", "place", "holders"], "properties": {
        "state": {"type": "string"}, "place": {"type": "integer"},
        "pool": {"type": ["string", "null"], "description": "null: it waits for a place of its workflow"},
        "holders": {"type": "array", "items": {"type": "object", "required": ["run", "name"],
          "properties": {"run": {"type": "integer"}, "name": {"type": "string"}}}}}},
    "late": {"type": "boolean", "description": "of one that goes on: longer than the usual p95"},
    "usual": {"$ref": "#/components/schemas/Quantiles"},
    "against": {"type": "number", "description": "its duration so far by the usual p50"}}}]})json";

constexpr const char* kHistogram = R"json({
  "type": "object",
  "required": ["count", "exact", "counted_from", "from", "to", "intervals", "items", "as_of"],
  "properties": {
    "as_of": {"$ref": "#/components/schemas/AsOf"},
    "count": {"type": "integer"},
    "exact": {"type": "boolean", "description": "false: there are at least as many"},
    "counted_from": {"type": ["string", "null"], "format": "date-time",
      "description": "null: all were looked at; else those that were started then or later"},
    "from": {"type": "string", "format": "date-time"},
    "to": {"type": "string", "format": "date-time"},
    "intervals": {"type": "array", "items": {"type": "string", "format": "date-time"},
      "description": "when each begins"},
    "items": {"type": "array", "items": {"type": "object",
      "required": ["succeeded", "failed", "timed_out", "aborted", "running"], "properties": {
        "succeeded": {"type": "integer"}, "failed": {"type": "integer"}, "timed_out": {"type": "integer"},
        "aborted": {"type": "integer"}, "running": {"type": "integer"}}}}}})json";

constexpr const char* kList = R"json({
  "type": "object", "required": ["items", "complete", "as_of"], "properties": {
    "as_of": {"$ref": "#/components/schemas/AsOf"},
    "items": {"type": "array", "items": {"$ref": "#/components/schemas/RunRow"}},
    "complete": {"type": "boolean", "description": "false: there may be runs that fit and are not found: more wait than are looked at, or run rows are still to be folded"},
    "next": {"type": "string", "description": "give it as `after`; absent on the last page"}}})json";

/// Histories that one answer may read: of the parent whose children are asked for.
constexpr std::size_t kListReadsMax = 1;

using ListAnswer = std::function<Result<Json>(Histories&, AskedRuns, const Call&)>;

std::function<Result<Json>(const Call&)> about_runs(AnswerSources& sources, ListAnswer answer) {
    return [&sources, answer = std::move(answer)](const Call& call) {
        return snapshot_of(sources.readers, [&](runtime::Reader& reader) -> Result<Json> {
            Histories histories(reader, sources.cache, kListReadsMax);
            AskedRuns asked = SW_TRY(asked_runs(histories, sources, call));
            return answer(histories, std::move(asked), call);
        });
    };
}

std::vector<Parameter> with_filter(std::vector<Parameter> more) {
    auto parameters = run_filter_parameters();
    for (Parameter& one : more) parameters.push_back(std::move(one));
    return parameters;
}

void add_list_route(Router& router, AnswerSources& sources) {
    router.add({.method = "GET",
                .pattern = "/api/v1/runs",
                .operation = "listRuns",
                .tag = "runs",
                .summary = "Runs, newest first",
                .description = "A page looks at some twenty thousand runs at most: with a filter "
                               "that few fit it may be short, or empty, and still have a `next`.",
                .query = with_filter({integer_parameter("limit", "how many at most", 1, 1'000, 50),
                                      text_parameter("after", "`next` of the page before", 200)}),
                .answer = kList,
                .errors = {404},
                .read = about_runs(
                    sources, [&sources](Histories& histories, AskedRuns asked, const Call& call) {
                        asked.query.token = call.text("after");
                        asked.query.limit = static_cast<std::size_t>(*call.integer("limit"));
                        return run_list_view(histories, sources.gate, sources.clock.now(), asked);
                    })});
}

void add_histogram_route(Router& router, AnswerSources& sources) {
    router.add(
        {.method = "GET",
         .pattern = "/api/v1/runs/histogram",
         .operation = "getRunHistogram",
         .tag = "runs",
         .summary = "How many runs fit, by outcome and the time of their start",
         .description = "With the filters of the list. All runs are counted where only `workflow`, "
                        "`status`, `from` and `to` are asked for; with other filters some hundred "
                        "thousand are looked at, and `counted_from` says how far that went. Runs "
                        "count at the minute of their start.",
         .query = with_filter({integer_parameter("intervals", "parts of the span", 1, 200, 24)}),
         .answer = kHistogram,
         .errors = {404},
         .read = about_runs(
             sources, [&sources](Histories& histories, const AskedRuns& asked, const Call& call) {
                 return run_histogram_view(histories.reader(), sources.clock.now(), asked,
                                           static_cast<std::size_t>(*call.integer("intervals")));
             })});
}

}  // namespace

void add_run_list_routes(Router& router, AnswerSources& sources) {
    router.add_schema("RunRow", kRunRow);
    add_list_route(router, sources);
    add_histogram_route(router, sources);
    add_run_export_routes(router, sources);
}

}  // namespace stepwell::api::answers
