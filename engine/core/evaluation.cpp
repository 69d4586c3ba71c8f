#include "engine/core/evaluation.hpp"

#include <algorithm>

#include "engine/expression/value.hpp"

namespace stepwell::core {

namespace {

/// Nothing that an Express machine has started can be redriven; its ARN says what it is.
bool is_express(const Facts& facts) {
    return facts.arn.find(":express:") != facts.arn.npos;
}

std::shared_ptr<Json> new_context(const Facts& facts, const Header& header, const Json& input) {
    auto context = std::make_shared<Json>();
    Json& execution = (*context)["Execution"];
    execution["Id"] = facts.arn;
    execution["Input"] = input;
    execution["StartTime"] = to_iso8601(facts.started_at);
    execution["Name"] = facts.name;
    execution["RoleArn"] = facts.role_arn;
    if (!is_express(facts)) {
        execution["RedriveCount"] = header.redrive ? header.redrive->count : 0;
    }
    if (header.redrive) execution["RedriveTime"] = to_iso8601(header.redrive->at);
    Json& machine = (*context)["StateMachine"];
    machine["Id"] = facts.workflow_arn;
    machine["Name"] = facts.workflow_name;
    return context;
}

bool has_retries(definition::StateKind kind) {
    return kind == definition::StateKind::task || kind == definition::StateKind::parallel ||
           kind == definition::StateKind::map;
}

}  // namespace

Environment Evaluation::over(const Payload& data) {
    return {.data = data,
            .context = *this,
            .variables = *this,
            .random = turn_.random(),
            .work = turn_.work(),
            .state_input = frame_.input};
}

expression::QueryEnvironment Evaluation::queries(const Payload& data) {
    return {.input = data,
            .result = std::nullopt,
            .error_output = std::nullopt,
            .context = *this,
            .variables = *this,
            .random = turn_.random(),
            .work = turn_.work(),
            .now = turn_.now()};
}

void Evaluation::set_item(const Fanout& fanout, std::uint32_t index) {
    turn_.begin_work_of(frame_.id, index);
    fanout_ = &fanout;
    index_ = index;
    is_context_filled_ = false;
}

void Evaluation::set_item(const Json& value, std::uint64_t index, const char* source) {
    turn_.begin_work_of(frame_.id, static_cast<std::uint32_t>(index));
    item_ = &value;
    item_index_ = index;
    item_source_ = source;
    is_context_filled_ = false;
}

Fault Evaluation::fault(const expression::Failure& failure) const {
    Fault fault;
    fault.info.error = failure.error;
    if (failure.error == errors::kDataLimitExceeded) {
        fault.info.cause = failure.detail;
        fault.is_final = true;  // of a state; a task's own is reported by the task
        return fault;
    }
    fault.info.cause = "An error occurred while executing the state '" + state().name +
                       "' (entered at the event id #" +
                       std::to_string(value_of(frame_.entered_event)) + "). " + failure.detail;
    if (failure.error == errors::kQueryEvaluation) fault.evaluation_location = failure.location;
    return fault;
}

const Json& Evaluation::look_into(const Payload& payload) const {
    static const Json nothing;
    return work().look_into(payload) ? payload.json() : nothing;
}

const Json* Evaluation::find_in(const VariablesPtr& variables, std::string_view name) const {
    if (!variables) return nullptr;
    const auto found =
        std::lower_bound(variables->begin(), variables->end(), name,
                         [](const Variable& v, std::string_view key) { return v.name < key; });
    const bool is_there = found != variables->end() && found->name == name;
    return is_there ? &look_into(found->value) : nullptr;
}

/// The scopes around the frame's are read through: they stand still while their children run.
const Json* Evaluation::find(std::string_view name) const {
    for (const Frame* frame = &frame_; frame != nullptr;) {
        if (const Json* value = find_in(frame->variables, name)) return value;
        frame = frame->parent ? turn_.execution().find(*frame->parent) : nullptr;
    }
    return nullptr;
}

/// The execution's part is made once and kept: its input may be large, and each iteration of a Map
/// asks for the context again.
const Json& Evaluation::object() const {
    const StateProbe* probe = turn_.probe();
    if (probe && probe->context) return context_of(*probe);
    std::shared_ptr<Json>& scratch = turn_.execution().base().context_scratch();
    if (!scratch) {
        static const Json nothing = Json::object();
        const Facts& facts = turn_.execution().facts();
        const Json& input = look_into(facts.input);
        if (!expression::pay_for_copy(input, work())) return nothing;
        scratch = new_context(facts, turn_.execution().header(), input);
    }
    if (!is_context_filled_) {
        scratch->erase("State");
        scratch->erase("Task");
        scratch->erase("Map");
        fill_state(*scratch);
        fill_item(*scratch);
        is_context_filled_ = true;
    }
    return *scratch;
}

const Json& Evaluation::context_of(const StateProbe& probe) const {
    if (fanout_ == nullptr) return *probe.context;
    item_context_ = *probe.context;
    fill_item(item_context_);
    return item_context_;
}

void Evaluation::fill_state(Json& context) const {
    Json& about = context["State"];
    about["Name"] = state().name;
    about["EnteredTime"] = to_iso8601(frame_.entered_at);
    if (has_retries(state().kind())) about["RetryCount"] = frame_.retries;
    if (!task_token_.empty()) context["Task"]["Token"] = task_token_;
}

/// The nearest Map iteration around the state, unless one was set.
void Evaluation::fill_item(Json& context) const {
    if (item_ != nullptr) {
        Json& item = context["Map"]["Item"];
        item["Index"] = item_index_;
        if (!expression::pay_for_copy(*item_, work())) return;
        item["Value"] = *item_;
        item["Source"] = item_source_;
        return;
    }
    const Fanout* fanout = fanout_;
    std::uint32_t index = index_;
    for (const Frame* at = &frame_; fanout == nullptr && at->parent;) {
        const Frame& parent = turn_.frame(*at->parent);
        const bool is_map =
            turn_.definition().state(parent.state).kind() == definition::StateKind::map;
        if (is_map) fanout = parent.fanout.get();
        index = at->index;
        at = &parent;
    }
    if (fanout == nullptr) return;
    Json& item = context["Map"]["Item"];
    item["Index"] = index;
    const Json& items = look_into(fanout->items);
    if (!items.is_array() || !expression::pay_for_copy(items[index], work())) return;
    item["Value"] = items[index];
    item["Source"] = "STATE_DATA";
}

}  // namespace stepwell::core
