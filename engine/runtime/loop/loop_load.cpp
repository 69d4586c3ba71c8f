// Executions out of the journal: loaded when something is about them, with what they had at work.
#include <utility>

#include "engine/runtime/loop/loop.hpp"

namespace stepwell::runtime {

Result<Slot*> Loop::open(ExecutionId id) {
    Slot* slot = cache_.find(id);
    if (!slot) {
        auto made = load(id);
        if (!made) {
            // A journal that cannot be read now says nothing about the execution.
            const ErrorCode code = made.error().code;
            if (code != ErrorCode::io && code != ErrorCode::unavailable) {
                put_aside(id, made.error());
            }
            return stepwell::fail(std::move(made).error().within(place_of(id)));
        }
        if (!*made) return static_cast<Slot*>(nullptr);
        slot = &cache_.add(std::move(*made));
    }
    if (!to_restart_.empty() && to_restart_.erase(id) > 0) {
        restarted_.push_back(id);
        restart_tasks(*slot);
    }
    if (!heartbeats_lost_.empty() && heartbeats_lost_.erase(id) > 0) {
        merge_unstored(*slot, core::restart_heartbeats(slot->execution, now_));
    }
    return slot;
}

/// Null where it is not open.
Result<std::unique_ptr<Slot>> Loop::load(ExecutionId id) {
    if (poisonous_.contains(id)) return put_aside_error(id);
    const PoisonGuard::Work work(guard_, id);
    auto stored = SW_TRY(journal_.load(id));
    if (!stored) return std::unique_ptr<Slot>();
    return restored(*std::move(stored));
}

Result<std::unique_ptr<Slot>> Loop::restored(journal::StoredExecution stored) {
    const ExecutionId id = stored.record.id;
    auto slot = std::make_unique<Slot>(id);
    slot->version = SW_TRY(catalog_.version(stored.record.version));
    Head head = SW_TRY(decode_head(stored.open.head));
    std::vector<core::Record> records = std::move(stored.records);
    records.insert(records.end(), head.records.begin(), head.records.end());
    slot->execution = SW_TRY(core::restore(id, head.header, records));
    slot->inlined = std::move(head.records);
    slot->given_name = std::move(stored.record.name);
    slot->last_chunk = stored.open.last_chunk;
    slot->armed = stored.open.due;
    slot->is_stored = true;
    slot->has_begun = stored.open.has_begun;
    slot->is_awaited = stored.open.is_awaited;
    slot->parent = stored.record.parent;
    slot->bytes = slot->execution.held_bytes();
    turn_work_ += cost_to_read(slot->bytes);
    return slot;
}

void Loop::restart_tasks(Slot& slot) {
    merge_unstored(slot, core::restart_heartbeats(slot.execution, now_));
    for (const core::Command& command :
         core::outstanding(*slot.version->definition, slot.execution)) {
        if (const auto* child = std::get_if<core::StartChild>(&command)) {
            restart_child(slot, *child);
            continue;
        }
        const auto& start = std::get<core::StartTask>(command);
        const definition::State& state = slot.version->definition->state(start.state);
        if (start.is_picked_up || has_to_wait(slot, state)) {
            order(slot, command, true);
        } else {
            granted_.push_back(start.token);  // nothing limits it any more
        }
    }
}

/// What an older Stepwell wrote down as started may only have waited for a place, and does so
/// again.
void Loop::restart_child(Slot& slot, const core::StartChild& child) {
    const bool is_begun = slot.has_begun || child.submitted;
    if (is_begun || !has_to_wait(slot, slot.version->definition->state(child.state))) {
        return child_starts_.add({child.token, true});
    }
    const core::Frame& frame = *slot.execution.find(child.token.frame);
    order(slot, core::task_at(slot.execution.id(), frame), true);
}

bool Loop::has_to_wait(const Slot& slot, const definition::State& state) const {
    const std::string& resource = std::get<definition::TaskState>(state.body).resource.text;
    return runner_->has_to_wait(
        {slot.execution.id(), slot.version->workflow.name, state.name, resource});
}

}  // namespace stepwell::runtime
