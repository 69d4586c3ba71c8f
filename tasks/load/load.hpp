// The load task: brings an input into a table, once, whole or not at all (docs/tasks/load.md).
#pragma once

#include "tasks/data/data_session.hpp"

namespace stepwell::tasks::data {

DataResult<void> run_load(DataSession& session, const Json& parameters);

}  // namespace stepwell::tasks::data
