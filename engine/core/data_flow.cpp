#include "engine/core/data_flow.hpp"

#include <algorithm>
#include <charconv>

#include "engine/expression/value.hpp"

namespace stepwell::core {

using definition::Path;
using definition::PayloadTemplate;
using definition::Selection;
using expression::Failure;

namespace {

/// What one Assign may weigh in all, in bytes of JSON text.
constexpr std::size_t kAssignBytesMax = kPayloadBytesMax;

Evaluated<Payload> select(Evaluation& at, const Selection& selection, const Payload& from) {
    if (selection.kind == Selection::Kind::whole) return from;
    if (selection.kind == Selection::Kind::nothing) return Payload();
    auto value = selection.path->evaluate(at.over(from));
    if (!value) return fail(path_failure(*selection.path, value.error()));
    return Payload(std::move(value).value());
}

Evaluated<Payload> apply(Evaluation& at, const std::optional<PayloadTemplate>& shape,
                         const Payload& from) {
    if (!shape) return from;
    return Payload(SW_TRY(shape->evaluate(at.over(from))));
}

Evaluated<Payload> put(const Evaluation& at, const Selection& place, const Payload& raw_input,
                       const Payload& result) {
    if (place.kind == Selection::Kind::whole) return result;
    if (place.kind == Selection::Kind::nothing) return raw_input;
    Work& work = at.work();
    const bool is_paid = work.look_into(raw_input) && work.look_into(result) &&
                         expression::pay_for_copy(raw_input.json(), work) &&
                         expression::pay_for_copy(result.json(), work);
    if (!is_paid) return fail(expression::work_failure(work, "The ResultPath"));
    Json document = raw_input.json();
    SW_TRY(place.path->assign(document, result.json()));
    return Payload(std::move(document));
}

Failure too_large(const Evaluation& at) {
    return {errors::kDataLimitExceeded, data_limit_cause(at.state().name)};
}

/// Each join of branches or iterations is one deeper than what is joined: in a loop, without end.
Failure too_deep(const Evaluation& at) {
    return {errors::kDataLimitExceeded, "The state '" + at.state().name +
                                            "' has data nested deeper than " +
                                            std::to_string(kJsonDepthMax) + "."};
}

/// The variables of an Assign whose values are known.
Evaluated<VariablesPtr> variables_of(Evaluation& at, const Json& values) {
    Variables variables;
    std::size_t bytes = 0;
    for (const auto& [name, value] : values.items()) {
        if (!expression::pay_for_copy(value, at.work())) {
            return fail(expression::work_failure(at.work(), "The Assign"));
        }
        variables.push_back({name, Payload(value)});
        bytes += variables.back().value.bytes();
    }
    if (bytes > kAssignBytesMax) return fail(too_large(at));
    std::sort(variables.begin(), variables.end(),
              [](const Variable& a, const Variable& b) { return a.name < b.name; });
    return std::make_shared<const Variables>(std::move(variables));
}

Evaluated<VariablesPtr> assign(Evaluation& at, const Assign& shape, const Payload& from) {
    if (!shape) return VariablesPtr();
    return variables_of(at, SW_TRY(shape->evaluate(at.over(from))));
}

Evaluated<Outcome> checked(const Evaluation& at, Payload output, VariablesPtr assigned) {
    if (output.bytes() > kPayloadBytesMax) return fail(too_large(at));
    if (output.depth() > kJsonDepthMax) return fail(too_deep(at));
    return Outcome{std::move(output), std::move(assigned)};
}

bool is_jsonata(const State& state) {
    return state.language == definition::QueryLanguage::jsonata;
}

/// Assign, then Output; `otherwise` is what goes on without an Output. `field` is where the two
/// stand, where that is not the state itself.
Evaluated<Outcome> queried(Evaluation& at, const expression::QueryEnvironment& around,
                           const QueryShape& output, const QueryShape& assigned,
                           const Payload& otherwise, const std::string& field) {
    VariablesPtr variables;
    if (assigned) {
        const Json values = SW_TRY(assigned->evaluate(around, field + "Assign"));
        if (!values.is_object()) {
            return fail(Failure{
                errors::kQueryEvaluation,
                "The field '" + field + "Assign' must be an object but was: " + to_text(values),
                field + "Assign"});
        }
        variables = SW_TRY(variables_of(at, values));
    }
    if (!output) return checked(at, otherwise, std::move(variables));
    Payload made(SW_TRY(output->evaluate(around, field + "Output")));
    return checked(at, std::move(made), std::move(variables));
}

}  // namespace

/// A journal of an older release may hold what no state hands on any more.
Evaluated<Payload> effective_input(Evaluation& at) {
    if (at.frame().input.depth() > kJsonDepthMax) return fail(too_deep(at));
    Payload input = SW_TRY(select(at, at.state().input_path, at.frame().input));
    if (!is_jsonata(at.state())) at.show(Stage::after_input_path, input);
    return input;
}

Evaluated<Payload> work_input(Evaluation& at) {
    const Payload input = SW_TRY(effective_input(at));
    if (const auto& arguments = at.state().arguments) {
        Payload made(SW_TRY(arguments->evaluate(at.queries(input), "Arguments")));
        at.show(Stage::after_arguments, made);
        return made;
    }
    Payload made = SW_TRY(apply(at, at.state().parameters, input));
    if (!is_jsonata(at.state())) at.show(Stage::after_parameters, made);
    return made;
}

Evaluated<Outcome> outcome_of(Evaluation& at, const Payload& result) {
    const State& state = at.state();
    if (is_jsonata(state)) {
        auto around = at.queries(at.frame().input);
        const bool has_result = state.kind() != definition::StateKind::pass;
        if (has_result) around.result.emplace(result);
        return queried(at, around, state.output, state.assign_query, result, "");
    }
    VariablesPtr assigned = SW_TRY(assign(at, state.assign, result));
    const Payload selected = SW_TRY(apply(at, state.result_selector, result));
    at.show(Stage::after_result_selector, selected);
    const Payload merged = SW_TRY(put(at, state.result_path, at.frame().input, selected));
    at.show(Stage::after_result_path, merged);
    return checked(at, SW_TRY(select(at, state.output_path, merged)), std::move(assigned));
}

Evaluated<Outcome> outcome_of_queries(Evaluation& at, const QueryShape& output,
                                      const QueryShape& assigned, const std::string& field) {
    const Payload& input = at.frame().input;
    return queried(at, at.queries(input), output, assigned, input, field);
}

Evaluated<Outcome> outcome_of_input(Evaluation& at, const Payload& input, const Assign& shape) {
    if (is_jsonata(at.state())) {
        return outcome_of_queries(at, at.state().output, at.state().assign_query);
    }
    VariablesPtr assigned = SW_TRY(assign(at, shape, input));
    return checked(at, SW_TRY(select(at, at.state().output_path, input)), std::move(assigned));
}

Evaluated<Outcome> outcome_of_catch(Evaluation& at, const definition::Catcher& catcher,
                                    const ErrorInfo& info) {
    Json error;
    error["Error"] = info.error.value_or("");
    error["Cause"] = info.cause.value_or("");
    const Payload result(std::move(error));
    if (is_jsonata(at.state())) {
        auto around = at.queries(at.frame().input);
        around.error_output.emplace(result);
        const auto& catchers = at.state().catchers;
        const auto index = static_cast<std::size_t>(&catcher - catchers.data());
        return queried(at, around, catcher.output, catcher.assign_query, result,
                       "Catch/" + std::to_string(index) + "/");
    }
    VariablesPtr assigned = SW_TRY(assign(at, catcher.assign, result));
    const Payload merged = SW_TRY(put(at, catcher.result_path, at.frame().input, result));
    return checked(at, merged, std::move(assigned));
}

Failure path_failure(const Path& path, const Failure& failure) {
    return {failure.error, "Invalid path '" + path.text() + "' : " + failure.detail};
}

std::string quoted_value(const Json& value) {
    return value.is_string() ? value.get_ref<const std::string&>() : to_text(value);
}

std::optional<std::int64_t> as_integer(const Json& value) {
    if (value.is_number_unsigned() &&
        value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
        return std::nullopt;
    }
    if (value.is_number_integer()) return value.get<std::int64_t>();
    if (!value.is_string()) return std::nullopt;
    const auto& text = value.get_ref<const std::string&>();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace stepwell::core
