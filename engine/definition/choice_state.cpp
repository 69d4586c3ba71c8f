// Choice: its rules and where they lead.
#include <algorithm>
#include <cstdlib>

#include "engine/definition/state_reader.hpp"

namespace stepwell::definition {
namespace {

/// What the pointer names below the rule; null where there is nothing.
const Json* value_at(const Json& rule, const std::vector<std::string>& steps) {
    const Json* value = &rule;
    for (const std::string& step : steps) {
        if (value->is_array()) {
            const std::size_t index = std::strtoul(step.c_str(), nullptr, 10);
            value = index < value->size() ? &(*value)[index] : nullptr;
        } else {
            value = find(*value, step);
        }
        if (value == nullptr) return nullptr;
    }
    return value;
}

std::vector<std::string> rule_fields() {
    std::vector<std::string> names = ChoiceRule::operators();
    for (const char* name : {"Variable", "And", "Or", "Not", "Next", "Comment", "Assign"}) {
        names.emplace_back(name);
    }
    return names;
}

/// What a misspelt member of the rule was meant to be.
std::string misspelling(const Json& rule) {
    const auto known = rule_fields();
    for (auto it = rule.begin(); it != rule.end(); ++it) {
        if (std::find(known.begin(), known.end(), it.key()) != known.end()) continue;
        std::string hint = suggest(it.key(), known);
        if (!hint.empty()) return hint;
    }
    return "";
}

Fault rule_fault(const Json& rule, const expression::RuleFault& fault) {
    const auto steps = pointer_steps(fault.pointer);
    const Json* value = value_at(rule, steps);
    if (value != nullptr && value->is_array() && value->empty()) return {"Value cannot be empty"};
    if (value != nullptr && value->is_object()) return {fault.message, misspelling(*value)};
    return {fault.message};
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
    if (fields.has("Output")) {
        at.reading.report.add_at_name(place.member("Output"),
                                      {"expected a field of the query language JSONPath, but "
                                       "'Output' is one of JSONata"});
    }
    auto assign = fields.read_assign();
    auto compiled = ChoiceRule::compile(rule);
    if (!compiled) {
        for (const expression::RuleFault& fault : compiled.error()) {
            at.reading.report.add_below(place, fault.pointer, rule_fault(rule, fault),
                                        Said::of_itself);
        }
        return std::nullopt;
    }
    const auto next = at.target(rule, "Next");
    if (!next) return std::nullopt;
    return ChoiceBranch{std::move(*compiled), *next, std::move(assign)};
}

const std::vector<std::string> kQueryRuleFields = {"Condition", "Next", "Comment", "Assign",
                                                   "Output"};

/// A condition is an expression, or what any would give.
std::optional<QueryTemplate> read_condition(const Fields& fields) {
    const Json* condition = fields.require("Condition");
    if (condition == nullptr) return std::nullopt;
    const bool is_query =
        condition->is_string() && Query::is_query(condition->get_ref<const std::string&>());
    if (is_query || condition->is_boolean()) {
        return fields.read_query("Condition", Fields::TemplateRoot::any, {});
    }
    fields.report_type("Condition", "a JSONata expression, true or false");
    return std::nullopt;
}

std::optional<QueryBranch> read_query_branch(const StateReading& at, const Json& rule,
                                             const Place& place) {
    if (!rule.is_object()) {
        at.reading.report.add(place,
                              {"expected a rule, that is an object, but it is " + excerpt(rule)});
        return std::nullopt;
    }
    const Fields fields(at.reading.report, rule, place);
    fields.only(kQueryRuleFields, "a rule in JSONata");
    fields.require("Next");
    static_cast<void>(fields.read_string("Comment"));
    auto assign = fields.read_query_assign({});
    auto output = fields.read_query("Output", Fields::TemplateRoot::any, {});
    auto condition = read_condition(fields);
    const auto next = at.target(rule, "Next");
    if (!condition || !next) return std::nullopt;
    return QueryBranch{std::move(*condition), *next, std::move(assign), std::move(output)};
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
    for (std::size_t i = 0; i < rules->size() && at.is_jsonata(); ++i) {
        auto branch = read_query_branch(at, (*rules)[i], place.item(i));
        if (branch) choice.query_branches.push_back(std::move(*branch));
    }
    for (std::size_t i = 0; i < rules->size() && !at.is_jsonata(); ++i) {
        auto branch = read_branch(at, (*rules)[i], place.item(i));
        if (branch) choice.branches.push_back(std::move(*branch));
    }
    return choice;
}

}  // namespace stepwell::definition
