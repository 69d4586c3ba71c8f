// What a distributed Map's ResultWriter names: files with what its executions gave, in a bucket,
// which is the lake zone of its name.
#pragma once

#include "tasks/task.hpp"

namespace stepwell::tasks::map_items {

/// Parameters, as the engine makes them: Bucket, Folder, Transformation, OutputType, MapRunArn, and
/// ResultsFile, below the data folder: a record a line. Writes SUCCEEDED_n, FAILED_n and PENDING_n
/// and, when these are there, manifest.json; files of an earlier attempt are replaced. Fails with
/// States.ResultWriterFailed.
TaskResult write_results(const Json& parameters, TaskContext& context);

}  // namespace stepwell::tasks::map_items
