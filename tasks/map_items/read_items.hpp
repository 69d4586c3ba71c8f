// What a distributed Map's ItemReader names, read into a file for the engine: objects of a bucket,
// which is the lake zone of its name, or a list of them.
#pragma once

#include "tasks/task.hpp"

namespace stepwell::tasks::map_items {

/// Parameters, as the engine makes them: Resource ("s3:getObject", "s3:listObjectsV2"), Bucket, Key
/// or Prefix, ReaderConfig, MaxItems, and ItemsFile, the file below the data folder that is to be
/// written. Gives {"Items", "Bytes"}: how many there are, and how large the file is. Fails with
/// States.ItemReaderFailed.
TaskResult read_items(const Json& parameters, TaskContext& context);

}  // namespace stepwell::tasks::map_items
