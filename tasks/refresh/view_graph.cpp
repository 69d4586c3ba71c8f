#include "tasks/refresh/view_graph.hpp"

#include <algorithm>
#include <cctype>
#include <functional>

#include "tasks/data/input_version.hpp"
#include "tasks/sql/sql_text.hpp"
#include "tasks/wall_clock.hpp"

namespace stepwell::tasks::data {

DataResult<void> make_view_table(Connection& connection) {
    const auto guard =
        SW_TRY(lock_by_name("_stepwell_views", std::chrono::minutes(1), [] { return false; }));
    SW_TRY(connection.execute(
        "create table if not exists _stepwell_views(name varchar primary key, sql varchar, "
        "deps varchar, last_refresh varchar, input_versions varchar)"));
    return {};
}

DataResult<std::map<std::string, StoredView>> read_views(Connection& connection) {
    std::map<std::string, StoredView> views;
    const Rows rows = SW_TRY(
        connection.query("select name, sql, coalesce(input_versions, '') from _stepwell_views"));
    for (const auto& row : rows.rows) {
        StoredView view;
        view.name = row[0].get<std::string>();
        view.sql = row[1].get<std::string>();
        view.versions = row[2].get<std::string>();
        views.emplace(view.name, std::move(view));
    }
    return views;
}

DataResult<void> define_view(Connection& connection, const std::string& name,
                             const std::string& sql) {
    SW_TRY(connection.execute(
        "insert into _stepwell_views (name, sql) values ($name, $sql) on conflict (name) do update "
        "set sql = excluded.sql, input_versions = null where sql <> excluded.sql",
        {{"name", name}, {"sql", sql}}));
    return {};
}

DataResult<void> record_refresh(Connection& connection, const StoredView& view,
                                const std::string& versions) {
    Json inputs = Json::array();
    for (const auto& input : view.inputs) inputs.push_back(input);
    const auto now = wall_clock();
    SW_TRY(
        connection.execute("update _stepwell_views set deps = $deps, last_refresh = $now, "
                           "input_versions = $versions where name = $name",
                           {{"deps", to_text(inputs)},
                            {"now", to_iso8601(now)},
                            {"versions", versions},
                            {"name", view.name}}));
    return {};
}

DataResult<std::map<std::string, std::string>> read_catalog(Connection& connection) {
    const bool is_sqlite = connection.dialect() == Dialect::sqlite;
    const Rows rows = SW_TRY(connection.query(
        is_sqlite ? "select name, case type when 'view' then sql else '' end from sqlite_schema "
                    "where type in ('table', 'view')"
                  : "select case schema_name when 'main' then '' else schema_name || '.' end || "
                    "table_name, '' from duckdb_tables() where database_name = current_database() "
                    "union all select case schema_name when 'main' then '' else schema_name || '.' "
                    "end || view_name, sql from duckdb_views() where database_name = "
                    "current_database() and not internal"));
    std::map<std::string, std::string> catalog;
    for (const auto& row : rows.rows) {
        const std::string name = row[0].get<std::string>();
        if (!name.starts_with("_stepwell_")) catalog[name] = row[1].get<std::string>();
    }
    return catalog;
}

namespace {

std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// The end of a text or comment that begins at `at`; `at` itself where none does.
std::size_t skip_quiet(const std::string& sql, std::size_t at) {
    const auto end_of = [&](std::string_view mark, std::size_t from) {
        const auto end = sql.find(mark, from);
        return end == sql.npos ? sql.size() : end + mark.size();
    };
    if (sql[at] == '\'') return end_of("'", at + 1);
    if (sql.compare(at, 2, "--") == 0) return end_of("\n", at);
    if (sql.compare(at, 2, "/*") == 0) return end_of("*/", at + 2);
    return at;
}

/// Dotted names in the SQL, in lower case: "select a.b from \"S\".t" -> a.b, s.t, ...
std::set<std::string> dotted_names(const std::string& sql) {
    std::set<std::string> names;
    std::string name;
    const auto close = [&] {
        if (!name.empty()) names.insert(lower(name));
        name.clear();
    };
    for (std::size_t i = 0; i < sql.size();) {
        if (const std::size_t end = skip_quiet(sql, i); end != i) {
            close();
            i = end;
        } else if (sql[i] == '"') {
            const std::size_t closing = std::min(sql.find('"', i + 1), sql.size());
            if (!name.empty() && name.back() != '.') close();
            name += sql.substr(i + 1, closing - i - 1);
            i = closing + 1;
        } else if (is_word(sql[i]) || sql[i] == '.') {
            name += sql[i++];
        } else {
            close();
            ++i;
        }
    }
    close();
    return names;
}

}  // namespace

std::set<std::string> mentioned(const std::string& sql, const std::set<std::string>& names) {
    const std::set<std::string> words = dotted_names(sql);
    std::set<std::string> found;
    for (const auto& name : names) {
        const std::string wanted = lower(name);
        for (const auto& word : words) {
            // Also with a connection's name in front.
            const bool is_it =
                word == wanted || (word.size() > wanted.size() && word.ends_with("." + wanted));
            if (is_it) found.insert(name);
        }
    }
    return found;
}

DataResult<std::vector<std::string>> order_of(const std::map<std::string, StoredView>& views,
                                              const std::set<std::string>& wanted) {
    std::vector<std::string> order;
    std::set<std::string> done;
    std::vector<std::string> path;
    std::string circle;
    const std::function<void(const std::string&)> visit = [&](const std::string& name) {
        if (done.contains(name) || !circle.empty()) return;
        for (std::size_t i = 0; i < path.size(); ++i) {
            if (path[i] != name) continue;
            for (; i < path.size(); ++i) circle += path[i] + " -> ";
            circle += name;
            return;
        }
        path.push_back(name);
        for (const auto& input : views.at(name).inputs) {
            if (views.contains(input)) visit(input);
        }
        path.pop_back();
        done.insert(name);
        if (wanted.contains(name)) order.push_back(name);
    };
    for (const auto& name : wanted) visit(name);
    if (circle.empty()) return order;
    return data_fail("E_CONFIG", "expected views without a circle, but " + circle);
}

namespace {

/// "create view x as select ..." as "select ..."; a query as it is.
std::string query_of(const std::string& sql) {
    const std::string low = lower(sql);
    if (!low.starts_with("create")) return sql;
    for (std::size_t i = 0; i < low.size(); ++i) {
        if (low[i] == '"') i = std::min(low.find('"', i + 1), low.size());
        if (low.compare(i, 2, "as") != 0 || i == 0 || is_word(low[i - 1])) continue;
        if (i + 2 < low.size() && !is_word(low[i + 2])) return sql.substr(i + 2);
    }
    return sql;
}

/// What a parsed query stands on.
struct Mentions {
    std::set<std::string> tables;
    std::set<std::string> with;  // names of WITH
    std::set<std::string> functions;
};

void collect(const Json& node, Mentions& mentions) {
    if (node.is_array()) {
        for (const auto& inner : node) collect(inner, mentions);
    }
    if (!node.is_object()) return;
    const std::string type = string_or(node, "type", "");
    if (type == "BASE_TABLE") {
        const std::string schema = string_or(node, "schema_name", "");
        const std::string table = string_or(node, "table_name", "");
        mentions.tables.insert(lower(schema.empty() ? table : schema + "." + table));
    }
    if (const std::string name = string_or(node, "function_name", ""); !name.empty())
        mentions.functions.insert(lower(name));
    if (const Json* with = find(node, "cte_map")) {
        if (const Json* entries = find(*with, "map"); entries && entries->is_array()) {
            for (const auto& entry : *entries)
                mentions.with.insert(lower(string_or(entry, "key", "")));
        }
    }
    for (const char* name : {"cte_name", "ctename"}) {
        if (const std::string with = string_or(node, name, ""); !with.empty())
            mentions.with.insert(lower(with));
    }
    for (const auto& [key, inner] : node.items()) collect(inner, mentions);
}

/// Whether functions of these names give the same for the same arguments, from those alone.
DataResult<bool> are_pure(Connection& connection, const std::set<std::string>& names) {
    if (names.empty()) return true;
    std::string list;
    for (const auto& name : names) list += (list.empty() ? "" : ", ") + quote_literal(name);
    const auto impure = SW_TRY(connection.query_integer(
        "select count(*) from duckdb_functions() where lower(function_name) in (" + list +
        ") and (stability in ('VOLATILE', 'CONSISTENT_WITHIN_QUERY') or (not internal) or "
        "(function_type in ('table', 'table_macro') and function_name not in ('range', "
        "'generate_series', 'unnest', 'repeat', 'repeat_row', 'json_each', 'json_tree')))"));
    return impure == 0;
}

/// Whether all that the query reads is tables and views of the catalog.
DataResult<bool> is_told_by_tables(Connection& connection, const std::string& sql,
                                   const std::set<std::string>& names) {
    if (asks_clock_or_chance(sql)) return false;
    if (connection.dialect() == Dialect::sqlite)
        return lower(sql).find("'now'") == std::string::npos;
    const Json text = SW_TRY(connection.query_value(
        "select json_serialize_sql($sql::varchar)::varchar", {{"sql", query_of(sql)}}));
    const auto parsed =
        text.is_string() ? parse_json(text.get_ref<const std::string&>()) : Result<Json>(Json());
    if (!parsed || !parsed->is_object() || parsed->value("error", true)) return false;
    Mentions mentions;
    collect(*parsed, mentions);
    for (const auto& table : mentions.tables) {
        if (!mentions.with.contains(table) && mentioned("\"" + table + "\"", names).empty())
            return false;
    }
    return are_pure(connection, mentions.functions);
}

DataResult<Json> version_of(Connection& connection, const std::string& table) {
    const auto dot = table.find('.');
    const bool is_sqlite = connection.dialect() == Dialect::sqlite;
    const TableName name = dot == table.npos || is_sqlite
                               ? TableName{"", table}
                               : TableName{table.substr(0, dot), table.substr(dot + 1)};
    std::vector<std::string> columns;
    if (is_sqlite) {
        for (const auto& column : SW_TRY(connection.table_columns(name)))
            columns.push_back(column.name);
    }
    return rows_version(connection, quote_table(name, connection.dialect()), columns,
                        Json::object());
}

}  // namespace

DataResult<std::optional<std::string>> input_versions(
    Connection& connection, const StoredView& view,
    const std::map<std::string, std::string>& catalog) {
    std::set<std::string> names;
    for (const auto& [name, ignored] : catalog) names.insert(name);
    if (!SW_TRY(is_told_by_tables(connection, view.sql, names)))
        return std::optional<std::string>();
    Json versions = Json::object();
    std::set<std::string> seen = {view.name};
    std::vector<std::string> open(view.inputs.begin(), view.inputs.end());
    while (!open.empty()) {
        const std::string name = open.back();
        open.pop_back();
        const auto known = catalog.find(name);
        if (known == catalog.end() || !seen.insert(name).second) continue;
        if (known->second.empty()) {
            versions[name] = SW_TRY(version_of(connection, name));
            continue;
        }
        if (!SW_TRY(is_told_by_tables(connection, known->second, names)))
            return std::optional<std::string>();
        for (const auto& input : mentioned(known->second, names)) open.push_back(input);
    }
    if (versions.empty()) return std::optional<std::string>();
    return std::optional<std::string>(to_text(versions));
}

}  // namespace stepwell::tasks::data
