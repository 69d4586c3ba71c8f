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
    "rows": {"type": "object"},
    "inputs": {"type": "array"},
    "checks": {"type": "array", "description": "those that did not pass"}}})json"},
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
  "required": ["id", "workflow", "state", "definition_path", "error", "cause", "message", "count", "condition", "first_at", "last_at", "runs", "occurrences", "successes"],
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
    "occurrences": {"type": "array", "items": {"type": "integer"}, "description": "by interval"},
    "successes": {"type": "array", "items": {"type": "integer"}, "description": "of the same state, by interval"}}})json"},
    {"Failures", R"json({
  "type": "object", "required": ["from", "to", "intervals", "items", "complete", "as_of"], "properties": {
    "as_of": {"$ref": "#/components/schemas/AsOf"},
    "from": {"type": "string", "format": "date-time"},
    "to": {"type": "string", "format": "date-time"},
    "intervals": {"type": "array", "items": {"type": "string", "format": "date-time"}},
    "items": {"type": "array", "items": {"$ref": "#/components/schemas/FailureGroup"}},
    "complete": {"type": "boolean", "description": "false: there was more than one answer looks at"}}})json"},
    {"Results", R"json({
  "type": "object", "required": ["items", "complete", "as_of"], "properties": {
    "as_of": {"$ref": "#/components/schemas/AsOf"},
    "run": {"type": "integer"},
    "workflow": {"type": "string"},
    "items": {"type": "array", "items": {"type": "object",
      "required": ["state", "definition_path", "path", "items", "task", "status", "at"], "properties": {
        "state": {"type": "string"}, "definition_path": {"type": "string"}, "path": {"type": "string"},
        "items": {"type": "array"},
        "task": {"type": "string"},
        "status": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
        "duration_ms": {"type": "integer"},
        "result": {"type": "object", "description": "the result envelope; absent where the answer would be too large"},
        "run": {"type": "integer"},
        "started_at": {"type": "string", "format": "date-time"},
        "later_runs": {"type": "integer", "description": "newer runs that did not reach the task"}}}},
    "complete": {"type": "boolean"}}})json"},
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
      "required": ["id", "name", "status", "version", "started_at"]}},
    "states": {"type": "array", "description": "in flow order", "items": {"type": "object",
      "required": ["name", "definition_path", "type", "depth", "usual", "share", "cells"], "properties": {
        "usual": {"$ref": "#/components/schemas/Quantiles"},
        "share": {"type": "number", "minimum": 0, "maximum": 1},
        "cells": {"type": "array", "description": "one for each run; null: not reached",
          "items": {"type": ["object", "null"]}}}}},
    "usual": {"$ref": "#/components/schemas/Quantiles"},
    "versions": {"type": "array", "items": {"type": "object", "required": ["number", "run"]}},
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
    "buckets": {"type": "array", "items": {"type": "object", "required": ["from", "to", "counts"]}},
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
    {"Overview", R"json({
  "type": "object",
  "required": ["run", "failure", "usual", "states", "open", "rows", "version", "parent", "children", "events", "as_of"],
  "properties": {
    "as_of": {"$ref": "#/components/schemas/AsOf"},
    "run": {"$ref": "#/components/schemas/Run"},
    "failure": {"$ref": "#/components/schemas/FailureAnswer"},
    "usual": {"type": "object", "required": ["duration", "states", "against"]},
    "states": {"type": "array", "description": "in flow order, also those not reached", "items": {
      "type": "object", "required": ["name", "definition_path", "type", "depth", "status", "usual"]}},
    "open": {"type": "array", "description": "what the run is doing", "items": {"type": "object",
      "required": ["path", "type", "since", "due", "retries"]}},
    "rows": {"type": "object"},
    "version": {"type": "object", "required": ["number", "newest", "last_success"]},
    "parent": {"type": ["object", "null"]},
    "children": {"type": "array", "items": {"type": "object", "required": ["run", "arn"]}},
    "events": {"type": "integer"}}})json"},
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
        "worst": {"type": "array"}}}},
    "outcomes": {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "integer"}}},
    "causes": {"type": "array", "items": {"$ref": "#/components/schemas/FailureGroup"}},
    "running": {"type": "array", "items": {"type": "object",
      "required": ["id", "name", "workflow", "started_at", "elapsed_ms", "usual", "late", "waiting", "queued", "open"],
      "properties": {"queued": {"type": ["object", "null"], "required": ["state", "pool", "place", "holders"]}}}},
    "next_fires": {"type": "array", "description": "the soonest first", "items": {"type": "object",
      "required": ["schedule", "workflow", "at", "local", "last"]}},
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
