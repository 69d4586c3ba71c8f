// Rows that runs put aside, read by a task host.
#pragma once

#include "api/aws/lone_task.hpp"
#include "api/runs/rejected.hpp"

namespace stepwell::api {

answers::ReadRejected rejected_rows_reader(aws::RunTask run_task);

}  // namespace stepwell::api
