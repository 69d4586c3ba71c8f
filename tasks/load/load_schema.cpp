#include "tasks/load/load_schema.hpp"

#include <algorithm>

#include "tasks/sql/column_types.hpp"

namespace stepwell::tasks::data {
namespace {

const Column* find_column(const std::vector<Column>& columns, const std::string& name) {
    const auto found = std::find_if(columns.begin(), columns.end(), [&](const Column& column) {
        return is_same_column(column.name, name);
    });
    return found == columns.end() ? nullptr : &*found;
}

std::string declared(const Column& column, Dialect dialect) {
    return quote_identifier(column.name) + " " +
           (dialect == Dialect::sqlite ? sqlite_type(column.type) : column.type);
}

/// Whether the primary key demands just what is asked of the rows anyway: then its index is built
/// in one go over all rows, which takes DuckDB half the time of adding them one by one.
bool is_same_key(const LoadParameters& load) {
    const auto is_key = [&](const std::string& name) {
        return std::any_of(load.keys.begin(), load.keys.end(),
                           [&](const std::string& key) { return is_same_column(key, name); });
    };
    return load.is_keyed() && load.primary_key.size() == load.keys.size() &&
           std::all_of(load.primary_key.begin(), load.primary_key.end(), is_key);
}

DataResult<void> plan_creation(const LoadParameters& load, const TableName& table, Dialect dialect,
                               const std::vector<Column>& input, LoadPlan& plan) {
    std::string body;
    for (const auto& column : input) {
        body += (body.empty() ? "" : ", ") + declared(column, dialect);
    }
    for (const auto& key : load.primary_key) {
        if (find_column(input, key) != nullptr) continue;
        return data_fail("E_SCHEMA",
                         "expected the primary key '" + key + "' to be a column of the input");
    }
    const std::string primary_key = "primary key (" + quoted_list(load.primary_key) + ")";
    const bool is_indexed_after = dialect == Dialect::duckdb && is_same_key(load);
    if (!load.primary_key.empty() && !is_indexed_after) body += ", " + primary_key;
    if (dialect == Dialect::duckdb && !table.schema.empty()) {
        plan.statements.push_back("create schema if not exists " + quote_identifier(table.schema));
    }
    const std::string name = quote_table(table, dialect);
    if (load.mode == "replace") plan.statements.push_back("drop table if exists " + name);
    plan.statements.push_back("create table " + name + " (" + body + ")");
    auto& indexing = is_indexed_after ? plan.statements_after : plan.statements;
    if (is_indexed_after) indexing.push_back("alter table " + name + " add " + primary_key);
    for (const auto& index : load.indexes) {
        std::string index_name = table.table;
        for (const auto& column : index) index_name += "_" + column;
        indexing.push_back("create index " + quote_identifier(index_name + "_idx") + " on " + name +
                           " (" + quoted_list(index) + ")");
    }
    plan.columns = input;
    return {};
}

DataError cannot_widen(const Column& from, const Column& to) {
    std::string message = "expected column '" + to.name + "' to be " + to.type +
                          " as in the target, but in the input it is " + from.type;
    if (is_floating_type(from.type)) {
        message += "; widening " + to.type + " to " + from.type +
                   " would change values that are there, so declare the type in input.columns, or "
                   "say schema_policy.type_changes: stringify";
    }
    return {"E_SCHEMA", message};
}

/// The type that the column has once the plan is carried out.
DataResult<std::string> plan_type(const LoadParameters& load, const std::string& name,
                                  const Column& from, const Column& to, LoadPlan& plan) {
    const auto wider = wider_type(from.type, to.type);
    if (wider && *wider == to.type) return to.type;
    // Numbers that a double holds may come; each one is looked at on its way.
    const bool is_number = is_exact_number(from.type) || is_floating_type(from.type);
    if (is_floating_type(to.type) && is_number) return to.type;
    const bool is_stringified = load.type_changes == "stringify";
    if (to.type == "varchar" && is_stringified) return to.type;
    if ((!wider && !is_stringified) || load.type_changes == "fail") {
        return fail(cannot_widen(from, to));
    }
    const std::string type = wider ? *wider : "varchar";
    plan.statements.push_back("alter table " + name + " alter column " + quote_identifier(to.name) +
                              " set data type " + type);
    plan.schema_changes.push_back(
        {{"op", "widen_column"}, {"column", to.name}, {"from", to.type}, {"to", type}});
    return type;
}

}  // namespace

DataResult<LoadPlan> plan_load(const LoadParameters& load, const TableName& table, Dialect dialect,
                               const std::vector<Column>& input,
                               const std::vector<Column>& existing) {
    LoadPlan plan;
    if (existing.empty()) {
        SW_TRY(plan_creation(load, table, dialect, input, plan));
        return plan;
    }
    const std::string name = quote_table(table, dialect);
    for (const auto& column : existing) {
        const Column* own = find_column(input, column.name);
        if (own != nullptr) {
            const bool has_types = dialect == Dialect::duckdb;
            const std::string type =
                has_types ? SW_TRY(plan_type(load, name, *own, column, plan)) : own->type;
            plan.columns.push_back({column.name, type});
        } else if (load.missing_columns == "fail") {
            return data_fail("E_SCHEMA", "expected column '" + column.name +
                                             "' of the target in the input, but it is not there");
        }
    }
    for (const auto& column : input) {
        if (find_column(existing, column.name) != nullptr || load.new_columns == "ignore") continue;
        if (load.new_columns == "fail") {
            return data_fail("E_SCHEMA",
                             "expected only the target's columns, but the input also "
                             "has '" +
                                 column.name + "'");
        }
        plan.statements.push_back("alter table " + name + " add column " +
                                  declared(column, dialect));
        plan.schema_changes.push_back(
            {{"op", "add_column"}, {"column", column.name}, {"type", column.type}});
        plan.columns.push_back(column);
    }
    return plan;
}

}  // namespace stepwell::tasks::data
