// The scopes and states of a document, numbered before anything in them is read: a state's targets
// may stand below it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/definition/report.hpp"

namespace stepwell::definition {

/// Calls visit(machine, place) for each branch of a Parallel state, for the processor of a Map; for
/// nothing else. What is no object is left out.
template <class Visit>
void for_each_inner_machine(const Json& state, const Place& place, Visit visit) {
    const std::string type = string_or(state, "Type", "");
    const Json* branches = find(state, "Branches");
    if (type == "Parallel" && branches && branches->is_array()) {
        const Place at = place.member("Branches");
        for (std::size_t i = 0; i < branches->size(); ++i) {
            if ((*branches)[i].is_object()) visit((*branches)[i], at.item(i));
        }
    }
    if (type != "Map") return;
    for (const char* name : {"ItemProcessor", "Iterator"}) {
        const Json* processor = find(state, name);
        if (processor && processor->is_object()) visit(*processor, place.member(name));
    }
}

/// Calls visit(name, state, place) for each state of a machine that is an object.
template <class Visit>
void for_each_state(const Json& machine, const Place& place, Visit visit) {
    const Json* states = find(machine, "States");
    if (states == nullptr || !states->is_object()) return;
    const Place at = place.member("States");
    for (auto it = states->begin(); it != states->end(); ++it) {
        visit(it.key(), it.value(), at.member(it.key()));
    }
}

class Outline {
public:
    /// Numbers everything in document order. Reports names that stand twice or cannot be names.
    Outline(const Json& machine, const Place& place, Report& report);

    [[nodiscard]] std::size_t state_count() const { return state_count_; }
    [[nodiscard]] std::size_t scope_count() const { return scopes_.size(); }
    /// REQUIRES: `machine` is one of the document's, by address.
    [[nodiscard]] ScopeId scope_of(const Json& machine) const { return ids_.at(&machine); }
    /// The state of that name in the scope.
    [[nodiscard]] std::optional<StateId> find(ScopeId scope, const std::string& name) const;

private:
    void visit_machine(const Json& machine, const Place& place, Report& report);
    void check_name(const std::string& name, const Place& place, Report& report);

    std::size_t state_count_ = 0;
    std::vector<std::unordered_map<std::string, StateId>> scopes_;
    std::unordered_map<const Json*, ScopeId> ids_;
    std::unordered_map<std::string, std::string> locations_;  // of the names seen so far
};

}  // namespace stepwell::definition
