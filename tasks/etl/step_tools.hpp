// What the compilers of steps share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tasks/etl/steps.hpp"
#include "tasks/sql/strict_cast.hpp"

namespace stepwell::tasks::etl {

struct Compiling {
    const Step& step;
    Pipeline& pipeline;

    [[nodiscard]] const Json& argument() const { return step.argument; }
    // A member of the argument; null, and the declared default, where it is not there.
    // REQUIRES: step_shape() declares it.
    [[nodiscard]] const Json* member(std::string_view name) const;
    [[nodiscard]] std::string text(std::string_view name) const;
    [[nodiscard]] const std::vector<Column>& columns() const { return pipeline.columns(); }
    [[nodiscard]] Failure<data::DataError> fault(const std::string& message) const;
    /// The texts of a list or a single text; each must be a column.
    [[nodiscard]] DataResult<std::vector<std::string>> column_list(const Json* value,
                                                                   std::string_view what) const;
    DataResult<void> need(const std::vector<std::string>& names) const;
    /// A member that must be an expression in SQL.
    [[nodiscard]] DataResult<std::string> expression(const Json& value,
                                                     std::string_view what) const;
    /// Whether a SELECT of these expressions gives a row for each row: not where one of them takes
    /// a list apart, or is an aggregate. A window function counts as one that does not.
    [[nodiscard]] RowEffect effect_of(const std::vector<std::string>& expressions) const;
    [[nodiscard]] DataResult<std::int64_t> whole_number(const Json& value,
                                                        std::string_view what) const;
};

using Compiler = DataResult<CompiledStep> (*)(const Compiling&);

/// `select * replace (...)` for present columns, further ones appended.
std::string select_with(const std::vector<Column>& columns,
                        const std::vector<std::pair<std::string, std::string>>& expressions);
std::string joined(const std::vector<std::string>& parts, std::string_view separator = ", ");
/// "updated_date desc" as it is: order terms are SQL.
DataResult<std::vector<std::string>> text_list(const Compiling& compiling, const Json* value,
                                               std::string_view what);

/// The type of a column of the input; "" where there is none.
const std::string& type_of(const Compiling& compiling, const std::string& name);
/// `cast` (see strict_value()) of `column`; the query fails where it is NULL and the column is not.
std::string cast_or_fail(const Compiling& compiling, const std::string& column,
                         const std::string& name, const std::string& cast, const std::string& type);

// Steps on values.
DataResult<CompiledStep> compile_trim(const Compiling& compiling);
DataResult<CompiledStep> compile_lower(const Compiling& compiling);
DataResult<CompiledStep> compile_upper(const Compiling& compiling);
DataResult<CompiledStep> compile_regexp_replace(const Compiling& compiling);
DataResult<CompiledStep> compile_derive(const Compiling& compiling);
DataResult<CompiledStep> compile_case(const Compiling& compiling);
DataResult<CompiledStep> compile_cast(const Compiling& compiling);
DataResult<CompiledStep> compile_fill(const Compiling& compiling);
DataResult<CompiledStep> compile_hash(const Compiling& compiling);
DataResult<CompiledStep> compile_surrogate_key(const Compiling& compiling);
DataResult<CompiledStep> compile_window(const Compiling& compiling);
// Steps on columns.
DataResult<CompiledStep> compile_select(const Compiling& compiling);
DataResult<CompiledStep> compile_drop(const Compiling& compiling);
DataResult<CompiledStep> compile_rename(const Compiling& compiling);
DataResult<CompiledStep> compile_map(const Compiling& compiling);
// Steps on rows.
DataResult<CompiledStep> compile_filter(const Compiling& compiling);
DataResult<CompiledStep> compile_dedupe(const Compiling& compiling);
DataResult<CompiledStep> compile_sql(const Compiling& compiling);
DataResult<CompiledStep> compile_join(const Compiling& compiling);
DataResult<CompiledStep> compile_lookup(const Compiling& compiling);
DataResult<CompiledStep> compile_union(const Compiling& compiling);
DataResult<CompiledStep> compile_aggregate(const Compiling& compiling);
DataResult<CompiledStep> compile_sort(const Compiling& compiling);
DataResult<CompiledStep> compile_limit(const Compiling& compiling);
DataResult<CompiledStep> compile_unnest(const Compiling& compiling);

}  // namespace stepwell::tasks::etl
