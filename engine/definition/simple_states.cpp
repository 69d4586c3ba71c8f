// Task, Pass, Wait and Fail.
#include <algorithm>

#include "engine/definition/named_in_texts.hpp"
#include "engine/definition/resource.hpp"
#include "engine/definition/state_reader.hpp"

namespace stepwell::definition {
namespace {

std::optional<PayloadTemplate> read_credentials(const StateReading& at) {
    const Json* value = at.fields.find("Credentials");
    if (value == nullptr) return std::nullopt;
    if (value->is_object()) {
        const Place place = at.fields.place().member("Credentials");
        const Fields credentials(at.reading.report, *value, place);
        if (!credentials.has("RoleArn.$")) credentials.require("RoleArn");
        credentials.only({"RoleArn", "RoleArn.$"}, "'Credentials'");
    }
    return at.fields.read_template("Credentials", Fields::TemplateRoot::object);
}

std::optional<QueryTemplate> read_credentials_query(const StateReading& at) {
    const Json* value = at.fields.find("Credentials");
    if (value == nullptr) return std::nullopt;
    if (value->is_object()) {
        const Place place = at.fields.place().member("Credentials");
        const Fields credentials(at.reading.report, *value, place);
        credentials.require("RoleArn");
        credentials.only({"RoleArn"}, "'Credentials'");
    }
    return at.fields.read_query("Credentials", Fields::TemplateRoot::object, {});
}

/// What one of the forms of Wait needs: exactly one of them.
void check_wait_form(const StateReading& at) {
    std::vector<std::string> forms = {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"};
    if (at.is_jsonata()) forms = {"Seconds", "Timestamp"};
    std::vector<std::string> present;
    std::copy_if(forms.begin(), forms.end(), std::back_inserter(present),
                 [&](const std::string& form) { return at.fields.has(form); });
    if (present.size() == 1) return;
    at.reading.report.add_at_name(
        at.fields.place(), {"expected exactly one of " + quoted_list(forms) + ", but there " +
                            (present.empty() ? "is none" : "are " + quoted_list(present))});
}

std::optional<Instant> read_timestamp(const StateReading& at) {
    const Json* value = at.fields.find("Timestamp");
    if (value == nullptr) return std::nullopt;
    const auto instant =
        value->is_string() ? parse_rfc3339(value->get<std::string>()) : std::nullopt;
    if (!instant) {
        at.reading.report.add(
            at.fields.place().member("Timestamp"),
            {"String does not match RFC3339 timestamp", "write it as \"2030-01-31T08:00:00Z\""});
    }
    return instant;
}

const BuiltinTask* task_of(const StateReading& at, const Resource& resource) {
    if (resource.kind != Resource::Kind::builtin) return nullptr;
    const auto& tasks = at.reading.options.builtin_tasks;
    const auto found = std::find_if(tasks.begin(), tasks.end(), [&](const BuiltinTask& known) {
        return known.name == resource.action;
    });
    return found == tasks.end() ? nullptr : &*found;
}

const char* parameters_field(const StateReading& at) {
    return at.is_jsonata() ? "Arguments" : "Parameters";
}

Written written_in(const StateReading& at) {
    return at.is_jsonata() ? Written::as_queries : Written::as_paths;
}

void refer_from_parameters(const StateReading& at) {
    const Json* parameters = at.fields.find(parameters_field(at));
    if (parameters == nullptr) return;
    const Place place = at.fields.place().member(parameters_field(at));
    refer_from_texts(at.reading.report, place, *parameters, written_in(at));
}

/// What a built-in task would refuse when it runs is told when its file is read. What it gets where
/// nothing is written down is the state's input, which nobody knows yet.
void check_parameters(const StateReading& at, const Resource& resource) {
    const char* field = parameters_field(at);
    const Json* parameters = at.fields.find(field);
    const BuiltinTask* task = task_of(at, resource);
    if (task == nullptr || parameters == nullptr) return;
    Shape shape = task->parameters;
    if (shape.kind == Shape::Kind::object) shape.called("parameter of '" + resource.text + "'");
    const Place place = at.fields.place().member(field);
    const Written written = written_in(at);
    std::vector<ShapeFault> faults = shape_faults(shape, *parameters, written);
    if (task->further_faults != nullptr) {
        auto further = task->further_faults(*parameters, written);
        std::move(further.begin(), further.end(), std::back_inserter(faults));
    }
    for (ShapeFault& fault : faults) {
        Fault told = rule({std::move(fault.message), std::move(fault.hint)});
        at.reading.report.add_below(place, fault.pointer, std::move(told), Said::of_itself,
                                    fault.is_of_name ? Report::At::name : Report::At::value);
    }
    for (ShapeReference& name : shape_references(shape, *parameters, written)) {
        at.reading.report.refer(place, name.pointer, std::move(name.section), std::move(name.name));
    }
}

}  // namespace

TaskState read_task(const StateReading& at) {
    TaskState task;
    refer_from_parameters(at);
    if (at.fields.require("Resource") != nullptr) {
        const auto text = at.fields.read_string("Resource");
        const Place place = at.fields.place().member("Resource");
        if (text) {
            auto resource = read_resource(*text, at.reading.options, at.reading.report, place);
            if (resource) task.resource = std::move(*resource);
            if (resource) check_parameters(at, task.resource);
        }
    }
    const auto read_seconds = [&](const char* name) {
        const IntegerRange range{1, kSecondsMax};
        return at.is_jsonata() ? at.fields.read_integer_or_query(name, range)
                               : at.fields.read_integer_or_path(name, range);
    };
    task.timeout_seconds = read_seconds("TimeoutSeconds");
    task.heartbeat_seconds = read_seconds("HeartbeatSeconds");
    const auto& timeout = task.timeout_seconds.number;
    const auto& heartbeat = task.heartbeat_seconds.number;
    if (timeout && heartbeat && *heartbeat >= *timeout) {
        at.fields.report_type("HeartbeatSeconds",
                              "less than 'TimeoutSeconds' (" + std::to_string(*timeout) + ")");
    }
    if (at.is_jsonata()) {
        task.credentials_query = read_credentials_query(at);
    } else {
        task.credentials = read_credentials(at);
    }
    return task;
}

PassState read_pass(const StateReading& at) {
    const Json* result = at.fields.find("Result");
    if (result == nullptr) return {};
    return {Payload(*result)};
}

WaitState read_wait(const StateReading& at) {
    check_wait_form(at);
    WaitState wait;
    if (at.is_jsonata()) {
        wait.seconds = at.fields.read_integer_or_query("Seconds", {0, kSecondsMax});
        const std::string timestamp = string_or(at.json, "Timestamp", "");
        wait.timestamp_query = at.fields.read_expression("Timestamp");
        if (!Query::is_query(timestamp)) wait.timestamp = read_timestamp(at);
        return wait;
    }
    wait.seconds = {at.fields.read_integer("Seconds", {0, kSecondsMax}),
                    at.fields.read_path("SecondsPath", PathForm::reference),
                    {}};
    wait.timestamp = read_timestamp(at);
    wait.timestamp_path = at.fields.read_path("TimestampPath", PathForm::reference);
    return wait;
}

FailState read_fail(const StateReading& at) {
    if (at.is_jsonata()) {
        return {at.fields.read_string_or_query("Error"), at.fields.read_string_or_query("Cause")};
    }
    return {at.fields.read_string_or_path("Error"), at.fields.read_string_or_path("Cause")};
}

}  // namespace stepwell::definition
