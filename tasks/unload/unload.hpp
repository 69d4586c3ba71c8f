// The unload task: the rows of a query or table as files, with a manifest (docs/tasks/unload.md).
#pragma once

#include "tasks/data/data_session.hpp"
#include "tasks/support/fault_hook.hpp"

namespace stepwell::tasks::data {

DataResult<void> run_unload(DataSession& session, const Json& parameters,
                            const FaultHook& fault_hook = {});

}  // namespace stepwell::tasks::data
