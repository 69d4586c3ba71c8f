// The chain of relations that an etl task builds: inputs, then one common table expression per
// step. Nothing runs until rows are wanted; counting materializes only after steps that are dear
// to repeat.
//
// Threads: belongs to the task's thread.
#pragma once

#include <string>
#include <vector>

#include "tasks/sql/sql_engine.hpp"

namespace stepwell::tasks::etl {

using data::Column;
using data::Connection;
using data::DataResult;

class Pipeline {
public:
    /// `parameters`: bound as $name in every statement.
    Pipeline(Connection& connection, Json parameters)
        : connection_(connection), parameters_(std::move(parameters)) {}

    [[nodiscard]] Connection& connection() { return connection_; }
    [[nodiscard]] const Json& parameters() const { return parameters_; }
    /// Adds to what is bound.
    void bind(const Json& parameters);

    /// Names a relation ("(select ...)", a quoted table) that later steps can use. The first one
    /// is what the steps begin with.
    DataResult<void> add_input(const std::string& name, const std::string& relation);
    /// `sql` selects from `this`, the relation before. Describes it, so that a fault in it is
    /// found here; two columns of one name, in whatever case, are E_SCHEMA. `what`: where it
    /// stands, for messages.
    DataResult<void> add_step(const std::string& name, const std::string& sql,
                              const std::string& what);

    [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }
    [[nodiscard]] bool has_input(const std::string& name) const;
    /// The columns of a named input.
    DataResult<std::vector<Column>> input_columns(const std::string& name);

    /// A whole query over the relation that the steps have made so far ("this").
    [[nodiscard]] std::string query(const std::string& select_from_this) const;
    DataResult<std::int64_t> count_rows();
    /// Runs the steps so far into a temporary table, from which the later ones go on. Returns its
    /// rows.
    DataResult<std::int64_t> materialize();

private:
    struct Relation {
        std::string name;  // quoted
        std::string sql;
    };
    [[nodiscard]] std::string unused_name(const std::string& name) const;

    Connection& connection_;
    Json parameters_;
    std::vector<Relation> relations_;
    std::string current_;  // quoted
    std::vector<Column> columns_;
    int tables_made_ = 0;
};

/// Whether `columns` has one of that name, without regard to case.
bool has_column(const std::vector<Column>& columns, const std::string& name);
/// E_SCHEMA with a hint where a column is missing.
DataResult<void> need_columns(const std::vector<Column>& columns,
                              const std::vector<std::string>& names, const std::string& what);

}  // namespace stepwell::tasks::etl
