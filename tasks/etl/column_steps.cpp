// Steps that choose, name and order columns.
#include <map>

#include "tasks/data/input.hpp"
#include "tasks/etl/step_tools.hpp"

namespace stepwell::tasks::etl {
namespace {

using data::quote_identifier;

/// The names of types in Glue's ApplyMapping and Spark, as SQL has them.
std::string sql_type(const std::string& name) {
    static const std::map<std::string, std::string> kTypes = {
        {"string", "varchar"}, {"long", "bigint"},        {"int", "integer"},
        {"short", "smallint"}, {"byte", "tinyint"},       {"float", "float"},
        {"double", "double"},  {"boolean", "boolean"},    {"binary", "blob"},
        {"date", "date"},      {"timestamp", "timestamp"}};
    const auto found = kTypes.find(name);
    return found == kTypes.end() ? name : found->second;
}

}  // namespace

DataResult<CompiledStep> compile_select(const Compiling& compiling) {
    const Json& argument = compiling.argument();
    std::vector<std::string> terms;
    std::vector<std::string> expressions;
    const auto add = [&](const std::string& name, const Json& value) -> DataResult<void> {
        expressions.push_back(SW_TRY(compiling.expression(value, name)));
        terms.push_back(expressions.back() + " as " + quote_identifier(name));
        return {};
    };
    const Json list = argument.is_array() ? argument : Json::array({argument});
    for (const auto& element : list) {
        if (element == "*") {
            terms.emplace_back("*");
        } else if (element.is_string()) {
            SW_TRY(compiling.need({element.get<std::string>()}));
            terms.push_back(quote_identifier(element.get<std::string>()));
        } else if (element.is_object()) {
            for (const auto& [name, value] : element.items()) SW_TRY(add(name, value));
        } else {
            return compiling.fault("expected columns and {name: SQL}");
        }
    }
    if (terms.empty()) return compiling.fault("expected at least one column");
    CompiledStep result{"select " + joined(terms) + " from this"};
    result.effect = compiling.effect_of(expressions);
    return result;
}

DataResult<CompiledStep> compile_drop(const Compiling& compiling) {
    const auto names = SW_TRY(compiling.column_list(&compiling.argument(), "columns"));
    return CompiledStep{"select * exclude (" + data::quoted_list(names) + ") from this"};
}

DataResult<CompiledStep> compile_rename(const Compiling& compiling) {
    if (!compiling.argument().is_object() || compiling.argument().empty())
        return compiling.fault("expected {old: new}");
    std::vector<std::string> olds;
    for (const auto& [old, unused] : compiling.argument().items()) olds.push_back(old);
    SW_TRY(compiling.need(olds));
    std::vector<std::string> terms;
    for (const auto& column : compiling.columns()) {
        std::string name = column.name;
        for (const auto& [old, renamed] : compiling.argument().items()) {
            if (!renamed.is_string()) return compiling.fault(old + ": expected its new name");
            if (has_column({column}, old)) name = renamed;
        }
        terms.push_back(quote_identifier(column.name) + " as " + quote_identifier(name));
    }
    return CompiledStep{"select " + joined(terms) + " from this"};
}

DataResult<CompiledStep> compile_map(const Compiling& compiling) {
    if (!compiling.argument().is_array() || compiling.argument().empty()) {
        return compiling.fault("expected a list of [source, type, target, type]");
    }
    std::vector<std::string> terms;
    for (const auto& tuple : compiling.argument()) {
        const bool is_tuple = tuple.is_array() && tuple.size() == 4 && tuple[0].is_string() &&
                              tuple[2].is_string() && tuple[3].is_string();
        if (!is_tuple)
            return compiling.fault("expected [source, type, target, type], but got " +
                                   to_text(tuple));
        const std::string type = sql_type(tuple[3].get<std::string>());
        if (!data::is_type_name(type))
            return compiling.fault("expected the name of a type, but got '" + type + "'");
        SW_TRY(compiling.need({tuple[0].get<std::string>()}));
        const std::string from = tuple[0].get<std::string>();
        const std::string column = quote_identifier(from);
        data::DeclaredType declared;
        declared.type = type;
        const std::string cast = data::strict_value(column, type_of(compiling, from), declared);
        terms.push_back(
            (cast == column ? cast : cast_or_fail(compiling, column, from, cast, type)) + " as " +
            quote_identifier(tuple[2].get<std::string>()));
    }
    return CompiledStep{"select " + joined(terms) + " from this"};
}

}  // namespace stepwell::tasks::etl
