// Map, inline: one iteration for each item, as many at a time as MaxConcurrency says; their outputs
// are the result, in the items' order.
//
// The iterations that may run at once begin together. Where they are more than a turn's allowance,
// the wave is paused and goes on in the next turn. After it, each iteration that ends lets the next
// one begin. Where the turn has done its work, that, and the join after the last, is left to the
// next turn in the same way.
#include <algorithm>

#include "engine/core/state_probe.hpp"
#include "engine/core/states/map_fields.hpp"
#include "engine/expression/value.hpp"

namespace stepwell::core {

using definition::MapState;

Evaluated<Payload> item_input(const MapState& map, Evaluation& at, std::uint32_t index) {
    const Fanout& fanout = *at.frame().fanout;
    at.set_item(fanout, index);
    if (map.item_query) {
        return Payload(
            SW_TRY(map.item_query->evaluate(at.queries(fanout.selector_input), "ItemSelector")));
    }
    if (!map.item_selector) {
        const Json& items = at.look_into(fanout.items);
        if (!items.is_array() || !expression::pay_for_copy(items[index], at.work())) {
            return fail(expression::work_failure(at.work(), "The item"));
        }
        return Payload(items[index]);
    }
    return Payload(SW_TRY(map.item_selector->evaluate(at.over(fanout.selector_input))));
}

namespace {

/// False where the iteration could not begin; the Map has failed then.
bool start_iteration(Turn& turn, FrameId id, EventId previous) {
    const MapState& map = map_at(turn, id);
    const std::uint32_t index = turn.execution().started_children(id);
    Evaluation at(turn, id);
    auto input = item_input(map, at, index);
    if (!input) {
        Fault fault = at.fault(input.error());
        cancel_tasks(turn, id);
        fail_state(turn, id, std::move(fault));
        return false;
    }
    const FrameId child{turn.execution().header().frames};
    turn.emit(EventType::map_iteration_started, id,
              ChildInfo{.name = turn.state_of(id).name,
                        .index = index,
                        .child = child,
                        .scope = map.processor,
                        .start = turn.definition().scope(map.processor).start,
                        .input = *std::move(input)},
              previous);
    turn.enqueue(child);
    return true;
}

bool may_start_another(const Turn& turn, FrameId id) {
    const Fanout& fanout = *turn.frame(id).fanout;
    const bool is_free = fanout.concurrency_max == 0 ||
                         turn.execution().running_children(id) < fanout.concurrency_max;
    return is_free && turn.execution().started_children(id) < fanout.total;
}

void finish(Turn& turn, FrameId id, EventId previous) {
    const auto result = joined_outputs(turn, id);
    turn.emit(EventType::map_state_succeeded, id, {}, previous);
    complete_join(turn, id, result);
}

/// The "succeeded" of the iteration that ended last: it comes right after the child's last event.
EventId last_success(const Turn& turn, FrameId id) {
    return EventId{value_of(last_event_of_children(turn, id)) + 1};
}

bool is_complete(const Turn& turn, FrameId id) {
    return turn.execution().running_children(id) == 0 &&
           turn.execution().started_children(id) == turn.frame(id).fanout->total;
}

}  // namespace

void begin(Turn& turn, FrameId id, const MapState& map) {
    if (map.distributed && has_map_run(turn, id)) return redrive_map_run(turn, id);
    Evaluation at(turn, id);
    auto fanout = plan_map(map, at);
    if (!fanout) return fail_state(turn, id, at.fault(fanout.error()));
    turn.emit(EventType::map_state_started, id,
              FanoutInfo{std::make_shared<const Fanout>(*std::move(fanout))});

    // Inline, the tolerance has no effect; but what it says must make sense, as AWS has it.
    Evaluation started(turn, id);
    const auto tolerance = tolerance_of(map, started);
    if (!tolerance) return fail_state(turn, id, started.fault(tolerance.error()));
    if (map.tolerated_failure_count.is_set()) {
        started.show(Stage::tolerated_failure_count, Payload(Json(tolerance->count)));
    }
    if (turn.probe() && turn.probe()->replaces_children) return show_inputs(turn, id, map);
    if (map.distributed) return begin_map_run(turn, id, *tolerance);
    if (turn.frame(id).fanout->total == 0) return finish(turn, id, turn.frame(id).last_event);
    continue_wave(turn, id);
}

void continue_wave(Turn& turn, FrameId id) {
    const bool was_paused = turn.frame(id).phase == Phase::starting_children;
    const EventId started = turn.frame(id).last_event;
    bool is_paid = was_paused;  // the turn took it when it picked this frame
    while (may_start_another(turn, id)) {
        if (!is_paid && !turn.spend()) {
            if (!was_paused) turn.emit(EventType::wave_paused, id);
            return;
        }
        is_paid = false;
        if (!start_iteration(turn, id, started)) return;
    }
    if (is_complete(turn, id)) return finish(turn, id, last_success(turn, id));
    if (was_paused) turn.emit(EventType::wave_ended, id);
}

void on_iteration_finished(Turn& turn, FrameId iteration) {
    const Frame& child = turn.frame(iteration);
    const FrameId id = *child.parent;
    const EventId last = child.last_event;
    const EventId succeeded = turn.emit(EventType::map_iteration_succeeded, id,
                                        IterationInfo{turn.state_of(id).name, child.index}, last);
    if (turn.frame(id).phase == Phase::starting_children) return;
    const bool starts_another = may_start_another(turn, id);
    if (turn.is_worked_out() && (starts_another || is_complete(turn, id))) {
        turn.emit(EventType::wave_paused, id);
    } else if (starts_another) {
        start_iteration(turn, id, last);
    } else if (is_complete(turn, id)) {
        finish(turn, id, succeeded);
    }
}

}  // namespace stepwell::core
