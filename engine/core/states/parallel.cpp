// Parallel: every branch gets the same input; their outputs are the result, in the branches' order.
#include <algorithm>

#include "engine/core/state_probe.hpp"
#include "engine/core/steps.hpp"

namespace stepwell::core {

namespace {

/// What outputs may come to that are put together to be looked into. What a state hands on is less
/// (kPayloadBytesMax), but a ResultSelector may take some of it.
constexpr std::size_t kJoinBytesMax = std::size_t{4} << 20;

}  // namespace

bool uses_result(const State& state) {
    if (state.assign) return true;
    if (state.language == definition::QueryLanguage::jsonata) {
        const bool is_read = state.assign_query && state.assign_query->reads("result");
        return is_read || !state.output || state.output->reads("result");
    }
    const bool is_dropped = state.result_path.kind == definition::Selection::Kind::nothing;
    const bool is_replaced = state.result_selector && state.result_selector->is_literal();
    return !is_dropped && !is_replaced;
}

void begin(Turn& turn, FrameId id, const definition::ParallelState& parallel) {
    Evaluation at(turn, id);
    const auto input = work_input(at);
    if (!input) return fail_state(turn, id, at.fault(input.error()));

    Fanout fanout;
    fanout.selector_input = *input;
    fanout.total = static_cast<std::uint32_t>(parallel.branches.size());
    turn.emit(EventType::parallel_state_started, id,
              FanoutInfo{std::make_shared<const Fanout>(std::move(fanout))});
    if (turn.probe() && turn.probe()->replaces_children) return;
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
    if (turn.is_worked_out()) {  // the join may be dear, and can wait
        turn.emit(EventType::wave_paused, id);
    } else {
        join_branches(turn, id);
    }
}

void join_branches(Turn& turn, FrameId id) {
    const auto result = joined_outputs(turn, id);
    turn.emit(EventType::parallel_state_succeeded, id, {}, last_event_of_children(turn, id));
    complete_join(turn, id, result);
}

EventId last_event_of_children(const Turn& turn, FrameId id) {
    EventId last{};
    for (const FrameId child : turn.execution().children_of(id)) {
        last = std::max(last, turn.frame(child).last_event);
    }
    return last;
}

Evaluated<Payload> joined_outputs(const Turn& turn, FrameId id) {
    const State& state = turn.state_of(id);
    if (!uses_result(state)) return Payload();
    const std::vector<FrameId> children = turn.execution().children_of(id);
    std::size_t bytes = 2;
    for (const FrameId child : children) bytes += turn.frame(child).input.bytes() + 1;
    if (bytes > kJoinBytesMax) {
        return fail(expression::Failure{
            errors::kDataLimitExceeded,
            "The outputs that the state '" + state.name + "' joins have " + std::to_string(bytes) +
                " bytes together, which is more than the maximum number of bytes (" +
                std::to_string(kJoinBytesMax) + ")."});
    }
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

void complete_join(Turn& turn, FrameId id, const Evaluated<Payload>& result) {
    if (result) return complete(turn, id, *result);
    const Evaluation at(turn, id);
    fail_state(turn, id, at.fault(result.error()));
}

}  // namespace stepwell::core
