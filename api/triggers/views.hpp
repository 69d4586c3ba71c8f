// Schedules, triggers, their ledgers and deadlines as JSON: what /api/v1 answers and
// `--output json` prints. They are read from the journal, whether a daemon runs or not.
//
// A schedule, trigger or deadline is called "WORKFLOW#NAME", or "WORKFLOW:NAME" where a '#' is
// awkward; NAME is the one in the file, else its number there, from 0.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/runtime/read/reader.hpp"
#include "engine/triggers/triggers.hpp"

namespace stepwell::api {

/// {"schedules": [{"id", "workflow", "name", "kind": "cron" | "rate" | "at", "expression",
/// "timezone", "catchup", "overlap", "enabled", "paused", "queued", "next_fires": [times in the
/// schedule's zone], "last": {"key": the fire, "at", "run" or "skipped"}}]}, by id.
Result<Json> schedules_view(runtime::Reader& reader, Timestamp now, std::size_t next_count);

/// {"triggers": [{"id", "workflow", "name", "kind": "files" | "webhook", "enabled", "last", and
/// of files: "files", "stable_for_ms", "identity", "waiting", "fault"; of a webhook: "url",
/// "authentication"}]}, by workflow. `status` (null: no daemon) gives "waiting" and "fault".
Result<Json> triggers_view(runtime::Reader& reader, const triggers::Status* status);

/// {"trigger", "claims": [{"key", "at", "run" or "skipped", and of files: "uri", "identity",
/// "size", "mtime"}], "next"}: newest first. Fails with `not_found`, `invalid` (the token).
Result<Json> ledger_view(runtime::Reader& reader, std::string_view trigger, std::size_t limit,
                         const std::optional<std::string>& after);

/// {"deadlines": [{"id", "workflow", "kind", "time", "timezone", "state": "waiting" | "late" |
/// "met", "next_due", "late_due", "met_at"}]}, by workflow.
Result<Json> deadlines_view(runtime::Reader& reader, Timestamp now);

/// The id of a schedule as the journal has it. Fails with `not_found`.
Result<std::string> find_schedule(runtime::Reader& reader, std::string_view id);

}  // namespace stepwell::api
