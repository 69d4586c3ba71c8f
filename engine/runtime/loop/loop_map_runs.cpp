// Map Runs: what the loop does for them. Their executions are begun and stopped a step at a time,
// in the transaction that stores what of that is counted, so that no crash comes between: an
// execution that is there is counted, and none is begun twice.
//
// A step is small, and a turn does as many as its share lets it.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "engine/core/fault.hpp"
#include "engine/core/map_run_items.hpp"
#include "engine/runtime/loop/loop.hpp"
#include "engine/runtime/loop/map_results.hpp"
#include "engine/runtime/map_run_documents.hpp"
#include "engine/runtime/names.hpp"
#include "engine/runtime/read/journal_walk.hpp"

namespace stepwell::runtime {
namespace {

constexpr std::size_t kStepsPerTurnMax = 256;
/// In a turn whose share is spent: others must not keep a Map Run waiting for ever.
constexpr std::size_t kStepsWithoutShare = 16;
/// Executions that a redrive looks at in one go.
constexpr std::size_t kRedrivesAtOnce = 64;
/// Items that are gathered in one go.
constexpr std::size_t kItemsAtOnce = 32;
/// Between two tries to begin what is refused for a reason that passes.
constexpr Duration kRefusedStepPause{1'000};

bool is_for_later(const Error& error) {
    return error.code == ErrorCode::io || error.code == ErrorCode::unavailable;
}

const definition::DistributedMap& distributed_at(const Slot& slot, StateId state) {
    const auto& body = slot.version->definition->state(state).body;
    return *std::get<definition::MapState>(body).distributed;
}

/// The frame that waits for the Map Run; null where none does.
const core::Frame* awaiting(const Slot& slot, const TaskToken& token) {
    const core::Frame* frame = slot.execution.find(token.frame);
    const bool is_it =
        frame && frame->phase == core::Phase::awaiting_map_run && frame->attempt == token.attempt;
    return is_it ? frame : nullptr;
}

core::ErrorInfo unreadable_items(const Error& why) {
    return {core::errors::kItemReaderFailed, why.message};
}

bool is_aside(const core::MapRun& run, ExecutionId child) {
    return std::find(run.aside.begin(), run.aside.end(), child) != run.aside.end();
}

}  // namespace

bool Loop::may_step_map_run(std::size_t steps) const {
    if (is_alone_ || is_light_ || !map_runs_.has_work() || map_runs_.held_until()) return false;
    return steps < (is_share_spent() ? kStepsWithoutShare : kStepsPerTurnMax);
}

Result<void> Loop::apply(const core::StartMapRun& start) {
    Slot* parent = SW_TRY(open(start.token.execution));
    const core::Frame* frame = parent ? awaiting(*parent, start.token) : nullptr;
    if (!frame) return {};  // what followed in the same decision has given it up
    core::MapRun run;
    run.token = start.token;
    run.state = start.state;
    run.plan = start.plan;
    run.started_at = now_;
    if (run.plan.reader.is_null()) {
        run.total = frame->fanout->total;
    } else {
        run.task = core::MapRunTask::reading;
    }
    run.children = SW_TRY(
        catalog_.children_of(*parent->version, distributed_at(*parent, start.state), batch_));
    map_runs_.add(std::move(run));
    return {};
}

Result<void> Loop::apply(const core::StopMapRun& stop) {
    OpenMapRun* run = map_runs_.find(stop.token);
    if (!run) return {};
    core::drain(run->run, core::MapRunStatus::aborted, "", "");
    map_runs_.changed(*run);
    return {};
}

/// Where nothing is kept of it any more, nobody can say what of it is left.
Result<void> Loop::apply(const core::RedriveMapRun& redriven) {
    if (SW_TRY(map_runs_.reopen(redriven.token, now_))) return {};
    core::MapRunClosed closed;
    closed.token = redriven.token;
    closed.status = core::MapRunStatus::failed;
    closed.error = core::errors::kRuntime;
    closed.cause = "expected what is kept of the Map Run, but it was removed";
    effects_.emplace_back(std::move(closed));
    return {};
}

void Loop::on(const ChangeMapRun& message) {
    OpenMapRun* open = map_runs_.find(message.token);
    if (!open) {
        return reply(message.answer, Result<void>(stepwell::fail(
                                         ErrorCode::conflict,
                                         "expected a Map Run that goes on, but it has ended")));
    }
    const MapRunUpdate& update = message.update;
    core::MapRunPlan& plan = open->run.plan;
    if (update.concurrency_max) plan.concurrency_max = *update.concurrency_max;
    if (update.tolerated_count) plan.tolerated_count = *update.tolerated_count;
    if (update.tolerated_percentage) plan.tolerated_percentage = *update.tolerated_percentage;
    core::judge(open->run);
    map_runs_.changed(*open);
    reply(message.answer, Result<void>());
}

/// A refusal means that nobody waits for it any more.
Result<void> Loop::apply(const core::MapRunClosed& closed) {
    const ExecutionId id = closed.token.execution;
    Slot* parent = SW_TRY(open(id));
    if (!parent || quarantined_.contains(id)) return {};
    return decide(*parent, closed);
}

Result<void> Loop::step_map_run() {
    OpenMapRun* next = map_runs_.next();
    if (!next) return {};
    if (next->run.task != core::MapRunTask::none) return see_to_map_task(*next);
    if (core::is_over(next->run)) {
        return core::has_to_write(next->run) ? begin_writing(*next) : close_map_run(*next);
    }
    if (next->run.drains_to) return stop_next_of(*next);
    return next->run.redriven_up_to ? redrive_next_of(*next) : begin_next_of(*next);
}

Result<void> Loop::close_map_run(OpenMapRun& open) {
    core::MapRun& run = open.run;
    core::close(run, now_);
    core::MapRunClosed closed;
    closed.token = run.token;
    closed.status = run.status;
    closed.error = run.error;
    closed.cause = run.cause;
    if (run.status == core::MapRunStatus::succeeded) {
        closed.result = core::exports_results(run.plan) ? exported_results(run.plan)
                        : run.is_result_too_large       ? oversized_result()
                                                        : joined_results(run.plan, open.results);
    }
    map_runs_.close(run.token, batch_);
    effects_.emplace_back(std::move(closed));
    return {};
}

/// What the journal says that it waits for, and what this turn has begun.
Result<void> Loop::stop_next_of(OpenMapRun& open) {
    if (!open.to_stop) {
        open.to_stop.emplace(open.begun.begin(), open.begun.end());
        for (const auto& wait : SW_TRY(journal_.waits_of(open.run.token.execution))) {
            if (wait.attempt == open.run.token) open.to_stop->push_back(wait.child);
        }
    }
    if (!open.to_stop->empty()) {
        const ExecutionId child = open.to_stop->front();
        open.to_stop->pop_front();
        auto stopped = stop(child, core::StopExecution{});
        if (!stopped && is_for_later(stopped.error())) {
            return stepwell::fail(std::move(stopped).error());
        }
        if (!stopped) put_child_aside(open, child);
    }
    map_runs_.changed(open);
    return {};
}

Result<void> Loop::begin_next_of(OpenMapRun& open) {
    core::MapRun& run = open.run;
    Slot* parent = SW_TRY(this->open(run.token.execution));
    const core::Frame* frame = parent ? awaiting(*parent, run.token) : nullptr;
    if (!frame) {
        core::drain(run, core::MapRunStatus::aborted, "", "");
        map_runs_.changed(open);
        return {};
    }
    if (const auto room = check_room(); !room) {
        map_runs_.hold(clock_.steady() + kRefusedStepPause);
        return {};
    }
    const core::Moment moment{now_, clock_.entropy(), settings_.limits, journal_.secret()};
    core::ItemInputs inputs(*parent->version->definition, parent->execution, frame->id, moment);
    auto done = run.plan.is_batched() ? gather_next_of(open, *parent, *frame, inputs)
                                      : begin_item_of(open, *parent, *frame, inputs);
    turn_work_ += inputs.work();
    return done;
}

Result<void> Loop::begin_item_of(OpenMapRun& open, Slot& parent, const core::Frame& frame,
                                 core::ItemInputs& inputs) {
    core::MapRun& run = open.run;
    const auto item = next_item(open, frame);
    if (!item) return fail_map_run(open, unreadable_items(item.error()));
    const std::string source = core::item_source(run.plan);
    auto input = inputs.input_of(item->json(), run.next_item, source.c_str());
    if (!input) return fail_map_run(open, input.error());
    return begin_child_of(open, parent, *std::move(input), {1, item->bytes});
}

/// Puts some items more to what the next execution gets, and begins it where that is enough.
Result<void> Loop::gather_next_of(OpenMapRun& open, Slot& parent, const core::Frame& frame,
                                  core::ItemInputs& inputs) {
    core::MapRun& run = open.run;
    if (!open.gathering) {
        const auto input = inputs.batch_input();
        if (!input) return fail_map_run(open, input.error());
        open.gathering.emplace(Gathering{core::ItemBatch(run.plan, *input)});
    }
    core::ItemBatch& batch = open.gathering->batch;
    const std::string source = core::item_source(run.plan);
    bool is_complete = false;
    for (std::size_t i = 0; i < kItemsAtOnce && !is_complete; ++i) {
        const std::uint64_t index = run.next_item + batch.items();
        const auto item = next_item(open, frame);
        if (!item) return fail_map_run(open, unreadable_items(item.error()));
        const auto input = inputs.input_of(item->json(), index, source.c_str());
        if (!input) return fail_map_run(open, input.error());
        is_complete = !batch.takes(*input);
        if (is_complete) break;
        batch.add(*input);
        open.gathering->bytes += item->bytes;
        is_complete = batch.is_full() || index + 1 == run.total;
    }
    if (!is_complete) return {};
    const Gathering gathered = *std::exchange(open.gathering, std::nullopt);
    Payload input = gathered.batch.payload();
    if (!input.is_within_limits()) {
        const auto& name = parent.version->definition->state(run.state).name;
        return fail_map_run(open, {core::errors::kDataLimitExceeded, core::data_limit_cause(name)});
    }
    return begin_child_of(open, parent, std::move(input), {gathered.batch.items(), gathered.bytes});
}

Result<std::string_view> Loop::item_line(OpenMapRun& open, std::uint64_t at) {
    if (!open.lines) {
        open.lines = SW_TRY(ItemLines::open(map_runs_.folder_of(open.run.token) / kItemsFile));
    }
    return open.lines->line_at(at);
}

Result<Loop::NextItem> Loop::next_item(OpenMapRun& open, const core::Frame& frame) {
    const core::MapRun& run = open.run;
    const std::uint64_t gathered = open.gathering ? open.gathering->batch.items() : 0;
    NextItem item;
    if (run.plan.reader.is_null()) {
        item.value = &frame.fanout->items.json()[run.next_item + gathered];
        return item;
    }
    const std::uint64_t at = run.next_item_at + (open.gathering ? open.gathering->bytes : 0);
    const std::string_view line = SW_TRY(item_line(open, at));
    turn_work_ += cost_to_parse(line.size());
    item.own = SW_TRY(parse_json(line));
    item.bytes = line.size() + 1;
    return item;
}

Result<void> Loop::fail_map_run(OpenMapRun& open, const core::ErrorInfo& why) {
    core::drain(open.run, core::MapRunStatus::failed, why.error.value_or(""),
                why.cause.value_or(""));
    map_runs_.changed(open);
    return {};
}

/// The next ones that ended without success, oldest first; where there are none, the redrive has
/// seen them all.
Result<void> Loop::look_for_failed(OpenMapRun& open) {
    core::MapRun& run = open.run;
    journal::ExecutionQuery query;
    query.parent = run.token.execution;
    query.after = run.redriven_up_to;
    query.is_oldest_first = true;
    query.limit = kRedrivesAtOnce;
    const auto rows = SW_TRY(journal_.executions(query));
    for (const auto& row : rows) {
        const bool is_of_run = row.origin == kMapOrigin && row.parent->token == run.token;
        const bool has_failed =
            row.status != core::Status::succeeded && row.status != core::Status::running;
        if (is_of_run && has_failed) open.to_redrive.push_back(row);
    }
    if (!open.to_redrive.empty()) return {};
    run.redriven_up_to.reset();
    if (!rows.empty()) run.redriven_up_to = rows.back().id;
    return {};
}

Result<void> Loop::redrive_next_of(OpenMapRun& open) {
    core::MapRun& run = open.run;
    if (open.to_redrive.empty()) {
        SW_TRY(look_for_failed(open));
        map_runs_.changed(open);
        return {};
    }
    if (const auto room = check_room(); !room) {
        map_runs_.hold(clock_.steady() + kRefusedStepPause);
        return {};
    }
    const journal::ExecutionRecord row = std::move(open.to_redrive.front());
    open.to_redrive.pop_front();
    run.redriven_up_to = row.id;
    auto again = [&]() -> Result<Slot*> {
        const RebuiltPtr rebuilt = SW_TRY(rebuild(journal_, row));
        LoadedVersionPtr version = SW_TRY(catalog_.version(row.version));
        return open_again(row, *rebuilt, std::move(version), "");
    }();
    const std::uint64_t items = items_of(open, row.id);
    core::resume_child(run, items);
    if (!again) {
        if (is_for_later(again.error())) return stepwell::fail(std::move(again).error());
        spdlog::error("execution {}: cannot be redriven with its Map Run: {}", value_of(row.id),
                      again.error().message);
        core::end_child(run, core::Status::failed, items);
        map_runs_.changed(open);
        return {};
    }
    await_child_of(open, **again);
    return {};
}

/// Its end is waited for, unless it is there.
void Loop::await_child_of(OpenMapRun& open, Slot& child) {
    if (!child.execution.is_running()) return end_child_of(open, child);
    child.is_awaited = true;
    child.pending->write.waits.push_back(open.run.token);
    open.begun.push_back(child.execution.id());
    map_runs_.changed(open);
}

Result<void> Loop::begin_child_of(OpenMapRun& open, Slot& parent, Payload input,
                                  const Passed& passed) {
    core::MapRun& run = open.run;
    LoadedVersionPtr version = SW_TRY(catalog_.version(run.children));
    StartRequest request;
    request.origin = kMapOrigin;
    request.input = std::move(input);
    auto started = begin(request, std::move(version));
    if (!started) {
        if (is_for_later(started.error())) return stepwell::fail(std::move(started).error());
        core::drain(run, core::MapRunStatus::failed, core::errors::kRuntime,
                    started.error().message);
        map_runs_.changed(open);
        return {};
    }
    Slot& child = *cache_.find(started->id);
    child.parent = journal::ParentLink{run.token, (parent.parent ? parent.parent->depth : 0) + 1};
    child.pending->write.parent = child.parent;
    core::begin_child(run, passed.items);
    run.next_item_at += passed.bytes;
    await_child_of(open, child);
    return {};
}

void Loop::end_child_of(OpenMapRun& open, const Slot& child) {
    core::MapRun& run = open.run;
    if (is_aside(run, child.execution.id())) return;
    const core::Header& header = child.execution.header();
    core::end_child(run, header.status, items_of(open, child.execution.id()));
    if (header.output && run.plan.keeps_results && !run.is_result_too_large) {
        std::string text = result_text(open, child);
        run.result_bytes += text.size() + 1;
        open.results.emplace_back(child.execution.id(), std::move(text));
        run.is_result_too_large = run.result_bytes > kPayloadBytesMax;
        if (run.is_result_too_large) {
            open.results.clear();
            open.stored = 0;
        }
    }
    map_runs_.changed(open);
}

void Loop::put_child_aside(OpenMapRun& open, ExecutionId child) {
    core::put_aside(open.run, child, items_of(open, child));
    map_runs_.changed(open);
}

/// One whose input cannot be read is counted as one item.
std::uint64_t Loop::items_of(const OpenMapRun& open, ExecutionId child) {
    const core::MapRunPlan& plan = open.run.plan;
    if (!plan.is_batched()) return 1;
    const auto count = [&](const core::Facts& facts) {
        turn_work_ += cost_to_parse(facts.input.bytes_to_parse());
        return core::items_of(plan, facts.input);
    };
    if (const Slot* slot = cache_.find(child)) return count(slot->execution.facts());
    const auto row = journal_.execution(child);
    if (!row || !*row) return 1;
    const auto facts = facts_of(journal_, **row);
    return facts ? count(**facts) : 1;
}

}  // namespace stepwell::runtime
