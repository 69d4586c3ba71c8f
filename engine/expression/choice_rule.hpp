// The rules of a Choice state: data tests and And, Or, Not of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/expression/environment.hpp"

namespace stepwell::expression {

struct RuleNode;  // choice_rule.cpp only

/// A fault in a rule: where (a JSON pointer below the rule) and what.
struct RuleFault {
    std::string pointer;
    std::string message;
};

/// A checked rule. Cheap to copy; immutable; safe to share between threads.
class ChoiceRule {
public:
    /// Compiles the test of one rule; ignores the members Next, Assign and Comment at its top and
    /// refuses them in nested rules. Collects every fault.
    static Result<ChoiceRule, std::vector<RuleFault>> compile(const Json& source);

    /// The comparison operators that there are ("StringEquals", ...), for hints.
    static const std::vector<std::string>& operators();

    /// A value of another type than the operator's makes the rule false, never an error. A missing
    /// Variable, or a missing operand path, fails with States.Runtime, except under IsPresent.
    [[nodiscard]] Evaluated<bool> matches(const Environment& environment) const;

    /// The names of the variables that it reads, sorted, each once.
    [[nodiscard]] std::vector<std::string> variables() const;

private:
    std::shared_ptr<const RuleNode> root_;
};

}  // namespace stepwell::expression
