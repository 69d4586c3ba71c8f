// The shapes that several routes give.
#include "api/system/routes.hpp"

namespace stepwell::api {
namespace {

constexpr std::string_view kWorkflow = R"json({
  "type": "object",
  "required": ["name", "type", "version", "created_at", "updated_at", "arn"],
  "properties": {
    "name": {"type": "string"},
    "type": {"type": "string", "enum": ["STANDARD", "EXPRESS"]},
    "version": {"type": "integer", "description": "of its versions, from 1"},
    "created_at": {"type": "string", "format": "date-time"},
    "updated_at": {"type": "string", "format": "date-time"},
    "description": {"type": "string", "description": "what its file says; absent where it says nothing"},
    "paused": {"type": "boolean", "description": "in lists: its schedules and file triggers start nothing"},
    "next_fire": {"type": ["object", "null"], "required": ["schedule", "at"],
      "description": "in lists: the soonest of its schedules; null where none of them goes",
      "properties": {"schedule": {"type": "string"}, "at": {"type": "string", "format": "date-time"}}},
    "last_run": {"$ref": "#/components/schemas/Run", "description": "in lists: the newest; absent where there is none"},
    "arn": {"type": "string"},
    "options": {"type": "object", "additionalProperties": true,
      "description": "what its file says beside the definition; of one workflow, not in lists"},
    "file": {"$ref": "#/components/schemas/WorkflowFile"}}})json";

constexpr std::string_view kWorkflowFile = R"json({
  "type": "object",
  "description": "A workflow file. 'faulty': the last good version stays in force; 'gone': the workflow stays",
  "required": ["path", "status", "since", "faults"],
  "properties": {
    "path": {"type": "string"},
    "status": {"type": "string", "enum": ["good", "faulty", "gone"]},
    "workflow": {"type": "string", "description": "absent where it never became one"},
    "since": {"type": "string", "format": "date-time"},
    "faults": {"type": "array", "items": {
      "type": "object",
      "required": ["severity", "pointer", "code", "message"],
      "properties": {
        "severity": {"type": "string", "enum": ["error", "warning"]},
        "line": {"type": "integer"}, "column": {"type": "integer"},
        "pointer": {"type": "string"}, "code": {"type": "string"},
        "message": {"type": "string"}, "hint": {"type": "string"}}}}}})json";

constexpr std::string_view kRun = R"json({
  "type": "object",
  "required": ["run", "name", "workflow", "status", "started_at", "arn"],
  "properties": {
    "run": {"type": "integer", "description": "its number"},
    "name": {"type": "string"},
    "workflow": {"type": "string"},
    "status": {"type": "string", "enum": ["running", "succeeded", "failed", "timed_out", "aborted"]},
    "started_at": {"type": "string", "format": "date-time"},
    "stopped_at": {"type": "string", "format": "date-time"},
    "duration_ms": {"type": "integer", "minimum": 0},
    "error": {"type": "string"},
    "origin": {"type": "string", "description": "what started it: api, cli, schedule, file, webhook, parent, map"},
    "parent": {"type": "integer", "description": "the run whose task has started it; absent: it was none"},
    "started_by": {"type": "string", "description": "who asked for it; absent where nobody did"},
    "redrives": {"type": "integer", "minimum": 1, "description": "absent: none"},
    "redriven_at": {"type": "string", "format": "date-time", "description": "the last time"},
    "arn": {"type": "string"}}})json";

constexpr std::string_view kState = R"json({
  "type": "object",
  "required": ["state", "path", "definition_path", "type", "status", "frame", "entered_at"],
  "properties": {
    "state": {"type": "string"},
    "path": {"type": "string", "description": "with the items of Maps: `Each month[3] / Validate`"},
    "definition_path": {"type": "string", "description": "without them: `Each month/Validate`"},
    "type": {"type": "string"},
    "status": {"type": "string", "enum": ["running", "succeeded", "caught", "failed", "aborted"]},
    "frame": {"type": "integer", "description": "which branch or item: as the logs name it"},
    "resource": {"type": "string", "description": "of a task"},
    "entered_at": {"type": "string", "format": "date-time"},
    "ended_at": {"type": "string", "format": "date-time"},
    "due": {"type": "string", "format": "date-time", "description": "it waits until then: a Wait, or between attempts"},
    "attempts": {"type": "array", "description": "of a task", "items": {"type": "object",
      "required": ["attempt", "status", "scheduled_at"], "properties": {
        "attempt": {"type": "integer", "description": "of its frame: as the logs name it"},
        "status": {"type": "string", "enum": ["running", "succeeded", "failed", "aborted"]},
        "scheduled_at": {"type": "string", "format": "date-time", "description": "it could begin"},
        "started_at": {"type": "string", "format": "date-time", "description": "somebody had taken it"},
        "ended_at": {"type": "string", "format": "date-time"},
        "error": {"type": "string"}}}},
    "duration_ms": {"type": "integer"},
    "retries": {"type": "integer"},
    "error": {"type": "string"},
    "cause": {"type": "string"},
    "rows": {"type": "object", "additionalProperties": true,
      "description": "of a data task: read, good, rejected, ..."}}})json";

/// Beside what lists say of a run.
constexpr std::string_view kRunDetails = R"json({
  "as_of": {"$ref": "#/components/schemas/AsOf"},
  "input": {}, "output": {},
  "cause": {"type": "string"},
  "states": {"type": "array", "items": {"$ref": "#/components/schemas/State"}}})json";

std::string run_details() {
    Json schema = *parse_json(kRun);
    schema["properties"].update(*parse_json(kRunDetails));
    for (const char* name : {"input", "states", "as_of"}) schema["required"].push_back(name);
    return to_text(schema);
}

constexpr std::string_view kAsOf = R"json({
  "type": "string", "pattern": "^[0-9]+$",
  "description": "the moment that the answer is of: give it as `after` to the events, and they begin with what came behind it, without a gap and without a double"})json";

}  // namespace

void add_schemas(Router& router) {
    router.add_schema("AsOf", kAsOf);
    router.add_schema("Workflow", kWorkflow);
    router.add_schema("WorkflowFile", kWorkflowFile);
    router.add_schema("Run", kRun);
    router.add_schema("RunDetails", run_details());
    router.add_schema("State", kState);
}

}  // namespace stepwell::api
