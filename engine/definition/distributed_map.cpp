// Distributed Map: the processor is a machine of its own, for the executions that its Map Runs
// start.
#include "engine/definition/distributed_map.hpp"

#include <algorithm>

#include "engine/base/digest.hpp"
#include "engine/definition/map_data_fields.hpp"

namespace stepwell::definition {
namespace {

constexpr std::size_t kLabelCharactersMax = 40;

/// The machine that the children run. The language is that of the machine around it, as in every
/// inner machine.
std::string machine_text(const StateReading& at, const Json& processor) {
    Json machine = processor;
    machine.erase("ProcessorConfig");
    machine.erase("QueryLanguage");
    if (at.reading.language == QueryLanguage::jsonata) machine["QueryLanguage"] = "JSONata";
    return to_text(machine);
}

/// Names of states are unique within a machine, and so is what is made of them.
std::string label_of(const std::string& state_name) {
    const std::string digest = digest_hex("SHA-256", state_name).value_or(std::string(64, '0'));
    return digest.substr(0, 8) + "-" + digest.substr(8, 4) + "-4" + digest.substr(13, 3) + "-a" +
           digest.substr(17, 3) + "-" + digest.substr(20, 12);
}

bool is_label_character(char c) {
    constexpr std::string_view kOthers = R"(?*<>{}[]:;,\|^~$#%&`" )";
    return static_cast<unsigned char>(c) > ' ' && c != 127 && c != '/' &&
           kOthers.find(c) == std::string_view::npos;
}

/// Executions of two Maps are of one state machine where these have the same label.
bool is_taken(const Definition& definition, const std::string& label) {
    return std::any_of(definition.states.begin(), definition.states.end(), [&](const State& state) {
        const auto* map = std::get_if<MapState>(&state.body);
        return map && map->distributed && map->distributed->label == label;
    });
}

void check_label(const StateReading& at, const std::string& label) {
    const Place place = at.fields.place().member("Label");
    if (is_taken(at.reading.definition, label)) {
        at.reading.report.add(place, rule({"expected a 'Label' that no other Map of this state "
                                           "machine has, but '" +
                                               label + "' stands twice",
                                           "choose another one"}));
    }
    if (label.empty() || label.size() > kLabelCharactersMax) {
        at.reading.report.add(
            place, {"expected 'Label' to have 1 to " + std::to_string(kLabelCharactersMax) +
                    " characters, but it has " + std::to_string(label.size())});
    }
    for (const char c : label) {
        if (is_label_character(c)) continue;
        at.reading.report.add(place, {"expected 'Label' without blanks, control characters and "
                                      "/ ? * < > { } [ ] : ; , \\ | ^ ~ $ # % & ` \", but it is '" +
                                      label + "'"});
        return;
    }
}

}  // namespace

bool is_distributed(const Json& processor) {
    const Json* config = find(processor, "ProcessorConfig");
    return config != nullptr && string_or(*config, "Mode", "") == "DISTRIBUTED";
}

DistributedMap read_distributed(const StateReading& at, const Json& processor) {
    DistributedMap map;
    const auto label = at.fields.read_string("Label");
    if (label) check_label(at, *label);
    const State& state = at.reading.definition.states[value_of(at.id)];
    map.label = label.value_or(label_of(state.name));
    map.processor = machine_text(at, processor);
    map.is_express = string_or(processor.at("ProcessorConfig"), "ExecutionType", "") == "EXPRESS";
    map.batcher = read_batcher(at);
    map.reader = read_item_reader(at);
    map.writer = read_result_writer(at);
    return map;
}

}  // namespace stepwell::definition
