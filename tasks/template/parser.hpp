// Tokens to a tree: statements here, expressions in parser_expression.cpp.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/template/ast.hpp"
#include "tasks/template/lexer.hpp"

namespace stepwell::tasks::jinja {

class Parser {
public:
    Parser(std::vector<Token> tokens, std::string file)
        : tokens_(std::move(tokens)), file_(std::move(file)) {}

    /// The whole template. A fault's message begins with "file:line: ".
    Outcome<Body> template_body();
    /// The tokens of one expression between `{{` and `}}`.
    Outcome<ExpressionPtr> expression();

private:
    [[nodiscard]] const Token& peek(std::size_t ahead = 0) const;
    Token take();
    bool take_symbol(std::string_view symbol);
    bool take_name(std::string_view name);
    Outcome<void> expect_symbol(std::string_view symbol);
    Outcome<std::string> expect_identifier(std::string_view what);
    Outcome<void> expect_block_end();
    [[nodiscard]] Failure<Signal> fail_here(const std::string& message) const;
    [[nodiscard]] Failure<Signal> fail_at(int line, const std::string& message) const;
    [[nodiscard]] std::string found() const;
    Outcome<void> enter();
    /// The node, unless it is nested too deeply: it is walked and freed by recursion.
    template <class Node>
    Outcome<ExpressionPtr> made(int line, Node node);

    // Statements.
    Outcome<Body> body_until(std::initializer_list<std::string_view> ends, int begin_line,
                             std::string_view tag);
    [[nodiscard]] bool at_block(std::initializer_list<std::string_view> names) const;
    Outcome<void> end_tag(std::string_view name);
    Outcome<Statement> statement();
    Outcome<Statement> if_statement(int line);
    Outcome<Statement> for_statement(int line);
    Outcome<Statement> set_statement(int line);
    Outcome<Statement> macro_statement(int line);
    Outcome<Statement> call_statement(int line);
    Outcome<Statement> filter_statement(int line);
    Outcome<Statement> with_statement(int line);
    Outcome<Statement> simple_statement(const std::string& tag, int line);
    Outcome<Parameters> parameters();
    Outcome<std::shared_ptr<const Macro>> macro_body(Macro macro, int line, std::string_view tag);
    Outcome<ExpressionPtr> target(bool allows_attribute);
    Outcome<ExpressionPtr> filter_chain(ExpressionPtr input);

    // Expressions, loosest binding first.
    Outcome<ExpressionPtr> tuple_or_expression(bool allows_condition = true);
    Outcome<ExpressionPtr> conditional();
    Outcome<ExpressionPtr> or_();
    Outcome<ExpressionPtr> and_();
    Outcome<ExpressionPtr> not_();
    Outcome<ExpressionPtr> comparison();
    Outcome<ExpressionPtr> sum();
    Outcome<ExpressionPtr> concat();
    Outcome<ExpressionPtr> product();
    Outcome<ExpressionPtr> power();
    Outcome<ExpressionPtr> unary(bool with_filters = true);
    Outcome<ExpressionPtr> primary();
    Outcome<ExpressionPtr> postfix(ExpressionPtr node);
    Outcome<ExpressionPtr> filters_and_tests(ExpressionPtr node);
    Outcome<ExpressionPtr> filter(ExpressionPtr node);
    Outcome<ExpressionPtr> test(ExpressionPtr node);
    Outcome<ExpressionPtr> subscript(ExpressionPtr node);
    Outcome<ExpressionPtr> literal();
    Outcome<ExpressionPtr> list_literal();
    Outcome<ExpressionPtr> dict_literal();
    Outcome<ExpressionPtr> parenthesized();
    Outcome<CallArguments> call_arguments();
    Outcome<void> call_argument(CallArguments& arguments);
    [[nodiscard]] bool at_tuple_end() const;

    std::vector<Token> tokens_;
    std::string file_;
    std::size_t at_ = 0;
    int depth_ = 0;
    struct Seen {
        bool caller = false, varargs = false, kwargs = false;
    };
    Seen seen_;      // names in the macro that is read, and in those inside it
    int loops_ = 0;  // around here, within the macro
};

}  // namespace stepwell::tasks::jinja
