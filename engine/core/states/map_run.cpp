// Map, distributed: the state orders a Map Run (map_run.hpp), and waits for its end as a task does
// for a report. What becomes of the items is the Map Run's affair.
#include "engine/base/uuid.hpp"
#include "engine/core/map_run_items.hpp"
#include "engine/core/states/map_fields.hpp"

namespace stepwell::core {

using definition::MapState;
using expression::Failure;

namespace {

/// "arn:aws:states:R:A:mapRun:NAME/LABEL:UUID". Of what runs in a Map Run itself, NAME is that of
/// the outermost state machine.
std::string map_run_arn(const Facts& facts, const std::string& label, Prng& random) {
    constexpr std::string_view kKind = ":stateMachine:";
    const std::size_t kind = facts.workflow_arn.find(kKind);
    std::string prefix = facts.workflow_arn.substr(0, kind);
    std::string name = facts.workflow_name.substr(0, facts.workflow_name.find('/'));
    return std::move(prefix) + ":mapRun:" + std::move(name) + "/" + label + ":" + uuid4(random);
}

/// What the frame remembers of its Map Run.
MapRunInfo info_of(const Frame& frame) {
    const Json& kept = frame.task->parameters.json();
    MapRunInfo info;
    info.arn = string_or(kept, "MapRunArn", "");
    info.attempt = frame.attempt;
    if (const Json* count = find(kept, "RedriveCount")) info.redrives = count->get<std::uint32_t>();
    return info;
}

TaskToken token_of(const Turn& turn, FrameId id) {
    return {turn.execution().id(), id, turn.frame(id).attempt};
}

void succeed(Turn& turn, FrameId id, const Payload& result) {
    const EventId succeeded = turn.emit(EventType::map_run_succeeded, id, info_of(turn.frame(id)));
    turn.emit(EventType::map_state_succeeded, id, {}, succeeded);
    Evaluated<Payload> joined = result;
    const bool is_used = uses_result(turn.state_of(id));
    if (is_used && !result.is_within_limits()) {
        joined =
            fail(Failure{errors::kDataLimitExceeded, data_limit_cause(turn.state_of(id).name)});
    }
    complete_join(turn, id, joined);
}

void fail_run(Turn& turn, FrameId id, const MapRunClosed& closed) {
    Fault fault;
    fault.info = {closed.error, closed.cause};
    fault.is_from_children = true;
    fault.leaf = turn.emit(EventType::map_run_failed, id, fault.info);
    fail_state(turn, id, std::move(fault));
}

}  // namespace

bool has_map_run(const Turn& turn, FrameId id) {
    const Frame& frame = turn.frame(id);
    return frame.phase == Phase::redriven && frame.fanout && frame.task;
}

void redrive_map_run(Turn& turn, FrameId id) {
    MapRunInfo info = info_of(turn.frame(id));
    ++info.redrives;
    turn.emit(EventType::map_run_redriven, id, std::move(info));
    turn.order(RedriveMapRun{token_of(turn, id)});
}

void begin_map_run(Turn& turn, FrameId id, const Tolerance& tolerance) {
    Evaluation at(turn, id);
    const auto batching = batching_of(map_at(turn, id), at);
    if (!batching) return fail_state(turn, id, at.fault(batching.error()));
    auto reader = reader_of(map_at(turn, id), at);
    if (!reader) return fail_state(turn, id, at.fault(reader.error()));
    auto writer = writer_of(map_at(turn, id), at);
    if (!writer) return fail_state(turn, id, at.fault(writer.error()));
    MapRunPlan plan;
    plan.reader = *std::move(reader);
    plan.writer = *std::move(writer);
    plan.batch_items_max = batching->items_max;
    plan.batch_bytes_max = batching->bytes_max;
    plan.label = map_at(turn, id).distributed->label;
    plan.arn = map_run_arn(turn.execution().facts(), plan.label, turn.random());
    plan.concurrency_max = turn.frame(id).fanout->concurrency_max;
    plan.tolerated_count = tolerance.count;
    plan.tolerated_percentage = tolerance.percentage;
    plan.keeps_results = uses_result(turn.state_of(id)) && !exports_results(plan);
    MapRunInfo info;
    info.arn = plan.arn;
    info.attempt = turn.frame(id).attempt + 1;
    turn.emit(EventType::map_run_started, id, std::move(info));
    turn.order(StartMapRun{token_of(turn, id), turn.frame(id).state, std::move(plan)});
}

Result<void> on_map_run_closed(Turn& turn, const MapRunClosed& closed) {
    const TaskToken& token = closed.token;
    const Frame* frame = turn.execution().find(token.frame);
    const bool is_it = token.execution == turn.execution().id() && frame != nullptr &&
                       frame->phase == Phase::awaiting_map_run && frame->attempt == token.attempt;
    if (!is_it) {
        return fail(ErrorCode::conflict, "expected the end of a Map Run that goes on, but " +
                                             token.text() +
                                             " does not (it has ended, or never was)");
    }
    if (closed.status == MapRunStatus::succeeded) {
        succeed(turn, token.frame, closed.result);
    } else {
        fail_run(turn, token.frame, closed);
    }
    return {};
}

/// As the Turn of a decision, but nothing is decided: it only evaluates.
class ItemInputs::Impl {
public:
    Impl(const Definition& definition, const Execution& execution, FrameId frame,
         const Moment& moment)
        : moment_(moment),
          turn_(definition, execution, moment_),
          frame_(frame),
          at_(turn_, frame) {}

    Result<Payload, ErrorInfo> input_of(const Json& value, std::uint64_t index,
                                        const char* source) {
        at_.set_item(value, index, source);
        return checked_input(evaluate(map_at(turn_, frame_), value));
    }

    Result<Payload, ErrorInfo> batch_input() {
        const auto& batcher = map_at(turn_, frame_).distributed->batcher;
        if (!batcher) return Payload(Json());
        const Payload& input = turn_.frame(frame_).fanout->selector_input;
        return checked_input(batch_input_of(*batcher, at_, input));
    }

    [[nodiscard]] std::uint64_t work() { return turn_.work().used(); }

private:
    Result<Payload, ErrorInfo> checked_input(Evaluated<Payload> made) {
        if (made && made->is_within_limits()) return *std::move(made);
        if (made) {
            made = stepwell::fail(
                Failure{errors::kDataLimitExceeded, data_limit_cause(turn_.state_of(frame_).name)});
        }
        return stepwell::fail(at_.fault(made.error()).info);
    }

    Evaluated<Payload> evaluate(const MapState& map, const Json& value) {
        const Payload& input = turn_.frame(frame_).fanout->selector_input;
        if (map.item_query) {
            return Payload(SW_TRY(map.item_query->evaluate(at_.queries(input), "ItemSelector")));
        }
        if (!map.item_selector) return Payload(value);
        return Payload(SW_TRY(map.item_selector->evaluate(at_.over(input))));
    }

    Moment moment_;
    Turn turn_;
    FrameId frame_;
    Evaluation at_;
};

ItemInputs::ItemInputs(const Definition& definition, const Execution& execution, FrameId frame,
                       const Moment& moment)
    : impl_(std::make_unique<Impl>(definition, execution, frame, moment)) {}
ItemInputs::~ItemInputs() = default;

Result<Payload, ErrorInfo> ItemInputs::input_of(const Json& value, std::uint64_t index,
                                                const char* source) {
    return impl_->input_of(value, index, source);
}
Result<Payload, ErrorInfo> ItemInputs::batch_input() {
    return impl_->batch_input();
}
std::uint64_t ItemInputs::work() const {
    return impl_->work();
}

}  // namespace stepwell::core
