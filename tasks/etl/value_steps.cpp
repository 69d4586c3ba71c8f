// Steps that make columns out of columns and keep the rows.
#include "tasks/data/input.hpp"
#include "tasks/etl/step_tools.hpp"

namespace stepwell::tasks::etl {
namespace {

using data::quote_identifier;
using data::quote_literal;
using data::sql_literal;
using Expressions = std::vector<std::pair<std::string, std::string>>;

/// lower, upper and trim share their form: columns, or {columns, trim}.
DataResult<CompiledStep> compile_function(const Compiling& compiling, const std::string& function) {
    const Json* columns =
        compiling.argument().is_object() ? compiling.member("columns") : &compiling.argument();
    const Json* trims = compiling.member("trim");
    const bool also_trims = trims != nullptr && *trims == true;
    Expressions expressions;
    for (const auto& name : SW_TRY(compiling.column_list(columns, "columns"))) {
        const std::string column = quote_identifier(name);
        expressions.emplace_back(
            name, function + "(" + (also_trims ? "trim(" + column + ")" : column) + ")");
    }
    return CompiledStep{select_with(compiling.columns(), expressions)};
}

DataResult<void> need_object(const Compiling& compiling, const std::string& example) {
    if (compiling.argument().is_object() && !compiling.argument().empty()) return {};
    return compiling.fault("expected an object, such as " + example);
}

}  // namespace

DataResult<CompiledStep> compile_trim(const Compiling& compiling) {
    return compile_function(compiling, "trim");
}
DataResult<CompiledStep> compile_lower(const Compiling& compiling) {
    return compile_function(compiling, "lower");
}
DataResult<CompiledStep> compile_upper(const Compiling& compiling) {
    return compile_function(compiling, "upper");
}

DataResult<CompiledStep> compile_regexp_replace(const Compiling& compiling) {
    SW_TRY(need_object(compiling, "{phone: ['[^0-9]', '']}"));
    Expressions expressions;
    for (const auto& [name, pair] : compiling.argument().items()) {
        SW_TRY(compiling.need({name}));
        if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) {
            return compiling.fault(name + ": expected [pattern, replacement]");
        }
        expressions.emplace_back(name, "regexp_replace(" + quote_identifier(name) + ", " +
                                           sql_literal(pair[0]) + ", " + sql_literal(pair[1]) +
                                           ", 'g')");
    }
    return CompiledStep{select_with(compiling.columns(), expressions)};
}

namespace {

/// Adds or replaces columns by what users wrote.
CompiledStep with_expressions(const Compiling& compiling, const Expressions& expressions) {
    CompiledStep result{select_with(compiling.columns(), expressions)};
    std::vector<std::string> texts;
    for (const auto& [name, text] : expressions) texts.push_back(text);
    result.effect = compiling.effect_of(texts);
    return result;
}

}  // namespace

DataResult<CompiledStep> compile_derive(const Compiling& compiling) {
    SW_TRY(need_object(compiling, "{total: price * quantity}"));
    Expressions expressions;
    for (const auto& [name, value] : compiling.argument().items())
        expressions.emplace_back(name, SW_TRY(compiling.expression(value, name)));
    return with_expressions(compiling, expressions);
}

namespace {

DataResult<std::string> case_expression(const Compiling& compiling, const std::string& name,
                                        const Json& branches) {
    if (!branches.is_array() || branches.empty())
        return compiling.fault(name + ": expected a list of {when, then} and {else}");
    std::string sql = "case";
    std::string otherwise;
    for (const auto& branch : branches) {
        const Json* when = find(branch, "when");
        const Json* then = find(branch, "then");
        const Json* then_sql = find(branch, "then_sql");
        const Json* last = find(branch, "else");
        if (last != nullptr) {
            otherwise = " else " + sql_literal(*last);
            continue;
        }
        if (when == nullptr || (then == nullptr) == (then_sql == nullptr) || !otherwise.empty()) {
            return compiling.fault(name +
                                   ": expected {when: SQL, then: value} (or then_sql: SQL), and "
                                   "{else: value} at the end");
        }
        sql += " when " + SW_TRY(compiling.expression(*when, name + ".when")) + " then ";
        if (then != nullptr)
            sql += sql_literal(*then);
        else
            sql += SW_TRY(compiling.expression(*then_sql, name + ".then_sql"));
    }
    return sql + otherwise + " end";
}

struct CastRule {
    data::DeclaredType declared;
    std::string on_error = "fail";
};

CastRule cast_rule(const Json& value) {
    CastRule rule;
    if (value.is_string()) {
        rule.declared.type = value;
        return rule;
    }
    rule.declared = {string_or(value, "type", ""), string_or(value, "format", ""),
                     string_or(value, "numbers", "") == "rounded",
                     string_or(value, "dates", "") == "iso_or_time"};
    rule.on_error = string_or(value, "on_error", "fail");
    return rule;
}

}  // namespace

const std::string& type_of(const Compiling& compiling, const std::string& name) {
    static const std::string kNone;
    for (const auto& column : compiling.columns()) {
        if (has_column({column}, name)) return column.type;
    }
    return kNone;
}

DataResult<CompiledStep> compile_case(const Compiling& compiling) {
    SW_TRY(need_object(compiling, "{size: [{when: amount > 10, then: big}, {else: small}]}"));
    Expressions expressions;
    for (const auto& [name, branches] : compiling.argument().items()) {
        expressions.emplace_back(name, SW_TRY(case_expression(compiling, name, branches)));
    }
    return with_expressions(compiling, expressions);
}

std::string cast_or_fail(const Compiling& compiling, const std::string& column,
                         const std::string& name, const std::string& cast,
                         const std::string& type) {
    const std::string message = quote_literal("[E_FORMAT] " + compiling.step.place + "." + name +
                                              ": expected " + type + ", but got '");
    return "coalesce(" + cast + ", case when " + column + " is not null then error(concat(" +
           message + ", " + column + "::varchar, '''')) end)";
}

DataResult<CompiledStep> compile_cast(const Compiling& compiling) {
    SW_TRY(need_object(compiling, "{amount: {type: 'decimal(18,2)', on_error: reject}}"));
    Expressions expressions;
    Expressions loose;
    std::vector<std::string> kept;
    for (const auto& [name, value] : compiling.argument().items()) {
        SW_TRY(compiling.need({name}));
        const CastRule rule = cast_rule(value);
        const std::string column = quote_identifier(name);
        const std::string& from = type_of(compiling, name);
        data::DeclaredType declared = rule.declared;
        if (from != "varchar") declared.format.clear();
        const std::string cast = data::strict_value(column, from, declared);
        const std::string loosened = data::loosened_condition(column, from, declared);
        if (!loosened.empty()) loose.emplace_back(name, loosened);
        if (rule.on_error == "reject")
            kept.push_back("(" + column + " is null or " + cast + " is not null)");
        const bool may_fail = rule.on_error == "fail" && cast != column;
        expressions.emplace_back(
            name, may_fail ? cast_or_fail(compiling, column, name, cast, declared.type) : cast);
    }
    CompiledStep result{select_with(compiling.columns(), expressions)};
    result.loose = std::move(loose);
    if (kept.empty()) return result;
    // Decided on the values as they came: a replaced column hides them.
    result.sql = select_with(compiling.columns(), expressions);
    result.sql.replace(result.sql.rfind("from this"), 9,
                       "from (select * from this where " + joined(kept, " and ") + ")");
    result.effect = RowEffect::changes;
    result.is_rejecting = true;
    return result;
}

DataResult<CompiledStep> compile_fill(const Compiling& compiling) {
    SW_TRY(need_object(compiling, "{discount: 0}"));
    Expressions expressions;
    for (const auto& [name, value] : compiling.argument().items()) {
        SW_TRY(compiling.need({name}));
        const std::string column = quote_identifier(name);
        if (!value.is_object()) {
            expressions.emplace_back(name, "coalesce(" + column + ", " + sql_literal(value) + ")");
            continue;
        }
        const auto order =
            SW_TRY(text_list(compiling, find(value, "order_by"), name + ".order_by"));
        const Json* by = find(value, "partition_by");
        const std::string partition =
            by == nullptr
                ? ""
                : "partition by " +
                      data::quoted_list(SW_TRY(compiling.column_list(by, name + ".partition_by"))) +
                      " ";
        const std::string method = string_or(value, "method", "forward");
        const bool is_forward = method == "forward";
        expressions.emplace_back(
            name, "coalesce(" + column + ", " + (is_forward ? "last_value(" : "first_value(") +
                      column + " ignore nulls) over (" + partition + "order by " + joined(order) +
                      (is_forward ? " rows between unbounded preceding and current row"
                                  : " rows between current row and unbounded following") +
                      "))");
    }
    return CompiledStep{select_with(compiling.columns(), expressions)};
}

DataResult<CompiledStep> compile_hash(const Compiling& compiling) {
    const Json* columns =
        compiling.argument().is_object() ? compiling.member("columns") : &compiling.argument();
    const std::string algorithm = compiling.text("algorithm");
    const std::string salt = compiling.text("salt");
    Expressions expressions;
    for (const auto& name : SW_TRY(compiling.column_list(columns, "columns"))) {
        expressions.emplace_back(name, algorithm + "(" +
                                           (salt.empty() ? "" : quote_literal(salt) + " || ") +
                                           quote_identifier(name) + "::varchar)");
    }
    return CompiledStep{select_with(compiling.columns(), expressions)};
}

DataResult<CompiledStep> compile_surrogate_key(const Compiling& compiling) {
    const std::string name = compiling.text("name");
    std::vector<std::string> parts;
    for (const auto& column :
         SW_TRY(compiling.column_list(compiling.member("columns"), "columns"))) {
        parts.push_back("coalesce(" + quote_identifier(column) +
                        "::varchar, '_dbt_utils_surrogate_key_null_')");
    }
    return CompiledStep{
        select_with(compiling.columns(), {{name, "md5(" + joined(parts, " || '-' || ") + ")"}})};
}

DataResult<CompiledStep> compile_window(const Compiling& compiling) {
    const Json* columns = compiling.member("columns");
    if (columns == nullptr || !columns->is_object() || columns->empty()) {
        return compiling.fault(
            "expected {columns: {rank: row_number()}, partition_by: [...], order_by: [...]}");
    }
    std::string over;
    if (const Json* by = compiling.member("partition_by"))
        over +=
            "partition by " + data::quoted_list(SW_TRY(compiling.column_list(by, "partition_by")));
    if (const Json* order = compiling.member("order_by"))
        over += " order by " + joined(SW_TRY(text_list(compiling, order, "order_by")));
    if (const std::string frame = compiling.text("frame"); !frame.empty()) over += " " + frame;
    Expressions expressions;
    for (const auto& [name, value] : columns->items()) {
        if (!value.is_string())
            return compiling.fault(name + ": expected a window function, such as sum(amount)");
        expressions.emplace_back(name, value.get<std::string>() + " over (" + over + ")");
    }
    return CompiledStep{select_with(compiling.columns(), expressions)};
}

}  // namespace stepwell::tasks::etl
