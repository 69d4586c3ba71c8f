// Choice: its rules and where they lead.
#include <algorithm>

#include "engine/definition/state_reader.hpp"

namespace stepwell::definition {
namespace {

/// The member of the rule that the fault is about, where it is a misspelt one.
std::string rule_hint(const std::string& pointer) {
    const auto steps = pointer_steps(pointer);
    if (steps.empty()) return "";
    std::vector<std::string> known = ChoiceRule::operators();
    for (const char* name : {"Variable", "And", "Or", "Not", "Next", "Comment", "Assign"}) {
        known.emplace_back(name);
    }
    if (std::find(known.begin(), known.end(), steps.back()) != known.end()) return "";
    return suggest(steps.back(), known);
}

std::optional<ChoiceBranch> read_branch(const StateReading& at, const Json& rule,
                                        const Place& place) {
    if (!rule.is_object()) {
        at.reading.report.add(place,
                              {"expected a rule, that is an object, but it is " + excerpt(rule)});
        return std::nullopt;
    }
    const Fields fields(at.reading.report, rule, place);
    fields.require("Next");
    static_cast<void>(fields.read_string("Comment"));
    auto assign = fields.read_assign();
    auto compiled = ChoiceRule::compile(rule);
    if (!compiled) {
        for (const expression::RuleFault& fault : compiled.error()) {
            at.reading.report.add_below(place, fault.pointer,
                                        {fault.message, rule_hint(fault.pointer)});
        }
        return std::nullopt;
    }
    const auto next = at.target(rule, "Next");
    if (!next) return std::nullopt;
    return ChoiceBranch{std::move(*compiled), *next, std::move(assign)};
}

}  // namespace

ChoiceState read_choice(const StateReading& at) {
    ChoiceState choice;
    choice.otherwise = at.target(at.json, "Default");
    const Json* rules = at.fields.require("Choices");
    if (rules == nullptr) return choice;
    if (!rules->is_array()) {
        at.fields.report_type("Choices", "an array of rules");
        return choice;
    }
    const Place place = at.fields.place().member("Choices");
    if (rules->empty()) at.reading.report.add(place, {"Value cannot be empty"});
    for (std::size_t i = 0; i < rules->size(); ++i) {
        auto branch = read_branch(at, (*rules)[i], place.item(i));
        if (branch) choice.branches.push_back(std::move(*branch));
    }
    return choice;
}

}  // namespace stepwell::definition
