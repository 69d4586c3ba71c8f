#include "tasks/load/load_actions.hpp"

#include <algorithm>

#include "tasks/sql/column_types.hpp"

namespace stepwell::tasks::data {
namespace {

constexpr std::string_view kActions = "_sw_actions";
constexpr std::string_view kRow = "_sw_row";

bool is_among(const std::vector<std::string>& names, const std::string& name) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& other) { return is_same_column(other, name); });
}

std::string list_of(const std::vector<std::string>& parts, std::string_view prefix = "",
                    std::string_view separator = ", ") {
    std::string text;
    for (const auto& part : parts) {
        if (!text.empty()) text += separator;
        text.append(prefix).append(part);
    }
    return text;
}

/// "a" = PREFIX."a" and so on.
std::string assignments(const std::vector<std::string>& columns, const std::string& prefix) {
    std::vector<std::string> parts;
    for (const auto& column : columns) parts.push_back(column + " = " + prefix + "." + column);
    return list_of(parts);
}

std::string actions_where(const std::string& action) {
    return std::string(kActions) + " where _sw_action = '" + action + "'";
}

}  // namespace

LoadActions::LoadActions(Connection& connection, const LoadParameters& load, const TableName& table,
                         const LoadPlan& plan, const LoadSource& source)
    : connection_(connection),
      load_(load),
      name_(table),
      source_(source),
      table_(quote_table(table, connection.dialect())) {
    std::vector<std::string> matches;
    for (const auto& key : load.keys) {
        const std::string name = quote_identifier(key);
        matches.push_back("dst." + name + " = src." + name);
    }
    match_ = list_of(matches, "", " and ");
    for (const auto& column : plan.columns) add_column(column.name);
}

void LoadActions::add_column(const std::string& name) {
    const std::string quoted = quote_identifier(name);
    columns_.push_back(quoted);
    const bool is_wanted = load_.update_columns.empty() || is_among(load_.update_columns, name);
    const bool is_left = is_among(load_.update_except, name) || is_among(load_.keys, name);
    if (!is_wanted || is_left || load_.mode == "insert_only") return;
    updated_.push_back(quoted);
    // When and whence a row came is no change of it.
    const bool is_audit =
        name == load_.loaded_at_column || name == load_.file_column || name == load_.run_id_column;
    if (!is_audit) changed_.push_back("dst." + quoted + " is distinct from src." + quoted);
}

DataResult<void> LoadActions::check_expressions() {
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

std::string LoadActions::delete_condition() const {
    return load_.delete_when.empty() ? "false" : "coalesce((" + load_.delete_when + "\n), false)";
}

std::string LoadActions::update_condition() const {
    if (!may_update()) return "false";
    std::string condition = "(" + list_of(changed_, "", " or ") + ")";
    if (!load_.update_when.empty())
        condition += " and coalesce((" + load_.update_when + "\n), false)";
    return condition;
}

std::string LoadActions::new_condition() const {
    return is_delete_on_source_ ? " and not " + delete_condition() : "";
}

DataResult<LoadCounts> LoadActions::insert_all() {
    LoadCounts counts;
    counts.inserted = SW_TRY(connection_.execute(
        "insert into " + table_ + " (" + list_of(columns_) + ") select " + list_of(columns_) +
            " from " + from_source() + " where true" + new_condition(),
        source_.parameters));
    return counts;
}

DataResult<LoadCounts> LoadActions::merge() {
    LoadCounts counts;
    std::string sql =
        "merge into " + table_ + " as dst using " + from_source() + " on (" + match_ + ")";
    if (!load_.delete_when.empty()) {
        counts.deleted = SW_TRY(connection_.query_integer(
            "select count(*) from " + table_ + " as dst join " + from_source() + " on (" + match_ +
                ") where " + delete_condition(),
            source_.parameters));
        sql += " when matched and " + delete_condition() + " then delete";
    }
    if (may_update()) {
        sql += " when matched and " + update_condition() + " then update set " +
               assignments(updated_, "src");
    }
    sql += " when not matched" + new_condition() + " then insert (" + list_of(columns_) +
           ") values (" + list_of(columns_, "src.") + ")";
    const auto rows = [&] { return connection_.query_integer("select count(*) from " + table_); };
    const std::int64_t before = SW_TRY(rows());
    const std::int64_t changed = SW_TRY(connection_.execute(sql, source_.parameters));
    counts.inserted = SW_TRY(rows()) - before + counts.deleted;
    counts.updated = changed - counts.inserted - counts.deleted;
    return counts;
}

DataResult<void> LoadActions::find_identity() {
    const bool has_own = std::any_of(columns_.begin(), columns_.end(), [](const auto& column) {
        return is_same_column(column, "\"rowid\"");
    });
    const bool has_row =
        !has_own && connection_.describe("select rowid from " + table_).has_value();
    const std::string keys = quoted_list(load_.keys);
    identity_ = has_row ? "rowid" : load_.keys.size() == 1 ? keys : "(" + keys + ")";
    kept_as_ = has_row ? std::string(kRow) : keys;
    return {};
}

DataResult<void> LoadActions::classify() {
    SW_TRY(find_identity());
    const bool has_row = kept_as_ == kRow;
    const std::string row = has_row ? "dst.rowid" : "dst." + quote_identifier(load_.keys[0]);
    const std::string skipped = is_delete_on_source_ ? delete_condition() : "false";
    const std::string sql = "select " + list_of(columns_, "src.") + ", " + row + " as " +
                            std::string(kRow) + ", case when " + row + " is null then case when " +
                            skipped + " then 'keep' else 'insert' end when " + delete_condition() +
                            " then 'delete' when " + update_condition() +
                            " then 'update' else 'keep' end as _sw_action from " + from_source() +
                            " left join " + table_ + " as dst on " + match_;
    SW_TRY(connection_.execute("create temp table " + std::string(kActions) +
                                   " as select * from (" + sql +
                                   ") as judged where _sw_action <> 'keep'",
                               source_.parameters));
    return {};
}

DataResult<std::int64_t> LoadActions::delete_rows(const std::string& actions) {
    return connection_.execute("delete from " + table_ + " where " + identity_ + " in (select " +
                               kept_as_ + " from " + std::string(kActions) +
                               " where _sw_action in (" + actions + "))");
}

DataResult<std::int64_t> LoadActions::insert_rows(const std::string& more) {
    return connection_.execute("insert into " + table_ + " (" + list_of(columns_) + ") select " +
                               list_of(columns_) + " from " + actions_where("insert") + more);
}

DataResult<LoadCounts> LoadActions::finish(LoadCounts counts) {
    SW_TRY(connection_.execute("drop table " + std::string(kActions)));
    return counts;
}

DataResult<LoadCounts> LoadActions::apply_by_update() {
    LoadCounts counts;
    counts.deleted = SW_TRY(delete_rows("'delete'"));
    if (may_update()) {
        const std::string same = kept_as_ == kRow ? "dst.rowid = src." + std::string(kRow) : match_;
        counts.updated = SW_TRY(connection_.execute(
            "update " + table_ + " as dst set " + assignments(updated_, "src") + " from " +
            std::string(kActions) + " as src where src._sw_action = 'update' and " + same));
    }
    counts.inserted = SW_TRY(insert_rows());
    return finish(counts);
}

DataResult<LoadCounts> LoadActions::apply_by_insert() {
    LoadCounts counts;
    const bool has_row = kept_as_ == kRow;
    const std::string same = has_row ? "dst.rowid = src." + std::string(kRow) : match_;
    std::vector<std::string> all;
    std::string whole;
    for (const auto& column : SW_TRY(connection_.table_columns(name_))) {
        all.push_back(quote_identifier(column.name));
        const bool is_updated = std::any_of(
            updated_.begin(), updated_.end(),
            [&](const std::string& updated) { return is_same_column(updated, all.back()); });
        whole += (whole.empty() ? "" : ", ") +
                 (is_updated ? "src." + all.back() : "dst." + all.back()) + " as " + all.back();
    }
    SW_TRY(connection_.execute("create temp table _sw_updated as select " + whole + " from " +
                               std::string(kActions) + " as src join " + table_ + " as dst on " +
                               same + " where src._sw_action = 'update'"));
    counts.deleted = SW_TRY(delete_rows("'delete'"));
    SW_TRY(delete_rows("'update'"));
    counts.updated = SW_TRY(connection_.execute("insert into " + table_ + " (" + list_of(all) +
                                                ") select " + list_of(all) + " from _sw_updated"));
    counts.inserted = SW_TRY(insert_rows());
    SW_TRY(connection_.execute("drop table _sw_updated"));
    return finish(counts);
}

DataResult<LoadCounts> LoadActions::apply_on_conflict() {
    LoadCounts counts;
    counts.deleted = SW_TRY(delete_rows("'delete'"));
    counts.inserted = SW_TRY(insert_rows());
    if (may_update()) {
        counts.updated = SW_TRY(connection_.execute(
            "insert into " + table_ + " (" + list_of(columns_) + ") select " + list_of(columns_) +
            " from " + actions_where("update") + " on conflict (" + quoted_list(load_.keys) +
            ") do update set " + assignments(updated_, "excluded")));
    }
    return finish(counts);
}

}  // namespace stepwell::tasks::data
