#include "tasks/transform/model_rules.hpp"

#include <algorithm>

#include "engine/base/ascii.hpp"
#include "tasks/sql/column_types.hpp"

namespace stepwell::tasks::transform {
namespace {

using data::data_fail;

std::string small(std::string text) {
    for (char& c : text) c = lower(c);
    return text;
}

/// Without comments: what stands in texts and names stays.
std::string without_comments(const std::string& sql) {
    std::string result;
    for (std::size_t i = 0; i < sql.size();) {
        const std::string_view rest = std::string_view(sql).substr(i);
        std::size_t length = 1;
        if (rest[0] == '\'' || rest[0] == '"') {
            const auto end = rest.find(rest[0], 1);
            length = end == std::string_view::npos ? rest.size() : end + 1;
            result += rest.substr(0, length);
        } else if (rest.starts_with("--")) {
            length = std::min(rest.find('\n'), rest.size());
            result += ' ';
        } else if (rest.starts_with("/*")) {
            const auto end = rest.find("*/", 2);
            length = end == std::string_view::npos ? rest.size() : end + 2;
            result += ' ';
        } else {
            result += rest[0];
        }
        i += length;
    }
    return result;
}

/// The next word of small letters; "" where none stands there.
std::string next_word(const std::string& sql, std::size_t& at) {
    while (at < sql.size() && (sql[at] == ' ' || sql[at] == '\n' || sql[at] == '\t' ||
                               sql[at] == '\r' || sql[at] == '(' || sql[at] == ';'))
        ++at;
    const std::size_t begin = at;
    while (at < sql.size() && sql[at] >= 'a' && sql[at] <= 'z') ++at;
    return sql.substr(begin, at - begin);
}

}  // namespace

DataResult<void> check_hook(const std::string& sql) {
    static const std::set<std::string, std::less<>> allowed = {
        "select",  "with",  "from",    "values",  "insert", "update",
        "delete",  "merge", "replace", "create",  "alter",  "truncate",
        "comment", "drop",  "vacuum",  "analyze", "reindex"};
    const std::string text = small(without_comments(sql));
    std::size_t at = 0;
    const std::string verb = next_word(text, at);
    if (!allowed.contains(verb))
        return data_fail("E_DENIED",
                         "expected a statement on tables and views, such as insert, create index "
                         "or analyze, but got '" +
                             verb + "', which would change the session of other models");
    for (std::string word = next_word(text, at); verb == "create" && !word.empty();
         word = next_word(text, at)) {
        if (word == "temp" || word == "temporary")
            return data_fail("E_DENIED",
                             "expected a table that stays, but a temporary one would "
                             "stand before those of the same name for other models");
        if (word != "or" && word != "replace") break;
    }
    for (const char* own : {"_stepwell", "_sw_"}) {
        if (text.find(own) != std::string::npos)
            return data_fail("E_DENIED", std::string("expected tables of the project, but '") +
                                             own +
                                             "' begins the names that Stepwell keeps for itself");
    }
    return {};
}

namespace {

std::string type_list(const std::vector<data::Column>& columns) {
    std::string text;
    for (const auto& column : columns)
        text += (text.empty() ? "" : ", ") + column.name + " " + column.type;
    return text;
}

bool has_constraints(const Node& model) {
    const auto declares = [](const Json& holder) {
        const Json* constraints = find(holder, "constraints");
        return constraints != nullptr && constraints->is_array() && !constraints->empty();
    };
    return declares(model.config) ||
           std::any_of(model.columns.begin(), model.columns.end(), declares);
}

/// The declared columns, with types as the database names them.
DataResult<std::vector<data::Column>> declared_columns(data::Connection& connection,
                                                       const Node& model) {
    std::string sql;
    for (const auto& column : model.columns) {
        const std::string name = string_or(column, "name", "");
        const std::string type = string_or(column, "data_type", "");
        if (type.empty())
            return data_fail("E_CONFIG", "contract: expected data_type for column '" + name + "'");
        sql += (sql.empty() ? "select " : ", ");
        sql += "cast(null as " + type + ") as " + data::quote_identifier(name);
    }
    if (sql.empty())
        return data_fail("E_CONFIG",
                         "contract: expected columns with data_type in a property file");
    return connection.describe(sql);
}

}  // namespace

DataResult<void> check_contract(data::Connection& connection, const Node& model,
                                const std::vector<data::Column>& columns) {
    const Json* contract = find(model.config, "contract");
    const Json* enforced = contract != nullptr ? find(*contract, "enforced") : nullptr;
    if (enforced == nullptr || *enforced != true) return {};
    if (connection.dialect() == data::Dialect::sqlite)
        return data_fail("E_UNSUPPORTED",
                         "contracts are not supported on SQLite, whose columns "
                         "hold values of any type");
    if (has_constraints(model))
        return data_fail("E_UNSUPPORTED", "constraints of contracts are not supported; tests are");
    const auto declared = SW_TRY(declared_columns(connection, model));
    const auto has = [](const std::vector<data::Column>& all, const data::Column& wanted) {
        return std::any_of(all.begin(), all.end(), [&](const data::Column& column) {
            return data::is_same_column(column.name, wanted.name) && column.type == wanted.type;
        });
    };
    const auto is_declared = [&](const auto& column) { return has(declared, column); };
    const auto is_given = [&](const auto& column) { return has(columns, column); };
    if (std::all_of(columns.begin(), columns.end(), is_declared) &&
        std::all_of(declared.begin(), declared.end(), is_given))
        return {};
    return data_fail("E_SCHEMA", "contract: expected the columns " + type_list(declared) +
                                     ", but the query gives " + type_list(columns) +
                                     "; nothing was changed");
}

void note_unused_configs(Project& project) {
    // Those with an effect, and those that only describe.
    static const std::set<std::string, std::less<>> model_keys = {"materialized",
                                                                  "schema",
                                                                  "alias",
                                                                  "tags",
                                                                  "enabled",
                                                                  "full_refresh",
                                                                  "pre_hook",
                                                                  "pre-hook",
                                                                  "post_hook",
                                                                  "post-hook",
                                                                  "unique_key",
                                                                  "incremental_strategy",
                                                                  "on_schema_change",
                                                                  "merge_update_columns",
                                                                  "merge_exclude_columns",
                                                                  "incremental_predicates",
                                                                  "contract",
                                                                  "constraints",
                                                                  "meta",
                                                                  "docs",
                                                                  "description",
                                                                  "group",
                                                                  "access"};
    static const std::set<std::string, std::less<>> test_keys = {
        "severity",          "where",    "name",    "tags",      "limit",
        "description",       "error_if", "warn_if", "fail_calc", "store_failures",
        "store_failures_as", "schema",   "alias",   "enabled",   "meta"};
    std::set<std::string> said;
    for (const auto& node : project.nodes) {
        const auto& known = node.kind == NodeKind::model ? model_keys : test_keys;
        for (const auto& [key, value] : node.config.items()) {
            if (known.contains(key) || value.is_null()) continue;
            std::string text =
                node.path + ": configuration '" + key + "' is not supported and has no effect";
            if (said.insert(text).second) project.warnings.push_back(std::move(text));
        }
    }
}

}  // namespace stepwell::tasks::transform
