#include "tasks/load/load_statements.hpp"

#include <algorithm>

#include "tasks/sql/column_types.hpp"

namespace stepwell::tasks::data {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& other) { return is_same_column(other, name); });
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
    std::string text;
    for (const auto& part : parts) text += (text.empty() ? "" : std::string(separator)) + part;
    return text;
}

/// The pieces that all statements of one load share.
class Statements {
public:
    Statements(Connection& connection, const LoadParameters& load, const TableName& table,
               const LoadPlan& plan, const LoadSource& source)
        : connection_(connection), load_(load), plan_(plan), source_(source) {
        table_ = quote_table(table, connection.dialect());
        std::vector<std::string> matches;
        for (const auto& key : load.keys) {
            const std::string name = quote_identifier(key);
            matches.push_back("dst." + name + " = src." + name);
        }
        match_ = joined(matches, " and ");
        for (const auto& column : plan.columns) add_column(column.name);
    }

    DataResult<LoadCounts> append();
    DataResult<LoadCounts> merge();
    DataResult<LoadCounts> on_conflict();
    DataResult<LoadCounts> stepwise(bool is_update_by_insert);
    DataResult<std::int64_t> rows() {
        return connection_.query_integer("select count(*) from " + table_);
    }
    /// User expressions stand alone as expressions over src and dst, and so cannot end the
    /// statement around them.
    DataResult<void> check_expressions();

private:
    void add_column(const std::string& name) {
        const std::string quoted = quote_identifier(name);
        names_.push_back(quoted);
        const bool is_wanted = load_.update_columns.empty() || contains(load_.update_columns, name);
        if (!is_wanted || contains(load_.update_except, name) || contains(load_.keys, name)) return;
        set_.push_back(quoted + " = src." + quoted);
        const bool is_audit = name == load_.loaded_at_column || name == load_.file_column ||
                              name == load_.run_id_column;
        if (!is_audit) changed_.push_back("dst." + quoted + " is distinct from src." + quoted);
    }
    [[nodiscard]] bool is_updating() const {
        return load_.mode != "insert_only" && !changed_.empty();
    }
    [[nodiscard]] std::string update_condition() const {
        std::string condition = "(" + joined(changed_, " or ") + ")";
        if (!load_.update_when.empty()) condition += " and (" + load_.update_when + "\n)";
        return condition;
    }
    [[nodiscard]] std::string from_source() const { return source_.relation + " as src"; }
    /// For rows that are new: those marked as deleted are not taken.
    [[nodiscard]] std::string new_condition() const {
        return is_delete_on_source_ ? " and not coalesce((" + load_.delete_when + "\n), false)"
                                    : "";
    }

    Connection& connection_;
    const LoadParameters& load_;
    const LoadPlan& plan_;
    const LoadSource& source_;
    std::string table_;
    std::string match_;
    std::vector<std::string> names_;
    std::vector<std::string> set_;
    std::vector<std::string> changed_;
    bool is_delete_on_source_ = false;
};

DataResult<void> Statements::check_expressions() {
    for (const std::string& expression : {load_.update_when, load_.delete_when}) {
        if (expression.empty()) continue;
        auto alone = check_expression(connection_, expression, table_ + " as dst, " + from_source(),
                                      source_.parameters);
        if (!alone) return fail(std::move(alone).error().within("update"));
    }
    is_delete_on_source_ =
        !load_.delete_when.empty() &&
        connection_
            .describe("select (" + load_.delete_when + "\n) from " + from_source(),
                      source_.parameters)
            .has_value();
    return {};
}

DataResult<LoadCounts> Statements::append() {
    LoadCounts counts;
    counts.inserted = SW_TRY(
        connection_.execute("insert into " + table_ + " (" + joined(names_, ", ") + ") select " +
                                joined(names_, ", ") + " from " + from_source() +
                                (is_delete_on_source_ ? " where true" + new_condition() : ""),
                            source_.parameters));
    return counts;
}

DataResult<LoadCounts> Statements::merge() {
    LoadCounts counts;
    std::string sql =
        "merge into " + table_ + " as dst using " + from_source() + " on (" + match_ + ")";
    if (!load_.delete_when.empty()) {
        counts.deleted = SW_TRY(connection_.query_integer(
            "select count(*) from " + table_ + " as dst join " + from_source() + " on (" + match_ +
                ") where (" + load_.delete_when + "\n)",
            source_.parameters));
        sql += " when matched and (" + load_.delete_when + "\n) then delete";
    }
    if (is_updating()) {
        sql += " when matched and " + update_condition() + " then update set " + joined(set_, ", ");
    }
    std::vector<std::string> values;
    for (const auto& name : names_) values.push_back("src." + name);
    sql += " when not matched" + new_condition() + " then insert (" + joined(names_, ", ") +
           ") values (" + joined(values, ", ") + ")";
    const std::int64_t before = SW_TRY(rows());
    const std::int64_t changed = SW_TRY(connection_.execute(sql, source_.parameters));
    counts.inserted = SW_TRY(rows()) - before + counts.deleted;
    counts.updated = changed - counts.inserted - counts.deleted;
    return counts;
}

DataResult<LoadCounts> Statements::on_conflict() {
    LoadCounts counts;
    const std::int64_t before = SW_TRY(rows());
    std::vector<std::string> set;
    std::vector<std::string> changed;
    for (const auto& column : plan_.columns) {
        const std::string name = quote_identifier(column.name);
        const bool is_set =
            std::find(set_.begin(), set_.end(), name + " = src." + name) != set_.end();
        if (is_set) set.push_back(name + " = excluded." + name);
        const std::string difference = "dst." + name + " is distinct from src." + name;
        if (std::find(changed_.begin(), changed_.end(), difference) == changed_.end()) continue;
        changed.push_back("dst." + name + " is distinct from excluded." + name);
    }
    const std::string action =
        is_updating() ? "update set " + joined(set, ", ") + " where " + joined(changed, " or ")
                      : "nothing";
    const std::int64_t touched = SW_TRY(connection_.execute(
        "insert into " + table_ + " as dst (" + joined(names_, ", ") + ") select " +
            joined(names_, ", ") + " from " + from_source() + " where true on conflict (" +
            quoted_list(load_.keys) + ") do " + action,
        source_.parameters));
    counts.inserted = SW_TRY(rows()) - before;
    counts.updated = touched - counts.inserted;
    return counts;
}

/// Plain statements, for engines without MERGE, or by deleting and inserting what changed.
DataResult<LoadCounts> Statements::stepwise(bool is_update_by_insert) {
    LoadCounts counts;
    const std::string exists = "exists (select 1 from " + from_source() + " where " + match_;
    if (!load_.delete_when.empty()) {
        counts.deleted =
            SW_TRY(connection_.execute("delete from " + table_ + " as dst where " + exists +
                                           " and (" + load_.delete_when + "\n))",
                                       source_.parameters));
    }
    if (is_updating() && is_update_by_insert) {
        counts.updated = SW_TRY(connection_.execute("delete from " + table_ + " as dst where " +
                                                        exists + " and " + update_condition() + ")",
                                                    source_.parameters));
    } else if (is_updating()) {
        counts.updated = SW_TRY(connection_.execute(
            "update " + table_ + " as dst set " + joined(set_, ", ") + " from " + from_source() +
                " where " + match_ + " and " + update_condition(),
            source_.parameters));
    }
    counts.inserted = SW_TRY(connection_.execute(
        "insert into " + table_ + " (" + joined(names_, ", ") + ") select " + joined(names_, ", ") +
            " from " + from_source() + " where not exists (select 1 from " + table_ +
            " as dst where " + match_ + ")" + new_condition(),
        source_.parameters));
    if (is_update_by_insert) counts.inserted -= counts.updated;
    return counts;
}

}  // namespace

DataResult<std::int64_t> check_keys_given(Connection& connection, const LoadParameters& load,
                                          const LoadSource& source) {
    std::vector<std::string> nulls;
    for (const auto& key : load.keys) nulls.push_back(quote_identifier(key) + " is null");
    const Rows sums =
        SW_TRY(connection.query("select count(*), count(*) filter (where " + joined(nulls, " or ") +
                                    ") from " + source.relation + " as src",
                                source.parameters));
    const std::int64_t rows = sums.rows[0][0].get<std::int64_t>();
    if (sums.rows[0][1] != 0) {
        return data_fail("E_QUALITY", "expected a value for key (" + joined(load.keys, ", ") +
                                          ") in every row, but " + sums.rows[0][1].dump() + " of " +
                                          std::to_string(rows) + " rows have none");
    }
    return rows;
}

DataResult<void> check_keys_once(Connection& connection, const LoadParameters& load,
                                 const LoadSource& source) {
    if (load.duplicates != "fail") return {};
    const std::string keys = quoted_list(load.keys);
    const std::string display = joined(load.keys, ", ");
    const Rows twice = SW_TRY(
        connection.query("select " + keys + ", count(*) over () from (select " + keys + " from " +
                             source.relation + " as src group by " + keys +
                             " having count(*) > 1) as repeated order by " + keys + " limit 1",
                         source.parameters));
    if (twice.rows.empty()) return {};
    Row example = twice.rows[0];
    const std::string groups = example.back().dump();
    example.pop_back();
    std::vector<std::string> values;
    for (const auto& value : example) {
        values.push_back(value.is_string() ? value.get<std::string>() : value.dump());
    }
    return data_fail("E_DUPLICATE_KEY",
                     "expected each key (" + display + ") once in the input, but " + groups +
                         (groups == "1" ? " comes" : " come") + " more than once, for example (" +
                         joined(values, ", ") +
                         "); say duplicates: first or latest(COLUMN) to keep one");
}

DataResult<LoadCounts> write_rows(Connection& connection, const LoadParameters& load,
                                  const TableName& table, const LoadPlan& plan,
                                  const LoadSource& source) {
    Statements statements(connection, load, table, plan, source);
    SW_TRY(statements.check_expressions());
    if (!load.is_keyed()) return statements.append();
    // Nothing to match: a plain insert is what every strategy comes to.
    if (SW_TRY(statements.rows()) == 0) return statements.append();
    if (load.strategy == "on_conflict") return statements.on_conflict();
    if (load.strategy == "delete_insert") return statements.stepwise(true);
    if (connection.dialect() == Dialect::sqlite) return statements.stepwise(false);
    return statements.merge();
}

}  // namespace stepwell::tasks::data
