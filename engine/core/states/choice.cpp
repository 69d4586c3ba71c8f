// Choice: the first rule that matches says where to go.
#include "engine/core/steps.hpp"

namespace stepwell::core {

namespace {

using definition::ChoiceBranch;
using definition::ChoiceState;

/// Null where none matches.
Evaluated<const ChoiceBranch*> first_match(const ChoiceState& choice, Evaluation& at,
                                           const Payload& input) {
    const Environment environment = at.over(input);
    for (const ChoiceBranch& branch : choice.branches) {
        if (SW_TRY(branch.rule.matches(environment))) return &branch;
    }
    return static_cast<const ChoiceBranch*>(nullptr);
}

/// "Choices/0/": where the messages say a rule's fields stand.
std::string field_of(std::size_t rule) {
    return "Choices/" + std::to_string(rule) + "/";
}

void fail_unmatched(Turn& turn, FrameId id, const Evaluation& at) {
    fail_state(turn, id,
               at.fault({errors::kNoChoiceMatched,
                         "Failed to transition out of the state. The state does not point to a "
                         "next state."}));
}

void begin_queries(Turn& turn, FrameId id, const ChoiceState& choice) {
    Evaluation at(turn, id);
    const auto input = effective_input(at);
    if (!input) return fail_state(turn, id, at.fault(input.error()));
    for (std::size_t i = 0; i < choice.query_branches.size(); ++i) {
        const definition::QueryBranch& branch = choice.query_branches[i];
        const auto answer = branch.condition.evaluate(at.queries(*input), field_of(i) + "Condition",
                                                      expression::QueryType::boolean);
        if (!answer) return fail_state(turn, id, at.fault(answer.error()));
        if (!answer->is_boolean() || !answer->get<bool>()) continue;
        auto outcome = outcome_of_queries(at, branch.output, branch.assign, field_of(i));
        return leave_or_fail(turn, id, at, std::move(outcome), branch.next);
    }
    if (!choice.otherwise) return fail_unmatched(turn, id, at);
    auto outcome = outcome_of_queries(at, at.state().output, at.state().assign_query);
    leave_or_fail(turn, id, at, std::move(outcome), choice.otherwise);
}

}  // namespace

void begin(Turn& turn, FrameId id, const ChoiceState& choice) {
    if (!choice.query_branches.empty()) return begin_queries(turn, id, choice);
    Evaluation at(turn, id);
    const auto input = effective_input(at);
    if (!input) return fail_state(turn, id, at.fault(input.error()));
    const auto matched = first_match(choice, at, *input);
    if (!matched) return fail_state(turn, id, at.fault(matched.error()));

    if (const ChoiceBranch* branch = *matched) {
        auto outcome = outcome_of_input(at, *input, branch->assign);
        return leave_or_fail(turn, id, at, std::move(outcome), branch->next);
    }
    if (choice.otherwise) {
        auto outcome = outcome_of_input(at, *input, at.state().assign);
        return leave_or_fail(turn, id, at, std::move(outcome), choice.otherwise);
    }
    fail_unmatched(turn, id, at);
}

}  // namespace stepwell::core
