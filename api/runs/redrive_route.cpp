// GET /api/v1/runs/{run}/redrive-plan
#include "api/home/routes.hpp"
#include "api/runs/redrive_plan.hpp"

namespace stepwell::api::answers {
namespace {

/// Histories that one plan may read, to know what is usual.
constexpr std::size_t kPlanReadsMax = 60;

constexpr const char* kPlan = R"json({
  "type": "object",
  "required": ["run", "status", "redrivable", "reason", "redrives"],
  "properties": {
    "run": {"type": "integer"},
    "status": {"type": "string"},
    "redrivable": {"type": "boolean", "description": "false: what follows `redrives` is absent"},
    "reason": {"type": "string", "description": "why not, in the words of the AWS API"},
    "redrives": {"type": "integer", "minimum": 0},
    "again": {"type": "array", "items": {"type": "object",
      "required": ["state", "definition_path", "path", "type", "begun", "usual"], "properties": {
        "state": {"type": "string"}, "definition_path": {"type": "string"}, "path": {"type": "string"},
        "type": {"type": "string"},
        "begun": {"type": "boolean", "description": "false: it had not been entered"},
        "usual": {"$ref": "#/components/schemas/Quantiles"}}}},
    "runs_count": {"type": "integer", "description": "also of those that are not listed"},
    "lanes": {"type": "array", "description": "each Map and Parallel that goes on",
      "items": {"type": "object",
        "required": ["definition_path", "path", "type", "total", "kept", "again", "new"], "properties": {
          "definition_path": {"type": "string"}, "path": {"type": "string"}, "type": {"type": "string"},
          "total": {"type": "integer"}, "kept": {"type": "integer"},
          "again": {"type": "integer"}, "new": {"type": "integer"}}}},
    "keeps": {"type": "array", "description": "results of states that stay",
      "items": {"type": "object", "required": ["definition_path", "type", "count"], "properties": {
        "definition_path": {"type": "string"}, "type": {"type": "string"}, "count": {"type": "integer"}}}},
    "estimate": {"type": "object", "required": ["time_ms", "complete", "unknown"], "properties": {
      "time_ms": {"type": "integer", "description": "by the medians of the last successes"},
      "complete": {"type": "boolean"},
      "unknown": {"type": "array", "description": "states without a success: they count nothing",
        "items": {"type": "string"}}}},
    "inputs": {"type": "array", "description": "what the tasks that run again had read",
      "items": {"type": "object", "required": ["uri", "state", "definition_path", "is"], "properties": {
        "uri": {"type": "string"}, "state": {"type": "string"}, "definition_path": {"type": "string"},
        "etag": {}, "size": {}, "mtime": {},
        "is": {"type": "string", "enum": ["same", "changed", "gone", "unknown"]}}}},
    "inputs_are_the_same": {"type": ["boolean", "null"], "description": "null: not known"},
    "version": {"type": "object", "required": ["number", "newest", "difference"], "properties": {
      "number": {"type": "integer", "description": "the one that the run keeps"},
      "newest": {"type": ["integer", "null"]},
      "difference": {"$ref": "#/components/schemas/Difference"}}}}})json";

}  // namespace

void add_redrive_plan_route(Router& router, AnswerSources& sources, runtime::RedrivePolicy policy,
                            InputProbe probe) {
    router.add_schema("RedrivePlan", kPlan);
    router.add(
        {.method = "GET",
         .pattern = "/api/v1/runs/{run}/redrive-plan",
         .operation = "planRedrive",
         .tag = "runs",
         .summary = "What a redrive would run again, what it keeps, and how long it may take",
         .answer = R"({"$ref": "#/components/schemas/RedrivePlan"})",
         .read = [&sources, policy, probe = std::move(probe)](const Call& call) -> Result<Json> {
             auto reader = SW_TRY(sources.readers.take());
             Histories histories(*reader, sources.cache, kPlanReadsMax);
             const ExecutionId run = SW_TRY(reader->find(call.path("run")));
             return redrive_plan_view(histories, run, {policy, sources.clock.now(), probe});
         }});
}

}  // namespace stepwell::api::answers
