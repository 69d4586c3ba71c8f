// Tasks that end by their token: what whoever holds it says, and workers who take activities.
#include <utility>

#include "engine/runtime/activity.hpp"
#include "engine/runtime/loop/loop.hpp"

namespace stepwell::runtime {
namespace {

Failure<Error> not_in_flight(const TaskToken& token) {
    return fail(ErrorCode::conflict, "expected a task that waits for its token, but attempt " +
                                         token.text() +
                                         " does not (it has ended, or somebody else ends it)");
}

const definition::Resource& resource_at(const Slot& slot, const core::Frame& frame) {
    const definition::State& state = slot.version->definition->state(frame.state);
    return std::get<definition::TaskState>(state.body).resource;
}

/// The frame at which the attempt is in flight; null: it is not.
const core::Frame* frame_of(const Slot& slot, const TaskToken& token) {
    const core::Frame* frame = slot.execution.find(token.frame);
    const bool is_it = frame && frame->has_task() && frame->attempt == token.attempt;
    return is_it ? frame : nullptr;
}

bool is_end(const core::Input& said) {
    return !std::holds_alternative<core::TaskHeartbeat>(said);
}

}  // namespace

/// `conflict` where it has ended, `not_found` where nothing is known of it.
Result<Slot*> Loop::open_for_outsider(ExecutionId id) {
    Slot* slot = SW_TRY(open(id));
    if (slot && !quarantined_.contains(id)) return slot;
    const std::string number = std::to_string(value_of(id));
    if (!slot && !SW_TRY(journal_.execution(id))) {
        return stepwell::fail(ErrorCode::not_found, "expected an execution with the number " +
                                                        number + ", but there is none");
    }
    return stepwell::fail(ErrorCode::conflict, "expected an open execution, but number " + number +
                                                   (slot ? " is put aside" : " has ended"));
}

/// Its log ends with the attempt. One whose call has not returned yet may lose its last lines.
Result<void> Loop::hear_outsider(const Report& report) {
    const TaskToken& token = *core::token_of(report.input);
    Slot* slot = SW_TRY(open_for_outsider(report.id));
    const core::Frame* frame = frame_of(*slot, token);
    if (!frame || !resource_at(*slot, *frame).ends_by_token()) return not_in_flight(token);
    SW_TRY(decide(*slot, report.input));
    if (!is_end(report.input)) return {};
    replies_.emplace_back([this, token](const Error* failure) {
        if (!failure) logs_.end(token);
    });
    return {};
}

Result<Payload> Loop::pick_up(const PickUp& message) {
    Slot* slot = SW_TRY(open_for_outsider(message.token.execution));
    const core::Frame* frame = frame_of(*slot, message.token);
    if (!frame || !resource_at(*slot, *frame).is_for_worker()) return not_in_flight(message.token);
    Payload input = frame->task->parameters;
    SW_TRY(decide(*slot, core::TaskPickedUp{message.token, message.worker}));
    return input;
}

void Loop::on(const PickUp& message) {
    reply(message.answer, pick_up(message));
}

/// Where the journal cannot be read that will be told by the commit.
bool Loop::has_activity(const std::string& arn) {
    const auto name = activity_name(arn, settings_.region, settings_.account);
    if (!name) return false;
    const auto found = ledger_.document(std::string(kActivities), *name);
    return !found || found->has_value();
}

}  // namespace stepwell::runtime
