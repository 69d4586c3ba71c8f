// What is seen of a Map whose children somebody else stands for: what they would begin with.
#include <algorithm>

#include "engine/core/map_run_items.hpp"
#include "engine/core/state_probe.hpp"
#include "engine/core/states/map_fields.hpp"

namespace stepwell::core {

using definition::MapState;

namespace {

/// An ItemSelector sees a context object for each item, which may be large.
constexpr std::uint32_t kSelectedItemsMax = 100;

bool selects(const MapState& map) {
    return map.item_selector || map.item_query;
}

Json as_array(const std::vector<Payload>& inputs) {
    Json array = Json::array();
    for (const Payload& input : inputs) array.push_back(input.json());
    return array;
}

/// What the executions get together. Of items that are not all there the last batch is not shown:
/// others would belong to it.
Evaluated<Json> batches_of(const MapState& map, Evaluation& at, const std::vector<Payload>& inputs,
                           bool are_all) {
    const Batching batching = SW_TRY(batching_of(map, at));
    MapRunPlan plan;
    plan.batch_items_max = batching.items_max;
    plan.batch_bytes_max = batching.bytes_max;
    const Payload shared =
        SW_TRY(batch_input_of(*map.distributed->batcher, at, at.frame().fanout->selector_input));
    Json batches = Json::array();
    std::optional<ItemBatch> open;
    for (const Payload& input : inputs) {
        if (open && !open->takes(input)) {
            batches.push_back(open->payload().json());
            open.reset();
        }
        if (!open) open.emplace(plan, shared);
        open->add(input);
    }
    if (open && (are_all || open->is_full())) batches.push_back(open->payload().json());
    return batches;
}

/// What a run would make of the other fields of a distributed Map: only whether it can.
Evaluated<void> check_addresses(const MapState& map, Evaluation& at) {
    SW_TRY(reader_of(map, at));
    SW_TRY(writer_of(map, at));
    return {};
}

Evaluated<void> show_batches(const MapState& map, Evaluation& at,
                             const std::vector<Payload>& inputs, bool are_all) {
    if (!map.distributed || !map.distributed->batcher) return {};
    at.show(Stage::after_item_batcher, Payload(SW_TRY(batches_of(map, at, inputs, are_all))));
    return {};
}

}  // namespace

void show_inputs(Turn& turn, FrameId id, const MapState& map) {
    Evaluation at(turn, id);
    const auto addresses = check_addresses(map, at);
    if (!addresses) return fail_state(turn, id, at.fault(addresses.error()));
    if (!selects(map) && !(map.distributed && map.distributed->batcher)) return;
    const std::uint32_t total = turn.frame(id).fanout->total;
    const std::uint32_t count = selects(map) ? std::min(total, kSelectedItemsMax) : total;
    std::vector<Payload> inputs;
    for (std::uint32_t index = 0; index < count; ++index) {
        Evaluation item(turn, id);
        auto input = item_input(map, item, index);
        if (!input) return fail_state(turn, id, item.fault(input.error()));
        inputs.push_back(*std::move(input));
    }
    if (selects(map)) at.show(Stage::after_item_selector, Payload(as_array(inputs)));
    const auto shown = show_batches(map, at, inputs, count == total);
    if (!shown) fail_state(turn, id, at.fault(shown.error()));
}

}  // namespace stepwell::core
