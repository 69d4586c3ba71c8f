// An operator-precedence parser: what a token means at the front of an operand and behind one.
#include "engine/expression/jsonata/parser.hpp"

#include <algorithm>
#include <array>

#include "engine/expression/jsonata/lexer.hpp"

namespace stepwell::expression::jsonata {

Symbol Tree::symbol_of(std::string_view name) {
    if (const auto found = symbols_.find(name); found != symbols_.end()) return found->second;
    const auto symbol = static_cast<Symbol>(names_.size());
    symbols_.emplace(names_.emplace_back(name), symbol);
    return symbol;
}

namespace {

struct Infix {
    std::string_view text;
    int power;
    Operator op;
};

constexpr auto kInfixes = std::to_array<Infix>({
    {".", 75, Operator::none},     {"[", 80, Operator::none},
    {"{", 70, Operator::none},     {"(", 80, Operator::none},
    {"@", 80, Operator::none},     {"#", 80, Operator::none},
    {"?", 20, Operator::none},     {"+", 50, Operator::add},
    {"-", 50, Operator::subtract}, {"*", 60, Operator::multiply},
    {"/", 60, Operator::divide},   {"%", 60, Operator::modulo},
    {"=", 40, Operator::equal},    {"!=", 40, Operator::not_equal},
    {"<", 40, Operator::less},     {"<=", 40, Operator::less_or_equal},
    {">", 40, Operator::greater},  {">=", 40, Operator::greater_or_equal},
    {"^", 40, Operator::none},     {"~>", 40, Operator::none},
    {"and", 30, Operator::and_},   {"or", 25, Operator::or_},
    {"in", 40, Operator::in},      {"&", 50, Operator::concatenate},
    {":=", 10, Operator::none},    {"?:", 40, Operator::none},
    {"??", 40, Operator::none},
});

/// Tokens that are known but mean nothing where an operand has ended.
constexpr auto kOthers =
    std::to_array<std::string_view>({"]", "}", ")", ",", ";", ":", "..", "|", "**"});

using Parsed = Result<Node*, Fault>;

class Parser {
public:
    Parser(std::string_view text, const Dialect& dialect, Tree& tree)
        : tree_(tree), lexer_(text, dialect.has_defaults) {}

    Result<void, Fault> parse() {
        SW_TRY(advance(false));
        tree_.root = SW_TRY(expression(0));
        if (token_.kind != Token::Kind::end) {
            return fail(fault("S0201", token_.position).on(token_.text));
        }
        return {};
    }

private:
    static Fault fault(std::string code, std::size_t position) {
        Fault made;
        made.code = std::move(code);
        made.position = static_cast<std::int64_t>(position);
        return made;
    }

    // --- tokens ---

    [[nodiscard]] bool is_at(std::string_view op) const {
        return token_.kind == Token::Kind::op && token_.text == op;
    }

    Result<void, Fault> advance(bool is_after_operand) {
        token_ = SW_TRY(lexer_.next(is_after_operand));
        infix_ = nullptr;
        if (token_.kind != Token::Kind::op) return {};
        const auto* found = std::find_if(kInfixes.begin(), kInfixes.end(),
                                         [&](const Infix& i) { return i.text == token_.text; });
        if (found != kInfixes.end()) {
            infix_ = found;
        } else if (std::find(kOthers.begin(), kOthers.end(), token_.text) == kOthers.end()) {
            return fail(fault("S0204", token_.position).on(token_.text));
        }
        return {};
    }

    Result<void, Fault> advance_over(std::string_view op, bool is_after_operand = false) {
        if (is_at(op)) return advance(is_after_operand);
        const bool is_end = token_.kind == Token::Kind::end;
        return fail(fault(is_end ? "S0203" : "S0202", token_.position)
                        .on(token_.text)
                        .about(to_text(Json(op))));
    }

    // --- nodes ---

    Node* make(NodeKind kind, const Token& token) {
        Node& node = tree_.nodes.emplace_back();
        node.kind = kind;
        node.position = token.position;
        node.text = tree_.keep(token.text);
        return &node;
    }

    /// Refuses trees that are too deep to be walked.
    Parsed checked(Node* node) {
        int below = 0;
        const auto look = [&](const Node* child) {
            if (child) below = std::max(below, child->depth);
        };
        look(node->left);
        look(node->right);
        look(node->third);
        for (const Node* item : node->items) look(item);
        for (const SortTerm& term : node->terms) look(term.expression);
        node->depth = below + 1;
        if (node->depth > kTreeDepthMax) return fail(fault("U1001", node->position));
        return node;
    }

    Parsed expression(int power) {
        if (++nesting_ > kTreeDepthMax / 2) return fail(fault("U1001", token_.position));
        const Token first = token_;
        SW_TRY(advance(true));
        Node* left = SW_TRY(operand(first));
        left = SW_TRY(checked(left));
        while (infix_ && power < infix_->power) {
            const Token op = token_;
            const Infix infix = *infix_;
            SW_TRY(advance(false));
            left = SW_TRY(behind(left, op, infix));
            left = SW_TRY(checked(left));
        }
        --nesting_;
        return left;
    }

    // --- what an operand begins with ---

    Parsed operand(const Token& token) {
        switch (token.kind) {
            case Token::Kind::end:
                return fail(fault("S0207", token.position).on(token.text));
            case Token::Kind::name:
                return make(NodeKind::name, token);
            case Token::Kind::variable: {
                Node* node = make(NodeKind::variable, token);
                node->symbol = token.text.empty() ? 0 : tree_.symbol_of(token.text);
                return node;
            }
            case Token::Kind::string:
                return make(NodeKind::string, token);
            case Token::Kind::number: {
                Node* node = make(NodeKind::number, token);
                node->number = token.number;
                return node;
            }
            case Token::Kind::boolean:
            case Token::Kind::null: {
                Node* node = make(NodeKind::constant, token);
                node->constant =
                    token.text == "null" ? Value::null() : Value::of(token.text == "true");
                return node;
            }
            case Token::Kind::regex:
                return regex(token);
            default:
                return prefix(token);
        }
    }

    Parsed regex(const Token& token) {
        Node* node = make(NodeKind::regex, token);
        auto compiled = Regex::parse(token.text, token.flags);
        if (!compiled) {
            return fail(fault("S0303", token.position)
                            .on(token.text)
                            .about(to_text(Json(compiled.error().message))));
        }
        node->regex = &tree_.regexes.emplace_back(std::move(compiled).value());
        return node;
    }

    Parsed prefix(const Token& token) {
        if (token.text == "-") {
            Node* node = make(NodeKind::negation, token);
            node->left = SW_TRY(expression(70));
            return node;
        }
        if (token.text == "*") return make(NodeKind::wildcard, token);
        if (token.text == "**") return make(NodeKind::descendants, token);
        if (token.text == "%") return make(NodeKind::parent, token);
        if (token.text == "(") return block(token);
        if (token.text == "[") return array(token);
        if (token.text == "{") {
            Node* node = make(NodeKind::object, token);
            SW_TRY(pairs(node));
            return node;
        }
        if (token.text == "|") return transform(token);
        if (token.text == "and" || token.text == "or" || token.text == "in") {
            return make(NodeKind::word, token);
        }
        return fail(fault("S0211", token.position).on(token.text));
    }

    Parsed block(const Token& token) {
        Node* node = make(NodeKind::block, token);
        while (!is_at(")")) {
            node->items.push_back(SW_TRY(expression(0)));
            if (!is_at(";")) break;
            SW_TRY(advance_over(";"));
        }
        SW_TRY(advance_over(")", true));
        return node;
    }

    Parsed array(const Token& token) {
        Node* node = make(NodeKind::array, token);
        while (!is_at("]")) {
            Node* item = SW_TRY(expression(0));
            if (is_at("..")) {
                Node* range = make(NodeKind::binary, token_);
                range->op = Operator::range;
                SW_TRY(advance_over(".."));
                range->left = item;
                range->right = SW_TRY(expression(0));
                item = SW_TRY(checked(range));
            }
            node->items.push_back(item);
            if (!is_at(",")) break;
            SW_TRY(advance_over(","));
            if (is_at("]")) return fail(fault("S0211", token_.position).on(token_.text));
        }
        SW_TRY(advance_over("]", true));
        return node;
    }

    Result<void, Fault> pairs(Node* node) {
        if (!is_at("}")) {
            while (true) {
                node->items.push_back(SW_TRY(expression(0)));
                SW_TRY(advance_over(":"));
                node->items.push_back(SW_TRY(expression(0)));
                if (!is_at(",")) break;
                SW_TRY(advance_over(","));
            }
        }
        return advance_over("}", true);
    }

    Parsed transform(const Token& token) {
        Node* node = make(NodeKind::transform, token);
        node->left = SW_TRY(expression(0));
        SW_TRY(advance_over("|"));
        node->right = SW_TRY(expression(0));
        if (is_at(",")) {
            SW_TRY(advance_over(","));
            node->third = SW_TRY(expression(0));
        }
        SW_TRY(advance_over("|"));
        return node;
    }

    // --- what comes behind an operand ---

    Parsed behind(Node* left, const Token& op, const Infix& infix) {
        if (infix.op != Operator::none) return binary(left, op, infix);
        if (op.text == "(") return call(left, op);
        if (op.text == "[") return predicate(left, op);
        if (op.text == "^") return order(left, op);
        if (op.text == "?" || op.text == "?:" || op.text == "??") return condition(left, op);
        Node* node = make(NodeKind::step, op);
        node->left = left;
        if (op.text == "{") {
            node->kind = NodeKind::group;
            SW_TRY(pairs(node));
        } else if (op.text == "@" || op.text == "#") {
            node->kind = op.text == "@" ? NodeKind::focus : NodeKind::position;
            node->right = SW_TRY(expression(infix.power));
            if (node->right->kind != NodeKind::variable) {
                return fail(fault("S0214", node->right->position).on(op.text));
            }
        } else if (op.text == ":=") {
            node->kind = NodeKind::bind;
            if (left->kind != NodeKind::variable) {
                return fail(fault("S0212", left->position).on(left->text));
            }
            node->right = SW_TRY(expression(infix.power - 1));
        } else {
            if (op.text == "~>") node->kind = NodeKind::apply;
            node->right = SW_TRY(expression(infix.power));
        }
        return node;
    }

    Parsed binary(Node* left, const Token& token, const Infix& infix) {
        Node* node = make(NodeKind::binary, token);
        node->op = infix.op;
        node->left = left;
        node->right = SW_TRY(expression(infix.power));
        return node;
    }

    Parsed condition(Node* left, const Token& op) {
        Node* node = make(NodeKind::condition, op);
        node->left = left;
        if (op.text == "?") {
            node->right = SW_TRY(expression(0));
            if (is_at(":")) {
                SW_TRY(advance_over(":"));
                node->third = SW_TRY(expression(0));
            }
            return node;
        }
        node->right = left;
        node->third = SW_TRY(expression(0));
        if (op.text == "?:") return node;
        Node* exists = make(NodeKind::function, op);
        exists->left = make(NodeKind::variable, op);
        exists->left->text = "exists";
        exists->left->symbol = tree_.symbol_of("exists");
        exists->items.push_back(left);
        node->left = SW_TRY(checked(exists));
        return node;
    }

    /// `a[]` marks the innermost operand, and is no node of its own.
    Parsed predicate(Node* left, const Token& token) {
        if (is_at("]")) {
            Node* step = left;
            while (step->kind == NodeKind::predicate) step = step->left;
            step->keeps_array = true;
            SW_TRY(advance_over("]", true));
            return left;
        }
        Node* node = make(NodeKind::predicate, token);
        node->left = left;
        node->right = SW_TRY(expression(0));
        SW_TRY(advance_over("]", true));
        return node;
    }

    Parsed order(Node* left, const Token& token) {
        Node* node = make(NodeKind::order, token);
        node->left = left;
        SW_TRY(advance_over("("));
        while (true) {
            SortTerm term;
            if (is_at("<")) {
                SW_TRY(advance_over("<"));
            } else if (is_at(">")) {
                term.is_descending = true;
                SW_TRY(advance_over(">"));
            }
            term.expression = SW_TRY(expression(0));
            node->terms.push_back(term);
            if (!is_at(",")) break;
            SW_TRY(advance_over(","));
        }
        SW_TRY(advance_over(")", true));
        return node;
    }

    Parsed call(Node* left, const Token& token) {
        Node* node = make(NodeKind::function, token);
        node->left = left;
        if (!is_at(")")) {
            while (true) {
                if (is_at("?")) {
                    node->kind = NodeKind::partial;
                    node->items.push_back(make(NodeKind::placeholder, token_));
                    SW_TRY(advance_over("?"));
                } else {
                    node->items.push_back(SW_TRY(expression(0)));
                }
                if (!is_at(",")) break;
                SW_TRY(advance_over(","));
            }
        }
        SW_TRY(advance_over(")", true));
        const bool is_lambda =
            left->kind == NodeKind::name && (left->text == "function" || left->text == "\xCE\xBB");
        if (is_lambda) return lambda(node);
        return node;
    }

    Parsed lambda(Node* node) {
        for (std::size_t i = 0; i < node->items.size(); ++i) {
            const Node* parameter = node->items[i];
            if (parameter->kind == NodeKind::variable) continue;
            return fail(fault("S0208", parameter->position)
                            .on(parameter->text)
                            .about(std::to_string(i + 1)));
        }
        node->kind = NodeKind::lambda;
        node->left = nullptr;
        if (is_at("<")) SW_TRY(signature(node));
        SW_TRY(advance_over("{"));
        node->right = SW_TRY(expression(0));
        SW_TRY(advance_over("}", true));
        return node;
    }

    Result<void, Fault> signature(Node* node) {
        const std::size_t position = token_.position;
        std::string text = "<";
        int depth = 1;
        while (depth > 0 && !is_at("{") && token_.kind != Token::Kind::end) {
            SW_TRY(advance(false));
            if (is_at(">")) --depth;
            if (is_at("<")) ++depth;
            text += token_.text;
        }
        SW_TRY(advance_over(">"));
        auto parsed = Signature::parse(text);
        if (!parsed) return fail(std::move(parsed).error().at(position));
        node->signature = &tree_.signatures.emplace_back(std::move(parsed).value());
        return {};
    }

    Tree& tree_;
    Lexer lexer_;
    Token token_;
    const Infix* infix_ = nullptr;  // what token_ is behind an operand
    int nesting_ = 0;
};

}  // namespace

Result<std::unique_ptr<Tree>, Fault> parse_tree(std::string_view text, const Dialect& dialect,
                                                const Tree* around) {
    auto tree = std::make_unique<Tree>();
    if (around) {
        const auto& names = around->names();
        for (std::size_t i = 1; i < names.size(); ++i) tree->symbol_of(names[i]);
    }
    SW_TRY(Parser(text, dialect, *tree).parse());
    return tree;
}

}  // namespace stepwell::expression::jsonata
