#include "engine/expression/jsonata/expression.hpp"

#include <algorithm>

#include "engine/expression/jsonata/evaluator.hpp"
#include "engine/expression/jsonata/parser.hpp"
#include "engine/expression/jsonata/text.hpp"

namespace stepwell::expression::jsonata {
namespace {

/// Within the engine positions are in bytes; outside they are the reference's.
Fault with_units(Fault fault, std::string_view text) {
    if (fault.position >= 0) {
        const auto at = std::min(static_cast<std::size_t>(fault.position), text.size());
        fault.position = static_cast<std::int64_t>(utf16_length(text.substr(0, at)));
    }
    return fault;
}

bool is_member_of(const Node& path, std::string_view member) {
    const Node& next = *path.items[1];
    return next.kind == NodeKind::name && next.text == member;
}

}  // namespace

bool is_function_name(std::string_view name) {
    return find_native(name) != nullptr;
}

Result<Expression, Fault> Expression::parse(std::string_view text, const Options& options) {
    auto tree = parse_tree(text, {options.has_defaults});
    if (!tree) return fail(with_units(std::move(tree).error(), text));
    if (auto resolved = resolve(**tree); !resolved) {
        return fail(with_units(std::move(resolved).error(), text));
    }
    Expression expression;
    expression.text_ = std::make_shared<const std::string>(text);
    expression.tree_ = std::move(tree).value();
    expression.options_ = options;
    return expression;
}

std::vector<std::string> Expression::variables() const {
    std::vector<std::string> names;
    for (const Node& node : tree_->nodes) {
        if (node.kind == NodeKind::variable && node.is_never_bound && !node.text.empty()) {
            names.emplace_back(node.text);
        }
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

bool Expression::reads(std::string_view name, std::string_view member) const {
    std::vector<const Node*> as_members;
    for (const Node& node : tree_->nodes) {
        if (node.kind != NodeKind::path || node.items.size() < 2) continue;
        const Node& first = *node.items[0];
        if (first.kind != NodeKind::variable || first.text != name) continue;
        if (node.items[1]->kind != NodeKind::name) return true;
        if (is_member_of(node, member)) return true;
        as_members.push_back(&first);
    }
    return std::any_of(tree_->nodes.begin(), tree_->nodes.end(), [&](const Node& node) {
        return node.kind == NodeKind::variable && node.text == name &&
               std::find(as_members.begin(), as_members.end(), &node) == as_members.end();
    });
}

Result<Answer, Fault> Expression::evaluate(const Environment& environment) const {
    Evaluator evaluator(*tree_, options_, environment);
    const Value input = environment.input ? Value::of(*environment.input) : Value();
    const Maybe result = evaluator.run(input);
    if (!result) return fail(with_units(*result.error().fault, *text_));
    Fault fault;
    if (environment.work.is_spent()) {  // by what it did last
        fault.code = "U1001";
        fault.message = "Expression evaluation timeout";
        return fail(std::move(fault));
    }
    fault.code = kFunctionAnswer;
    if (result->is_function()) return fail(std::move(fault));
    if (result->is_undefined()) return Answer();
    if (is_deeper_than(*result, kJsonDepthMax)) {
        fault.code = "U1001";
        return fail(std::move(fault));
    }
    return Answer(to_json(*result));
}

}  // namespace stepwell::expression::jsonata
