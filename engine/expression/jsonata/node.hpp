// The syntax tree of an expression: as the parser reads it, then as resolve() has made it ready.
// Internal to engine/expression/jsonata.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/expression/jsonata/regex.hpp"
#include "engine/expression/jsonata/signature.hpp"
#include "engine/expression/jsonata/value.hpp"

namespace stepwell::expression::jsonata {

enum class NodeKind : std::uint8_t {
    string,
    number,
    constant,  // true, false, null
    name,
    variable,
    wildcard,
    descendants,
    parent,
    regex,
    placeholder,  // ? among the arguments of a partial application
    word,         // and, or, in where a name is expected
    binary,
    negation,
    array,
    object,  // also the grouping of a result, with `left`
    block,
    condition,
    bind,
    function,
    partial,
    lambda,
    apply,
    transform,
    path,
    sort,
    // Of the parser alone; resolve() puts them where they belong.
    step,       // a.b
    predicate,  // a[b]
    group,      // a{b: c}
    order,      // a^(b)
    focus,      // a@$b
    position,   // a#$b
    end,        // what is there where something is missing
};

enum class Operator : std::uint8_t {
    none,
    add,
    subtract,
    multiply,
    divide,
    modulo,
    equal,
    not_equal,
    less,
    less_or_equal,
    greater,
    greater_or_equal,
    concatenate,
    range,
    in,
    and_,
    or_,
};

/// What a `%` refers to: bound by the step that it names, under a name that nobody can write.
struct Slot {
    Symbol label = 0;
    int level = 1;
    std::size_t index = 0;
};

struct Node;

/// What follows a step: a filter, or the position to be bound.
struct Stage {
    Node* filter = nullptr;
    Symbol index = 0;
};

struct SortTerm {
    Node* expression = nullptr;
    bool is_descending = false;
};

struct Node {
    NodeKind kind = NodeKind::end;
    Operator op = Operator::none;
    bool keeps_array = false;            // written with []
    bool keeps_singleton_array = false;  // path
    bool is_constructed = false;         // its array is not flattened into the path's
    bool has_tuples = false;
    bool is_tail_call = false;
    bool is_never_bound = false;  // variable
    std::size_t position = 0;     // in bytes, behind its token
    std::string_view text;        // name, string, operator as it was written
    double number = 0;
    Value constant;
    Symbol symbol = 0;
    Symbol focus = 0;
    Symbol index = 0;
    int depth = 1;

    Node* left = nullptr;      // operand, condition, procedure, pattern, what is bound
    Node* right = nullptr;     // operand, then, body, update
    Node* third = nullptr;     // else, delete
    std::vector<Node*> items;  // steps, elements, arguments, parameters; keys and values in turn
    std::vector<Stage> stages;
    std::vector<Stage> predicates;
    std::vector<SortTerm> terms;
    Node* grouping = nullptr;
    Slot* ancestor = nullptr;
    Slot* slot = nullptr;
    std::vector<Slot*> seeking_parent;
    const Signature* signature = nullptr;
    const Regex* regex = nullptr;
};

/// Owns a tree and the names in it. Immutable once it is resolved; safe to share.
class Tree {
public:
    Node* root = nullptr;
    std::deque<Node> nodes;
    std::deque<Slot> slots;
    std::deque<Signature> signatures;
    std::deque<Regex> regexes;

    /// Symbol 0 is no name.
    Symbol symbol_of(std::string_view name);
    std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }
    [[nodiscard]] const std::deque<std::string>& names() const { return names_; }

private:
    std::deque<std::string> texts_;
    std::deque<std::string> names_{""};
    std::unordered_map<std::string_view, Symbol> symbols_;
};

}  // namespace stepwell::expression::jsonata
