// From text to steps: `$`, `$$` or `$name`, then `.name`, `..name`, `[...]` and a last
// `.function()`.
#include <array>
#include <charconv>

#include "engine/base/utf8.hpp"
#include "engine/expression/filter.hpp"
#include "engine/expression/path_program.hpp"

namespace stepwell::expression {
namespace {

constexpr std::size_t kVariableCharactersMax = 80;

constexpr std::array<std::pair<std::string_view, PathFunction>, 11> kFunctions{{
    {"length", PathFunction::length},
    {"size", PathFunction::size},
    {"keys", PathFunction::keys},
    {"min", PathFunction::min},
    {"max", PathFunction::max},
    {"avg", PathFunction::avg},
    {"sum", PathFunction::sum},
    {"stddev", PathFunction::stddev},
    {"first", PathFunction::first},
    {"last", PathFunction::last},
    {"index", PathFunction::index},
}};

/// What a name after a point may hold; anything else needs ['...'].
bool is_name_character(char c) {
    constexpr std::string_view kOthers = ".[]()'\"*?,=!<>&|~";
    return static_cast<unsigned char>(c) > ' ' && c != 0x7F && kOthers.find(c) == kOthers.npos;
}

bool is_variable_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}

bool is_variable_character(char c) {
    return is_variable_start(c) || (c >= '0' && c <= '9');
}

Result<std::int64_t> scan_integer(Scanner& scanner) {
    const Scanner before = scanner;
    const std::size_t begin = scanner.position();
    scanner.eat('-');
    scanner.take_while([](char c) { return c >= '0' && c <= '9'; });
    const std::string_view digits = scanner.since(begin);
    std::int32_t value = 0;
    const auto end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, value);
    if (digits.empty() || error != std::errc() || stop != end) return before.expected("an integer");
    return std::int64_t{value};
}

Result<Step> scan_names(Scanner& scanner) {
    Step step;
    do {
        scanner.skip_blanks();
        step.names.push_back(SW_TRY(scan_quoted(scanner)));
        scanner.skip_blanks();
    } while (scanner.eat(','));
    step.kind = step.names.size() == 1 ? Step::Kind::name : Step::Kind::names;
    return step;
}

/// What is left of `[from:to]`, from the colon on.
Result<Step> scan_slice(Scanner& scanner, std::optional<std::int64_t> from) {
    Step step;
    step.kind = Step::Kind::slice;
    step.from = from;
    scanner.advance();
    scanner.skip_blanks();
    if (scanner.peek() != ']') step.to = SW_TRY(scan_integer(scanner));
    return step;
}

Result<Step> scan_indices(Scanner& scanner) {
    if (scanner.peek() == ':') return scan_slice(scanner, std::nullopt);
    Step step;
    do {
        scanner.skip_blanks();
        step.indices.push_back(SW_TRY(scan_integer(scanner)));
        scanner.skip_blanks();
    } while (scanner.eat(','));
    if (scanner.peek() == ':' && step.indices.size() == 1) {
        return scan_slice(scanner, step.indices.front());
    }
    step.kind = step.indices.size() == 1 ? Step::Kind::index : Step::Kind::indices;
    return step;
}

Result<Step> scan_filter_step(Scanner& scanner) {
    if (!scanner.eat("?")) return scanner.expected("'?'");
    scanner.skip_blanks();
    if (!scanner.eat('(')) return scanner.expected("'(' after '?'");
    if (++scanner.depth > kExpressionDepthMax) return scanner.expected("less nesting");
    Step step;
    step.kind = Step::Kind::filter;
    step.filter = std::make_shared<const Filter>(SW_TRY(scan_filter(scanner)));
    --scanner.depth;
    scanner.skip_blanks();
    if (!scanner.eat(')')) return scanner.expected("')' after the filter");
    return step;
}

Result<Step> scan_inside_brackets(Scanner& scanner) {
    const char c = scanner.peek();
    if (c == '\'' || c == '"') return scan_names(scanner);
    if (c == '?') return scan_filter_step(scanner);
    if (c == '-' || c == ':' || (c >= '0' && c <= '9')) return scan_indices(scanner);
    if (!scanner.eat('*')) return scanner.expected("a name in quotes, an index, '*' or '?('");
    Step step;
    step.kind = Step::Kind::wildcard;
    return step;
}

Result<Step> scan_brackets(Scanner& scanner) {
    scanner.advance();
    scanner.skip_blanks();
    Step step = SW_TRY(scan_inside_brackets(scanner));
    scanner.skip_blanks();
    if (!scanner.eat(']')) return scanner.expected("']'");
    return step;
}

/// From the parenthesis after the name on.
Result<Step> scan_function(Scanner& scanner, std::string_view name) {
    for (const auto& [known, function] : kFunctions) {
        if (known != name) continue;
        Step step;
        step.kind = Step::Kind::function;
        step.function = function;
        scanner.advance();
        scanner.skip_blanks();
        if (function == PathFunction::index) step.indices.push_back(SW_TRY(scan_integer(scanner)));
        scanner.skip_blanks();
        if (!scanner.eat(')')) return scanner.expected("')'");
        return step;
    }
    return scanner.expected("the end of the name (there is no such function)");
}

Result<Step> scan_after_point(Scanner& scanner, bool is_descent) {
    if (scanner.peek() == '[') return scan_brackets(scanner);
    Step step;
    if (scanner.eat('*')) {
        step.kind = Step::Kind::wildcard;
        return step;
    }
    const std::string_view name = scanner.take_while(is_name_character);
    if (name.empty()) return scanner.expected("a name, '*' or '['; other names go in ['...']");
    if (scanner.peek() == '(' && !is_descent) return scan_function(scanner, name);
    step.names.emplace_back(name);
    return step;
}

Result<Step> scan_step(Scanner& scanner) {
    if (scanner.peek() == '[') return scan_brackets(scanner);
    scanner.advance();
    const bool is_descent = scanner.eat('.');
    Step step = SW_TRY(scan_after_point(scanner, is_descent));
    step.is_descent = is_descent;
    return step;
}

Result<void> scan_root(Scanner& scanner, PathProgram& program) {
    if (!scanner.eat('$')) return scanner.expected("'$'");
    if (scanner.eat('$')) {
        program.source = Path::Source::context;
        return {};
    }
    if (!is_variable_start(scanner.peek())) return {};
    const Scanner before = scanner;
    program.source = Path::Source::variable;
    program.variable = scanner.take_while(is_variable_character);
    if (program.variable == "states") {
        return before.expected("'.', '[' or a variable ($states is there in JSONata only)");
    }
    if (utf8_count(program.variable) > kVariableCharactersMax) {
        return before.expected("a variable's name of at most 80 characters");
    }
    return {};
}

}  // namespace

Result<std::vector<Step>> scan_steps(Scanner& scanner) {
    std::vector<Step> steps;
    while (scanner.peek() == '.' || scanner.peek() == '[') {
        if (!steps.empty() && steps.back().kind == Step::Kind::function) {
            return scanner.expected("the end of the path after a function");
        }
        if (steps.size() == kPathStepsMax) return scanner.expected("the end of so long a path");
        steps.push_back(SW_TRY(scan_step(scanner)));
    }
    return steps;
}

void classify(PathProgram& program) {
    std::size_t definite = 0;
    while (definite < program.steps.size() && program.steps[definite].is_definite()) ++definite;
    program.is_definite = definite == program.steps.size();
    program.is_reference = program.is_definite;
    for (const Step& step : program.steps) {
        if (step.kind == Step::Kind::index && step.indices.front() < 0)
            program.is_reference = false;
    }
    if (program.is_definite || definite + 1 != program.steps.size()) return;
    const Step& last = program.steps.back();
    program.is_computed =
        !last.is_descent && (last.kind == Step::Kind::function || last.kind == Step::Kind::names);
}

Result<PathProgram> scan_path(Scanner& scanner) {
    const std::size_t begin = scanner.position();
    PathProgram program;
    SW_TRY(scan_root(scanner, program));
    program.steps = SW_TRY(scan_steps(scanner));
    program.text = scanner.since(begin);
    classify(program);
    return program;
}

}  // namespace stepwell::expression
