#include "tasks/load/load_statements.hpp"

#include <algorithm>
#include <iterator>

#include "tasks/load/load_actions.hpp"
#include "tasks/sql/ties.hpp"

namespace stepwell::tasks::data {
namespace {

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
    std::string text;
    for (const auto& part : parts) text += (text.empty() ? "" : std::string(separator)) + part;
    return text;
}

/// "(3, x)", a key's values.
std::string key_text(const Row& row, std::size_t keys) {
    std::vector<std::string> values;
    for (std::size_t i = 0; i < keys; ++i)
        values.push_back(row[i].is_string() ? row[i].get<std::string>() : row[i].dump());
    return "(" + joined(values, ", ") + ")";
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
    const std::string groups = twice.rows[0].back().dump();
    return data_fail("E_DUPLICATE_KEY",
                     "expected each key (" + display + ") once in the input, but " + groups +
                         (groups == "1" ? " comes" : " come") + " more than once, for example " +
                         key_text(twice.rows[0], load.keys.size()) +
                         "; say duplicates: first or latest(COLUMN) to keep one");
}

DataResult<void> keep_latest(Connection& connection, const LoadParameters& load,
                             const std::string& stage, const std::vector<std::string>& columns) {
    const std::string keys = quoted_list(load.keys);
    const auto repeated =
        SW_TRY(connection.query_integer("select count(*) from (select 1 from " + stage +
                                        " group by " + keys + " having count(*) > 1) as repeated"));
    if (repeated == 0) return {};
    // Where a row lay is no difference.
    std::vector<std::string> content;
    std::copy_if(columns.begin(), columns.end(), std::back_inserter(content),
                 [&](const std::string& name) { return name != load.file_column; });
    const Rows tied =
        SW_TRY(connection.query(tied_keys(connection.dialect(), stage, load.keys, content)));
    if (!tied.rows.empty()) {
        const std::string order = "latest(" + load.duplicates_order;
        return data_fail("E_TIE", tie_message(order + ")") + "; name more columns, such as " +
                                      order + " desc, OTHER); for example " +
                                      key_text(tied.rows[0], load.keys.size()) + " has " +
                                      tied.rows[0].back().dump() + " rows");
    }
    const std::string file =
        load.file_column.empty() ? "" : " order by " + quote_identifier(load.file_column);
    const std::string once = quote_identifier("_sw_once");
    SW_TRY(connection.execute(
        "create temp table " + once + " as select " + quoted_list(columns) + " from (select " +
        quoted_list(columns) + ", row_number() over (partition by " + keys + file +
        ") as _sw_rank from " + stage + ") as ranked where " + is_first_by("_sw_rank")));
    SW_TRY(connection.execute("drop table " + stage));
    SW_TRY(connection.execute("alter table " + once + " rename to " + stage));
    return {};
}

DataResult<LoadCounts> write_rows(Connection& connection, const LoadParameters& load,
                                  const TableName& table, const LoadPlan& plan,
                                  const LoadSource& source) {
    LoadActions actions(connection, load, table, plan, source);
    SW_TRY(actions.check_expressions());
    if (!load.is_keyed()) return actions.insert_all();
    // Nothing to match: a plain insert is what every strategy comes to.
    const auto rows = SW_TRY(connection.query_integer("select count(*) from " +
                                                      quote_table(table, connection.dialect())));
    if (rows == 0) return actions.insert_all();
    const bool has_merge = connection.dialect() == Dialect::duckdb;
    if (has_merge && (load.strategy == "auto" || load.strategy == "merge")) return actions.merge();
    SW_TRY(actions.classify());
    if (load.strategy == "on_conflict") return actions.apply_on_conflict();
    if (load.strategy == "delete_insert") return actions.apply_by_insert();
    return actions.apply_by_update();
}

}  // namespace stepwell::tasks::data
