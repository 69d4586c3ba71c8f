// Tests on data: each is a query for failures.
#include <map>

#include "engine/base/nearest.hpp"
#include "tasks/support/parameters.hpp"
#include "tasks/transform/materialize.hpp"

namespace stepwell::tasks::transform {
namespace {

using data::data_fail;
using data::quote_identifier;

struct Subject {
    const Node& node;
    std::string rows;    // what stands behind FROM
    std::string column;  // quoted; "" where the test is on the whole table
    const Renderer& renderer;
    RenderScope& scope;

    [[nodiscard]] const Json* argument(std::string_view name) const {
        return find(node.test_arguments, name);
    }
    [[nodiscard]] Failure<data::DataError> fault(const std::string& message) const {
        return data_fail("E_CONFIG", node.path + ": " + node.name + ": " + message);
    }
};

using TestQuery = DataResult<std::string> (*)(const Subject&);

DataResult<std::string> unique_query(const Subject& s) {
    return "select " + s.column + " as unique_field, count(*) as n_records from " + s.rows +
           " where " + s.column + " is not null group by " + s.column + " having count(*) > 1";
}

DataResult<std::string> not_null_query(const Subject& s) {
    return "select " + s.column + " from " + s.rows + " where " + s.column + " is null";
}

DataResult<std::string> accepted_values_query(const Subject& s) {
    const Json* values = s.argument("values");
    if (values == nullptr || !values->is_array() || values->empty())
        return s.fault("expected values: a list");
    const Json* quote = s.argument("quote");
    const bool is_quoted = quote == nullptr || *quote != false;
    std::string list;
    for (const auto& value : *values) {
        const std::string text = value.is_string() ? value.get<std::string>() : to_text(value);
        list += (list.empty() ? "" : ", ") + (is_quoted           ? data::quote_literal(text)
                                              : value.is_string() ? text
                                                                  : data::sql_literal(value));
    }
    return "select " + s.column + " as value_field, count(*) as n_records from " + s.rows +
           " where " + s.column + " not in (" + list + ") group by " + s.column;
}

DataResult<std::string> relationships_query(const Subject& s) {
    const Json* to = s.argument("to");
    const Json* field = s.argument("field");
    if (to == nullptr || field == nullptr || !to->is_string() || !field->is_string())
        return s.fault("expected to: ref('model') and field: column");
    const std::string parent =
        SW_TRY(s.renderer.relation(to->get<std::string>(), s.node.path, s.scope));
    return "select child." + s.column + " from " + s.rows + " as child where child." + s.column +
           " is not null and not exists (select 1 from " + parent + " as parent where parent." +
           quote_identifier(field->get<std::string>()) + " = child." + s.column + ")";
}

DataResult<std::string> unique_combination_query(const Subject& s) {
    const Json* columns = s.argument("combination_of_columns");
    if (columns == nullptr || !columns->is_array() || columns->empty())
        return s.fault("expected combination_of_columns: a list");
    std::vector<std::string> names;
    for (const auto& column : *columns)
        names.push_back(column.is_string() ? column.get<std::string>() : to_text(column));
    const std::string list = data::quoted_list(names);
    return "select " + list + " from " + s.rows + " group by " + list + " having count(*) > 1";
}

DataResult<std::string> expression_query(const Subject& s) {
    const Json* expression = s.argument("expression");
    if (expression == nullptr || !expression->is_string())
        return s.fault("expected expression: SQL");
    const std::string condition = s.column.empty()
                                      ? expression->get<std::string>()
                                      : s.column + " " + expression->get<std::string>();
    return "select * from " + s.rows + " where not (" + condition + "\n)";
}

struct TestType {
    TestQuery query;
    bool needs_column;
};

const std::map<std::string, TestType, std::less<>>& test_types() {
    static const std::map<std::string, TestType, std::less<>> types = {
        {"unique", {unique_query, true}},
        {"not_null", {not_null_query, true}},
        {"accepted_values", {accepted_values_query, true}},
        {"relationships", {relationships_query, true}},
        {"unique_combination_of_columns", {unique_combination_query, false}},
        {"expression_is_true", {expression_query, false}},
    };
    return types;
}

DataResult<std::string> generic_query(const Renderer& renderer, const Node& node,
                                      RenderScope& scope) {
    const auto type = test_types().find(node.test_type);
    if (type == test_types().end()) {
        std::vector<std::string> known;
        for (const auto& [name, unused] : test_types()) known.push_back(name);
        const std::string near = nearest(node.test_type, known).value_or("");
        return data_fail(
            "E_CONFIG",
            node.path + ": there is no test '" + node.test_type + "'" +
                (near.empty() ? "; tests are unique, not_null, accepted_values, relationships"
                              : "; did you mean '" + near + "'?"));
    }
    std::string column = node.test_column;
    if (const Json* named = find(node.test_arguments, "column_name");
        column.empty() && named != nullptr && named->is_string())
        column = *named;
    if (column.empty() && type->second.needs_column)
        return data_fail("E_CONFIG",
                         node.path + ": " + node.name + ": expected the test under a column");
    std::string rows = SW_TRY(renderer.relation(node.test_subject, node.path, scope));
    if (const std::string where = node.text_config("where", ""); !where.empty()) {
        rows = "(select * from " + rows + " where " +
               SW_TRY(renderer.render_text(where, node, scope)) + "\n)";
    }
    return type->second.query(
        Subject{node, rows, column.empty() ? "" : quote_identifier(column), renderer, scope});
}

/// The query for failures: what is counted, and what may be kept.
DataResult<std::string> failures_query(const Renderer& renderer, const Node& node) {
    RenderScope scope;
    scope.executes = true;
    std::string sql = node.test_type.empty() ? SW_TRY(renderer.render(node, scope))
                                             : SW_TRY(generic_query(renderer, node, scope));
    while (!sql.empty() && (sql.back() == ';' || sql.back() == '\n' || sql.back() == ' '))
        sql.pop_back();
    const Json* limit = find(node.config, "limit");
    if (limit != nullptr && limit->is_number_integer())
        sql = "select * from (" + sql + "\n) as all_failures limit " + limit->dump();
    return sql;
}

/// Puts the failures into their table, and gives it instead of the query.
DataResult<std::string> stored(data::Connection& connection, const data::TableName& table,
                               const std::string& sql) {
    const std::string relation = data::quote_table(table, connection.dialect());
    auto transaction = SW_TRY(data::Transaction::begin(connection));
    SW_TRY(connection.execute("drop table if exists " + relation));
    SW_TRY(connection.execute("create table " + relation + " as " + sql + "\n"));
    SW_TRY(transaction.commit());
    return "select * from " + relation;
}

/// "!= 0", as dbt has it, where nothing else is said.
std::string condition_of(const Node& node, std::string_view key) {
    const std::string text = node.text_config(key, "!= 0");
    return text.empty() ? "!= 0" : text;
}

bool holds(const Json& value) {
    return value == true || (value.is_number() && value != 0);
}

}  // namespace

std::optional<data::TableName> failures_table(const Renderer& renderer, const Node& test) {
    const Json* keeps = find(test.config, "store_failures");
    const std::string as = test.text_config("store_failures_as", "");
    const bool is_kept = as.empty() ? keeps != nullptr && *keeps == true : as != "ephemeral";
    if (!is_kept) return std::nullopt;
    const std::string& own = renderer.target().default_schema;
    return data::TableName{
        test.text_config("schema", own.empty() ? "dbt_test__audit" : own + "_dbt_test__audit"),
        test.text_config("alias", test.name)};
}

DataResult<TestVerdict> run_test(data::Connection& connection, const Renderer& renderer,
                                 const Node& node) {
    const std::string place = node.path + ": " + node.name;
    if (node.text_config("store_failures_as", "") == "view")
        return data_fail("E_UNSUPPORTED",
                         place + ": store_failures_as: view is not supported; a table is");
    std::string sql = SW_TRY(failures_query(renderer, node));
    TestVerdict verdict;
    if (const auto table = failures_table(renderer, node)) {
        auto kept = stored(connection, *table, sql);
        if (!kept) return fail(std::move(kept).error().within(place));
        sql = *std::move(kept);
        verdict.stored_in = table->display();
    }
    const std::string measure = node.text_config("fail_calc", "count(*)");
    const std::string severity = node.text_config("severity", "error");
    const bool may_fail = severity != "warn" && severity != "WARN";
    auto counted = connection.query("select " + measure + " as failures, " + measure + " " +
                                    condition_of(node, "warn_if") + " as warns, " + measure + " " +
                                    condition_of(node, "error_if") + " as fails from (" + sql +
                                    "\n) as failures");
    if (!counted) return fail(std::move(counted).error().within(place));
    if (counted->rows.size() != 1 || counted->rows[0].size() != 3)
        return data_fail("E_CONFIG", place + ": expected fail_calc to be one number over all rows");
    const auto& row = counted->rows[0];
    if (row[0].is_number()) verdict.failures = static_cast<std::int64_t>(row[0].get<double>());
    const bool fails = may_fail && holds(row[2]);
    verdict.status = fails ? "fail" : holds(row[1]) ? "warn" : "pass";
    const std::string condition = condition_of(node, fails ? "error_if" : "warn_if");
    verdict.expected = condition == "!= 0" ? "0" : "not " + condition;
    return verdict;
}

}  // namespace stepwell::tasks::transform
