#include "tasks/etl/steps.hpp"

#include <strings.h>

#include <map>

#include "engine/base/assert.hpp"
#include "tasks/etl/etl_shape.hpp"
#include "tasks/etl/step_tools.hpp"

namespace stepwell::tasks::etl {
namespace {

using data::data_fail;
using data::quote_identifier;

const std::map<std::string, Compiler, std::less<>>& compilers() {
    static const std::map<std::string, Compiler, std::less<>> all = {
        {"trim", compile_trim},     {"lower", compile_lower},
        {"upper", compile_upper},   {"regexp_replace", compile_regexp_replace},
        {"derive", compile_derive}, {"case", compile_case},
        {"cast", compile_cast},     {"fill", compile_fill},
        {"hash", compile_hash},     {"generate_surrogate_key", compile_surrogate_key},
        {"window", compile_window}, {"select", compile_select},
        {"drop", compile_drop},     {"rename", compile_rename},
        {"map", compile_map},       {"filter", compile_filter},
        {"dedupe", compile_dedupe}, {"sql", compile_sql},
        {"join", compile_join},     {"lookup", compile_lookup},
        {"union", compile_union},   {"aggregate", compile_aggregate},
        {"sort", compile_sort},     {"limit", compile_limit},
        {"unnest", compile_unnest}, {"flatten", compile_unnest},
    };
    return all;
}

}  // namespace

std::vector<Step> read_steps(const Json& steps) {
    std::vector<Step> result;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        for (const auto& [type, argument] : steps[i].items()) {
            if (!compilers().contains(type) || argument.is_null()) continue;
            result.push_back({type, string_or(steps[i], "name", type),
                              "steps[" + std::to_string(i) + "]." + type, argument});
        }
    }
    return result;
}

std::vector<std::string> step_names() {
    std::vector<std::string> names;
    for (const auto& [name, compiler] : compilers()) names.push_back(name);
    return names;
}

DataResult<CompiledStep> compile_step(const Step& step, Pipeline& pipeline) {
    return compilers().find(step.type)->second(Compiling{step, pipeline});
}

namespace {

/// What the step declares of a member of its argument.
const Shape& declared(const Step& step, std::string_view name) {
    const Shape* shape = step_shape().member(step.type);
    const Shape* member = shape->member(name);
    for (const Shape& form : shape->forms) {
        if (member == nullptr) member = form.member(name);
    }
    SW_ASSERT(member != nullptr);
    return *member;
}

}  // namespace

const Json* Compiling::member(std::string_view name) const {
    (void)declared(step, name);
    const Json* found = find(argument(), name);
    return found == nullptr || found->is_null() ? nullptr : found;
}

std::string Compiling::text(std::string_view name) const {
    const Json* found = member(name);
    const bool is_text = found != nullptr && found->is_string();
    return is_text ? found->get<std::string>() : declared(step, name).otherwise;
}

Failure<data::DataError> Compiling::fault(const std::string& message) const {
    return data_fail("E_CONFIG", step.place + ": " + message);
}

DataResult<void> Compiling::need(const std::vector<std::string>& names) const {
    return need_columns(columns(), names, step.place);
}

DataResult<std::vector<std::string>> text_list(const Compiling& compiling, const Json* value,
                                               std::string_view what) {
    std::vector<std::string> names;
    if (value != nullptr && value->is_string()) names.push_back(*value);
    if (value != nullptr && value->is_array()) {
        for (const auto& element : *value) {
            if (!element.is_string())
                return compiling.fault("expected a list of texts as " + std::string(what));
            names.push_back(element);
        }
    }
    if (names.empty())
        return compiling.fault("expected " + std::string(what) + ": a text or a list of texts");
    return names;
}

DataResult<std::vector<std::string>> Compiling::column_list(const Json* value,
                                                            std::string_view what) const {
    std::vector<std::string> names = SW_TRY(text_list(*this, value, what));
    SW_TRY(need(names));
    return names;
}

DataResult<std::string> Compiling::expression(const Json& value, std::string_view what) const {
    if (value.is_string() && !value.get_ref<const std::string&>().empty())
        return "(" + value.get<std::string>() + "\n)";
    if (value.is_number() || value.is_boolean()) return data::sql_literal(value);
    return fault("expected an SQL expression as " + std::string(what));
}

RowEffect Compiling::effect_of(const std::vector<std::string>& expressions) const {
    if (expressions.empty()) return RowEffect::keeps;
    // A condition is where SQL takes only what has one value for each row.
    const auto described = pipeline.connection().describe(
        pipeline.query("select 1 from this where (" + joined(expressions) + ") is null"),
        pipeline.parameters());
    return described ? RowEffect::keeps : RowEffect::heavy;
}

DataResult<std::int64_t> Compiling::whole_number(const Json& value, std::string_view what) const {
    if (value.is_number_integer() && value.get<std::int64_t>() >= 0)
        return value.get<std::int64_t>();
    return fault("expected a whole number as " + std::string(what) + ", but got " + to_text(value));
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
    std::string result;
    for (const auto& part : parts) {
        if (!result.empty()) result += separator;
        result += part;
    }
    return result;
}

std::string select_with(const std::vector<Column>& columns,
                        const std::vector<std::pair<std::string, std::string>>& expressions) {
    std::vector<std::string> replaced;
    std::string added;
    for (const auto& [name, expression] : expressions) {
        const std::string term = expression + " as " + quote_identifier(name);
        if (has_column(columns, name))
            replaced.push_back(term);
        else
            added += ", " + term;
    }
    return "select *" + (replaced.empty() ? "" : " replace (" + joined(replaced) + ")") + added +
           " from this";
}

}  // namespace stepwell::tasks::etl
