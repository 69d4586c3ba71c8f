// Succeed ends its scope well; Fail ends it with an error that the states around it may catch.
#include "engine/core/steps.hpp"

namespace stepwell::core {

using definition::StringOrPath;

namespace {

Evaluated<Json> look_up(const StringOrPath& source, const char* field, const Environment& around) {
    if (source.call) return source.call->evaluate(around);
    auto value = source.path->evaluate(around);
    if (value) return value;
    return fail(expression::Failure{value.error().error, "The JSONPath '" + source.path->text() +
                                                             "' specified for the field '" + field +
                                                             "' could not be found in the input '" +
                                                             around.state_input_text() + "'"});
}

Evaluated<std::optional<std::string>> text_of(const StringOrPath& source, const char* field,
                                              const char* query_field, Evaluation& at) {
    if (!source.is_set()) return std::optional<std::string>();
    if (source.text) return source.text;
    if (source.query) {
        const Json text = SW_TRY(source.query->evaluate(at.queries(at.frame().input), query_field,
                                                        expression::QueryType::string));
        return std::optional(text.get<std::string>());
    }
    const Json value = SW_TRY(look_up(source, field, at.over(at.frame().input)));
    if (value.is_string()) return std::optional(value.get<std::string>());
    return fail(expression::Failure{
        errors::kRuntime, std::string("The ") + field +
                              " field must refer to a string, but refers to " + to_text(value)});
}

}  // namespace

void begin(Turn& turn, FrameId id, const definition::SucceedState&) {
    Evaluation at(turn, id);
    const auto input = effective_input(at);
    if (!input) return fail_state(turn, id, at.fault(input.error()));
    leave_or_fail(turn, id, at, outcome_of_input(at, *input, std::nullopt), std::nullopt);
}

void begin(Turn& turn, FrameId id, const definition::FailState& failing) {
    Evaluation at(turn, id);
    const bool has_paths = at.state().language == definition::QueryLanguage::jsonpath;
    if (has_paths) at.show(Stage::after_input_path, at.frame().input);
    auto error = text_of(failing.error, "ErrorPath", "Error", at);
    if (!error) return fail_state(turn, id, at.fault(error.error()));
    auto cause = text_of(failing.cause, "CausePath", "Cause", at);
    if (!cause) return fail_state(turn, id, at.fault(cause.error()));
    Fault fault;
    fault.info = {*std::move(error), *std::move(cause)};
    fail_state(turn, id, std::move(fault));
}

}  // namespace stepwell::core
