// What a keyed load does to each row, said once for all modes, engines and strategies:
//
//   the source's row fits a row of the table (equal keys)
//     delete_when holds                                   -> that row is deleted
//     a column to update differs, and update.when holds   -> the columns to update are set
//     else                                                -> it stays as it is
//   it fits none
//     delete_when speaks of the source alone and holds    -> nothing
//     else                                                -> it is inserted
//
// Columns to update: all of the input, or update.columns, without update.except and the keys; none
// with insert_only. All others of a row stay as they are, also those that the input does not have.
// A condition that is NULL does not hold. Strategies only differ in the statements that do it.
#pragma once

#include <string>
#include <vector>

#include "tasks/load/load_statements.hpp"

namespace stepwell::tasks::data {

/// REQUIRES: within a transaction; the source's keys are neither NULL nor there twice.
class LoadActions {
public:
    LoadActions(Connection& connection, const LoadParameters& load, const TableName& table,
                const LoadPlan& plan, const LoadSource& source);

    /// User expressions stand alone as expressions over src and dst, and so cannot end the
    /// statement around them. Must be called first.
    DataResult<void> check_expressions();

    /// All rows of the source, but those marked as deleted: where no row can fit.
    DataResult<LoadCounts> insert_all();
    /// One MERGE.
    DataResult<LoadCounts> merge();

    /// Sets aside what is to be done with each row; what follows carries it out.
    DataResult<void> classify();
    DataResult<LoadCounts> apply_by_update();
    /// Rows that change are deleted and inserted anew, whole.
    DataResult<LoadCounts> apply_by_insert();
    /// REQUIRES: the keys are the table's primary key.
    DataResult<LoadCounts> apply_on_conflict();

private:
    void add_column(const std::string& name);
    [[nodiscard]] std::string from_source() const { return source_.relation + " as src"; }
    [[nodiscard]] bool may_update() const { return !changed_.empty(); }
    [[nodiscard]] std::string delete_condition() const;
    [[nodiscard]] std::string update_condition() const;
    /// " and not (...)": for rows that fit none.
    [[nodiscard]] std::string new_condition() const;
    DataResult<void> find_identity();
    DataResult<std::int64_t> delete_rows(const std::string& actions);
    DataResult<std::int64_t> insert_rows(const std::string& more = "");
    DataResult<LoadCounts> finish(LoadCounts counts);

    Connection& connection_;
    const LoadParameters& load_;
    const TableName& name_;
    const LoadSource& source_;
    std::string table_;                 // quoted
    std::string match_;                 // dst.key = src.key and ...
    std::vector<std::string> columns_;  // of the source; all are quoted
    std::vector<std::string> updated_;
    std::vector<std::string> changed_;  // a condition for each updated column that counts
    bool is_delete_on_source_ = false;
    std::string identity_;  // what tells a row of the table from others: rowid, or its keys
    std::string kept_as_;   // the same in the table of actions
};

}  // namespace stepwell::tasks::data
