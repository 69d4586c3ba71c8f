#include "api/home/schemas.hpp"

namespace stepwell::api::answers {
namespace {

struct NamedSchema {
    const char* name;
    const char* schema;
};

constexpr NamedSchema kSchemas[] = {
    {"Quantiles", R"json({
  "description": "null where nothing is known",
  "type": ["object", "null"], "required": ["p50_ms", "p95_ms", "count"], "properties": {
    "p50_ms": {"type": "integer"}, "p95_ms": {"type": "integer"},
    "count": {"type": "integer", "minimum": 1, "description": "of how many"}}})json"},
    {"Difference", R"json({
  "description": "from the older definition to the newer one; null where nothing is known, or nothing differs",
  "type": ["object", "null"], "required": ["added", "removed", "changed", "workflow"], "properties": {
        "added": {"type": "array", "items": {"type": "string"}},
        "removed": {"type": "array", "items": {"type": "string"}},
        "changed": {"type": "array", "items": {"type": "object", "required": ["state", "fields"], "properties": {
          "state": {"type": "string"}, "fields": {"type": "array", "items": {"type": "string"}}}}},
        "workflow": {"type": "array", "items": {"type": "string"}, "description": "members of the definition itself"}}})json"},
    {"Failure", R"json({
  "type": "object",
  "required": ["state", "definition_path", "path", "type", "resource", "items", "tries", "error", "message", "event", "at", "caught"],
  "properties": {
    "state": {"type": "string"},
    "definition_path": {"type": "string", "description": "`Each month/Validate`"},
    "path": {"type": "string", "description": "`Each month[3] / Validate`"},
    "type": {"type": "string"},
    "resource": {"type": "string"},
    "items": {"type": "array", "items": {"type": "object", "required": ["state", "index"], "properties": {
      "state": {"type": "string"}, "index": {"type": "integer", "minimum": 0}}}},
    "tries": {"type": "integer", "minimum": 1},
    "error": {"type": "string"},
    "cause": {"type": "string"},
    "message": {"type": "string", "description": "the sentence in the cause"},
    "event": {"type": "integer"},
    "at": {"type": "string", "format": "date-time"},
    "caught": {"type": "boolean"},
    "ended_by": {"type": "string", "description": "the Fail state that ended the run in its place"},
    "code": {"type": ["string", "null"]},
    "rows": {"type": "object", "additionalProperties": true},
    "inputs": {"type": "array", "items": {"type": "object", "additionalProperties": true}},
    "checks": {"type": "array", "items": {"type": "object", "additionalProperties": true}, "description": "those that did not pass"}}})json"},
    {"Rows", R"json({
  "type": "object", "description": "of all data tasks of a run; empty where it has none", "properties": {
    "read": {"type": "integer", "description": "by the first of them"},
    "rejected": {"type": "integer"},
    "by_task": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": {"type": "integer"}}}}})json"},
    {"FailureAnswer", R"json({
  "type": "object",
  "required": ["run", "status", "failure", "log", "count", "by_error", "others", "caught_count", "caught"],
  "properties": {
    "as_of": {"$ref": "#/components/schemas/AsOf"},
    "run": {"type": "integer"},
    "status": {"type": "string"},
    "failure": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Failure"}],
                "description": "the first one; null where the run has not failed"},
    "log": {"type": ["object", "null"], "properties": {
      "state": {"type": "string"}, "attempt": {"type": "integer"},
      "total": {"type": "integer"},
      "first": {"type": "integer", "description": "the number of the first line given, from 1"},
      "error_line": {"type": ["integer", "null"]},
      "lines": {"type": "array", "items": {"type": "string"}}}},
    "count": {"type": "integer", "description": "how many failed for a reason of their own"},
    "by_error": {"type": "array", "items": {"type": "object", "required": ["error", "count"], "properties": {
      "error": {"type": "string"}, "count": {"type": "integer"}}}},
    "others": {"type": "array", "items": {"$ref": "#/components/schemas/Failure"}},
    "caught_count": {"type": "integer"},
    "caught": {"type": "array", "items": {"$ref": "#/components/schemas/Failure"}}}})json"},
    {"FailureGroup", R"json({
  "type": "object",
  "required": ["id", "workflow", "state", "definition_path", "error", "cause", "message", "count", "condition", "first_at", "last_at", "runs", "last_run", "occurrences", "successes"],
  "properties": {
    "id": {"type": "string"},
    "workflow": {"type": "string"},
    "state": {"type": "string"},
    "definition_path": {"type": "string"},
    "error": {"type": "string"},
    "cause": {"type": "string", "description": "numbers, URLs and ids as ‹n›, ‹url›, ‹id›"},
    "message": {"type": "string", "description": "of the last one"},
    "count": {"type": "integer", "minimum": 1},
    "condition": {"type": "string", "enum": ["new", "still_failing", "came_back", "recovered"]},
    "first_at": {"type": "string", "format": "date-time"},
    "last_at": {"type": "string", "format": "date-time"},
    "runs": {"type": "array", "items": {"type": "integer"}, "description": "the newest first, at most 10"},
    "last_run": {"type": "object", "required": ["run", "name"], "properties": {
      "run": {"type": "integer"}, "name": {"type": "string"}}},
    "occurrences": {"type": "array", "items": {"type": "integer"}, "description": "by interval"},
    "successes": {"type": "array", "items": {"type": "integer"}, "description": "of the same state, by interval"}}})json"},
    {"Failures", R"json({
  "type": "object", "required": ["from", "to", "intervals", "items", "complete", "as_of"], "properties": {
    "as_of": {"$ref": "#/components/schemas/AsOf"},
    "next": {"type": "string", "description": "give it as `after`; absent on the last page"},
    "from": {"type": "string", "format": "date-time"},
    "to": {"type": "string", "format": "date-time"},
    "intervals": {"type": "array", "items": {"type": "string", "format": "date-time"}},
    "items": {"type": "array", "items": {"$ref": "#/components/schemas/FailureGroup"}},
    "complete": {"type": "boolean", "description": "false: there was more than one answer looks at"}}})json"},
    {"Results", R"json({
  "type": "object", "required": ["items", "complete", "as_of"], "properties": {
    "as_of": {"$ref": "#/components/schemas/AsOf"},
    "next": {"type": "string", "description": "give it as `after`; absent on the last page"},
    "run": {"type": "integer"},
    "workflow": {"type": "string"},
    "items": {"type": "array", "items": {"type": "object",
      "required": ["state", "definition_path", "path", "items", "task", "status", "at"], "properties": {
        "state": {"type": "string"}, "definition_path": {"type": "string"}, "path": {"type": "string"},
        "items": {"type": "array", "items": {"type": "object", "required": ["state", "index"], "properties": {
          "state": {"type": "string"}, "index": {"type": "integer", "minimum": 0}}}},
        "task": {"type": "string"},
        "status": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
        "duration_ms": {"type": "integer"},
        "result": {"type": "object", "additionalProperties": true, "description": "the result envelope; absent where the answer would be too large"},
        "run": {"type": "integer"},
        "started_at": {"type": "string", "format": "date-time"},
        "later_runs": {"type": "integer", "description": "newer runs that did not reach the task"}}}},
    "complete": {"type": "boolean"}}})json"},
    {"WorkflowFigures", R"json({
  "type": "object", "required": ["items", "complete", "as_of"], "properties": {
    "as_of": {"$ref": "#/components/schemas/AsOf"},
    "items": {"type": "array", "items": {"type": "object",
      "required": ["workflow", "runs", "succeeded", "failed", "aborted", "duration", "running", "paused", "next_fire"],
      "properties": {
        "workflow": {"type": "string"},
        "runs": {"type": "array", "description": "the last ones, the oldest first", "items": {"type": "object",
          "required": ["run", "status", "started_at"], "properties": {
            "run": {"type": "integer"}, "status": {"type": "string"},
            "started_at": {"type": "string", "format": "date-time"}, "duration_ms": {"type": "integer"}}}},
        "succeeded": {"type": "integer", "description": "of `runs`"},
        "failed": {"type": "integer", "description": "of `runs`, those that timed out among them"},
        "aborted": {"type": "integer", "description": "of `runs`"},
        "duration": {"$ref": "#/components/schemas/Quantiles"},
        "running": {"type": "integer", "description": "in all"},
        "paused": {"type": "boolean", "description": "its schedules and file triggers start nothing"},
        "next_fire": {"type": ["object", "null"], "required": ["schedule", "at"], "properties": {
          "schedule": {"type": "string"}, "at": {"type": "string", "format": "date-time"}}}}}},
    "complete": {"type": "boolean", "description": "false: not all successes are folded yet"},
    "next": {"type": "string", "description": "give it as `after`; absent on the last page"}}})json"},
    {"Usual", R"json({
  "type": "object", "required": ["workflow", "duration", "states", "complete", "as_of"], "properties": {
    "as_of": {"$ref": "#/components/schemas/AsOf"},
    "workflow": {"type": "string"},
    "duration": {"$ref": "#/components/schemas/Quantiles"},
    "states": {"type": "array", "items": {"type": "object", "required": ["definition_path", "duration"], "properties": {
      "definition_path": {"type": "string"}, "duration": {"$ref": "#/components/schemas/Quantiles"}}}},
    "complete": {"type": "boolean"}}})json"},
    {"Grid", R"json({
  "type": "object",
  "required": ["workflow", "runs", "states", "usual", "versions", "complete", "as_of"],
  "properties": {
    "as_of": {"$ref": "#/components/schemas/AsOf"},
    "workflow": {"type": "string"},
    "runs": {"type": "array", "description": "the oldest first", "items": {"type": "object",
      "required": ["run", "name", "status", "version", "started_at"], "properties": {
        "run": {"type": "integer"}, "name": {"type": "string"}, "status": {"type": "string"},
        "version": {"type": "integer"}, "started_at": {"type": "string", "format": "date-time"},
        "duration_ms": {"type": "integer"}, "error": {"type": "string"},
        "retries": {"type": "integer"}, "caught": {"type": "integer"},
        "rows": {"$ref": "#/components/schemas/Rows"}}}},
    "states": {"type": "array", "description": "in flow order", "items": {"type": "object",
      "required": ["name", "definition_path", "type", "depth", "usual", "share", "cells"], "properties": {
        "name": {"type": "string"}, "definition_path": {"type": "string"}, "type": {"type": "string"},
        "depth": {"type": "integer", "minimum": 0},
        "usual": {"$ref": "#/components/schemas/Quantiles"},
        "share": {"type": "number", "minimum": 0, "maximum": 1},
        "cells": {"type": "array", "description": "one for each run; null: not reached",
          "items": {"type": ["object", "null"], "required": ["status", "busy_ms", "entered"], "properties": {
            "status": {"type": "string"}, "duration_ms": {"type": "integer"}, "busy_ms": {"type": "integer"},
            "entered": {"type": "integer"}, "failed": {"type": "integer"}, "retries": {"type": "integer"}}}}}}},
    "usual": {"$ref": "#/components/schemas/Quantiles"},
    "versions": {"type": "array", "items": {"type": "object", "required": ["number", "run"], "properties": {
      "number": {"type": "integer"}, "run": {"type": "integer", "description": "the first with it"}}}},
    "complete": {"type": "boolean"},
    "next": {"type": "string", "description": "`after` of the page of older runs"}}})json"},
    {"MapAnswer", R"json({
  "type": "object",
  "required": ["run", "state", "path", "total", "counts", "buckets", "failed", "duration", "as_of"],
  "properties": {
    "as_of": {"$ref": "#/components/schemas/AsOf"},
    "run": {"type": "integer"},
    "state": {"type": "string"},
    "path": {"type": "string"},
    "total": {"type": "integer"},
    "counts": {"type": "object", "additionalProperties": {"type": "integer"},
      "description": "by succeeded, failed, aborted, running, not_reached"},
    "buckets": {"type": "array", "items": {"type": "object", "required": ["from", "to", "counts"], "properties": {
      "from": {"type": "integer"}, "to": {"type": "integer", "description": "behind its last item"},
      "counts": {"type": "object", "additionalProperties": {"type": "integer"}}}}},
    "failed": {"type": "array", "items": {"type": "integer"}},
    "duration": {"$ref": "#/components/schemas/Quantiles"}}})json"},
    {"MapItems", R"json({
  "type": "object", "required": ["run", "state", "path", "total", "items", "as_of"], "properties": {
    "as_of": {"$ref": "#/components/schemas/AsOf"},
    "run": {"type": "integer"},
    "state": {"type": "string"},
    "path": {"type": "string"},
    "total": {"type": "integer"},
    "items": {"type": "array", "items": {"type": "object", "required": ["item", "status"], "properties": {
      "item": {"type": "integer", "description": "its number, from 0"},
      "status": {"type": "string", "enum": ["succeeded", "failed", "aborted", "running", "not_reached"]},
      "started_at": {"type": "string", "format": "date-time"},
      "ended_at": {"type": "string", "format": "date-time"},
      "duration_ms": {"type": "integer"},
      "frame": {"type": "integer", "description": "as the logs name it"},
      "at": {"type": "string", "description": "the path of the state that it is in, or was in last"},
      "error": {"type": "string"}}}},
    "next": {"type": "string", "description": "give it as `after`; absent on the last page"}}})json"},
    {"MapRuns", R"json({
  "type": "object", "required": ["run", "items", "as_of"], "properties": {
    "as_of": {"$ref": "#/components/schemas/AsOf"},
    "run": {"type": "integer"},
    "items": {"type": "array", "items": {"type": "object",
      "required": ["id", "arn", "state", "status", "started_at", "workflow", "concurrency_max", "tolerated_count", "tolerated_percentage", "counts", "redrives"],
      "properties": {
        "id": {"type": "string"}, "arn": {"type": "string"},
        "state": {"type": "string", "description": "the Map's name"},
        "status": {"type": "string", "enum": ["running", "succeeded", "failed", "aborted"]},
        "started_at": {"type": "string", "format": "date-time"},
        "stopped_at": {"type": "string", "format": "date-time"},
        "duration_ms": {"type": "integer"},
        "workflow": {"type": "string", "description": "of the runs of its items"},
        "concurrency_max": {"type": "integer", "description": "0: as many as may run"},
        "tolerated_count": {"type": "integer"},
        "tolerated_percentage": {"type": "number"},
        "counts": {"type": "object", "additionalProperties": {"type": "integer"},
          "description": "items by failed, timed_out, aborted, running, succeeded, not_reached"},
        "total": {"type": "integer", "description": "items; absent while that is not known"},
        "redrives": {"type": "integer"},
        "error": {"type": "string"}, "cause": {"type": "string"}}}},
    "next": {"type": "string", "description": "give it as `after`; absent on the last page"}}})json"},
    {"Overview", R"json({
  "type": "object",
  "required": ["run", "failure", "usual", "states", "open", "rows", "version", "parent", "children", "events", "as_of"],
  "properties": {
    "as_of": {"$ref": "#/components/schemas/AsOf"},
    "run": {"$ref": "#/components/schemas/Run"},
    "failure": {"$ref": "#/components/schemas/FailureAnswer"},
    "usual": {"type": "object", "required": ["duration", "states", "against"], "properties": {
      "duration": {"$ref": "#/components/schemas/Quantiles"},
      "states": {"type": "array", "items": {"type": "object", "required": ["definition_path", "duration"], "properties": {
        "definition_path": {"type": "string"}, "duration": {"$ref": "#/components/schemas/Quantiles"}}}},
      "against": {"type": ["number", "null"], "description": "how many times the median it took"},
      "complete": {"type": "boolean"}}},
    "states": {"type": "array", "description": "in flow order, also those not reached", "items": {
      "type": "object", "required": ["name", "definition_path", "type", "depth", "status", "usual"], "properties": {
        "name": {"type": "string"}, "definition_path": {"type": "string"}, "type": {"type": "string"},
        "depth": {"type": "integer", "minimum": 0}, "status": {"type": "string"},
        "usual": {"$ref": "#/components/schemas/Quantiles"},
        "entered": {"type": "integer"}, "duration_ms": {"type": "integer"}, "busy_ms": {"type": "integer"},
        "retries": {"type": "integer"},
        "outcomes": {"type": "object", "additionalProperties": {"type": "integer"}}}}},
    "open": {"type": "array", "description": "what the run is doing", "items": {"type": "object",
      "required": ["path", "type", "since", "due", "retries"], "properties": {
        "path": {"type": "string"}, "type": {"type": "string"},
        "since": {"type": "string", "format": "date-time"}, "due": {"type": ["string", "null"]},
        "retries": {"type": "integer"}}}},
    "rows": {"$ref": "#/components/schemas/Rows"},
    "version": {"type": "object", "required": ["number", "newest", "last_success"], "properties": {
      "number": {"type": "integer"},
      "newest": {"type": ["integer", "null"], "description": "null: the workflow is deleted"},
      "last_success": {"type": ["object", "null"], "required": ["run", "name", "number", "same", "difference"], "properties": {
        "run": {"type": "integer"}, "name": {"type": "string"}, "number": {"type": "integer"},
        "same": {"type": "boolean"}, "difference": {"$ref": "#/components/schemas/Difference"}}}}},
    "parent": {"type": ["object", "null"], "required": ["run", "arn"], "properties": {
      "run": {"type": ["integer", "null"]}, "arn": {"type": "string"}}},
    "children": {"type": "array", "items": {"type": "object", "required": ["run", "arn"], "properties": {
      "run": {"type": ["integer", "null"]}, "arn": {"type": "string"}, "workflow": {"type": "string"},
      "name": {"type": "string"}, "status": {"type": "string"}}}},
    "events": {"type": "integer", "description": "of its history"}}})json"},
    {"Home", R"json({
  "type": "object",
  "required": ["from", "to", "intervals", "tiles", "outcomes", "causes", "running", "next_fires", "complete", "as_of"],
  "properties": {
    "as_of": {"$ref": "#/components/schemas/AsOf"},
    "from": {"type": "string", "format": "date-time"},
    "to": {"type": "string", "format": "date-time"},
    "intervals": {"type": "array", "items": {"type": "string", "format": "date-time"}},
    "tiles": {"type": "object", "required": ["failed", "late", "running", "queued", "waiting", "succeeded", "aborted"],
      "additionalProperties": {"type": "object", "required": ["count", "exact", "bars", "worst"], "properties": {
        "exact": {"type": "boolean", "description": "false: there are more"},
        "count": {"type": "integer"},
        "bars": {"type": "array", "items": {"type": "integer"}},
        "worst": {"type": "array", "items": {"type": "object", "required": ["workflow", "count"], "properties": {
          "workflow": {"type": "string"}, "count": {"type": "integer"}}}}}}},
    "outcomes": {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "integer"}}},
    "causes": {"type": "array", "items": {"$ref": "#/components/schemas/FailureGroup"}},
    "running": {"type": "array", "items": {"type": "object",
      "required": ["run", "name", "workflow", "started_at", "elapsed_ms", "usual", "late", "waiting", "queued", "open"],
      "properties": {
        "run": {"type": "integer"}, "name": {"type": "string"}, "workflow": {"type": "string"},
        "started_at": {"type": "string", "format": "date-time"}, "elapsed_ms": {"type": "integer"},
        "usual": {"$ref": "#/components/schemas/Quantiles"},
        "late": {"type": "boolean"}, "waiting": {"type": "boolean"},
        "queued": {"type": ["object", "null"], "required": ["state", "pool", "place", "holders"], "properties": {
          "state": {"type": "string"}, "pool": {"type": ["string", "null"], "description": "null: for a place in its workflow"},
          "place": {"type": "integer"},
          "holders": {"type": "array", "items": {"type": "object", "required": ["run", "name"], "properties": {
            "run": {"type": "integer"}, "name": {"type": "string"}}}}}},
        "open": {"type": "array", "items": {"type": "object", "required": ["path", "since", "due"], "properties": {
          "path": {"type": "string"}, "since": {"type": "string", "format": "date-time"},
          "due": {"type": ["string", "null"]}}}}}}},
    "next_fires": {"type": "array", "description": "the soonest first", "items": {"type": "object",
      "required": ["schedule", "workflow", "kind", "expression", "timezone", "at", "local", "last"], "properties": {
        "schedule": {"type": "string"}, "workflow": {"type": "string"},
        "kind": {"type": "string", "enum": ["cron", "rate", "at"]},
        "expression": {"type": "string"}, "timezone": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
        "local": {"type": "string", "description": "in the schedule's time zone"},
        "last": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Claim"}]}}}},
    "health": {"type": "object", "required": ["over", "figures"], "properties": {
      "over": {"type": "boolean"},
      "figures": {"type": "array", "items": {"type": "object",
        "required": ["name", "value", "limit", "unit", "over"], "properties": {
        "name": {"type": "string", "enum": ["commit_p99", "inbox", "timers_behind", "database", "disk_free", "task_hosts"]},
        "value": {"type": ["number", "null"]}, "limit": {"type": ["number", "null"]},
        "unit": {"type": "string"}, "over": {"type": "boolean"}}}}}},
    "complete": {"type": "boolean"}}})json"},
};

}  // namespace

void add_answer_schemas(Router& router) {
    for (const NamedSchema& named : kSchemas) router.add_schema(named.name, named.schema);
}

}  // namespace stepwell::api::answers
