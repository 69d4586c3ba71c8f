#include "tasks/transform/materialize.hpp"

#include <algorithm>

#include "engine/base/ascii.hpp"
#include "tasks/sql/column_types.hpp"
#include "tasks/transform/model_rules.hpp"

namespace stepwell::tasks::transform {
namespace {

using data::Column;
using data::Connection;
using data::data_fail;
using data::quote_identifier;
using data::TableName;

enum class Presence { none, table, view };

DataResult<Presence> presence_of(Connection& connection, const TableName& name) {
    std::string sql =
        "select table_type from information_schema.tables where table_catalog = current_database() "
        "and lower(table_name) = lower($table) and "
        "lower(table_schema) = lower(case when $schema = '' then current_schema() else $schema "
        "end)";
    Json parameters = {{"schema", name.schema}, {"table", name.table}};
    if (connection.dialect() == data::Dialect::sqlite) {
        sql =
            "select type from sqlite_schema where type in ('table', 'view') and lower(name) = "
            "lower($table)";
        parameters = {{"table", name.display()}};
    }
    const Json type = SW_TRY(connection.query_value(sql, parameters));
    if (type.is_null()) return Presence::none;
    return type == "VIEW" || type == "view" ? Presence::view : Presence::table;
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
    std::string result;
    for (const auto& part : parts) {
        if (!result.empty()) result += separator;
        result += part;
    }
    return result;
}

class Materializer {
public:
    Materializer(Connection& connection, const Renderer& renderer, const Node& node,
                 const MaterializeOptions& options)
        : connection_(connection),
          renderer_(renderer),
          node_(node),
          options_(options),
          name_(renderer.relation_of(node)),
          relation_(data::quote_table(name_, connection.dialect())) {}

    DataResult<Materialized> run() {
        const std::string kind = node_.text_config("materialized", "view");
        if (kind == "ephemeral") return Materialized{"EPHEMERAL"};
        present_ = SW_TRY(presence_of(connection_, name_));
        const bool is_incremental =
            kind == "incremental" && present_ == Presence::table && !full_refresh();
        scope_.executes = true;
        scope_.is_incremental = is_incremental;
        scope_.log = options_.log;
        const std::string sql = trimmed(SW_TRY(renderer_.render(node_, scope_)));
        // One whole SELECT, before anything is built around it.
        auto columns = connection_.describe(sql);
        if (!columns) return fail(std::move(columns).error().within(node_.path));
        columns_ = *std::move(columns);
        auto kept = check_contract(connection_, node_, columns_);
        if (!kept) return fail(std::move(kept).error().within(node_.path));
        SW_TRY(hooks("pre_hook", "pre-hook"));
        auto done = kind == "view"                             ? view(sql)
                    : is_incremental                           ? increment(sql)
                    : kind == "table" || kind == "incremental" ? table(sql)
                                                               : unknown(kind);
        if (!done) return fail(std::move(done).error().within(node_.path));
        SW_TRY(hooks("post_hook", "post-hook"));
        result_.schema_changes = changes_;
        return std::move(result_);
    }

private:
    [[nodiscard]] bool is_sqlite() const {
        return renderer_.target().dialect == data::Dialect::sqlite;
    }
    [[nodiscard]] bool full_refresh() const {
        const Json* own = find(node_.config, "full_refresh");
        return own != nullptr && own->is_boolean() ? own->get<bool>() : options_.is_full_refresh;
    }
    static std::string trimmed(std::string sql) {
        while (!sql.empty() && (sql.back() == ';' || sql.back() == ' ' || sql.back() == '\n' ||
                                sql.back() == '\t' || sql.back() == '\r'))
            sql.pop_back();
        return sql + "\n";
    }
    DataResult<void> unknown(const std::string& kind) const {
        return data_fail(
            "E_CONFIG",
            "expected materialized: view, table, incremental or ephemeral, but got '" + kind + "'");
    }
    DataResult<void> hooks(const char* name, const char* other_name) {
        std::vector<std::string> all = node_.list_config(name);
        for (const auto& more : node_.list_config(other_name)) all.push_back(more);
        for (const auto& hook : all) {
            const std::string sql = SW_TRY(renderer_.render_text(hook, node_, scope_));
            if (sql.find_first_not_of(" \n\t;") == std::string::npos) continue;
            auto checked = check_hook(sql);
            if (!checked) return fail(std::move(checked).error().within(node_.path + ": " + name));
            SW_TRY(connection_.execute(sql));
        }
        return {};
    }
    DataResult<void> drop_present(Presence but) {
        if (present_ == Presence::none || present_ == but) return {};
        SW_TRY(connection_.execute(std::string("drop ") +
                                   (present_ == Presence::view ? "view " : "table ") + relation_));
        return {};
    }

    DataResult<void> view(const std::string& sql) {
        auto transaction = SW_TRY(data::Transaction::begin(connection_));
        SW_TRY(drop_present(is_sqlite() ? Presence::none : Presence::view));
        SW_TRY(connection_.execute((is_sqlite() ? "create view " : "create or replace view ") +
                                   relation_ + " as " + sql));
        SW_TRY(transaction.commit());
        result_.how = "CREATE VIEW";
        return {};
    }

    /// Builds the table beside the present one and swaps their names.
    DataResult<void> table(const std::string& sql) {
        const TableName built{name_.schema, name_.table + "__dbt_tmp"};
        const std::string built_relation = data::quote_table(built, connection_.dialect());
        auto transaction = SW_TRY(data::Transaction::begin(connection_));
        SW_TRY(connection_.execute("drop table if exists " + built_relation));
        SW_TRY(connection_.execute("create table " + built_relation + " as " + sql));
        result_.rows = SW_TRY(connection_.query_integer("select count(*) from " + built_relation));
        // A key that is missing would come in again at every later run.
        if (node_.text_config("materialized", "view") == "incremental")
            SW_TRY(check_no_null_keys(built_relation, node_.list_config("unique_key")));
        SW_TRY(drop_present(Presence::none));  // with its indexes
        if (is_sqlite()) {
            // SQLite's rename looks into every view, also those that name the dropped table.
            SW_TRY(connection_.execute("create table " + relation_ + " as select * from " +
                                       built_relation));
            SW_TRY(connection_.execute("drop table " + built_relation));
        } else {
            SW_TRY(connection_.execute("alter table " + built_relation + " rename to " +
                                       quote_identifier(name_.table)));
        }
        SW_TRY(record());
        SW_TRY(transaction.commit());
        result_.how = "CREATE TABLE";
        return {};
    }

    DataResult<void> increment(const std::string& sql) {
        if (SW_TRY(is_recorded())) {
            result_.how = "UNCHANGED";
            return {};
        }
        const std::string temporary = quote_identifier("_sw_new_" + node_.name);
        SW_TRY(connection_.execute("drop table if exists temp." + temporary));
        SW_TRY(connection_.execute("create temp table " + temporary + " as " + sql));
        staged_ = "temp." + temporary;
        const std::int64_t rows =
            SW_TRY(connection_.query_integer("select count(*) from " + staged_));
        auto transaction = SW_TRY(data::Transaction::begin(connection_));
        SW_TRY(reconcile_columns());
        const std::vector<std::string> keys = node_.list_config("unique_key");
        const std::string strategy =
            node_.text_config("incremental_strategy", keys.empty() ? "append" : "delete+insert");
        SW_TRY(check_no_null_keys(staged_, keys));
        if (!keys.empty() && strategy != "append") SW_TRY(check_keys(keys));
        SW_TRY(check_exact());
        if (rows > 0) SW_TRY(take_in(strategy, keys));
        SW_TRY(record());
        SW_TRY(transaction.commit());
        result_.rows = rows;
        SW_TRY(connection_.execute("drop table " + staged_));
        return {};
    }

    DataResult<void> take_in(const std::string& strategy, const std::vector<std::string>& keys) {
        result_.how = "INSERT";
        if (strategy == "append") return insert();
        if (strategy != "delete+insert" && strategy != "merge")
            return data_fail(
                "E_CONFIG",
                "expected incremental_strategy append, delete+insert or merge, but got '" +
                    strategy + "'");
        if (keys.empty())
            return data_fail("E_CONFIG",
                             "expected unique_key for incremental_strategy " + strategy);
        result_.how = "MERGE";
        // SQLite has no MERGE; replacing the rows by key has the same effect.
        return strategy == "merge" && !is_sqlite() ? merge(keys) : delete_and_insert(keys);
    }

    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> result;
        for (const auto& column : loaded_) result.push_back(column.name);
        return result;
    }
    [[nodiscard]] static std::string same(const std::vector<std::string>& keys,
                                          const std::string& left, const std::string& right) {
        std::vector<std::string> terms;
        for (const auto& key : keys)
            terms.push_back(left + "." + quote_identifier(key) + " = " + right + "." +
                            quote_identifier(key));
        return joined(terms, " and ");
    }
    /// Conditions on the present rows (`incremental_predicates`), so that not all are searched.
    [[nodiscard]] std::string predicates() const {
        std::string result;
        for (const auto& predicate : node_.list_config("incremental_predicates"))
            result += " and (" + predicate + ")";
        return result;
    }
    DataResult<void> insert() {
        const std::string columns = data::quoted_list(names());
        SW_TRY(connection_.execute("insert into " + relation_ + " (" + columns + ") select " +
                                   columns + " from " + staged_));
        return {};
    }
    DataResult<void> delete_and_insert(const std::vector<std::string>& keys) {
        SW_TRY(connection_.execute(
            "delete from " + relation_ + " as DBT_INTERNAL_DEST where exists (select 1 from " +
            staged_ + " as s where " + same(keys, "DBT_INTERNAL_DEST", "s") + ")" + predicates()));
        return insert();
    }
    DataResult<void> merge(const std::vector<std::string>& keys) {
        const auto is_in = [](const std::vector<std::string>& list, const std::string& name) {
            return std::any_of(list.begin(), list.end(), [&](const auto& other) {
                return data::is_same_column(other, name);
            });
        };
        const std::vector<std::string> only = node_.list_config("merge_update_columns");
        const std::vector<std::string> except = node_.list_config("merge_exclude_columns");
        std::vector<std::string> updates;
        for (const auto& name : names()) {
            if ((only.empty() || is_in(only, name)) && !is_in(except, name))
                updates.push_back(quote_identifier(name) + " = s." + quote_identifier(name));
        }
        SW_TRY(connection_.execute(
            "merge into " + relation_ + " as DBT_INTERNAL_DEST using " + staged_ + " as s on " +
            same(keys, "DBT_INTERNAL_DEST", "s") + predicates() +
            (updates.empty() ? "" : " when matched then update set " + joined(updates, ", ")) +
            " when not matched then insert (" + data::quoted_list(names()) + ") values (" +
            data::quoted_list(names(), "s.") + ")"));
        return {};
    }

    DataResult<void> check_keys(const std::vector<std::string>& keys) {
        const std::string list = data::quoted_list(keys);
        const auto doubled =
            SW_TRY(connection_.query("select " + list + ", count(*) as row_count from " + staged_ +
                                     " group by " + list + " having count(*) > 1 limit 3"));
        if (doubled.rows.empty()) return {};
        return data_fail("E_DUPLICATE_KEY",
                         "expected one new row per unique_key (" + joined(keys, ", ") +
                             "), but some come more than once, for example " +
                             to_text(doubled.objects()[0]) + "; nothing was changed");
    }

    DataResult<void> check_no_null_keys(const std::string& rows,
                                        const std::vector<std::string>& keys) {
        for (const auto& key : keys) {
            const std::int64_t missing = SW_TRY(connection_.query_integer(
                "select count(*) from " + rows + " where " + quote_identifier(key) + " is null"));
            if (missing > 0)
                return data_fail("E_QUALITY",
                                 "expected a value in every column of unique_key, but '" + key +
                                     "' is NULL in " + std::to_string(missing) +
                                     (missing == 1 ? " row" : " rows") +
                                     ", which would be added again at every run; nothing was "
                                     "changed");
        }
        return {};
    }

    /// Inserting casts to the types of the table: refused where a value would not come back the
    /// same.
    DataResult<void> check_exact() {
        for (const auto& column : loaded_) {
            const auto target = std::find_if(
                target_columns_.begin(), target_columns_.end(),
                [&](const Column& c) { return data::is_same_column(c.name, column.name); });
            if (target == target_columns_.end() || target->type == column.type) continue;
            const std::string name = quote_identifier(column.name);
            const std::string changes = is_sqlite()
                                            ? "typeof(" + name + ") = 'text' and trim(" + name +
                                                  ") not glob '*[^0-9.eE+-]*' and cast(cast(" +
                                                  name + " as numeric) as text) <> " + name
                                            : name + " is not null and try_cast(try_cast(" + name +
                                                  " as " + target->type + ") as " + column.type +
                                                  ") is distinct from " + name;
            if (is_sqlite() && !is_numeric_type(target->type)) continue;
            const auto changed = SW_TRY(connection_.query("select " + name + " from " + staged_ +
                                                          " where " + changes + " limit 1"));
            if (changed.rows.empty()) continue;
            return data_fail("E_SCHEMA", "expected values that the column '" + column.name +
                                             "' of the table can hold as they are, but it is " +
                                             target->type + " and the query gives " + column.type +
                                             ", for example " + to_text(changed.rows[0][0]) +
                                             "; cast in the query, or run with full_refresh");
        }
        return {};
    }
    /// Whether SQLite makes numbers of texts in such a column.
    static bool is_numeric_type(std::string type) {
        for (char& c : type) c = lower(c);
        for (const char* part : {"int", "real", "floa", "doub", "num", "dec"}) {
            if (type.find(part) != std::string::npos) return true;
        }
        return false;
    }

    /// on_schema_change: what to do where the query's columns are not the table's.
    DataResult<void> reconcile_columns() {
        const std::vector<Column> present =
            SW_TRY(connection_.describe("select * from " + relation_));
        target_columns_ = present;
        const auto is_in = [](const std::vector<Column>& columns, const std::string& name) {
            return std::any_of(columns.begin(), columns.end(), [&](const Column& column) {
                return data::is_same_column(column.name, name);
            });
        };
        const std::string policy = node_.text_config("on_schema_change", "ignore");
        for (const auto& column : columns_) {
            if (is_in(present, column.name)) {
                loaded_.push_back(column);
                continue;
            }
            if (policy == "fail")
                return data_fail("E_SCHEMA",
                                 "the query has a column '" + column.name +
                                     "' that the table has not (on_schema_change: fail)");
            if (policy == "ignore") continue;
            SW_TRY(connection_.execute(
                "alter table " + relation_ + " add column " + quote_identifier(column.name) + " " +
                (is_sqlite() ? data::sqlite_type(column.type) : column.type)));
            changes_.push_back({{"op", "add_column"},
                                {"table", name_.display()},
                                {"column", column.name},
                                {"type", column.type}});
            loaded_.push_back(column);
        }
        for (const auto& column : present) {
            if (is_in(columns_, column.name)) continue;
            if (policy == "fail")
                return data_fail("E_SCHEMA",
                                 "the table has a column '" + column.name +
                                     "' that the query has not (on_schema_change: fail)");
            if (policy != "sync_all_columns") continue;
            SW_TRY(connection_.execute("alter table " + relation_ + " drop column " +
                                       quote_identifier(column.name)));
            changes_.push_back(
                {{"op", "drop_column"}, {"table", name_.display()}, {"column", column.name}});
        }
        const bool is_known = policy == "ignore" || policy == "fail" ||
                              policy == "append_new_columns" || policy == "sync_all_columns";
        if (is_known) return {};
        return data_fail("E_CONFIG",
                         "expected on_schema_change ignore, fail, append_new_columns or "
                         "sync_all_columns, but got '" +
                             policy + "'");
    }

    /// Only what adds to what is there can be done once too often.
    [[nodiscard]] std::string commit_key() const {
        return options_.run_key.empty() ? "" : options_.run_key + "#" + node_.unique_id;
    }
    [[nodiscard]] bool is_recordable() const {
        return !commit_key().empty() && node_.text_config("materialized", "view") == "incremental";
    }
    DataResult<bool> is_recorded() {
        if (!is_recordable()) return false;
        return SW_TRY(connection_.query_integer(
                   "select count(*) from _stepwell_commits where run_key = $key",
                   {{"key", commit_key()}})) > 0;
    }
    DataResult<void> record() {
        if (!is_recordable()) return {};
        SW_TRY(connection_.execute("delete from _stepwell_commits where run_key = $key",
                                   {{"key", commit_key()}}));
        SW_TRY(connection_.execute(
            "insert into _stepwell_commits (run_key, target) values ($key, $target)",
            {{"key", commit_key()}, {"target", name_.display()}}));
        return {};
    }

    Connection& connection_;
    const Renderer& renderer_;
    const Node& node_;
    const MaterializeOptions& options_;
    TableName name_;
    std::string relation_;
    std::string staged_;
    Presence present_ = Presence::none;
    RenderScope scope_;
    std::vector<Column> columns_;  // of the query
    std::vector<Column> loaded_;   // those that go into the table
    std::vector<Column> target_columns_;
    Json changes_ = Json::array();
    Materialized result_;
};

}  // namespace

DataResult<Materialized> materialize(Connection& connection, const Renderer& renderer,
                                     const Node& node, const MaterializeOptions& options) {
    return Materializer(connection, renderer, node, options).run();
}

DataResult<void> prepare_database(Connection& connection, const Renderer& renderer,
                                  const Project& project, const std::set<std::size_t>& chosen) {
    SW_TRY(
        connection.execute("create table if not exists _stepwell_commits(run_key varchar primary "
                           "key, target varchar, execution varchar, committed_at varchar)"));
    if (renderer.target().dialect == data::Dialect::sqlite) return {};
    std::set<std::string> schemas;
    for (const auto position : chosen) {
        const Node& node = project.nodes[position];
        if (node.kind == NodeKind::model) schemas.insert(renderer.relation_of(node).schema);
        if (node.kind != NodeKind::test) continue;
        if (const auto table = failures_table(renderer, node)) schemas.insert(table->schema);
    }
    for (const auto& schema : schemas) {
        if (!schema.empty())
            SW_TRY(connection.execute("create schema if not exists " + quote_identifier(schema)));
    }
    return {};
}

}  // namespace stepwell::tasks::transform
