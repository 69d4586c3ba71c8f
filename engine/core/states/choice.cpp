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

}  // namespace

void begin(Turn& turn, FrameId id, const ChoiceState& choice) {
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
    fail_state(turn, id,
               at.fault({errors::kNoChoiceMatched,
                         "Failed to transition out of the state. The state does not point to a "
                         "next state."}));
}

}  // namespace stepwell::core
