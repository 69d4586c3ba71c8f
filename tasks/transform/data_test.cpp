// Tests on data: each is a query for failures.
#include <map>

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
        const std::string near = data::nearest(node.test_type, known);
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

}  // namespace

DataResult<std::int64_t> run_test(data::Connection& connection, const Renderer& renderer,
                                  const Node& node) {
    RenderScope scope;
    scope.executes = true;
    std::string sql = node.test_type.empty() ? SW_TRY(renderer.render(node, scope))
                                             : SW_TRY(generic_query(renderer, node, scope));
    while (!sql.empty() && (sql.back() == ';' || sql.back() == '\n' || sql.back() == ' '))
        sql.pop_back();
    if (const Json* limit = find(node.config, "limit");
        limit != nullptr && limit->is_number_integer())
        sql = "select * from (" + sql + "\n) limit " + limit->dump();
    auto failures = connection.query_integer("select count(*) from (" + sql + "\n) as failures");
    if (!failures) return fail(std::move(failures).error().within(node.path + ": " + node.name));
    return *failures;
}

}  // namespace stepwell::tasks::transform
