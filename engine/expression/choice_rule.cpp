#include "engine/expression/choice_rule.hpp"

#include <algorithm>
#include <optional>

#include "engine/expression/choice_operator.hpp"
#include "engine/expression/path.hpp"
#include "engine/expression/value.hpp"

namespace stepwell::expression {

struct RuleNode {
    enum class Kind { all, any, negation, comparison };
    Kind kind = Kind::comparison;
    std::vector<RuleNode> children;  // all, any; negation: one
    Path variable;                   // comparison, like all below
    const ChoiceOperator* op = nullptr;
    Json operand;
    std::optional<Path> operand_path;
};

namespace {

constexpr int kRuleDepthMax = 64;

bool is_allowed_beside(std::string_view key, int depth) {
    if (key == "Comment") return true;
    return depth == 0 && (key == "Next" || key == "Assign" || key == "Output");
}

class Compiler {
public:
    RuleNode compile(const Json& source, const std::string& pointer, int depth) {
        RuleNode node;
        if (!source.is_object()) {
            fault(pointer, "expected a rule (an object), but got " + std::string(kind_of(source)));
            return node;
        }
        if (depth > kRuleDepthMax) {
            fault(pointer, "expected rules nested at most 64 deep, but it is deeper");
            return node;
        }
        if (const auto kind = combination(source)) {
            compile_combination(source, *kind, pointer, depth, node);
        } else {
            compile_comparison(source, pointer, depth, node);
        }
        return node;
    }

    std::vector<RuleFault> faults;

private:
    struct Combination {
        std::string_view key;
        RuleNode::Kind kind;
    };

    void fault(std::string pointer, std::string message) {
        faults.push_back({std::move(pointer), std::move(message)});
    }

    static std::optional<Combination> combination(const Json& source) {
        constexpr Combination kCombinations[] = {{"And", RuleNode::Kind::all},
                                                 {"Or", RuleNode::Kind::any},
                                                 {"Not", RuleNode::Kind::negation}};
        for (const Combination& candidate : kCombinations) {
            if (stepwell::find(source, candidate.key)) return candidate;
        }
        return std::nullopt;
    }

    void refuse_others(const Json& source, const std::string& pointer, int depth,
                       const std::vector<std::string_view>& taken) {
        for (auto it = source.begin(); it != source.end(); ++it) {
            const bool is_taken = std::find(taken.begin(), taken.end(), it.key()) != taken.end();
            if (is_taken || is_allowed_beside(it.key(), depth)) continue;
            const bool is_top_only = is_allowed_beside(it.key(), 0);
            fault(pointer + pointer_part(it.key()),
                  is_top_only ? "expected '" + it.key() +
                                    "' at the top of a rule only, but it is in a nested one"
                              : "expected one comparison, but '" + it.key() + "' stands beside '" +
                                    std::string(taken.back()) + "'");
        }
    }

    void compile_combination(const Json& source, const Combination& combination,
                             const std::string& pointer, int depth, RuleNode& node) {
        node.kind = combination.kind;
        refuse_others(source, pointer, depth, {combination.key});
        const Json& inner = *stepwell::find(source, combination.key);
        const std::string place = pointer + "/" + std::string(combination.key);
        if (node.kind == RuleNode::Kind::negation) {
            node.children.push_back(compile(inner, place, depth + 1));
            return;
        }
        if (!inner.is_array() || inner.empty()) {
            fault(place, "expected a list of at least one rule, but got " +
                             std::string(inner.is_array() ? "an empty one" : kind_of(inner)));
            return;
        }
        for (std::size_t i = 0; i < inner.size(); ++i) {
            node.children.push_back(compile(inner[i], place + "/" + std::to_string(i), depth + 1));
        }
    }

    void compile_comparison(const Json& source, const std::string& pointer, int depth,
                            RuleNode& node) {
        std::vector<std::string_view> taken{"Variable"};
        for (auto it = source.begin(); it != source.end(); ++it) {
            const ChoiceOperator* op = find_choice_operator(it.key());
            if (!op || node.op) continue;
            node.op = op;
            taken.push_back(op->name);
        }
        if (!node.op) {
            return fault_without_operator(source, pointer, depth);
        }
        refuse_others(source, pointer, depth, taken);
        compile_variable(source, pointer, node);
        compile_operand(*stepwell::find(source, node.op->name), pointer + "/" + node.op->name,
                        node);
    }

    void fault_without_operator(const Json& source, const std::string& pointer, int depth) {
        std::string found;
        for (auto it = source.begin(); it != source.end(); ++it) {
            if (it.key() == "Variable" || is_allowed_beside(it.key(), depth)) continue;
            found += (found.empty() ? ", but got '" : ", '") + it.key() + "'";
        }
        if (found.empty()) found = ", but there is none";
        fault(pointer,
              "expected a comparison (StringEquals, NumericLessThan, IsPresent, ...) or And, Or, "
              "Not" +
                  found);
    }

    void compile_variable(const Json& source, const std::string& pointer, RuleNode& node) {
        const Json* variable = stepwell::find(source, "Variable");
        if (!variable || !variable->is_string()) {
            fault(pointer + (variable ? "/Variable" : ""),
                  "expected a path as Variable, but " +
                      (variable ? "got " + std::string(kind_of(*variable)) : "there is none"));
            return;
        }
        if (auto path = parse_path(*variable, pointer + "/Variable"))
            node.variable = std::move(*path);
    }

    void compile_operand(const Json& operand, const std::string& pointer, RuleNode& node) {
        const std::string_view wanted = operand_fault(*node.op, operand);
        if (!wanted.empty()) {
            const std::string got =
                operand.is_string() ? to_text(operand) : std::string(kind_of(operand));
            fault(pointer, "expected " + std::string(wanted) + ", but got " + got);
            return;
        }
        node.operand = operand;
        if (node.op->takes_path) node.operand_path = parse_path(operand, pointer);
    }

    std::optional<Path> parse_path(const Json& text, const std::string& pointer) {
        auto path = Path::parse(text.get_ref<const std::string&>());
        if (path) return std::move(path).value();
        fault(pointer, std::move(path).error().message);
        return std::nullopt;
    }
};

/// The value of a path: borrowed where that can be. Null where there is none.
const Json* value_at(const Path& path, const Environment& environment, Json& made) {
    if (path.is_definite()) return path.find(environment);
    auto value = path.evaluate(environment);
    if (!value) return nullptr;
    made = std::move(value).value();
    return &made;
}

stepwell::Failure<Failure> missing(const Path& path) {
    return fail(Failure{"States.Runtime",
                        "Invalid path '" + path.text() +
                            "': The choice state's condition path references an invalid value."});
}

/// An indefinite path gives a list, and names something where that is not empty.
bool is_present(const Path& path, const Json* value) {
    if (!value) return false;
    return path.is_definite() || !value->is_array() || !value->empty();
}

Evaluated<bool> compare_values(const RuleNode& node, const Environment& environment) {
    Json made;
    const Json* value = value_at(node.variable, environment, made);
    if (node.op->type == ChoiceOperator::Type::test &&
        node.op->test == ChoiceOperator::Test::is_present) {
        return is_present(node.variable, value) == node.operand.get<bool>();
    }
    if (!value) return missing(node.variable);
    if (node.op->type == ChoiceOperator::Type::test) {
        return is_of_kind(node.op->test, *value) == node.operand.get<bool>();
    }
    if (!node.operand_path) return compares(*node.op, *value, node.operand, environment.work);
    Json made_operand;
    const Json* operand = value_at(*node.operand_path, environment, made_operand);
    if (!operand) return missing(*node.operand_path);
    return compares(*node.op, *value, *operand, environment.work);
}

/// What was found out without work to do it is not what the rule says.
Evaluated<bool> compare(const RuleNode& node, const Environment& environment) {
    auto holds = compare_values(node, environment);
    if (!environment.work.is_spent()) return holds;
    return fail(
        work_failure(environment.work, "The choice rule on '" + node.variable.text() + "'"));
}

Evaluated<bool> decide(const RuleNode& node, const Environment& environment) {
    environment.work.spend();
    if (node.kind == RuleNode::Kind::comparison) return compare(node, environment);
    if (node.kind == RuleNode::Kind::negation) {
        const bool inner = SW_TRY(decide(node.children.front(), environment));
        return !inner;
    }
    // The first rule that decides ends it: what comes after may look at what it has made sure of.
    const bool decisive = node.kind == RuleNode::Kind::any;
    for (const RuleNode& child : node.children) {
        const bool matched = SW_TRY(decide(child, environment));
        if (matched == decisive) return decisive;
    }
    return !decisive;
}

void add_variables(const RuleNode& node, std::vector<std::string>& names) {
    const auto add = [&](const Path& path) {
        if (path.source() == Path::Source::variable) names.push_back(path.variable());
    };
    for (const RuleNode& child : node.children) add_variables(child, names);
    if (node.kind != RuleNode::Kind::comparison) return;
    add(node.variable);
    if (node.operand_path) add(*node.operand_path);
}

}  // namespace

Result<ChoiceRule, std::vector<RuleFault>> ChoiceRule::compile(const Json& source) {
    Compiler compiler;
    RuleNode root = compiler.compile(source, "", 0);
    if (!compiler.faults.empty()) return fail(std::move(compiler.faults));
    ChoiceRule rule;
    rule.root_ = std::make_shared<const RuleNode>(std::move(root));
    return rule;
}

const std::vector<std::string>& ChoiceRule::operators() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const ChoiceOperator& op : choice_operators()) all.push_back(op.name);
        return all;
    }();
    return names;
}

Evaluated<bool> ChoiceRule::matches(const Environment& environment) const {
    return decide(*root_, environment);
}

std::vector<std::string> ChoiceRule::variables() const {
    std::vector<std::string> names;
    add_variables(*root_, names);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

}  // namespace stepwell::expression
