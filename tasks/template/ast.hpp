// The parsed template: expressions and statements, each with the line it stands on. Immutable once
// parsed; interpreting a template does not change it, so renders on several threads may share it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tasks/template/value.hpp"

namespace stepwell::tasks::jinja {

struct Expression;
using ExpressionPtr = std::unique_ptr<const Expression>;

struct CallArguments {
    std::vector<ExpressionPtr> positional;
    std::vector<std::pair<std::string, ExpressionPtr>> named;
    ExpressionPtr starred;         // *args
    ExpressionPtr double_starred;  // **kwargs
};

enum class UnaryOperator { negate, plus, not_ };
enum class BinaryOperator {
    add,
    subtract,
    multiply,
    divide,
    floor_divide,
    modulo,
    power,
    concat,
    and_,
    or_
};
enum class CompareOperator {
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    in,
    not_in
};

struct Constant {
    Value value;
};
struct Name {
    std::string name;
};
struct ListLiteral {
    std::vector<ExpressionPtr> elements;
};
struct TupleLiteral {
    std::vector<ExpressionPtr> elements;
};
struct DictLiteral {
    std::vector<std::pair<ExpressionPtr, ExpressionPtr>> entries;
};
struct Unary {
    UnaryOperator op;
    ExpressionPtr operand;
};
struct Binary {
    BinaryOperator op;
    ExpressionPtr left;
    ExpressionPtr right;
};
struct Comparison {
    ExpressionPtr first;
    std::vector<std::pair<CompareOperator, ExpressionPtr>> rest;  // a < b < c
};
struct Conditional {
    ExpressionPtr condition;
    ExpressionPtr then;
    ExpressionPtr otherwise;  // may be null
};
struct Attribute {
    ExpressionPtr object;
    std::string name;
};
struct Subscript {
    ExpressionPtr object;
    ExpressionPtr index;
};
struct Slice {
    ExpressionPtr object;
    ExpressionPtr begin, end, step;  // each may be null
};
struct Call {
    ExpressionPtr callee;
    CallArguments arguments;
};
struct FilterCall {
    ExpressionPtr input;  // null in filter blocks: the block's text
    std::string name;
    CallArguments arguments;
};
struct TestCall {
    ExpressionPtr input;
    std::string name;
    CallArguments arguments;
    bool is_negated = false;
};

struct Expression {
    int line = 0;
    int levels = 1;  // of expressions inside one another
    std::variant<Constant, Name, ListLiteral, TupleLiteral, DictLiteral, Unary, Binary, Comparison,
                 Conditional, Attribute, Subscript, Slice, Call, FilterCall, TestCall>
        node;
};

struct Statement;
using Body = std::vector<Statement>;

struct PlainText {
    std::string text;
};
struct Output {
    ExpressionPtr expression;
};
struct If {
    std::vector<std::pair<ExpressionPtr, Body>> branches;
    Body otherwise;
};
struct For {
    ExpressionPtr target;  // a Name, or a TupleLiteral of targets
    ExpressionPtr iterable;
    ExpressionPtr condition;  // may be null
    Body body;
    Body otherwise;
    bool is_recursive = false;
};
struct Set {
    ExpressionPtr target;  // also an Attribute of a namespace
    ExpressionPtr value;
};
struct SetBlock {
    ExpressionPtr target;
    ExpressionPtr filter;  // a chain of FilterCall, or null
    Body body;
};
struct Parameters {
    std::vector<std::pair<std::string, ExpressionPtr>> names;  // with its default, or null
};
struct Macro {
    std::string name;
    Parameters parameters;
    Body body;
    // What its body names: only then may a call give it more than it has parameters for.
    bool uses_caller = false;
    bool uses_varargs = false;
    bool uses_kwargs = false;
};
struct CallBlock {
    std::shared_ptr<const Macro> caller;  // the block
    ExpressionPtr call;
};
struct FilterBlock {
    ExpressionPtr filter;
    Body body;
};
struct With {
    std::vector<std::pair<ExpressionPtr, ExpressionPtr>> assignments;
    Body body;
};
struct Do {
    ExpressionPtr expression;
};
struct Break {};
struct Continue {};

struct Statement {
    int line = 0;
    std::variant<PlainText, Output, If, std::shared_ptr<const For>, Set, SetBlock,
                 std::shared_ptr<const Macro>, CallBlock, FilterBlock, With, Do, Break, Continue>
        node;
};

}  // namespace stepwell::tasks::jinja
