// Expressions, one function per level of Jinja's grammar.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "tasks/template/parser.hpp"

namespace stepwell::tasks::jinja {
namespace {

/// Deeper nesting is refused: parser and interpreter recurse.
constexpr int kBracketsMax = 200;

/// Trees of more levels are refused: `1 + 1 + ...` nests without brackets.
constexpr int kLevelsMax = 1000;

int levels_of(const ExpressionPtr& node) {
    return node != nullptr ? node->levels : 0;
}

struct LevelsBelow {
    int operator()(const Constant&) const { return 0; }
    int operator()(const Name&) const { return 0; }
    int operator()(const ListLiteral& node) const { return all(node.elements); }
    int operator()(const TupleLiteral& node) const { return all(node.elements); }
    int operator()(const DictLiteral& node) const { return pairs(node.entries); }
    int operator()(const Unary& node) const { return levels_of(node.operand); }
    int operator()(const Binary& node) const {
        return std::max(levels_of(node.left), levels_of(node.right));
    }
    int operator()(const Comparison& node) const {
        int most = levels_of(node.first);
        for (const auto& [op, part] : node.rest) most = std::max(most, levels_of(part));
        return most;
    }
    int operator()(const Conditional& node) const {
        return std::max(
            {levels_of(node.condition), levels_of(node.then), levels_of(node.otherwise)});
    }
    int operator()(const Attribute& node) const { return levels_of(node.object); }
    int operator()(const Subscript& node) const {
        return std::max(levels_of(node.object), levels_of(node.index));
    }
    int operator()(const Slice& node) const {
        return std::max({levels_of(node.object), levels_of(node.begin), levels_of(node.end),
                         levels_of(node.step)});
    }
    int operator()(const Call& node) const {
        return std::max(levels_of(node.callee), arguments(node.arguments));
    }
    int operator()(const FilterCall& node) const {
        return std::max(levels_of(node.input), arguments(node.arguments));
    }
    int operator()(const TestCall& node) const {
        return std::max(levels_of(node.input), arguments(node.arguments));
    }

private:
    static int all(const std::vector<ExpressionPtr>& nodes) {
        int most = 0;
        for (const auto& node : nodes) most = std::max(most, levels_of(node));
        return most;
    }
    static int pairs(const std::vector<std::pair<ExpressionPtr, ExpressionPtr>>& nodes) {
        int most = 0;
        for (const auto& [key, value] : nodes)
            most = std::max({most, levels_of(key), levels_of(value)});
        return most;
    }
    static int arguments(const CallArguments& given) {
        int most = std::max(all(given.positional),
                            std::max(levels_of(given.starred), levels_of(given.double_starred)));
        for (const auto& [name, value] : given.named) most = std::max(most, levels_of(value));
        return most;
    }
};

}  // namespace

template <class Node>
Outcome<ExpressionPtr> Parser::made(int line, Node node) {
    const int levels = LevelsBelow()(node) + 1;
    if (levels > kLevelsMax)
        return fail_at(line, "nested deeper than " + std::to_string(kLevelsMax) + " levels");
    return std::make_unique<const Expression>(Expression{line, levels, std::move(node)});
}

Outcome<void> Parser::enter() {
    if (++depth_ > kBracketsMax || !Meter::current().has_stack()) {
        return fail_here("nested deeper than " + std::to_string(kBracketsMax) + " levels");
    }
    return {};
}

Outcome<ExpressionPtr> Parser::expression() {
    take();  // output_begin
    auto node = SW_TRY(tuple_or_expression());
    if (peek().kind != TokenKind::output_end) {
        return fail_here("expected the end of the expression, but found " + found());
    }
    return node;
}

bool Parser::at_tuple_end() const {
    const Token& token = peek();
    return token.kind == TokenKind::output_end || token.kind == TokenKind::block_end ||
           token.is_symbol(")") || token.is_name("if") || token.is_name("recursive");
}

Outcome<ExpressionPtr> Parser::tuple_or_expression(bool allows_condition) {
    const int line = peek().line;
    TupleLiteral tuple;
    tuple.elements.push_back(SW_TRY(allows_condition ? conditional() : or_()));
    if (!peek().is_symbol(",")) return std::move(tuple.elements.front());
    while (take_symbol(",") && !at_tuple_end()) {
        tuple.elements.push_back(SW_TRY(allows_condition ? conditional() : or_()));
    }
    return made(line, std::move(tuple));
}

Outcome<ExpressionPtr> Parser::conditional() {
    SW_TRY(enter());
    const int line = peek().line;
    auto node = SW_TRY(or_());
    while (take_name("if")) {
        auto condition = SW_TRY(or_());
        ExpressionPtr otherwise;
        if (take_name("else")) otherwise = SW_TRY(conditional());
        node = SW_TRY(
            made(line, Conditional{std::move(condition), std::move(node), std::move(otherwise)}));
    }
    --depth_;
    return node;
}

Outcome<ExpressionPtr> Parser::or_() {
    const int line = peek().line;
    auto node = SW_TRY(and_());
    while (take_name("or")) {
        auto right = SW_TRY(and_());
        node = SW_TRY(made(line, Binary{BinaryOperator::or_, std::move(node), std::move(right)}));
    }
    return node;
}

Outcome<ExpressionPtr> Parser::and_() {
    const int line = peek().line;
    auto node = SW_TRY(not_());
    while (take_name("and")) {
        auto right = SW_TRY(not_());
        node = SW_TRY(made(line, Binary{BinaryOperator::and_, std::move(node), std::move(right)}));
    }
    return node;
}

Outcome<ExpressionPtr> Parser::not_() {
    const int line = peek().line;
    if (!take_name("not")) return comparison();
    SW_TRY(enter());
    auto operand = SW_TRY(not_());
    --depth_;
    return made(line, Unary{UnaryOperator::not_, std::move(operand)});
}

Outcome<ExpressionPtr> Parser::comparison() {
    static constexpr std::array<std::pair<std::string_view, CompareOperator>, 6> kOperators = {{
        {"==", CompareOperator::equal},
        {"!=", CompareOperator::not_equal},
        {"<", CompareOperator::less},
        {"<=", CompareOperator::less_equal},
        {">", CompareOperator::greater},
        {">=", CompareOperator::greater_equal},
    }};
    const int line = peek().line;
    Comparison node{SW_TRY(sum()), {}};
    while (true) {
        std::optional<CompareOperator> found_operator;
        for (const auto& [symbol, op] : kOperators) {
            if (!found_operator && take_symbol(symbol)) found_operator = op;
        }
        if (!found_operator && take_name("in")) found_operator = CompareOperator::in;
        if (!found_operator && peek().is_name("not") && peek(1).is_name("in")) {
            take();
            take();
            found_operator = CompareOperator::not_in;
        }
        if (!found_operator) break;
        node.rest.emplace_back(*found_operator, SW_TRY(sum()));
    }
    if (node.rest.empty()) return std::move(node.first);
    return made(line, std::move(node));
}

Outcome<ExpressionPtr> Parser::sum() {
    const int line = peek().line;
    auto node = SW_TRY(concat());
    while (peek().is_symbol("+") || peek().is_symbol("-")) {
        const auto op = take().text == "+" ? BinaryOperator::add : BinaryOperator::subtract;
        auto right = SW_TRY(concat());
        node = SW_TRY(made(line, Binary{op, std::move(node), std::move(right)}));
    }
    return node;
}

Outcome<ExpressionPtr> Parser::concat() {
    const int line = peek().line;
    auto node = SW_TRY(product());
    while (take_symbol("~")) {
        auto right = SW_TRY(product());
        node =
            SW_TRY(made(line, Binary{BinaryOperator::concat, std::move(node), std::move(right)}));
    }
    return node;
}

Outcome<ExpressionPtr> Parser::product() {
    static constexpr std::array<std::pair<std::string_view, BinaryOperator>, 4> kOperators = {{
        {"*", BinaryOperator::multiply},
        {"/", BinaryOperator::divide},
        {"//", BinaryOperator::floor_divide},
        {"%", BinaryOperator::modulo},
    }};
    const int line = peek().line;
    auto node = SW_TRY(power());
    for (std::size_t i = 0; i < kOperators.size();) {
        if (!take_symbol(kOperators[i].first)) {
            ++i;
            continue;
        }
        auto right = SW_TRY(power());
        node = SW_TRY(made(line, Binary{kOperators[i].second, std::move(node), std::move(right)}));
        i = 0;
    }
    return node;
}

Outcome<ExpressionPtr> Parser::power() {
    const int line = peek().line;
    auto node = SW_TRY(unary());
    while (take_symbol("**")) {
        auto right = SW_TRY(unary());
        node = SW_TRY(made(line, Binary{BinaryOperator::power, std::move(node), std::move(right)}));
    }
    return node;
}

Outcome<ExpressionPtr> Parser::unary(bool with_filters) {
    SW_TRY(enter());
    const int line = peek().line;
    ExpressionPtr node;
    if (peek().is_symbol("-") || peek().is_symbol("+")) {
        const bool is_minus = take().is_symbol("-");
        auto operand = SW_TRY(unary(false));
        node = SW_TRY(made(line, Unary{is_minus ? UnaryOperator::negate : UnaryOperator::plus,
                                       std::move(operand)}));
    } else {
        node = SW_TRY(primary());
    }
    node = SW_TRY(postfix(std::move(node)));
    if (with_filters) node = SW_TRY(filters_and_tests(std::move(node)));
    --depth_;
    return node;
}

Outcome<ExpressionPtr> Parser::primary() {
    const Token& token = peek();
    if (token.is_symbol("(")) return parenthesized();
    if (token.is_symbol("[")) return list_literal();
    if (token.is_symbol("{")) return dict_literal();
    return literal();
}

Outcome<ExpressionPtr> Parser::literal() {
    const int line = peek().line;
    const Token token = peek();
    if (token.kind == TokenKind::string) {
        std::string text;
        while (peek().kind == TokenKind::string) text += take().text;
        return made(line, Constant{std::move(text)});
    }
    if (token.kind == TokenKind::integer) {
        std::int64_t number = 0;
        const auto* end = token.text.data() + token.text.size();
        if (std::from_chars(token.text.data(), end, number).ec != std::errc{}) {
            return fail_here("expected a whole number of at most 64 bits, but found " + token.text);
        }
        take();
        return made(line, Constant{number});
    }
    if (token.kind == TokenKind::real) {
        take();
        return made(line, Constant{std::strtod(token.text.c_str(), nullptr)});
    }
    if (token.kind != TokenKind::name) {
        return fail_here("expected an expression, but found " + found());
    }
    take();
    if (token.text == "true" || token.text == "True") return made(line, Constant{true});
    if (token.text == "false" || token.text == "False") return made(line, Constant{false});
    if (token.text == "none" || token.text == "None") return made(line, Constant{None{}});
    if (token.text == "caller") seen_.caller = true;
    if (token.text == "varargs") seen_.varargs = true;
    if (token.text == "kwargs") seen_.kwargs = true;
    return made(line, Name{token.text});
}

Outcome<ExpressionPtr> Parser::parenthesized() {
    const int line = peek().line;
    take();
    if (take_symbol(")")) return made(line, TupleLiteral{});
    auto node = SW_TRY(tuple_or_expression());
    SW_TRY(expect_symbol(")"));
    return node;
}

Outcome<ExpressionPtr> Parser::list_literal() {
    const int line = peek().line;
    take();
    ListLiteral node;
    while (!take_symbol("]")) {
        if (!node.elements.empty()) SW_TRY(expect_symbol(","));
        if (take_symbol("]")) break;
        node.elements.push_back(SW_TRY(conditional()));
    }
    return made(line, std::move(node));
}

Outcome<ExpressionPtr> Parser::dict_literal() {
    const int line = peek().line;
    take();
    DictLiteral node;
    while (!take_symbol("}")) {
        if (!node.entries.empty()) SW_TRY(expect_symbol(","));
        if (take_symbol("}")) break;
        auto key = SW_TRY(conditional());
        SW_TRY(expect_symbol(":"));
        auto value = SW_TRY(conditional());
        node.entries.emplace_back(std::move(key), std::move(value));
    }
    return made(line, std::move(node));
}

Outcome<ExpressionPtr> Parser::postfix(ExpressionPtr node) {
    while (true) {
        const int line = peek().line;
        if (take_symbol(".")) {
            if (peek().kind == TokenKind::integer) {
                auto index = SW_TRY(literal());
                node = SW_TRY(made(line, Subscript{std::move(node), std::move(index)}));
                continue;
            }
            std::string name = SW_TRY(expect_identifier("an attribute name after '.'"));
            node = SW_TRY(made(line, Attribute{std::move(node), std::move(name)}));
        } else if (peek().is_symbol("[")) {
            node = SW_TRY(subscript(std::move(node)));
        } else if (peek().is_symbol("(")) {
            auto right = SW_TRY(call_arguments());
            node = SW_TRY(made(line, Call{std::move(node), std::move(right)}));
        } else {
            return node;
        }
    }
}

Outcome<ExpressionPtr> Parser::subscript(ExpressionPtr node) {
    const int line = peek().line;
    take();
    ExpressionPtr parts[3];
    int count = 0;
    while (true) {
        if (!peek().is_symbol(":") && !peek().is_symbol("]")) {
            parts[count] = SW_TRY(tuple_or_expression());
        }
        if (count == 2 || !take_symbol(":")) break;
        ++count;
    }
    SW_TRY(expect_symbol("]"));
    if (count == 0 && parts[0] == nullptr)
        return fail_at(line, "expected an index between '[' and ']'");
    if (count == 0) return made(line, Subscript{std::move(node), std::move(parts[0])});
    return made(line, Slice{std::move(node), std::move(parts[0]), std::move(parts[1]),
                            std::move(parts[2])});
}

Outcome<CallArguments> Parser::call_arguments() {
    SW_TRY(expect_symbol("("));
    CallArguments arguments;
    bool is_first = true;
    while (!take_symbol(")")) {
        if (!is_first) SW_TRY(expect_symbol(","));
        is_first = false;
        if (take_symbol(")")) break;
        SW_TRY(call_argument(arguments));
    }
    return arguments;
}

Outcome<void> Parser::call_argument(CallArguments& arguments) {
    if (take_symbol("**")) {
        arguments.double_starred = SW_TRY(conditional());
        return {};
    }
    if (take_symbol("*")) {
        arguments.starred = SW_TRY(conditional());
        return {};
    }
    if (peek().kind == TokenKind::name && peek(1).is_symbol("=")) {
        std::string name = take().text;
        take();
        arguments.named.emplace_back(std::move(name), SW_TRY(conditional()));
        return {};
    }
    if (!arguments.named.empty()) {
        return fail_here("expected name=value, as the argument before it has a name");
    }
    arguments.positional.push_back(SW_TRY(conditional()));
    return {};
}

Outcome<ExpressionPtr> Parser::filters_and_tests(ExpressionPtr node) {
    while (true) {
        if (peek().is_symbol("|"))
            node = SW_TRY(filter(std::move(node)));
        else if (peek().is_name("is"))
            node = SW_TRY(test(std::move(node)));
        else if (peek().is_symbol("(")) {
            const int line = peek().line;
            auto arguments = SW_TRY(call_arguments());
            node = SW_TRY(made(line, Call{std::move(node), std::move(arguments)}));
        } else
            return node;
    }
}

Outcome<ExpressionPtr> Parser::filter(ExpressionPtr node) {
    const int line = peek().line;
    take();
    std::string name = SW_TRY(expect_identifier("a filter name after '|'"));
    FilterCall call{std::move(node), std::move(name), {}};
    while (take_symbol(".")) call.name += "." + SW_TRY(expect_identifier("a filter name"));
    if (peek().is_symbol("(")) call.arguments = SW_TRY(call_arguments());
    return made(line, std::move(call));
}

Outcome<ExpressionPtr> Parser::test(ExpressionPtr node) {
    const int line = peek().line;
    take();
    TestCall call;
    call.is_negated = take_name("not");
    call.input = std::move(node);
    call.name = SW_TRY(expect_identifier("a test name after 'is'"));
    while (take_symbol(".")) call.name += "." + SW_TRY(expect_identifier("a test name"));
    if (peek().is_name("is")) return fail_here("tests with 'is' cannot be chained");
    const Token& next = peek();
    const bool is_operand =
        next.kind == TokenKind::string || next.kind == TokenKind::integer ||
        next.kind == TokenKind::real || next.is_symbol("[") || next.is_symbol("{") ||
        (next.kind == TokenKind::name && next.text != "else" && next.text != "or" &&
         next.text != "and" && next.text != "if" && next.text != "is" && next.text != "in" &&
         next.text != "not" && next.text != "recursive");
    if (next.is_symbol("(")) {
        call.arguments = SW_TRY(call_arguments());
    } else if (is_operand) {
        auto operand = SW_TRY(primary());
        call.arguments.positional.push_back(SW_TRY(postfix(std::move(operand))));
    }
    return made(line, std::move(call));
}

}  // namespace stepwell::tasks::jinja
