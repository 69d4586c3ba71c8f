#include "tasks/column_checks.hpp"

#include "tasks/etl/etl_columns.hpp"
#include "tasks/load/load_columns.hpp"
#include "tasks/validate/validate_columns.hpp"

namespace stepwell::tasks {

ColumnCheck column_check_of(std::string_view task) {
    if (task == "etl") return etl::etl_column_faults;
    if (task == "load") return data::load_column_faults;
    if (task == "validate") return data::validate_column_faults;
    return nullptr;
}

}  // namespace stepwell::tasks
