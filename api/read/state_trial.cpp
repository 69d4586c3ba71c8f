#include "api/read/state_trial.hpp"

#include <algorithm>
#include <vector>

#include "engine/base/nearest.hpp"

namespace stepwell::api {
namespace {

const char* status_word(core::StateAnswer::Status status) {
    switch (status) {
        case core::StateAnswer::Status::succeeded:
            return "succeeded";
        case core::StateAnswer::Status::failed:
            return "failed";
        case core::StateAnswer::Status::retriable:
            return "retriable";
        case core::StateAnswer::Status::caught:
            return "caught";
    }
    SW_ASSERT(false);
}

Json stages_of(const core::StateProbe& seen) {
    Json stages = Json::array();
    for (const auto& [stage, data] : seen.stages) {
        stages.push_back({{"stage", core::name_of(stage)}, {"data", data.json()}});
    }
    return stages;
}

void add_failure(const core::StateAnswer& answer, Json& out) {
    if (answer.failure.error) out["error"] = *answer.failure.error;
    if (answer.failure.cause) out["cause"] = *answer.failure.cause;
    if (answer.seen.retrier) out["retrier"] = *answer.seen.retrier;
    if (answer.delay) out["retry_in_ms"] = answer.delay->count();
    if (answer.seen.catcher) out["catcher"] = *answer.seen.catcher;
}

void add_answer(const definition::Definition& definition, const core::StateAnswer& answer,
                Json& out) {
    out["status"] = status_word(answer.status);
    if (answer.output) out["output"] = answer.output->json();
    add_failure(answer, out);
    if (answer.next) out["next"] = definition.state(*answer.next).name;
    out["stages"] = stages_of(answer.seen);
    if (!answer.variables || answer.variables->empty()) return;
    Json& variables = out["variables"] = Json::object();
    for (const auto& [name, value] : *answer.variables) variables[name] = value.json();
}

Result<void> expect_object(const char* what, const Json& json) {
    if (json.is_object()) return {};
    return fail(ErrorCode::invalid,
                std::string("expected ") + what + " to be a JSON object, but got " + to_text(json));
}

core::StateTrial trial_of(const TrialQuestion& question, StateId state) {
    core::StateTrial trial;
    trial.state = state;
    trial.facts.name = "test";
    trial.facts.workflow_name = "workflow";
    trial.facts.workflow_arn = "arn:aws:states:us-east-1:123456789012:stateMachine:workflow";
    trial.facts.arn = "arn:aws:states:us-east-1:123456789012:execution:workflow:test";
    trial.facts.input = question.input;
    trial.facts.started_at = question.now;
    trial.variables = variables_of(question.variables);
    trial.retries = question.retries;
    trial.context = question.context;
    trial.replaces_children = true;
    return trial;
}

}  // namespace

core::VariablesPtr variables_of(const Json& object) {
    core::Variables variables;
    for (const auto& [name, value] : object.items()) variables.push_back({name, Payload(value)});
    std::sort(variables.begin(), variables.end(),
              [](const core::Variable& a, const core::Variable& b) { return a.name < b.name; });
    return std::make_shared<const core::Variables>(std::move(variables));
}

Result<StateId> state_named(const definition::Definition& definition, const std::string& name) {
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < definition.states.size(); ++i) {
        if (definition.states[i].name == name) return StateId{i};
        names.push_back(definition.states[i].name);
    }
    const auto near = nearest(name, names);
    return fail(ErrorCode::not_found, "expected a state of the workflow, but it has no '" + name +
                                          "'" + (near ? "; did you mean '" + *near + "'?" : ""));
}

Result<Json> try_state(const TrialQuestion& question) {
    const definition::Definition& definition = *question.definition;
    const StateId id = SW_TRY(state_named(definition, question.state));
    SW_TRY(expect_object("the variables", question.variables));
    SW_TRY(expect_object("the context", question.context));
    const definition::State& state = definition.state(id);
    Json out{{"state", state.name}, {"type", definition::name_of(state.kind())}};

    core::Moment moment;
    moment.now = question.now;
    moment.entropy = question.entropy;
    core::StateTest test(question.definition, trial_of(question, id), std::move(moment));
    test.begin();
    const bool has_work = test.task() || test.wants_children();
    if (has_work && !question.mock) {
        out["status"] = "needs_mock";
        out["stages"] = stages_of(test.seen());
        return out;
    }
    if (has_work) {
        if (question.mock->result) {
            test.succeed(*question.mock->result);
        } else {
            test.fail(question.mock->failure);
        }
    }
    add_answer(definition, test.answer(), out);
    return out;
}

}  // namespace stepwell::api
