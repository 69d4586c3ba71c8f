// Pass: its Result, or its input, is its result.
#include "engine/core/steps.hpp"

namespace stepwell::core {

void begin(Turn& turn, FrameId id, const definition::PassState& pass) {
    // A Result is taken as it is written; what InputPath and Parameters would give is not looked
    // at.
    if (pass.result) return complete(turn, id, *pass.result);

    Evaluation at(turn, id);
    const auto input = work_input(at);
    if (!input) return fail_state(turn, id, at.fault(input.error()));
    complete(turn, id, *input);
}

}  // namespace stepwell::core
