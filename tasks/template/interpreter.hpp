// Walks the tree of one render. Filters, tests and native functions get the interpreter to call
// back into it.
#pragma once

#include "tasks/template/template.hpp"

namespace stepwell::tasks::jinja {

/// One scope of names. Macros hold the scope they were defined in weakly: the render or the module
/// owns it.
struct Frame {
    Variables names;
    std::shared_ptr<Frame> parent;

    [[nodiscard]] const Value* find(std::string_view name) const;
    void set(std::string_view name, Value value);
};
using FramePtr = std::shared_ptr<Frame>;

class Interpreter {
public:
    Interpreter(const Environment& environment, const Variables& variables,
                std::shared_ptr<const std::string> file);

    Outcome<void> execute(const Body& body, const FramePtr& frame, std::string& output);
    Outcome<Value> evaluate(const Expression& expression, const FramePtr& frame);

    Outcome<Value> call(const Value& callee, const Arguments& arguments);
    Outcome<Value> apply_filter(std::string_view name, const Value& input,
                                const Arguments& arguments);
    Outcome<bool> apply_test(std::string_view name, const Value& input, const Arguments& arguments);
    /// `object.name`: a method or attribute, else a key.
    Outcome<Value> attribute(const Value& object, std::string_view name);
    /// `object[index]`: a key or position, else an attribute.
    Outcome<Value> item(const Value& object, const Value& index);
    [[nodiscard]] const Environment& environment() const { return environment_; }
    /// A name as the template's outermost scope has it; null where it has none.
    [[nodiscard]] const Value* global(std::string_view name) const;

    /// "file:line: " of what is evaluated.
    [[nodiscard]] std::string place() const;

private:
    struct Evaluator;
    struct Executor;
    friend struct Evaluator;
    friend struct Executor;

    /// One level of calls, blocks and expressions, and a step of work. Throws LimitExceeded where
    /// there are too many.
    class Level {
    public:
        Level(Interpreter& interpreter, int line) : interpreter_(interpreter) {
            interpreter.line_ = line;
            Meter::current().spend(1);
            if (++interpreter.depth_ > interpreter.environment_.limits.depth ||
                !Meter::current().has_stack())
                interpreter.fail_depth();
        }
        ~Level() { --interpreter_.depth_; }
        Level(const Level&) = delete;
        Level& operator=(const Level&) = delete;

    private:
        Interpreter& interpreter_;
    };
    [[noreturn]] void fail_depth() const;

    Outcome<Arguments> arguments(const CallArguments& source, const FramePtr& frame);
    Outcome<void> assign(const Expression& target, const Value& value, const FramePtr& frame);
    Outcome<Value> macro_value(std::shared_ptr<const Macro> macro, const FramePtr& frame);
    Outcome<Value> run_macro(const Macro& macro, const FramePtr& closure,
                             const Arguments& arguments);
    Outcome<void> bind(const Macro& macro, const Arguments& arguments, const FramePtr& locals);
    Outcome<void> run_for(const std::shared_ptr<const For>& node, const List& elements,
                          const FramePtr& frame, std::string& output, int depth);
    Outcome<List> kept_elements(const For& node, const List& all, const FramePtr& frame);
    Outcome<std::string> block_text(const Body& body, const FramePtr& frame);
    Outcome<Value> filtered(const Expression* filter, Value input, const FramePtr& frame);
    Outcome<void> write(std::string& output, std::string_view text);
    [[nodiscard]] Signal placed(Signal signal, int line) const;

    const Environment& environment_;
    const Variables& variables_;
    std::shared_ptr<const std::string> file_;
    MeterScope limits_;
    std::size_t written_ = 0;
    int line_ = 1;
    int depth_ = 0;
    int calls_ = 0;                        // macros inside macros
    const Value* filter_input_ = nullptr;  // what a filter block's chain begins with
};

/// The method `name` of a str, list, tuple or dict, bound to it.
std::optional<Value> method_of(const Value& self, std::string_view name);
/// Python's `%` on a format string, and str.format().
Outcome<std::string> percent_format(const std::string& format, const Value& value);
Outcome<std::string> brace_format(Interpreter& interpreter, const std::string& format,
                                  const Arguments& arguments);
Outcome<Value> binary(BinaryOperator op, const Value& left, const Value& right);

void add_filters(Environment& environment);
void add_text_filters(Environment& environment);
void add_sequence_filters(Environment& environment);
void add_tests(Environment& environment);
void add_globals(Environment& environment);
/// Adds a global function whose arguments are checked against the signature (signature.hpp).
void add_function(Environment& environment, std::string_view signature, NativeFunction call);

}  // namespace stepwell::tasks::jinja
