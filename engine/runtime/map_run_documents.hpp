// Where the journal keeps Map Runs: documents of these collections.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/ids.hpp"

namespace stepwell::runtime {

/// core::to_json(MapRun), by map_run_key(): all there are, also those that have ended.
inline constexpr const char* kMapRuns = "map_runs";
/// Those that go on: empty texts, by map_run_key().
inline constexpr const char* kOpenMapRuns = "map_runs_open";
/// map_run_key() by the last part of the ARN.
inline constexpr const char* kMapRunNames = "map_run_names";
/// [[execution, output text], ...], by map_run_part_key().
inline constexpr const char* kMapRunParts = "map_run_parts";
/// ExecutionRecord::origin of what a Map Run has started.
inline constexpr std::string_view kMapOrigin = "map";

/// Sorts by execution, frame and attempt.
std::string map_run_key(const TaskToken& token);
std::optional<TaskToken> parse_map_run_key(std::string_view key);
/// What all keys of an execution's Map Runs begin with.
std::string map_run_key_prefix(ExecutionId execution);
std::string map_run_part_key(const TaskToken& token, std::uint64_t part);
/// The last part of a Map Run's ARN.
std::string map_run_name(std::string_view arn);

}  // namespace stepwell::runtime
