// Calls of intrinsic functions: States.Name(argument, ...), checked when parsed.
#include <algorithm>
#include <variant>

#include "engine/expression/intrinsic_function.hpp"
#include "engine/expression/path_program.hpp"
#include "engine/expression/payload_template.hpp"
#include "engine/expression/scanner.hpp"
#include "engine/expression/value.hpp"

namespace stepwell::expression {

/// The root of a call's tree: arguments that are calls have nodes of their own.
struct CallNode {
    using Argument = std::variant<Json, Path, std::shared_ptr<const CallNode>>;
    std::string text;
    const IntrinsicFunction* function = nullptr;
    std::vector<Argument> arguments;
};

namespace {

constexpr int kCallDepthMax = 10;

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// A text in single quotes. Format keeps its escapes: it must tell `{}` from `\{\}`.
Result<Json> scan_text(Scanner& scanner, bool keeps_escapes) {
    scanner.advance();
    std::string text;
    while (!scanner.eat('\'')) {
        if (scanner.is_at_end()) return scanner.expected("the closing quote");
        if (scanner.eat('\\')) {
            const char c = scanner.peek();
            const bool is_known = c == '\'' || c == '{' || c == '}' || c == '\\';
            if (!is_known) return scanner.expected("one of ' { } \\ after the backslash");
            if (keeps_escapes) text += '\\';
        }
        text += scanner.peek();
        scanner.advance();
    }
    return Json(std::move(text));
}

Result<Path> scan_path_argument(Scanner& scanner) {
    const std::size_t begin = scanner.position();
    SW_TRY(scan_path(scanner));
    return Path::parse(scanner.since(begin));
}

Result<std::shared_ptr<const CallNode>> scan_call(Scanner& scanner);

Result<CallNode::Argument> scan_argument(Scanner& scanner, const CallNode& call) {
    const char c = scanner.peek();
    if (c == '\'') {
        const bool is_format_text = call.function->name == "Format" && call.arguments.empty();
        const Scanner before = scanner;
        Json text = SW_TRY(scan_text(scanner, is_format_text));
        const std::string fault =
            is_format_text ? format_fault(text.get_ref<const std::string&>()) : "";
        if (!fault.empty()) return before.expected("a text with paired braces (" + fault + ")");
        return CallNode::Argument(std::move(text));
    }
    if (c == '$') return CallNode::Argument(SW_TRY(scan_path_argument(scanner)));
    if (c == 'S') return CallNode::Argument(SW_TRY(scan_call(scanner)));
    if (scanner.eat("true")) return CallNode::Argument(Json(true));
    if (scanner.eat("false")) return CallNode::Argument(Json(false));
    if (scanner.eat("null")) return CallNode::Argument(Json(nullptr));
    if (c == '-' || (c >= '0' && c <= '9')) {
        const std::string_view number = SW_TRY(scan_number(scanner));
        return CallNode::Argument(SW_TRY(parse_json(number)));
    }
    return scanner.expected(
        "a path, a text in single quotes, a number, true, false, null or a call");
}

/// From after the opening parenthesis through the closing one.
Result<void> scan_arguments(Scanner& scanner, CallNode& call) {
    scanner.skip_blanks();
    if (scanner.eat(')')) return {};
    do {
        scanner.skip_blanks();
        call.arguments.push_back(SW_TRY(scan_argument(scanner, call)));
        scanner.skip_blanks();
    } while (scanner.eat(','));
    if (!scanner.eat(')')) return scanner.expected("',' or ')'");
    return {};
}

std::string count_text(const IntrinsicFunction& function) {
    if (function.arguments_max == kAnyCount) {
        return "at least " + std::to_string(function.arguments_min);
    }
    std::string text = std::to_string(function.arguments_min);
    if (function.arguments_max != function.arguments_min) {
        text += " to " + std::to_string(function.arguments_max);
    }
    return text;
}

Result<std::shared_ptr<const CallNode>> scan_call(Scanner& scanner) {
    const std::size_t begin = scanner.position();
    if (!scanner.eat("States.")) return scanner.expected("States.");
    const Scanner before_name = scanner;
    CallNode call;
    const std::string name(scanner.take_while(is_letter_or_digit));
    call.function = find_intrinsic(name);
    if (!call.function) return before_name.expected("one of " + intrinsic_names());
    scanner.skip_blanks();
    if (!scanner.eat('(')) return scanner.expected("'('");
    if (++scanner.depth > kCallDepthMax) return scanner.expected("at most 10 calls in each other");
    SW_TRY(scan_arguments(scanner, call));
    --scanner.depth;
    call.text = scanner.since(begin);
    const std::size_t count = call.arguments.size();
    if (count < call.function->arguments_min || count > call.function->arguments_max) {
        return fail(ErrorCode::invalid, "expected " + count_text(*call.function) +
                                            " arguments of States." + name + ", but there are " +
                                            std::to_string(count));
    }
    return std::make_shared<const CallNode>(std::move(call));
}

Failure intrinsic_failure(const CallNode& call, const std::string& reason) {
    return {"States.IntrinsicFailure",
            "The function '" + call.text + "' had the following error: " + reason};
}

stepwell::Failure<Failure> spent(const CallNode& call, const Environment& environment) {
    return fail(
        work_failure(environment.work, "The function States." + std::string(call.function->name)));
}

Evaluated<Json> evaluate_call(const CallNode& call, const Environment& environment);

/// The value of an argument: borrowed where it is a literal or a definite path, else put in `made`.
Evaluated<const Json*> evaluate_argument(const CallNode& call, const CallNode::Argument& argument,
                                         const Environment& environment, Json& made) {
    if (const auto* literal = std::get_if<Json>(&argument)) return literal;
    if (const auto* inner = std::get_if<std::shared_ptr<const CallNode>>(&argument)) {
        made = SW_TRY(evaluate_call(**inner, environment));
        return &made;
    }
    const Path& path = std::get<Path>(argument);
    if (path.is_definite()) {
        if (const Json* found = path.find(environment)) return found;
    } else if (auto value = path.evaluate(environment)) {
        made = std::move(value).value();
        return &made;
    }
    if (environment.work.is_spent()) return spent(call, environment);
    return fail(intrinsic_failure(call, "The JSONPath '" + path.text() +
                                            "' could not be found in the input '" +
                                            environment.state_input_text() + "'"));
}

Evaluated<Json> evaluate_call(const CallNode& call, const Environment& environment) {
    const std::size_t count = call.arguments.size();
    std::vector<Json> made(count);
    std::vector<const Json*> values(count);
    for (std::size_t i = 0; i < count; ++i) {
        values[i] = SW_TRY(evaluate_argument(call, call.arguments[i], environment, made[i]));
    }
    environment.work.spend(1 + count);
    auto answer = call.function->call(Arguments{values, environment.random, environment.work});
    if (environment.work.is_spent()) return spent(call, environment);
    if (!answer) return fail(intrinsic_failure(call, answer.error()));
    if (rough_bytes(*answer, kIntrinsicBytesMax) > kIntrinsicBytesMax) {
        return fail(intrinsic_failure(call, "the result is larger than 4 MiB"));
    }
    return std::move(answer).value();
}

void add_variables(const CallNode& call, std::vector<std::string>& names) {
    for (const CallNode::Argument& argument : call.arguments) {
        if (const auto* inner = std::get_if<std::shared_ptr<const CallNode>>(&argument)) {
            add_variables(**inner, names);
        } else if (const auto* path = std::get_if<Path>(&argument)) {
            if (path->source() == Path::Source::variable) names.push_back(path->variable());
        }
    }
}

}  // namespace

Result<IntrinsicCall> IntrinsicCall::parse(std::string_view text) {
    Scanner scanner(text);
    IntrinsicCall call;
    call.root_ = SW_TRY(scan_call(scanner));
    if (!scanner.is_at_end()) return scanner.expected("the end of the text after ')'");
    return call;
}

const std::string& IntrinsicCall::text() const {
    return root_->text;
}
bool IntrinsicCall::gives_string() const {
    return root_->function->gives_string;
}

std::vector<std::string> IntrinsicCall::variables() const {
    std::vector<std::string> names;
    add_variables(*root_, names);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

Evaluated<Json> IntrinsicCall::evaluate(const Environment& environment) const {
    return evaluate_call(*root_, environment);
}

}  // namespace stepwell::expression
