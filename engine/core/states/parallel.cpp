// Parallel: every branch gets the same input; their outputs are the result, in the branches' order.
#include "engine/core/steps.hpp"

namespace stepwell::core {

void begin(Turn& turn, FrameId id, const definition::ParallelState& parallel) {
    Evaluation at(turn, id);
    const auto input = work_input(at);
    if (!input) return fail_state(turn, id, at.fault(input.error()));

    Fanout fanout;
    fanout.selector_input = *input;
    fanout.total = static_cast<std::uint32_t>(parallel.branches.size());
    turn.emit(EventType::parallel_state_started, id,
              FanoutInfo{std::make_shared<const Fanout>(std::move(fanout))});
    for (std::uint32_t index = 0; index < parallel.branches.size(); ++index) {
        const ScopeId scope = parallel.branches[index];
        const FrameId child{turn.execution().header().frames};
        turn.emit(EventType::branch_started, id,
                  ChildInfo{.name = {},
                            .index = index,
                            .child = child,
                            .scope = scope,
                            .start = turn.definition().scope(scope).start,
                            .input = *input});
        turn.enqueue(child);
    }
}

void on_branch_finished(Turn& turn, FrameId branch) {
    const FrameId id = *turn.frame(branch).parent;
    if (turn.execution().running_children(id) > 0) return;
    const Payload result = collect_outputs(turn, id);
    turn.emit(EventType::parallel_state_succeeded, id, {}, turn.frame(branch).last_event);
    complete(turn, id, result);
}

Payload collect_outputs(const Turn& turn, FrameId id) {
    const std::vector<FrameId> children = turn.execution().children_of(id);
    std::size_t bytes = 2;
    for (const FrameId child : children) bytes += turn.frame(child).input.bytes() + 1;
    // By text: what the children said stays as they said it, and is not parsed again.
    std::string text;
    text.reserve(bytes);
    for (const FrameId child : children) {
        text += text.empty() ? '[' : ',';
        text += turn.frame(child).input.text();
    }
    if (text.empty()) text = "[";
    text += ']';
    return Payload::trusted(std::move(text));
}

}  // namespace stepwell::core
