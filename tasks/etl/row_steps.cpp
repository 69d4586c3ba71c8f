// Steps that change which rows there are.
#include "tasks/etl/step_tools.hpp"
#include "tasks/sql/ties.hpp"

namespace stepwell::tasks::etl {
namespace {

using data::quote_identifier;

DataResult<std::string> other_input(const Compiling& compiling, std::string_view member) {
    const std::string name = compiling.text(member);
    if (compiling.pipeline.has_input(name)) return name;
    return compiling.fault("expected " + std::string(member) +
                           " to name an input of the task, but got '" + name + "'");
}

}  // namespace

DataResult<CompiledStep> compile_filter(const Compiling& compiling) {
    const Json& argument = compiling.argument();
    const Json* where = argument.is_object() ? compiling.member("where") : &argument;
    if (where == nullptr) return compiling.fault("expected an SQL condition");
    CompiledStep result{"select * from this where " +
                        SW_TRY(compiling.expression(*where, "the condition"))};
    result.effect = RowEffect::changes;
    const Json* rejects = compiling.member("reject");
    result.is_rejecting = rejects != nullptr && *rejects == true;
    return result;
}

DataResult<CompiledStep> compile_dedupe(const Compiling& compiling) {
    const Json& argument = compiling.argument();
    const Json* keys = argument.is_object() ? compiling.member("keys") : &argument;
    const auto key_columns = SW_TRY(compiling.column_list(keys, "keys"));
    const std::string by = data::quoted_list(key_columns);
    const Json* order = compiling.member("order_by");
    const std::string ordered =
        order == nullptr ? ""
                         : " order by " + joined(SW_TRY(text_list(compiling, order, "order_by")));
    const std::string ties = compiling.text("ties");
    CompiledStep result;
    result.effect = RowEffect::heavy;
    const std::string window = "over (partition by " + by + ordered + ")";
    result.sql = "select * from this qualify " + data::is_first_by("row_number() " + window);
    if (ties == "any") return result;
    // Of the rows that come first by order_by; such as are alike in everything are no tie.
    std::vector<std::string> all;
    for (const auto& column : compiling.columns()) all.push_back(column.name);
    result.prelude = "select * from this qualify rank() " + window + " = 1";
    result.sql = "select * from this qualify " +
                 data::is_first_by("row_number() over (partition by " + by + ")");
    result.must_be_empty = data::tied_keys(data::Dialect::duckdb, "this", key_columns, all);
    result.error_code = "E_TIE";
    result.error_message =
        data::tie_message("order_by") + "; add a column to order_by or set ties: any";
    return result;
}

DataResult<CompiledStep> compile_sql(const Compiling& compiling) {
    if (!compiling.argument().is_string()) return compiling.fault("expected a SELECT from this");
    // In brackets, so that it may begin with WITH and end with a comment.
    const std::string bracketed = "(" + compiling.argument().get<std::string>() + "\n)";
    // What stands behind FROM alone (SUMMARIZE) is selected from. The rest is taken as it is: a
    // SELECT around it would give its second "a" another name.
    const bool is_query =
        compiling.pipeline.connection()
            .describe(compiling.pipeline.query(bracketed), compiling.pipeline.parameters())
            .has_value();
    CompiledStep result{(is_query ? "" : "select * from ") + bracketed};
    result.effect = RowEffect::heavy;
    return result;
}

DataResult<CompiledStep> compile_join(const Compiling& compiling) {
    const std::string other = SW_TRY(other_input(compiling, "with"));
    const std::string how = compiling.text("how");
    const auto right = SW_TRY(compiling.pipeline.input_columns(other));
    const Json* on = compiling.member("on");
    std::string condition;
    std::vector<std::string> shared;
    if (on != nullptr && on->is_string())
        condition = " on " + SW_TRY(compiling.expression(*on, "on"));
    if (on != nullptr && on->is_array()) {
        shared = SW_TRY(compiling.column_list(on, "on"));
        SW_TRY(need_columns(right, shared, compiling.step.place + ".with"));
        condition = " using (" + data::quoted_list(shared) + ")";
    }
    if (condition.empty() && how != "cross")
        return compiling.fault("expected on: columns that both have, or an SQL condition");
    std::string select = how == "semi" || how == "anti" || !shared.empty() ? "*" : "this.*";
    const Json* wanted = compiling.member("columns");
    if (wanted != nullptr) {
        const auto names = SW_TRY(text_list(compiling, wanted, "columns"));
        SW_TRY(need_columns(right, names, compiling.step.place + ".columns"));
        select = "this.*, " + data::quoted_list(names, quote_identifier(other) + ".");
    } else if (shared.empty() && how != "semi" && how != "anti") {
        select += ", " + quote_identifier(other) + ".*";
    }
    CompiledStep result{"select " + select + " from this " + how + " join " +
                        quote_identifier(other) + condition};
    result.effect = RowEffect::heavy;
    return result;
}

DataResult<CompiledStep> compile_lookup(const Compiling& compiling) {
    const std::string other = SW_TRY(other_input(compiling, "from"));
    const auto right = SW_TRY(compiling.pipeline.input_columns(other));
    const auto keys = SW_TRY(compiling.column_list(compiling.member("on"), "on"));
    const auto names = SW_TRY(text_list(compiling, compiling.member("columns"), "columns"));
    SW_TRY(need_columns(right, keys, compiling.step.place + ".on"));
    SW_TRY(need_columns(right, names, compiling.step.place + ".columns"));
    const Json* fallback = compiling.member("default");
    std::vector<std::string> replaced;
    std::vector<std::string> added;
    for (const auto& name : names) {
        const std::string column = "looked_up." + quote_identifier(name);
        const std::string value =
            fallback == nullptr ? column
                                : "coalesce(" + column + ", " + data::sql_literal(*fallback) + ")";
        auto& of_kind = has_column(compiling.columns(), name) ? replaced : added;
        of_kind.push_back(value + " as " + quote_identifier(name));
    }
    std::string select = "this.*";
    if (!replaced.empty()) select += " replace (" + joined(replaced) + ")";
    if (!added.empty()) select += ", " + joined(added);
    CompiledStep result{"select " + select + " from this left join " + quote_identifier(other) +
                        " as looked_up using (" + data::quoted_list(keys) + ")"};
    const std::string by = data::quoted_list(keys);
    result.must_be_empty = "select " + by + ", count(*) as rows from " + quote_identifier(other) +
                           " group by " + by + " having count(*) > 1 order by all limit 5";
    result.error_code = "E_DUPLICATE_KEY";
    result.error_message =
        "'" + other + "' has several rows for one key, so looking up would multiply rows";
    return result;
}

DataResult<CompiledStep> compile_union(const Compiling& compiling) {
    const Json& argument = compiling.argument();
    const Json* with = argument.is_object() ? compiling.member("with") : &argument;
    const Json* distinct = compiling.member("distinct");
    const bool is_distinct = distinct != nullptr && *distinct == true;
    std::string sql = "select * from this";
    for (const auto& name : SW_TRY(text_list(compiling, with, "with"))) {
        if (!compiling.pipeline.has_input(name))
            return compiling.fault("expected with to name inputs of the task, but got '" + name +
                                   "'");
        sql += std::string(" union ") + (is_distinct ? "" : "all ") + "by name select * from " +
               quote_identifier(name);
    }
    CompiledStep result{std::move(sql)};
    result.effect = RowEffect::heavy;
    return result;
}

DataResult<CompiledStep> compile_aggregate(const Compiling& compiling) {
    const Json* columns = compiling.member("columns");
    if (columns == nullptr || !columns->is_object() || columns->empty())
        return compiling.fault("expected {by: [...], columns: {total: sum(amount)}}");
    std::vector<std::string> terms;
    const Json* by = compiling.member("by");
    std::string group;
    if (by != nullptr) {
        group = data::quoted_list(SW_TRY(compiling.column_list(by, "by")));
        terms.push_back(group);
    }
    for (const auto& [name, value] : columns->items())
        terms.push_back(SW_TRY(compiling.expression(value, name)) + " as " +
                        quote_identifier(name));
    CompiledStep result{"select " + joined(terms) + " from this" +
                        (group.empty() ? "" : " group by " + group)};
    const std::string having = compiling.text("having");
    if (!having.empty()) result.sql += " having (" + having + "\n)";
    result.effect = RowEffect::heavy;
    return result;
}

DataResult<CompiledStep> compile_sort(const Compiling& compiling) {
    return CompiledStep{"select * from this order by " +
                        joined(SW_TRY(text_list(compiling, &compiling.argument(), "columns")))};
}

DataResult<CompiledStep> compile_limit(const Compiling& compiling) {
    const Json& argument = compiling.argument();
    const Json* rows = argument.is_object() ? compiling.member("rows") : &argument;
    const Json* offset = compiling.member("offset");
    if (rows == nullptr) return compiling.fault("expected a number of rows");
    CompiledStep result{"select * from this limit " +
                        std::to_string(SW_TRY(compiling.whole_number(*rows, "rows")))};
    if (offset != nullptr)
        result.sql +=
            " offset " + std::to_string(SW_TRY(compiling.whole_number(*offset, "offset")));
    result.effect = RowEffect::heavy;
    return result;
}

DataResult<CompiledStep> compile_unnest(const Compiling& compiling) {
    const Json& argument = compiling.argument();
    const Json* column = argument.is_object() ? compiling.member("column") : &argument;
    const auto names = SW_TRY(compiling.column_list(column, "column"));
    const std::string source = quote_identifier(names[0]);
    const auto type = SW_TRY(compiling.pipeline.connection().describe(
        compiling.pipeline.query("select " + source + " from this"),
        compiling.pipeline.parameters()))[0]
                          .type;
    CompiledStep result;
    if (type.starts_with("struct") && !type.ends_with("]")) {
        result.sql = "select * exclude (" + source + "), unnest(" + source + ") from this";
        return result;
    }
    const std::string given = compiling.text("as");
    const std::string& name = given.empty() ? names[0] : given;
    const Json* outer = compiling.member("outer");
    const bool keeps_empty = outer != nullptr && *outer == true;
    const std::string list =
        keeps_empty ? "case when len(" + source + ") > 0 then " + source + " else [null] end"
                    : source;
    result.sql = "select * exclude (" + source + "), unnest(" + list + ") as " +
                 quote_identifier(name) + " from this";
    result.effect = RowEffect::heavy;
    return result;
}

}  // namespace stepwell::tasks::etl
