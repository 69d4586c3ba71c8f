#include "engine/definition/outline.hpp"

#include "engine/definition/variable_name.hpp"

namespace stepwell::definition {

Outline::Outline(const Json& machine, const Place& place, Report& report) {
    visit_machine(machine, place, report);
}

std::optional<StateId> Outline::find(ScopeId scope, const std::string& name) const {
    const auto& names = scopes_[value_of(scope)];
    const auto found = names.find(name);
    if (found == names.end()) return std::nullopt;
    return found->second;
}

void Outline::visit_machine(const Json& machine, const Place& place, Report& report) {
    const std::size_t scope = scopes_.size();
    scopes_.emplace_back();
    ids_[&machine] = ScopeId(static_cast<std::uint32_t>(scope));
    for_each_state(
        machine, place, [&](const std::string& name, const Json& state, const Place& at) {
            check_name(name, at, report);
            scopes_[scope].emplace(name, StateId(static_cast<std::uint32_t>(state_count_++)));
            for_each_inner_machine(state, at, [&](const Json& inner, const Place& inner_at) {
                visit_machine(inner, inner_at, report);
            });
        });
}

void Outline::check_name(const std::string& name, const Place& place, Report& report) {
    constexpr std::size_t kNameMax = 80;
    const std::size_t length = character_count(name);
    if (length == 0 || length > kNameMax) {
        report.add_at_name(place,
                           rule({"expected the name of a state to have 1 to 80 characters, but "
                                 "it has " +
                                     std::to_string(length),
                                 "", "INVALID_STATE_NAME"}));
    }
    const auto [first, is_new] = locations_.emplace(name, place.location());
    if (is_new) return;
    report.add_at_name(place, rule({"expected the names of states to be different in the whole "
                                    "document, but '" +
                                        name + "' is also at " + first->second,
                                    "", "DUPLICATE_STATE_NAME"}));
}

}  // namespace stepwell::definition
