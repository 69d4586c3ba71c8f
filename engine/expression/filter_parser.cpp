// From the text in `[?(...)]` to a predicate: || binds weakest, then &&, then !.
#include <array>

#include "engine/base/ascii.hpp"
#include "engine/expression/filter.hpp"

namespace stepwell::expression {
namespace {

/// The longer ones first: the first that fits is taken.
constexpr std::array<std::pair<std::string_view, FilterOperator>, 9> kSymbols{{
    {"===", FilterOperator::same},
    {"!==", FilterOperator::not_same},
    {"==", FilterOperator::equal},
    {"!=", FilterOperator::not_equal},
    {"=~", FilterOperator::matches},
    {"<=", FilterOperator::less_equal},
    {">=", FilterOperator::greater_equal},
    {"<", FilterOperator::less},
    {">", FilterOperator::greater},
}};

constexpr std::array<std::pair<std::string_view, FilterOperator>, 8> kWords{{
    {"in", FilterOperator::in},
    {"nin", FilterOperator::not_in},
    {"contains", FilterOperator::contains},
    {"subsetof", FilterOperator::subset_of},
    {"anyof", FilterOperator::any_of},
    {"noneof", FilterOperator::none_of},
    {"size", FilterOperator::size},
    {"empty", FilterOperator::empty},
}};

std::string lower(std::string_view word) {
    std::string text(word);
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

std::optional<FilterOperator> scan_operator(Scanner& scanner) {
    for (const auto& [symbol, op] : kSymbols) {
        if (scanner.eat(symbol)) return op;
    }
    const Scanner before = scanner;
    const std::string word = lower(scanner.take_while(is_letter));
    for (const auto& [known, op] : kWords) {
        if (word == known) return op;
    }
    scanner = before;
    return std::nullopt;
}

Result<Json> scan_literal(Scanner& scanner);

Result<Json> scan_list(Scanner& scanner) {
    if (++scanner.depth > kExpressionDepthMax) return scanner.expected("less nesting");
    scanner.advance();
    Json list = Json::array();
    scanner.skip_blanks();
    while (scanner.peek() != ']') {
        list.push_back(SW_TRY(scan_literal(scanner)));
        scanner.skip_blanks();
        if (!scanner.eat(',')) break;
        scanner.skip_blanks();
    }
    if (!scanner.eat(']')) return scanner.expected("',' or ']'");
    --scanner.depth;
    return list;
}

bool is_in_word(char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// Published workflows compare with texts that have no quotes, which AWS accepts.
Json literal_of(std::string_view word) {
    if (word == "null") return nullptr;
    if (word == "true" || word == "false") return word == "true";
    return word;
}

Result<Json> scan_literal(Scanner& scanner) {
    const char c = scanner.peek();
    if (c == '\'' || c == '"') return Json(SW_TRY(scan_quoted(scanner)));
    if (c == '[') return scan_list(scanner);
    if (is_letter(c)) return literal_of(scanner.take_while(is_in_word));
    if (c == '-' || (c >= '0' && c <= '9')) {
        const std::string_view number = SW_TRY(scan_number(scanner));
        return parse_json(number);
    }
    return scanner.expected("'@', '$', a number, a text in quotes, true, false, null or a list");
}

Result<FilterOperand> scan_operand(Scanner& scanner) {
    FilterOperand operand;
    if (scanner.peek() != '@' && scanner.peek() != '$') {
        operand.value = SW_TRY(scan_literal(scanner));
        return operand;
    }
    const bool is_current = scanner.eat('@');
    if (!is_current) scanner.advance();
    PathProgram program;
    program.steps = SW_TRY(scan_steps(scanner));
    classify(program);
    operand.value =
        FilterOperand::Below{is_current, std::make_shared<const PathProgram>(std::move(program))};
    return operand;
}

/// "/.../" or "/.../i".
Result<Pattern> scan_pattern(Scanner& scanner) {
    if (!scanner.eat('/')) return scanner.expected("a pattern in slashes");
    const Scanner before = scanner;
    std::string text;
    while (!scanner.eat('/')) {
        if (scanner.is_at_end()) return scanner.expected("the closing slash");
        if (scanner.peek() == '\\' && scanner.peek(1) == '/') scanner.advance();
        const bool is_escape = scanner.peek() == '\\' && scanner.peek(1) != '\0';
        const std::size_t length = is_escape ? 2 : 1;
        text += scanner.rest().substr(0, length);
        scanner.advance(length);
    }
    auto pattern = Pattern::parse(text, scanner.eat('i'));
    if (pattern) return pattern;
    return before.expected("a pattern that can be read (in it: " + pattern.error().message + ")");
}

/// A comparison, or a path alone.
Result<Filter> scan_test(Scanner& scanner) {
    Filter filter;
    filter.left = SW_TRY(scan_operand(scanner));
    scanner.skip_blanks();
    const auto op = scan_operator(scanner);
    if (!op) {
        const bool is_path = std::holds_alternative<FilterOperand::Below>(filter.left.value);
        if (!is_path) return scanner.expected("a comparison such as '=='");
        return filter;
    }
    filter.kind = Filter::Kind::comparison;
    filter.comparison = *op;
    scanner.skip_blanks();
    if (filter.comparison == FilterOperator::matches) {
        filter.pattern = SW_TRY(scan_pattern(scanner));
        return filter;
    }
    filter.right = SW_TRY(scan_operand(scanner));
    return filter;
}

Result<Filter> scan_unary(Scanner& scanner) {
    if (++scanner.depth > kExpressionDepthMax) return scanner.expected("less nesting");
    scanner.skip_blanks();
    Filter filter;
    if (scanner.eat('!')) {
        filter.kind = Filter::Kind::negation;
        filter.children.push_back(SW_TRY(scan_unary(scanner)));
    } else if (scanner.eat('(')) {
        filter = SW_TRY(scan_filter(scanner));
        scanner.skip_blanks();
        if (!scanner.eat(')')) return scanner.expected("')'");
    } else {
        filter = SW_TRY(scan_test(scanner));
    }
    scanner.skip_blanks();
    --scanner.depth;
    return filter;
}

/// One or more of what `scan` reads, with `symbol` between them.
template <class Scan>
Result<Filter> scan_chain(Scanner& scanner, std::string_view symbol, Filter::Kind kind, Scan scan) {
    Filter first = SW_TRY(scan(scanner));
    if (!scanner.eat(symbol)) return first;
    Filter chain;
    chain.kind = kind;
    chain.children.push_back(std::move(first));
    do {
        chain.children.push_back(SW_TRY(scan(scanner)));
    } while (scanner.eat(symbol));
    return chain;
}

Result<Filter> scan_conjunction(Scanner& scanner) {
    return scan_chain(scanner, "&&", Filter::Kind::all, scan_unary);
}

}  // namespace

Result<Filter> scan_filter(Scanner& scanner) {
    return scan_chain(scanner, "||", Filter::Kind::any, scan_conjunction);
}

}  // namespace stepwell::expression
