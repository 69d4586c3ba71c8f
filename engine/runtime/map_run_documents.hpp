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

/// The task that reads the items of a Map Run into kItemsFile, and gives their number: {"Items"}.
/// Its parameters: MapRunPlan::reader, and ItemsFile, which is below the data folder.
inline constexpr const char* kReadItems = "map-run:read-items";
/// The task that writes the results of a Map Run out of kResultsFile. Its parameters:
/// MapRunPlan::writer, MapRunArn, Folder (core::results_folder()) and ResultsFile.
inline constexpr const char* kWriteResults = "map-run:write-results";
/// Beside kItemsFile: one record a line for each execution that has ended, and each item that got
/// none.
inline constexpr const char* kResultsFile = "results.jsonl";
/// Below EngineSettings::map_runs_folder, in a folder of the Map Run's key: one JSON text a line.
inline constexpr const char* kItemsFile = "items.jsonl";

/// Whether it is the state machine of a Map Run's executions: nobody else's name has a slash. Who
/// does not ask for these, or for what they have started, is not shown them.
inline bool is_of_map_runs(std::string_view workflow) {
    return workflow.find('/') != workflow.npos;
}

/// Sorts by execution, frame and attempt.
std::string map_run_key(const TaskToken& token);
std::optional<TaskToken> parse_map_run_key(std::string_view key);
/// What all keys of an execution's Map Runs begin with.
std::string map_run_key_prefix(ExecutionId execution);
std::string map_run_part_key(const TaskToken& token, std::uint64_t part);
/// The last part of a Map Run's ARN.
std::string map_run_name(std::string_view arn);

}  // namespace stepwell::runtime
