#include "tasks/files/hive_partitions.hpp"

#include <algorithm>

#include "tasks/sql/column_types.hpp"

namespace stepwell::tasks::data {
namespace {

std::string guarded(const std::string& name) {
    const std::string column = quote_identifier(name);
    const std::string null(kHiveNull);
    return "case when " + column + "::varchar = " + quote_literal(null) + " then error(" +
           quote_literal("[E_CONFIG] partition column " + name + " holds the text " + null +
                         ", which stands for NULL in folder names") +
           ") else " + column + " end as " + column;
}

}  // namespace

std::string guarded_select(const std::vector<std::string>& partition_by,
                           const std::vector<Column>& columns) {
    std::string replaced;
    for (const auto& name : partition_by) {
        // Nothing but texts, and what is told as one (enums), can be it.
        const bool may_be = std::any_of(columns.begin(), columns.end(), [&](const Column& column) {
            return is_same_column(column.name, name) &&
                   (column.type == "varchar" || column.type.starts_with("enum"));
        });
        if (may_be) replaced += (replaced.empty() ? "" : ", ") + guarded(name);
    }
    return replaced.empty() ? "select *" : "select * replace (" + replaced + ")";
}

}  // namespace stepwell::tasks::data
