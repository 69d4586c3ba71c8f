#include "api/runs/flow.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace stepwell::api::answers {
namespace {

/// The machines inside a Map or Parallel state.
std::vector<const Json*> inner_machines(const Json& state) {
    std::vector<const Json*> machines;
    for (const char* name : {"ItemProcessor", "Iterator"}) {
        const Json* processor = find(state, name);
        if (processor && find(*processor, "States")) machines.push_back(processor);
    }
    if (const Json* branches = find(state, "Branches"); branches && branches->is_array()) {
        for (const Json& branch : *branches) machines.push_back(&branch);
    }
    return machines;
}

class Flow {
public:
    void add_machine(const Json& machine, const std::string& around, std::size_t depth) {
        const Json* states = find(machine, "States");
        if (!states || !states->is_object()) return;
        follow(*states, string_or(machine, "StartAt", ""), around, depth);
        for (const auto& [name, state] : states->items()) follow(*states, name, around, depth);
    }
    std::vector<FlowState> order;

private:
    /// Depth first along the usual way, so that what a Catch leads to comes after it.
    void follow(const Json& states_of_machine, const std::string& start, const std::string& around,
                std::size_t depth) {
        std::vector<std::string> ahead{start};
        while (!ahead.empty()) {
            const std::string name = std::move(ahead.back());
            ahead.pop_back();
            const Json* state = find(states_of_machine, name);
            if (!state || !known_.insert(around + name).second) continue;
            order.push_back({name, around + name, string_or(*state, "Type", ""), depth});
            for (const Json* machine : inner_machines(*state)) {
                add_machine(*machine, around + name + "/", depth + 1);
            }
            const std::vector<std::string> next = targets(*state);
            ahead.insert(ahead.end(), next.rbegin(), next.rend());
        }
    }

    static std::vector<std::string> targets(const Json& state) {
        std::vector<std::string> found;
        const auto add = [&](const Json& from, const char* member) {
            std::string target = string_or(from, member, "");
            if (!target.empty()) found.push_back(std::move(target));
        };
        add(state, "Next");
        for (const char* list : {"Choices", "Catch"}) {
            if (const Json* rules = find(state, list); rules && rules->is_array()) {
                for (const Json& rule : *rules) add(rule, "Next");
            }
            if (std::string_view(list) == "Choices") add(state, "Default");
        }
        return found;
    }

    std::set<std::string> known_;
};

bool holds_states(std::string_view field) {
    return field == "States" || field == "ItemProcessor" || field == "Iterator" ||
           field == "Branches";
}

/// Members that differ; states inside are left out, they are compared by themselves.
Json changed_fields(const Json& before, const Json& after) {
    Json fields = Json::array();
    for (const auto& [name, value] : after.items()) {
        const Json* old = find(before, name);
        if (!holds_states(name) && (!old || *old != value)) fields.push_back(name);
    }
    for (const auto& [name, value] : before.items()) {
        if (!holds_states(name) && !find(after, name)) fields.push_back(name);
    }
    return fields;
}

using States = std::vector<std::pair<std::string, const Json*>>;

void collect(const Json& machine, States& found) {
    const Json* states = find(machine, "States");
    if (!states || !states->is_object()) return;
    for (const auto& [name, state] : states->items()) {
        found.emplace_back(name, &state);
        for (const Json* inner : inner_machines(state)) collect(*inner, found);
    }
}

}  // namespace

std::vector<FlowState> flow_of(const Json& asl) {
    Flow flow;
    flow.add_machine(asl, "", 0);
    return std::move(flow.order);
}

Json definition_difference(const Json& before, const Json& after) {
    States old_states;
    States new_states;
    collect(before, old_states);
    collect(after, new_states);
    const std::map<std::string, const Json*> old_by_name(old_states.begin(), old_states.end());
    const std::map<std::string, const Json*> new_by_name(new_states.begin(), new_states.end());

    Json out{{"added", Json::array()},
             {"removed", Json::array()},
             {"changed", Json::array()},
             {"workflow", changed_fields(before, after)}};
    for (const auto& [name, state] : new_states) {
        const auto old = old_by_name.find(name);
        if (old == old_by_name.end()) {
            out["added"].push_back(name);
            continue;
        }
        Json fields = changed_fields(*old->second, *state);
        if (!fields.empty()) out["changed"].push_back({{"state", name}, {"fields", fields}});
    }
    for (const auto& [name, state] : old_states) {
        if (new_by_name.count(name) == 0) out["removed"].push_back(name);
    }
    return out;
}

bool is_same_definition(const Json& difference) {
    return std::all_of(difference.begin(), difference.end(),
                       [](const Json& part) { return part.empty(); });
}

}  // namespace stepwell::api::answers
