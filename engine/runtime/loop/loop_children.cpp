// What executions do to each other: they start one, wait for its end, and stop it. All of it is in
// the transaction of the decision that asks for it, so that no crash comes between.
//
// Stops and ends are applied at once, within the turn. Starts may be left to a later turn: an
// attempt whose execution is not started is in flight without having been submitted, and stays an
// order (core::outstanding()) until it is answered.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "engine/runtime/confidentiality.hpp"
#include "engine/runtime/loop/admission.hpp"
#include "engine/runtime/loop/child_call.hpp"
#include "engine/runtime/loop/loop.hpp"
#include "engine/runtime/read/journal_walk.hpp"

namespace stepwell::runtime {
namespace {

/// In a turn whose share is spent, as starts only begin then: others must not keep them waiting.
constexpr std::size_t kChildStartsWithoutShare = 16;
/// Between two tries to start what is refused for a reason that passes.
constexpr Duration kRefusedStartPause{1'000};

core::ChildEnd end_of(const core::Execution& execution, Timestamp now) {
    const core::Facts& facts = execution.facts();
    const core::Header& header = execution.header();
    return {header.status, facts.started_at, header.stopped_at.value_or(now),
            facts.arn,     facts.name,       facts.workflow_arn,
            facts.input,   header.output,    header.error,
            header.cause};
}

core::ChildEnd end_of(Closed closed) {
    return {closed.status,           closed.started_at,        closed.stopped_at,
            std::move(closed.arn),   std::move(closed.name),   std::move(closed.workflow_arn),
            std::move(closed.input), std::move(closed.output), std::move(closed.error),
            std::move(closed.cause)};
}

const definition::Resource& resource_at(const Slot& slot, StateId state) {
    return std::get<definition::TaskState>(slot.version->definition->state(state).body).resource;
}

/// What an attempt is told whose execution is put aside: its end will not come.
core::TaskFailed end_without(const TaskToken& attempt, const Failure<Error>& why) {
    return {attempt, "States.TaskFailed", why.error.message};
}

std::uint32_t depth_below(const Slot& parent, const definition::Resource& resource) {
    if (resource.pattern == definition::Resource::Pattern::request_response) return 0;
    return (parent.parent ? parent.parent->depth : 0) + 1;
}

ApiError too_deep(std::uint32_t nesting_max) {
    return {"ExecutionLimitExceeded",
            "expected at most " + std::to_string(nesting_max) +
                " executions that wait for each other, but this one would be one more"};
}

/// The token of a report; nothing where the input is none.

}  // namespace

/// Until nothing is left but starts that have to wait. Each start is at most one step deep: what
/// the new execution asks for comes behind what waits already.
void Loop::apply_effects() {
    const auto held_until = child_starts_.held_until();
    if (held_until && clock_.steady() >= *held_until) child_starts_.release();
    const auto runs_held_until = map_runs_.held_until();
    if (runs_held_until && clock_.steady() >= *runs_held_until) map_runs_.release();
    std::size_t steps = 0;
    for (std::size_t started = 0; !trouble_ && !unreadable_;) {
        while (put_aside_heard_ < newly_quarantined_.size()) {
            effects_.emplace_back(PutAside{newly_quarantined_[put_aside_heard_++]});
        }
        Result<void> done;
        if (!effects_.empty()) {
            done = apply_next_effect();
        } else if (may_step_map_run(steps)) {
            ++steps;
            done = step_map_run();
        } else if (may_start_child(started)) {
            ++started;
            done = start_child(child_starts_.take());
        } else {
            return;
        }
        if (done) continue;
        // Half of what belongs together must not be written.
        if (done.error().code == ErrorCode::unavailable) unreadable_ = done.error();
        note(done.error());
    }
}

bool Loop::may_start_child(std::size_t started) const {
    if (is_alone_ || is_light_ || child_starts_.is_empty() || child_starts_.held_until())
        return false;
    const std::size_t most = child_starts_.per_turn_max();
    return started < (is_share_spent() ? std::min(most, kChildStartsWithoutShare) : most);
}

Result<void> Loop::apply_next_effect() {
    const Effect next = std::move(effects_.front());
    effects_.pop_front();
    return std::visit([&](const auto& effect) { return apply(effect); }, next);
}

/// The one that the attempt waits for, by what the journal says, or, where an older Stepwell has
/// started it, by the answer that the attempt got.
Result<std::optional<ExecutionId>> Loop::child_of(const core::StopChild& stop) {
    const auto in_turn = awaited_.find(stop.token);
    if (in_turn != awaited_.end()) return std::optional(in_turn->second);
    if (auto child = SW_TRY(journal_.awaited_by(stop.token))) return child;
    if (!stop.submitted) return std::optional<ExecutionId>();
    return started_as(*stop.submitted);
}

/// Where it cannot be stopped, its parent ends all the same.
Result<void> Loop::apply(const core::StopChild& order) {
    const auto child = SW_TRY(child_of(order));
    if (!child) return {};
    auto stopped = stop(*child, core::StopExecution{});
    if (stopped) return {};
    const ErrorCode code = stopped.error().code;
    if (code == ErrorCode::io || code == ErrorCode::unavailable) {
        return stepwell::fail(std::move(stopped).error());
    }
    spdlog::error("execution {}: cannot be stopped with the one that has started it: {}",
                  value_of(*child), stopped.error().message);
    return {};
}

Result<void> Loop::apply(const core::ChildClosed& closed) {
    return tell_parent(closed.token, closed);
}

Result<void> Loop::apply(const core::TaskFailed& put_aside) {
    return tell_parent(put_aside.token, put_aside);
}

/// A refusal means that the attempt is not in flight any more: then nobody waits.
Result<void> Loop::tell_parent(const TaskToken& attempt, core::Input input) {
    Slot* parent = SW_TRY(open(attempt.execution));
    if (!parent || quarantined_.contains(attempt.execution)) return {};
    if (settings_.secrets) input = masked(*settings_.secrets, std::move(input));
    return decide(*parent, input);
}

/// The attempts that wait for the end of an execution, also since this turn.
Result<std::vector<TaskToken>> Loop::waiting_for(ExecutionId child) {
    std::vector<TaskToken> waiters = SW_TRY(journal_.waiting_for(child));
    const Slot* slot = cache_.find(child);
    if (!slot || !slot->pending) return waiters;
    const std::vector<TaskToken>& since = slot->pending->write.waits;
    waiters.insert(waiters.end(), since.begin(), since.end());
    return waiters;
}

Result<void> Loop::apply(const Ended& ended) {
    const Slot* child = cache_.find(ended.id);
    SW_ASSERT(child && !child->execution.is_running());
    for (const TaskToken& waiter : SW_TRY(waiting_for(ended.id))) {
        if (OpenMapRun* run = map_runs_.find(waiter)) {
            end_child_of(*run, *child);
            continue;
        }
        effects_.emplace_back(core::ChildClosed{waiter, end_of(child->execution, now_)});
    }
    return {};
}

Result<void> Loop::apply(const PutAside& put_aside) {
    for (const TaskToken& waiter : SW_TRY(waiting_for(put_aside.id))) {
        if (OpenMapRun* run = map_runs_.find(waiter)) {
            put_child_aside(*run, put_aside.id);
            continue;
        }
        effects_.emplace_back(end_without(waiter, put_aside_error(put_aside.id)));
    }
    return {};
}

/// The order as it stands; nothing where the attempt is not in flight any more.
std::optional<core::StartChild> Loop::child_order(const Slot& slot, const TaskToken& token) const {
    const core::Frame* frame = slot.execution.find(token.frame);
    if (!frame || !frame->has_task() || frame->attempt != token.attempt) return std::nullopt;
    const core::Command order =
        core::order_of(*slot.version->definition, slot.execution.id(), *frame);
    const auto* child = std::get_if<core::StartChild>(&order);
    return child ? std::optional(*child) : std::nullopt;
}

/// Executions that others start wait for room as all do.
Result<void> Loop::start_child(const ChildStart& start) {
    const ExecutionId id = start.token.execution;
    Slot* parent = SW_TRY(open(id));
    if (!parent || quarantined_.contains(id)) return {};
    const auto order = child_order(*parent, start.token);
    if (!order) return {};
    if (order->submitted) return wait_again(*parent, *order);
    if (const auto room = check_room(); !room) {
        child_starts_.hold(start, clock_.steady() + kRefusedStartPause);
        return {};
    }
    return begin_child(*parent, *order, start.is_restarted);
}

Result<void> Loop::begin_child(Slot& parent, const core::StartChild& order, bool is_restarted) {
    const core::Frame& frame = *parent.execution.find(order.token.frame);
    const ChildNames names(run_key_of(parent.execution, frame), order.token);
    const auto refuse_call = [&](const ApiError& error) {
        return tell_parent(order.token, refused_call(order.token, error, names.request_id));
    };
    auto request = child_start_of(order.parameters, names);
    if (!request) return refuse_call(request.error());
    const definition::Resource& resource = resource_at(parent, order.state);
    const journal::ParentLink link{order.token, depth_below(parent, resource)};
    if (link.depth > settings_.nesting_max) return refuse_call(too_deep(settings_.nesting_max));
    if (auto admitted = check_start(settings_, *request); !admitted) {
        return refuse_call(api_error_of(admitted.error()));
    }
    if (is_restarted && !request->adopts_existing) {
        request->adopts_existing = SW_TRY(is_unlinked(*request));
    }
    auto started = start(*request);
    if (!started) {
        const ErrorCode code = started.error().code;
        const bool is_unread = code == ErrorCode::unavailable || code == ErrorCode::io;
        if (is_unread) return stepwell::fail(std::move(started).error());
        return refuse_call(api_error_of(started.error()));
    }
    if (started->is_new) {
        Slot& child = *cache_.find(started->id);
        child.parent = link;
        child.pending->write.parent = link;
    }
    // Before the parent knows: it may end with that, and then whom it waits for is stopped.
    if (resource.waits_for_end()) SW_TRY(await_child(link, started->id));
    return decide(parent, core::ChildStarted{order.token, started->arn, started->started_at,
                                             names.request_id});
}

/// Under the name that the request gives there is one that an older Stepwell has started for
/// another: it did not write down for which.
Result<bool> Loop::is_unlinked(const StartRequest& child) {
    const auto workflow = SW_TRY(journal_.workflow_named(child.workflow));
    if (!workflow) return false;
    const auto there = SW_TRY(holder_of(workflow->id, *child.name));
    return there && there->origin == kParentOrigin && !there->parent;
}

/// The end comes as an effect, behind whatever the caller decides.
Result<void> Loop::await_child(const journal::ParentLink& link, ExecutionId child) {
    const TaskToken& waiter = link.token;
    auto found = open(child);
    if (quarantined_.contains(child)) {
        effects_.emplace_back(end_without(waiter, put_aside_error(child)));
        return {};
    }
    Slot* slot = SW_TRY(std::move(found));
    if (!slot) {
        const auto row = SW_TRY(journal_.execution(child));
        if (!row) return {};
        auto closed = closed_of(journal_, *row);
        if (!closed && closed.error().code == ErrorCode::corruption) {
            effects_.emplace_back(end_without(waiter, stepwell::fail(closed.error())));
            return {};
        }
        effects_.emplace_back(core::ChildClosed{waiter, end_of(SW_TRY(std::move(closed)))});
        return {};
    }
    if (!slot->execution.is_running()) {
        effects_.emplace_back(core::ChildClosed{waiter, end_of(slot->execution, now_)});
        return {};
    }
    slot->is_awaited = true;
    touch(*slot);
    slot->pending->write.waits.push_back(waiter);
    if (!slot->parent) SW_TRY(adopt(*slot, link));
    awaited_[waiter] = child;
    return {};
}

/// What others have started is none of ours, though we wait for it.
Result<void> Loop::adopt(Slot& child, const journal::ParentLink& link) {
    const auto row = SW_TRY(journal_.execution(child.execution.id()));
    if (!row || row->origin != kParentOrigin) return {};
    child.parent = link;
    child.pending->write.parent = link;
    return {};
}

/// After a restart: the execution was started before.
Result<void> Loop::wait_again(Slot& parent, const core::StartChild& order) {
    if (awaited_.contains(order.token)) return {};
    if (const auto child = SW_TRY(journal_.awaited_by(order.token))) {
        if (!quarantined_.contains(*child)) return {};
        return tell_parent(order.token, end_without(order.token, put_aside_error(*child)));
    }
    // An older Stepwell has started it, or its end came while this one was put aside.
    const auto child = SW_TRY(started_as(*order.submitted));
    if (child) return await_child({order.token, 1}, *child);
    const core::Frame& frame = *parent.execution.find(order.token.frame);
    const ChildNames names(run_key_of(parent.execution, frame), order.token);
    const std::string arn = string_or(order.submitted->json(), "ExecutionArn", "");
    return decide(parent,
                  refused_call(order.token,
                               {"ExecutionDoesNotExist", "Execution Does Not Exist: '" + arn + "'"},
                               names.request_id));
}

/// By the answer that its start got. A workflow may have been deleted since, and its name be taken
/// again.
Result<std::optional<ExecutionId>> Loop::started_as(const Payload& submitted) {
    const auto arn = parse_execution_arn(string_or(submitted.json(), "ExecutionArn", ""));
    if (!arn) return std::optional<ExecutionId>();
    const std::string& name = arn->generated.empty() ? arn->name : arn->generated;
    for (const auto& workflow : SW_TRY(journal_.workflows_named(arn->workflow))) {
        const auto row = SW_TRY(holder_of(workflow.id, name));
        if (row) return std::optional(row->id);
    }
    return std::optional<ExecutionId>();
}

/// Nobody outside knows how an attempt ends that waits for an execution of ours.
Result<void> Loop::check_runner(const Slot& slot, const core::Input& input) const {
    const TaskToken* token = core::token_of(input);
    const core::Frame* frame = token ? slot.execution.find(token->frame) : nullptr;
    if (!frame || !frame->has_task()) return {};
    const definition::Resource& resource = resource_at(slot, frame->state);
    if (!resource.starts_execution() || resource.ends_by_token()) return {};
    return stepwell::fail(ErrorCode::conflict,
                          "expected a report on a task of a runner, but attempt " + token->text() +
                              " starts an execution, and ends with that");
}

}  // namespace stepwell::runtime
