// Events as GetExecutionHistory shows them (asl.md 18).
#include "engine/core/event.hpp"

namespace stepwell::core {

namespace {

/// Adds the details of one event to its JSON form.
class Details {
public:
    Details(Json& event, EventType type, bool include_data)
        : event_(event), type_(type), include_data_(include_data) {}

    void add(const std::monostate&) {}
    void add(const TimerInfo&) {}
    void add(const RetryInfo&) {}

    void add(const ExecutionBegan& began) {
        const Facts& facts = *began.facts;
        Json& details = own();
        data(details, "input", facts.input);
        if (!facts.role_arn.empty()) details["roleArn"] = facts.role_arn;
        if (!facts.alias_arn.empty()) details["stateMachineAliasArn"] = facts.alias_arn;
        if (!facts.version_arn.empty()) details["stateMachineVersionArn"] = facts.version_arn;
    }
    void add(const ErrorInfo& info) { failure(own(), info); }
    void add(const OutputInfo& info) { data(own(), "output", info.output); }
    void add(const EnteredInfo& info) {
        Json& details = member("stateEntered");
        details["name"] = info.name;
        data(details, "input", info.input);
    }
    void add(const ExitedInfo& info) {
        Json& details = member("stateExited");
        details["name"] = info.name;
        data(details, "output", info.output);
        if (!info.assigned || info.assigned->empty() || !include_data_) return;
        Json& assigned = details["assignedVariables"] = Json::object();
        for (const Variable& variable : *info.assigned) {
            assigned[variable.name] = variable.value.text();
        }
        details["assignedVariablesDetails"]["truncated"] = false;
    }
    void add(const ScheduledInfo& info) {
        const bool is_lambda = type_ == EventType::lambda_function_scheduled;
        const bool has_input = is_lambda || type_ == EventType::activity_scheduled;
        Json& details = own();
        if (!has_input) details["resourceType"] = info.resource_type;
        details["resource"] = info.resource;
        if (has_input) {
            data(details, "input", info.parameters);
        } else {
            details["region"] = info.region;
            if (include_data_) details["parameters"] = info.parameters.text();
        }
        if (info.timeout_seconds) details["timeoutInSeconds"] = *info.timeout_seconds;
        if (info.heartbeat_seconds && !is_lambda) {
            details["heartbeatInSeconds"] = *info.heartbeat_seconds;
        }
        if (!info.role_arn.empty()) details["taskCredentials"]["roleArn"] = info.role_arn;
    }
    void add(const TaskInfo& info) {
        if (type_ == EventType::lambda_function_started) return;
        Json& details = own();
        if (has_resource()) resource(details, info);
        if (info.output) data(details, "output", *info.output);
    }
    void add(const TaskFailureInfo& info) {
        Json& details = own();
        if (has_resource()) resource(details, info);
        failure(details, info.failure);
    }
    void add(const WorkerInfo& info) {
        Json& details = own();
        if (!info.name.empty()) details["workerName"] = info.name;
    }
    void add(const FanoutInfo& info) {
        if (type_ == EventType::map_state_started) own()["length"] = info.fanout->total;
    }
    void add(const ChildInfo& info) { iteration(info.name, info.index); }
    void add(const IterationInfo& info) { iteration(info.name, info.index); }
    void add(const MapRunInfo& info) {
        if (type_ == EventType::map_run_succeeded) return;
        Json& details = own();
        details["mapRunArn"] = info.arn;
        if (type_ == EventType::map_run_redriven) details["redriveCount"] = info.redrives;
    }
    void add(const RedriveInfo& info) { own()["redriveCount"] = info.count; }
    void add(const EvaluationInfo& info) {
        Json& details = own();
        details["state"] = info.state;
        failure(details, info.failure);
        if (!info.location.empty()) details["location"] = info.location;
    }

private:
    /// Events of functions and activities are named after what they are of.
    [[nodiscard]] bool has_resource() const {
        return type_ < EventType::lambda_function_scheduled ||
               type_ > EventType::activity_timed_out;
    }
    Json& member(const std::string& stem) { return event_[stem + "EventDetails"] = Json::object(); }
    /// The member that is named after the event's own type.
    Json& own() {
        std::string stem = name_of(type_);
        stem[0] = static_cast<char>(stem[0] - 'A' + 'a');
        return member(stem);
    }
    void data(Json& details, const char* name, const Payload& payload) const {
        if (!include_data_) return;
        details[name] = payload.text();
        details[std::string(name) + "Details"]["truncated"] = false;
    }
    static void failure(Json& details, const ErrorInfo& info) {
        if (info.error) details["error"] = *info.error;
        if (info.cause) details["cause"] = *info.cause;
    }
    static void resource(Json& details, const auto& info) {
        details["resourceType"] = info.resource_type;
        details["resource"] = info.resource;
    }
    void iteration(const std::string& name, std::uint32_t index) {
        Json& details = own();
        details["name"] = name;
        details["index"] = index;
    }

    Json& event_;
    EventType type_;
    bool include_data_;
};

Json to_json(const Event& event, bool include_data) {
    Json json;
    json["timestamp"] = to_epoch_seconds(event.at);
    json["type"] = name_of(event.type);
    json["id"] = value_of(event.id);
    json["previousEventId"] = value_of(event.previous);
    Details details(json, event.type, include_data);
    std::visit([&](const auto& info) { details.add(info); }, event.details);
    return json;
}

}  // namespace

Json to_history(const std::vector<Event>& events, bool include_data) {
    Json history = Json::array();
    for (const Event& event : events) {
        if (!is_internal(event.type)) history.push_back(to_json(event, include_data));
    }
    return history;
}

}  // namespace stepwell::core
