// Parallel and Map: states that own scopes. The scopes themselves are read by read_machine().
#include "engine/definition/distributed_map.hpp"
#include "engine/definition/state_reader.hpp"

namespace stepwell::definition {
namespace {

void check_processor_config(const StateReading& at, const Json& processor, const Place& place) {
    const Json* config = find(processor, "ProcessorConfig");
    if (config == nullptr) return;
    const Fields outer(at.reading.report, processor, place);
    if (!config->is_object()) return outer.report_type("ProcessorConfig", "an object");
    const Place config_place = place.member("ProcessorConfig");
    const Fields fields(at.reading.report, *config, config_place);
    fields.only({"Mode", "ExecutionType"}, "'ProcessorConfig'");
    const auto mode = fields.read_enum("Mode", {"INLINE", "DISTRIBUTED"});
    static_cast<void>(fields.read_enum("ExecutionType", {"STANDARD", "EXPRESS"}));
    if (mode != "DISTRIBUTED") return;
    fields.require("ExecutionType");
    if (!at.reading.options.is_express) return;
    at.reading.report.add(config_place.member("Mode"),
                          {"expected 'Mode' to be 'INLINE' in an Express state machine, but it "
                           "is 'DISTRIBUTED'"});
}

/// The processor that the state names, under its new or its old name.
const Json* read_processor(const StateReading& at) {
    at.fields.exclude("ItemProcessor", "Iterator");
    const bool is_old = at.fields.has("Iterator") && !at.fields.has("ItemProcessor");
    const char* name = is_old ? "Iterator" : "ItemProcessor";
    const Json* processor = at.fields.require(name);
    if (processor == nullptr) return nullptr;
    if (!processor->is_object()) {
        at.fields.report_type(name, "a machine, that is an object");
        return nullptr;
    }
    check_processor_config(at, *processor, at.fields.place().member(name));
    return processor;
}

void check_inline_fields(const StateReading& at) {
    for (const char* name : {"ItemReader", "ItemBatcher", "ResultWriter", "Label"}) {
        if (!at.fields.has(name)) continue;
        at.reading.report.add_at_name(at.fields.place().member(name),
                                      {std::string("expected '") + name +
                                       "' only with the ProcessorConfig Mode 'DISTRIBUTED', but "
                                       "this Map is inline"});
    }
}

/// An array, which may hold expressions, or an expression that gives one.
void read_items(const StateReading& at, MapState& map) {
    const Json* items = at.fields.find("Items");
    if (items == nullptr) return;
    const bool is_query =
        items->is_string() && Query::is_query(items->get_ref<const std::string&>());
    if (!items->is_array() && !is_query) {
        return at.fields.report_type("Items", "an array or a JSONata expression");
    }
    map.items = at.fields.read_query("Items", Fields::TemplateRoot::any, {});
}

void read_query_map(const StateReading& at, MapState& map) {
    read_items(at, map);
    map.item_query = at.fields.read_query("ItemSelector", Fields::TemplateRoot::object, {});
    map.max_concurrency = at.fields.read_integer_or_query("MaxConcurrency", {});
    map.tolerated_failure_count = at.fields.read_integer_or_query("ToleratedFailureCount", {});
    map.tolerated_failure_percentage_query =
        at.fields.read_expression("ToleratedFailurePercentage");
    const std::string percentage = string_or(at.json, "ToleratedFailurePercentage", "");
    if (Query::is_query(percentage)) return;
    constexpr double kPercentMax = 100;
    map.tolerated_failure_percentage =
        at.fields.read_number("ToleratedFailurePercentage", {0, kPercentMax});
}

void read_tolerance(const StateReading& at, MapState& map) {
    map.tolerated_failure_count =
        at.fields.read_integer_or_path("ToleratedFailureCount", {}, PathForm::of_input);
    constexpr double kPercentMax = 100;
    at.fields.exclude("ToleratedFailurePercentage", "ToleratedFailurePercentagePath");
    map.tolerated_failure_percentage =
        at.fields.read_number("ToleratedFailurePercentage", {0, kPercentMax});
    map.tolerated_failure_percentage_path =
        at.fields.read_path("ToleratedFailurePercentagePath", PathForm::of_input);
}

}  // namespace

ParallelState read_parallel(const StateReading& at) {
    ParallelState parallel;
    const Json* branches = at.fields.require("Branches");
    if (branches == nullptr) return parallel;
    if (!branches->is_array()) {
        at.fields.report_type("Branches", "an array of machines");
        return parallel;
    }
    const Place place = at.fields.place().member("Branches");
    if (branches->empty()) at.reading.report.add(place, {"Value cannot be empty"});
    for (std::size_t i = 0; i < branches->size(); ++i) {
        const Json& branch = (*branches)[i];
        if (branch.is_object()) {
            parallel.branches.push_back(at.reading.outline.scope_of(branch));
        } else {
            at.reading.report.add(
                place.item(i),
                {"expected a machine, that is an object, but it is " + excerpt(branch)});
        }
    }
    return parallel;
}

MapState read_map(const StateReading& at) {
    MapState map;
    const Json* processor = read_processor(at);
    if (processor != nullptr) map.processor = at.reading.outline.scope_of(*processor);
    if (processor != nullptr && is_distributed(*processor)) {
        map.distributed = read_distributed(at, *processor);
    } else {
        check_inline_fields(at);
    }
    if (at.is_jsonata()) {
        read_query_map(at, map);
        return map;
    }
    map.items_path = at.fields.read_path("ItemsPath", PathForm::reference);
    if (map.items_path && map.items_path->is_root() &&
        map.items_path->source() == Path::Source::data) {
        map.items_path.reset();
    }
    at.fields.exclude("ItemSelector", "Parameters");
    const char* selector = at.fields.has("ItemSelector") ? "ItemSelector" : "Parameters";
    map.item_selector = at.fields.read_template(selector, Fields::TemplateRoot::object);
    map.max_concurrency = at.fields.read_integer_or_path("MaxConcurrency", {}, PathForm::of_input);
    read_tolerance(at, map);
    return map;
}

}  // namespace stepwell::definition
