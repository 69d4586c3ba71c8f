#include "tasks/template/template.hpp"

#include "tasks/template/interpreter.hpp"
#include "tasks/template/parser.hpp"

namespace stepwell::tasks::jinja {
namespace {

Failure<Error> as_error(Signal signal) {
    return fail(ErrorCode::invalid, std::move(signal.message));
}

}  // namespace

Environment::Environment() {
    add_filters(*this);
    add_text_filters(*this);
    add_sequence_filters(*this);
    add_tests(*this);
    add_globals(*this);
}

Result<Template> Template::parse(std::string_view source, std::string file, const Syntax& syntax) {
    auto tokens = tokenize(source, file, syntax);
    if (!tokens) return as_error(std::move(tokens).error());
    auto body = Parser(*std::move(tokens), file).template_body();
    if (!body) return as_error(std::move(body).error());
    return Template(*std::move(body), std::move(file));
}

Result<Template> Template::parse_expression(std::string_view source, std::string file) {
    auto tokens = tokenize("{{" + std::string(source) + "}}", file, {});
    if (!tokens) return as_error(std::move(tokens).error());
    auto expression = Parser(*std::move(tokens), file).expression();
    if (!expression) return as_error(std::move(expression).error());
    Body body;
    body.push_back(Statement{1, Output{*std::move(expression)}});
    return Template(std::move(body), std::move(file));
}

namespace {

/// Runs `body`; what it throws at a limit becomes the error of the place where it was.
template <class T, class Body>
Result<T> within_limits(const Interpreter& interpreter, const Body& body) {
    try {
        return body();
    } catch (const LimitExceeded& limit) {
        return fail(ErrorCode::invalid, interpreter.place() + limit.what());
    }
}

}  // namespace

Result<std::string> render(const Environment& environment, const Template& source,
                           const Variables& variables) {
    Interpreter interpreter(environment, variables, source.shared_file());
    return within_limits<std::string>(interpreter, [&]() -> Result<std::string> {
        std::string output;
        auto done = interpreter.execute(source.body(), std::make_shared<Frame>(), output);
        // return() at the top of a template ends it, as dbt's does.
        if (done || done.error().kind == Signal::Kind::returned) return output;
        return as_error(std::move(done).error());
    });
}

Result<Value> render_native(const Environment& environment, const Template& source,
                            const Variables& variables) {
    const auto* output =
        source.body().size() == 1 ? std::get_if<Output>(&source.body()[0].node) : nullptr;
    if (output == nullptr) return Value(SW_TRY(render(environment, source, variables)));
    Interpreter interpreter(environment, variables, source.shared_file());
    return within_limits<Value>(interpreter, [&]() -> Result<Value> {
        auto value = interpreter.evaluate(*output->expression, std::make_shared<Frame>());
        if (!value && value.error().kind == Signal::Kind::returned) return *value.error().value;
        if (!value) return as_error(std::move(value).error());
        return *std::move(value);
    });
}

Result<Module> load_module(const Environment& environment, const Template& source,
                           const Variables& variables) {
    Interpreter interpreter(environment, variables, source.shared_file());
    return within_limits<Module>(interpreter, [&]() -> Result<Module> {
        const auto frame = std::make_shared<Frame>();
        std::string ignored;
        auto done = interpreter.execute(source.body(), frame, ignored);
        if (!done) return as_error(std::move(done).error());
        for (const auto& [name, value] : frame->names) value.freeze();
        return Module{frame->names, frame};
    });
}

}  // namespace stepwell::tasks::jinja
