// Builds the checks of a validate task: columns' rules in check_columns.cpp, the list of checks in
// check_list.cpp.
#pragma once

#include <string>
#include <vector>

#include "tasks/sql/column_types.hpp"
#include "tasks/validate/validate_checks.hpp"

namespace stepwell::tasks::data {

class CheckBuilder {
public:
    CheckBuilder(DataSession& session, Connection& connection, const ValidateParameters& validate,
                 const CheckedRows& rows, const MetricsHistory& history)
        : session_(session),
          connection_(connection),
          validate_(validate),
          rows_(rows),
          history_(history) {}

    DataResult<std::vector<Check>> build() {
        add_schema_checks();
        for (const auto& rule : validate_.columns) add_column_checks(rule);
        std::size_t index = 0;
        for (const auto& item : validate_.checks) {
            SW_TRY(add_item(item, "checks[" + std::to_string(index++) + "]"));
        }
        SW_TRY(faults_.result());
        return std::move(checks_);
    }

private:
    [[nodiscard]] const Column* find_input(const std::string& name) const {
        for (const auto& column : rows_.columns) {
            const bool is_it = validate_.is_case_sensitive ? column.name == name
                                                           : is_same_column(column.name, name);
            if (is_it) return &column;
        }
        return nullptr;
    }

    // The schema.
    void add_schema_checks();
    void add_schema_check(const std::string& kind, const std::string& policy, const Json& columns,
                          const std::string& message);
    // Columns.
    void add_column_checks(const ColumnRule& rule);
    void add_value_checks(const ColumnRule& rule, const Column& column);
    void add_bounds(const ColumnRule& rule, const Column& column);
    void add_length(const ColumnRule& rule, const Column& column);
    Check& add_row_check(const ColumnRule& rule, const std::string& kind, std::string ok,
                         std::string expected);
    // The list.
    DataResult<void> add_item(const Json& item, const std::string& place);
    DataResult<void> add_kind(Check check, const std::string& kind, ParameterReader& read);
    DataResult<void> add_references(Check check, ParameterReader& read);
    DataResult<void> add_rows(Check check, ParameterReader& read);
    DataResult<void> add_sql(Check check, ParameterReader& read);
    DataResult<void> add_reconcile(Check check, ParameterReader& read);
    void add_row_count(Check check, ParameterReader& read);
    void add_row_count_change(Check check, ParameterReader& read);
    void add_duplicates(Check check, ParameterReader& read);
    void add_freshness(Check check, ParameterReader& read);
    void add_aggregate(Check check, ParameterReader& read);
    void add_anomaly(Check check, ParameterReader& read);
    void push(Check check) { checks_.push_back(std::move(check)); }
    /// Skips a check that speaks of a column which is not there.
    bool is_there(Check& check, const std::string& column);
    /// A user's expression stands alone as one, and the columns in it are there.
    void examine(Check& check, const std::string& expression, const std::string& place);

    DataSession& session_;
    Connection& connection_;
    const ValidateParameters& validate_;
    const CheckedRows& rows_;
    const MetricsHistory& history_;
    Faults faults_;
    std::vector<Check> checks_;
};

}  // namespace stepwell::tasks::data
