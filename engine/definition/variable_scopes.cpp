#include "engine/definition/variable_scopes.hpp"

#include <unordered_set>

#include "engine/definition/distributed_map.hpp"
#include "engine/definition/outline.hpp"
#include "engine/definition/variable_name.hpp"

namespace stepwell::definition {
namespace {

using VariableNames = std::unordered_set<std::string>;

/// Calls visit(name, place) for each name that `holder`'s Assign sets.
template <class Visit>
void for_each_assigned(const Json& holder, const Place& place, Visit visit) {
    const Json* assign = find(holder, "Assign");
    if (assign == nullptr || !assign->is_object()) return;
    const Place at = place.member("Assign");
    for (auto it = assign->begin(); it != assign->end(); ++it) {
        visit(std::string(without_path_mark(it.key())), at.member(it.key()));
    }
}

/// The same for a state with its catchers and its rules.
template <class Visit>
void for_each_assigned_in_state(const Json& state, const Place& place, Visit visit) {
    for_each_assigned(state, place, visit);
    for (const char* name : {"Catch", "Choices"}) {
        const Json* list = find(state, name);
        if (list == nullptr || !list->is_array()) continue;
        const Place at = place.member(name);
        for (std::size_t i = 0; i < list->size(); ++i) {
            const Place item_at = at.item(i);
            for_each_assigned((*list)[i], item_at, visit);
        }
    }
}

void visit_machine(const Json& machine, const Place& place, const VariableNames& outer,
                   Report& report) {
    VariableNames visible = outer;
    for_each_state(machine, place, [&](const std::string&, const Json& state, const Place& at) {
        for_each_assigned_in_state(state, at, [&](const std::string& name, const Place& name_at) {
            visible.insert(name);
            if (outer.count(name) == 0) return;
            report.add_at_name(
                name_at, rule({"expected a name that no enclosing scope assigns, but '" + name +
                                   "' is assigned further out",
                               "choose another name, or assign it in the Parallel or Map "
                               "state itself"}));
        });
    });
    for_each_state(machine, place, [&](const std::string&, const Json& state, const Place& at) {
        for_each_inner_machine(state, at, [&](const Json& inner, const Place& inner_at) {
            // The children of a Map Run are executions of their own: they see none of these.
            visit_machine(inner, inner_at, is_distributed(inner) ? VariableNames{} : visible,
                          report);
        });
    });
}

}  // namespace

void check_variable_scopes(const Json& machine, const Place& place, Report& report) {
    visit_machine(machine, place, {}, report);
}

}  // namespace stepwell::definition
