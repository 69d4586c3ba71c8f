// From the tree as it is written to the one that is evaluated.
//
// A `%` asks for the object that the step before has looked into. It is found by walking back over
// the steps, also out of predicates, blocks and constructors: the step that it ends at keeps that
// object beside each of its results (has_tuples), under the label of the `%`'s slot.
#include <algorithm>

#include "engine/expression/jsonata/parser.hpp"

namespace stepwell::expression::jsonata {
namespace {

using Resolved = Result<Node*, Fault>;

std::string_view word_for(NodeKind kind) {
    switch (kind) {
        case NodeKind::string:
            return "string";
        case NodeKind::number:
            return "number";
        case NodeKind::constant:
            return "value";
        case NodeKind::variable:
            return "variable";
        case NodeKind::descendants:
            return "descendant";
        case NodeKind::parent:
            return "parent";
        case NodeKind::regex:
            return "regex";
        case NodeKind::binary:
            return "binary";
        case NodeKind::negation:
        case NodeKind::array:
        case NodeKind::object:
            return "unary";
        case NodeKind::block:
            return "block";
        case NodeKind::condition:
            return "condition";
        case NodeKind::bind:
            return "bind";
        case NodeKind::function:
            return "function";
        case NodeKind::partial:
            return "partial";
        case NodeKind::lambda:
            return "lambda";
        case NodeKind::apply:
            return "apply";
        case NodeKind::transform:
            return "transform";
        case NodeKind::path:
            return "path";
        case NodeKind::sort:
            return "sort";
        default:
            return "name";
    }
}

class Resolver {
public:
    explicit Resolver(Tree& tree) : tree_(tree) {}

    Result<void, Fault> resolve() {
        tree_.root = SW_TRY(process(tree_.root));
        const Node& root = *tree_.root;
        if (root.kind == NodeKind::parent || !root.seeking_parent.empty()) {
            Fault unresolved = fault("S0217", root).on(word_for(root.kind));
            // As the reference has it.
            const bool is_placed = root.kind != NodeKind::parent && root.kind != NodeKind::path;
            if (!is_placed) unresolved.position = -1;
            return fail(std::move(unresolved));
        }
        return {};
    }

private:
    static Fault fault(std::string code, const Node& node) {
        Fault made;
        made.code = std::move(code);
        made.position = static_cast<std::int64_t>(node.position);
        return made;
    }

    Node* make(NodeKind kind, const Node& from) {
        Node& node = tree_.nodes.emplace_back();
        node.kind = kind;
        node.position = from.position;
        return &node;
    }

    Resolved process(Node* node) {
        Node* result = SW_TRY(process_kind(node));
        if (node->keeps_array) result->keeps_array = true;
        return result;
    }

    Resolved process_kind(Node* node) {
        switch (node->kind) {
            case NodeKind::step:
                return step(node);
            case NodeKind::predicate:
                return predicate(node);
            case NodeKind::group:
                return group(node);
            case NodeKind::order:
                return order(node);
            case NodeKind::focus:
                return focus(node);
            case NodeKind::position:
                return position(node);
            case NodeKind::name:
            case NodeKind::word:
                return name(node);
            case NodeKind::parent:
                return parent(node);
            case NodeKind::block:
                return block(node);
            case NodeKind::lambda:
                node->right = SW_TRY(process(node->right));
                mark_tail_calls(*node->right);
                return node;
            case NodeKind::apply:
                SW_TRY(children(node, false));
                node->keeps_array = node->left->keeps_array || node->right->keeps_array;
                return node;
            case NodeKind::transform:
                SW_TRY(children(node, false));
                return node;
            case NodeKind::condition:
                return condition(node);
            case NodeKind::negation:
                return negation(node);
            default:
                SW_TRY(children(node, true));
                return node;
        }
    }

    /// Arguments, operands, elements, keys and values.
    Result<void, Fault> children(Node* node, bool seek) {
        for (Node** child : {&node->left, &node->right, &node->third}) {
            if (!*child) continue;
            const bool is_name = node->kind == NodeKind::bind && child == &node->left;
            const bool is_procedure =
                (node->kind == NodeKind::function || node->kind == NodeKind::partial) &&
                child == &node->left;
            if (!is_name) *child = SW_TRY(process(*child));
            if (seek && !is_name && !is_procedure) push_ancestry(*node, **child);
        }
        for (Node*& item : node->items) {
            item = SW_TRY(process(item));
            if (seek) push_ancestry(*node, *item);
        }
        return {};
    }

    Resolved negation(Node* node) {
        node->left = SW_TRY(process(node->left));
        if (node->left->kind == NodeKind::number && node->left->predicates.empty() &&
            !node->left->grouping) {
            node->left->number = -node->left->number;
            return node->left;
        }
        push_ancestry(*node, *node->left);
        return node;
    }

    Resolved condition(Node* node) {
        const bool is_elvis = node->left == node->right;
        const bool is_shared = is_asked_for(*node);
        node->left = SW_TRY(process(node->left));
        push_ancestry(*node, *node->left);
        if (is_shared) {
            node->right = is_elvis ? node->left : node->left->items.front();
        } else {
            node->right = SW_TRY(process(node->right));
        }
        push_ancestry(*node, *node->right);
        if (node->third) {
            node->third = SW_TRY(process(node->third));
            push_ancestry(*node, *node->third);
        }
        return node;
    }

    Resolved name(Node* node) {
        node->kind = NodeKind::name;
        Node* path = make(NodeKind::path, *node);
        path->items = {node};
        path->keeps_singleton_array = node->keeps_array;
        return path;
    }

    Resolved parent(Node* node) {
        Slot& slot = tree_.slots.emplace_back();
        slot.index = parents_.size();
        slot.label = tree_.symbol_of("!" + std::to_string(parents_.size()));
        node->slot = &slot;
        parents_.push_back(node);
        return node;
    }

    Resolved block(Node* node) {
        for (Node*& item : node->items) {
            item = SW_TRY(process(item));
            push_ancestry(*node, *item);
            const bool is_path = item->kind == NodeKind::path;
            if (item->is_constructed || (is_path && item->items.front()->is_constructed)) {
                node->is_constructed = true;
            }
        }
        return node;
    }

    Resolved step(Node* node) {
        Node* left = SW_TRY(process(node->left));
        Node* result = left;
        if (left->kind != NodeKind::path) {
            result = make(NodeKind::path, *left);
            result->items = {left};
        }
        if (left->kind == NodeKind::parent) result->seeking_parent = {left->slot};
        Node* rest = SW_TRY(process(node->right));
        if (rest->kind == NodeKind::path) {
            result->items.insert(result->items.end(), rest->items.begin(), rest->items.end());
        } else {
            if (!rest->predicates.empty()) {
                rest->stages = std::move(rest->predicates);
                rest->predicates.clear();
            }
            result->items.push_back(rest);
        }
        for (Node* item : result->items) {
            if (item->kind == NodeKind::number || item->kind == NodeKind::constant) {
                return fail(fault("S0213", *item).about(literal(*item)));
            }
            if (item->kind == NodeKind::string) item->kind = NodeKind::name;
            if (item->keeps_array) result->keeps_singleton_array = true;
        }
        for (Node* end : {result->items.front(), result->items.back()}) {
            if (end->kind == NodeKind::array) end->is_constructed = true;
        }
        SW_TRY(resolve_ancestry(*result));
        return result;
    }

    static std::string literal(const Node& node) {
        return node.kind == NodeKind::number ? to_text(to_json(Value::of(node.number)))
                                             : std::string(node.text);
    }

    Resolved predicate(Node* node) {
        Node* result = SW_TRY(process(node->left));
        Node* step = result->kind == NodeKind::path ? result->items.back() : result;
        if (step->grouping || result->grouping) return fail(fault("S0209", *node));
        Node* filter = SW_TRY(process(node->right));
        if (!filter->seeking_parent.empty()) {
            for (Slot* slot : filter->seeking_parent) {
                if (slot->level == 1) {
                    SW_TRY(seek_parent(*step, slot));
                } else {
                    --slot->level;
                }
            }
            push_ancestry(*step, *filter);
        }
        auto& stages = result->kind == NodeKind::path ? step->stages : step->predicates;
        stages.push_back({filter, 0});
        return result;
    }

    Resolved group(Node* node) {
        Node* result = SW_TRY(process(node->left));
        if (result->grouping) return fail(fault("S0210", *node));
        Node* grouping = make(NodeKind::object, *node);
        for (Node* item : node->items) grouping->items.push_back(SW_TRY(process(item)));
        result->grouping = grouping;
        return result;
    }

    Resolved order(Node* node) {
        Node* result = SW_TRY(process(node->left));
        if (result->kind != NodeKind::path) {
            Node* path = make(NodeKind::path, *result);
            path->items = {result};
            result = path;
        }
        Node* sort = make(NodeKind::sort, *node);
        for (const SortTerm& term : node->terms) {
            Node* expression = SW_TRY(process(term.expression));
            push_ancestry(*sort, *expression);
            sort->terms.push_back({expression, term.is_descending});
        }
        result->items.push_back(sort);
        SW_TRY(resolve_ancestry(*result));
        return result;
    }

    Resolved focus(Node* node) {
        Node* result = SW_TRY(process(node->left));
        Node* step = result->kind == NodeKind::path ? result->items.back() : result;
        if (!step->stages.empty() || !step->predicates.empty()) return fail(fault("S0215", *node));
        if (step->kind == NodeKind::sort) return fail(fault("S0216", *node));
        if (node->keeps_array) step->keeps_array = true;
        step->focus = node->right->symbol;
        step->has_tuples = true;
        return result;
    }

    Resolved position(Node* node) {
        Node* result = SW_TRY(process(node->left));
        Node* step = result;
        if (result->kind == NodeKind::path) {
            step = result->items.back();
        } else {
            Node* path = make(NodeKind::path, *result);
            path->items = {result};
            step->stages = std::move(step->predicates);
            step->predicates.clear();
            result = path;
        }
        if (step->stages.empty()) {
            step->index = node->right->symbol;
        } else {
            step->stages.push_back({nullptr, node->right->symbol});
        }
        step->has_tuples = true;
        return result;
    }

    // --- parents ---

    static void push_ancestry(Node& result, const Node& value) {
        auto& seeking = result.seeking_parent;
        seeking.insert(seeking.end(), value.seeking_parent.begin(), value.seeking_parent.end());
        if (value.kind == NodeKind::parent) seeking.push_back(value.slot);
    }

    /// The slot that goes on looking, where its level is still above zero.
    Result<Slot*, Fault> seek_parent(Node& node, Slot* slot) {
        switch (node.kind) {
            case NodeKind::name:
            case NodeKind::wildcard:
                if (--slot->level == 0) {
                    if (node.ancestor) parents_[slot->index]->slot->label = node.ancestor->label;
                    node.ancestor = slot;
                    node.has_tuples = true;
                }
                return slot;
            case NodeKind::parent:
                ++slot->level;
                return slot;
            case NodeKind::block:
                if (node.items.empty()) return slot;
                node.has_tuples = true;
                return seek_parent(*node.items.back(), slot);
            case NodeKind::path: {
                node.has_tuples = true;
                std::size_t at = node.items.size();
                slot = SW_TRY(seek_parent(*node.items[--at], slot));
                while (slot->level > 0 && at > 0) {
                    slot = SW_TRY(seek_parent(*node.items[--at], slot));
                }
                return slot;
            }
            default:
                return fail(fault("S0217", node).on(word_for(node.kind)));
        }
    }

    Result<void, Fault> resolve_ancestry(Node& path) {
        const Node& last = *path.items.back();
        std::vector<Slot*> slots = last.seeking_parent;
        if (last.kind == NodeKind::parent) slots.push_back(last.slot);
        for (Slot* slot : slots) {
            auto at = static_cast<std::ptrdiff_t>(path.items.size()) - 2;
            const auto item = [&](std::ptrdiff_t i) {
                return path.items[static_cast<std::size_t>(i)];
            };
            while (slot->level > 0) {
                if (at < 0) {
                    path.seeking_parent.push_back(slot);
                    break;
                }
                Node* step = item(at--);
                // Steps in a row that bind a variable all look into the same object.
                while (at >= 0 && step->focus && item(at)->focus) step = item(at--);
                slot = SW_TRY(seek_parent(*step, slot));
            }
        }
        return {};
    }

    /// Of `?:` and `??`: what is given is what was asked for, and is evaluated where it is asked.
    static bool is_asked_for(const Node& condition) {
        const Node& asked = *condition.left;
        return &asked == condition.right ||
               (asked.kind == NodeKind::function && asked.items.size() == 1 &&
                asked.items.front() == condition.right);
    }

    static void mark_tail_calls(Node& body) {
        if (body.kind == NodeKind::function && body.predicates.empty() && !body.grouping) {
            body.is_tail_call = true;
        } else if (body.kind == NodeKind::condition) {
            if (!is_asked_for(body)) mark_tail_calls(*body.right);
            if (body.third) mark_tail_calls(*body.third);
        } else if (body.kind == NodeKind::block && !body.items.empty()) {
            mark_tail_calls(*body.items.back());
        }
    }

    Tree& tree_;
    std::vector<Node*> parents_;
};

void mark_free_variables(Tree& tree) {
    std::vector<bool> is_bound(tree.names().size());
    for (const Node& node : tree.nodes) {
        if (node.kind == NodeKind::bind) is_bound[node.left->symbol] = true;
        if (node.kind == NodeKind::lambda) {
            for (const Node* parameter : node.items) is_bound[parameter->symbol] = true;
        }
        for (const Symbol symbol : {node.focus, node.index}) is_bound[symbol] = true;
        for (const Stage& stage : node.stages) is_bound[stage.index] = true;
    }
    for (Node& node : tree.nodes) {
        if (node.kind == NodeKind::variable) node.is_never_bound = !is_bound[node.symbol];
    }
}

}  // namespace

Result<void, Fault> resolve(Tree& tree) {
    SW_TRY(Resolver(tree).resolve());
    mark_free_variables(tree);
    return {};
}

}  // namespace stepwell::expression::jsonata
