// Columns as folders ("day=2024-01-15/"), as Hive writes them.
//
// Threads: functions of their arguments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tasks/sql/sql_engine.hpp"

namespace stepwell::tasks::data {

/// The folder of NULL. A text that is it would come back as NULL, and share its folder.
inline constexpr std::string_view kHiveNull = "__HIVE_DEFAULT_PARTITION__";

/// "select *", with an error (E_CONFIG) for a row in which one of `partition_by` is kHiveNull.
/// `columns`: those of the rows, with their types.
std::string guarded_select(const std::vector<std::string>& partition_by,
                           const std::vector<Column>& columns);

}  // namespace stepwell::tasks::data
