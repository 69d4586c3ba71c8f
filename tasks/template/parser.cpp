#include "tasks/template/parser.hpp"

#include <algorithm>

namespace stepwell::tasks::jinja {

const Token& Parser::peek(std::size_t ahead) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

Token Parser::take() {
    Token token = peek();
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
}

bool Parser::take_symbol(std::string_view symbol) {
    if (!peek().is_symbol(symbol)) return false;
    take();
    return true;
}

bool Parser::take_name(std::string_view name) {
    if (!peek().is_name(name)) return false;
    take();
    return true;
}

std::string Parser::found() const {
    const Token& token = peek();
    switch (token.kind) {
        case TokenKind::end:
            return "the end of the file";
        case TokenKind::text:
            return "text";
        case TokenKind::output_begin:
            return "'{{'";
        case TokenKind::output_end:
            return "'}}'";
        case TokenKind::block_begin:
            return "'{%'";
        case TokenKind::block_end:
            return "'%}'";
        default:
            return "'" + token.text + "'";
    }
}

Failure<Signal> Parser::fail_at(int line, const std::string& message) const {
    return {Signal{Signal::Kind::error, file_ + ":" + std::to_string(line) + ": " + message, true,
                   nullptr}};
}

Failure<Signal> Parser::fail_here(const std::string& message) const {
    return fail_at(peek().line, message);
}

Outcome<void> Parser::expect_symbol(std::string_view symbol) {
    if (take_symbol(symbol)) return {};
    return fail_here("expected '" + std::string(symbol) + "', but found " + found());
}

Outcome<std::string> Parser::expect_identifier(std::string_view what) {
    if (peek().kind == TokenKind::name) return take().text;
    return fail_here("expected " + std::string(what) + ", but found " + found());
}

Outcome<void> Parser::expect_block_end() {
    if (peek().kind == TokenKind::block_end) return take(), Outcome<void>{};
    return fail_here("expected '%}', but found " + found());
}

Outcome<Body> Parser::template_body() {
    Body body = SW_TRY(body_until({}, 1, ""));
    return body;
}

bool Parser::at_block(std::initializer_list<std::string_view> names) const {
    if (peek().kind != TokenKind::block_begin || peek(1).kind != TokenKind::name) return false;
    return std::find(names.begin(), names.end(), peek(1).text) != names.end();
}

Outcome<Body> Parser::body_until(std::initializer_list<std::string_view> ends, int begin_line,
                                 std::string_view tag) {
    SW_TRY(enter());
    const int loops = loops_;
    if (tag == "macro" || tag == "call") loops_ = 0;
    Body body;
    while (!at_block(ends)) {
        if (peek().kind == TokenKind::end) {
            if (ends.size() == 0) break;
            return fail_at(begin_line, "expected '{% " + std::string(*(ends.end() - 1)) +
                                           " %}' for this '" + std::string(tag) +
                                           "', but the file ends");
        }
        body.push_back(SW_TRY(statement()));
    }
    --depth_;
    loops_ = loops;
    return body;
}

Outcome<void> Parser::end_tag(std::string_view name) {
    take();
    take();
    // `{% endmacro name %}` may repeat the name.
    if (name == "endmacro" && peek().kind == TokenKind::name) take();
    return expect_block_end();
}

Outcome<Statement> Parser::statement() {
    const int line = peek().line;
    if (peek().kind == TokenKind::text) return Statement{line, PlainText{take().text}};
    if (peek().kind == TokenKind::output_begin) {
        take();
        auto value = SW_TRY(tuple_or_expression());
        if (peek().kind != TokenKind::output_end) {
            return fail_here("expected '}}', but found " + found());
        }
        take();
        return Statement{line, Output{std::move(value)}};
    }
    take();  // block_begin
    const std::string tag = SW_TRY(expect_identifier("the name of a tag after '{%'"));
    if (tag == "if") return if_statement(line);
    if (tag == "for") return for_statement(line);
    if (tag == "set") return set_statement(line);
    if (tag == "macro") return macro_statement(line);
    if (tag == "call") return call_statement(line);
    if (tag == "filter") return filter_statement(line);
    if (tag == "with") return with_statement(line);
    return simple_statement(tag, line);
}

Outcome<Statement> Parser::simple_statement(const std::string& tag, int line) {
    Statement result{line, Break{}};
    if (loops_ == 0 && (tag == "break" || tag == "continue")) {
        return fail_at(line, "'{% " + tag + " %}' without a loop around it");
    }
    if (tag == "do")
        result.node = Do{SW_TRY(tuple_or_expression())};
    else if (tag == "continue")
        result.node = Continue{};
    else if (tag != "break") {
        const bool is_end = tag.starts_with("end") || tag == "else" || tag == "elif";
        for (const char* absent : {"include", "import", "from", "extends", "block", "autoescape"}) {
            if (tag == absent)
                return fail_at(line, "'{% " + tag +
                                         " %}' is not supported: macros of the project are known "
                                         "everywhere, and there are no other templates");
        }
        return fail_at(line, is_end ? "'{% " + tag + " %}' without a tag that it could end"
                                    : "there is no tag '" + tag +
                                          "'; tags are if, for, set, macro, "
                                          "call, filter, with, do, raw, break, continue");
    }
    SW_TRY(expect_block_end());
    return result;
}

Outcome<Statement> Parser::if_statement(int line) {
    If node;
    while (true) {
        auto condition = SW_TRY(tuple_or_expression());
        SW_TRY(expect_block_end());
        Body body = SW_TRY(body_until({"elif", "else", "endif"}, line, "if"));
        node.branches.emplace_back(std::move(condition), std::move(body));
        take();
        const std::string tag = take().text;
        if (tag == "elif") continue;
        SW_TRY(expect_block_end());
        if (tag == "else") {
            node.otherwise = SW_TRY(body_until({"endif"}, line, "if"));
            SW_TRY(end_tag("endif"));
        }
        return Statement{line, std::move(node)};
    }
}

Outcome<ExpressionPtr> Parser::target(bool allows_attribute) {
    const int line = peek().line;
    TupleLiteral tuple;
    bool is_tuple = false;
    do {
        if (is_tuple && peek().kind != TokenKind::name && !peek().is_symbol("(")) break;
        if (take_symbol("(")) {
            tuple.elements.push_back(SW_TRY(target(false)));
            SW_TRY(expect_symbol(")"));
            continue;
        }
        std::string name = SW_TRY(expect_identifier("a name to assign to"));
        auto node = std::make_unique<const Expression>(Expression{line, 1, Name{std::move(name)}});
        if (allows_attribute && take_symbol(".")) {
            std::string attribute = SW_TRY(expect_identifier("an attribute name"));
            return ExpressionPtr(std::make_unique<const Expression>(
                Expression{line, 2, Attribute{std::move(node), std::move(attribute)}}));
        }
        tuple.elements.push_back(std::move(node));
    } while (take_symbol(",") && (is_tuple = true));
    if (!is_tuple) return std::move(tuple.elements.front());
    return made(line, std::move(tuple));
}

Outcome<Statement> Parser::for_statement(int line) {
    For node;
    node.target = SW_TRY(target(false));
    if (!take_name("in")) return fail_here("expected 'in', but found " + found());
    node.iterable = SW_TRY(tuple_or_expression(false));
    if (take_name("if")) node.condition = SW_TRY(conditional());
    node.is_recursive = take_name("recursive");
    SW_TRY(expect_block_end());
    ++loops_;
    node.body = SW_TRY(body_until({"else", "endfor"}, line, "for"));
    --loops_;
    if (at_block({"else"})) {
        SW_TRY(end_tag("else"));
        node.otherwise = SW_TRY(body_until({"endfor"}, line, "for"));
    }
    SW_TRY(end_tag("endfor"));
    return Statement{line, std::make_shared<const For>(std::move(node))};
}

Outcome<Statement> Parser::set_statement(int line) {
    auto name = SW_TRY(target(true));
    if (take_symbol("=")) {
        auto value = SW_TRY(tuple_or_expression());
        SW_TRY(expect_block_end());
        return Statement{line, Set{std::move(name), std::move(value)}};
    }
    SetBlock node{std::move(name), nullptr, {}};
    if (peek().is_symbol("|")) node.filter = SW_TRY(filter_chain(nullptr));
    SW_TRY(expect_block_end());
    node.body = SW_TRY(body_until({"endset"}, line, "set"));
    SW_TRY(end_tag("endset"));
    return Statement{line, std::move(node)};
}

Outcome<Parameters> Parser::parameters() {
    Parameters result;
    SW_TRY(expect_symbol("("));
    while (!take_symbol(")")) {
        if (!result.names.empty()) SW_TRY(expect_symbol(","));
        if (take_symbol(")")) break;
        std::string name = SW_TRY(expect_identifier("a parameter name"));
        ExpressionPtr value;
        if (take_symbol("="))
            value = SW_TRY(conditional());
        else if (!result.names.empty() && result.names.back().second != nullptr) {
            return fail_here("expected a default for parameter '" + name +
                             "', as the parameter before it has one");
        }
        result.names.emplace_back(std::move(name), std::move(value));
    }
    return result;
}

Outcome<std::shared_ptr<const Macro>> Parser::macro_body(Macro macro, int line,
                                                         std::string_view tag) {
    const Seen around = std::exchange(seen_, Seen{});
    const bool is_macro = tag == "macro";
    macro.body = SW_TRY(body_until({is_macro ? "endmacro" : "endcall"}, line, tag));
    macro.uses_caller = seen_.caller;
    macro.uses_varargs = seen_.varargs;
    macro.uses_kwargs = seen_.kwargs;
    seen_ = {seen_.caller || around.caller, seen_.varargs || around.varargs,
             seen_.kwargs || around.kwargs};
    SW_TRY(end_tag(is_macro ? "endmacro" : "endcall"));
    return std::make_shared<const Macro>(std::move(macro));
}

Outcome<Statement> Parser::macro_statement(int line) {
    Macro node;
    node.name = SW_TRY(expect_identifier("a macro name"));
    node.parameters = SW_TRY(parameters());
    SW_TRY(expect_block_end());
    return Statement{line, SW_TRY(macro_body(std::move(node), line, "macro"))};
}

Outcome<Statement> Parser::call_statement(int line) {
    Macro caller;
    if (peek().is_symbol("(")) caller.parameters = SW_TRY(parameters());
    CallBlock node;
    node.call = SW_TRY(conditional());
    if (!std::holds_alternative<Call>(node.call->node)) {
        return fail_at(line, "expected a call after 'call', such as {% call name() %}");
    }
    SW_TRY(expect_block_end());
    node.caller = SW_TRY(macro_body(std::move(caller), line, "call"));
    return Statement{line, std::move(node)};
}

Outcome<ExpressionPtr> Parser::filter_chain(ExpressionPtr input) {
    if (!peek().is_symbol("|")) {
        // `{% filter upper | trim %}`: the first filter stands without a bar.
        --at_;
        tokens_[at_] = Token{TokenKind::symbol, "|", peek(1).line};
    }
    while (peek().is_symbol("|")) input = SW_TRY(filter(std::move(input)));
    return input;
}

Outcome<Statement> Parser::filter_statement(int line) {
    FilterBlock node;
    node.filter = SW_TRY(filter_chain(nullptr));
    SW_TRY(expect_block_end());
    node.body = SW_TRY(body_until({"endfilter"}, line, "filter"));
    SW_TRY(end_tag("endfilter"));
    return Statement{line, std::move(node)};
}

Outcome<Statement> Parser::with_statement(int line) {
    With node;
    while (peek().kind != TokenKind::block_end) {
        if (!node.assignments.empty()) SW_TRY(expect_symbol(","));
        auto name = SW_TRY(target(false));
        SW_TRY(expect_symbol("="));
        auto value = SW_TRY(conditional());
        node.assignments.emplace_back(std::move(name), std::move(value));
    }
    SW_TRY(expect_block_end());
    node.body = SW_TRY(body_until({"endwith"}, line, "with"));
    SW_TRY(end_tag("endwith"));
    return Statement{line, std::move(node)};
}

}  // namespace stepwell::tasks::jinja
