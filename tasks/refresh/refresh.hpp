// The refresh task: brings views that are kept as tables up to date (docs/tasks/refresh.md).
#pragma once

#include "tasks/data/data_session.hpp"
#include "tasks/support/fault_hook.hpp"

namespace stepwell::tasks::data {

DataResult<void> run_refresh(DataSession& session, const Json& parameters,
                             const FaultHook& fault_hook = {});

}  // namespace stepwell::tasks::data
