// Statements, macros and scopes.
#include "tasks/template/interpreter.hpp"

#include <algorithm>

#include "tasks/template/containment.hpp"
#include "tasks/template/filters.hpp"

namespace stepwell::tasks::jinja {

const Value* Frame::find(std::string_view name) const {
    for (const Frame* frame = this; frame != nullptr; frame = frame->parent.get()) {
        for (const auto& [key, value] : frame->names) {
            if (key == name) return &value;
        }
    }
    return nullptr;
}

void Frame::set(std::string_view name, Value value) {
    for (auto& [key, present] : names) {
        if (key == name) {
            present = std::move(value);
            return;
        }
    }
    names.emplace_back(name, std::move(value));
}

namespace {

FramePtr child_of(const FramePtr& parent) {
    auto frame = std::make_shared<Frame>();
    frame->parent = parent;
    return frame;
}

/// What `loop` is inside a for.
class Loop final : public Object {
public:
    Loop(const List& elements, int depth) : elements_(elements), depth_(depth) {}
    std::size_t index = 0;
    Value recurse;

    std::string type_name() const override { return "LoopContext"; }
    std::optional<Value> attribute(std::string_view name) override {
        if (name == "index") return index + 1;
        if (name == "index0") return index;
        if (name == "revindex") return elements_.size() - index;
        if (name == "revindex0") return elements_.size() - index - 1;
        if (name == "first") return index == 0;
        if (name == "last") return index + 1 == elements_.size();
        if (name == "length") return elements_.size();
        if (name == "depth") return depth_;
        if (name == "depth0") return depth_ - 1;
        if (name == "previtem") return index > 0 ? elements_[index - 1] : missing("previtem");
        if (name == "nextitem") {
            return index + 1 < elements_.size() ? elements_[index + 1] : missing("nextitem");
        }
        if (name == "cycle") return cycle();
        if (name == "changed") return changed();
        return std::nullopt;
    }
    Outcome<Value> call(Interpreter& interpreter, const Arguments& arguments) override {
        if (recurse.is_none())
            return template_fail("'loop' can be called only in a for with 'recursive'");
        return interpreter.call(recurse, arguments);
    }

private:
    static Value missing(const std::string& name) {
        return Value::undefined("there is no loop." + name + " here");
    }
    Value cycle() const {
        return Value::function(
            "cycle", [at = index](Interpreter&, const Arguments& arguments) -> Outcome<Value> {
                if (arguments.positional.empty())
                    return template_fail("loop.cycle() expects values");
                return arguments.positional[at % arguments.positional.size()];
            });
    }
    Value changed() {
        // It may outlive the loop.
        return Value::function("changed",
                               [self = std::static_pointer_cast<Loop>(shared_from_this())](
                                   Interpreter&, const Arguments& arguments) -> Outcome<Value> {
                                   const Value now = Value::tuple(arguments.positional);
                                   const bool differs = !self->last_ || !equal(*self->last_, now);
                                   self->last_ = now;
                                   return Value(differs);
                               });
    }
    List elements_;
    int depth_;
    std::optional<Value> last_;
};

}  // namespace

Interpreter::Interpreter(const Environment& environment, const Variables& variables,
                         std::shared_ptr<const std::string> file)
    : environment_(environment),
      variables_(variables),
      file_(std::move(file)),
      limits_(environment.limits.steps, environment.limits.value_bytes) {}

std::string Interpreter::place() const {
    return *file_ + ":" + std::to_string(line_) + ": ";
}

void Interpreter::fail_depth() const {
    throw LimitExceeded("expected calls, blocks and expressions at most " +
                        std::to_string(environment_.limits.depth) +
                        " deep, but they go deeper; does a macro call itself?");
}

const Value* Interpreter::global(std::string_view name) const {
    for (const auto& [key, value] : variables_) {
        if (key == name) return &value;
    }
    const auto found = environment_.globals.find(name);
    return found == environment_.globals.end() ? nullptr : &found->second;
}

Signal Interpreter::placed(Signal signal, int line) const {
    if (signal.kind != Signal::Kind::error || signal.is_placed) return signal;
    signal.message.insert(0, *file_ + ":" + std::to_string(line) + ": ");
    signal.is_placed = true;
    return signal;
}

Outcome<void> Interpreter::write(std::string& output, std::string_view text) {
    written_ += text.size();
    if (written_ > environment_.limits.output_bytes) {
        return template_fail("expected at most " +
                             std::to_string(environment_.limits.output_bytes) +
                             " bytes of output, but the template writes more");
    }
    output += text;
    return {};
}

struct Interpreter::Executor {
    Interpreter& self;
    const FramePtr& frame;
    std::string& output;

    Outcome<void> operator()(const PlainText& node) { return self.write(output, node.text); }
    Outcome<void> operator()(const Output& node) {
        const Value value = SW_TRY(self.evaluate(*node.expression, frame));
        return self.write(output, value.text());
    }
    Outcome<void> operator()(const If& node) {
        for (const auto& [condition, body] : node.branches) {
            const Value value = SW_TRY(self.evaluate(*condition, frame));
            if (value.is_true()) return self.execute(body, frame, output);
        }
        return self.execute(node.otherwise, frame, output);
    }
    Outcome<void> operator()(const std::shared_ptr<const For>& node) {
        const Value iterable = SW_TRY(self.evaluate(*node->iterable, frame));
        const List elements = SW_TRY(elements_of(iterable));
        return self.run_for(node, elements, frame, output, 1);
    }
    Outcome<void> operator()(const Set& node) {
        const Value value = SW_TRY(self.evaluate(*node.value, frame));
        return self.assign(*node.target, value, frame);
    }
    Outcome<void> operator()(const SetBlock& node) {
        Value text = SW_TRY(self.block_text(node.body, child_of(frame)));
        text = SW_TRY(self.filtered(node.filter.get(), std::move(text), frame));
        return self.assign(*node.target, text, frame);
    }
    Outcome<void> operator()(const std::shared_ptr<const Macro>& node) {
        frame->set(node->name, SW_TRY(self.macro_value(node, frame)));
        return {};
    }
    Outcome<void> operator()(const CallBlock& node) {
        const auto& target = std::get<Call>(node.call->node);
        const Value callee = SW_TRY(self.evaluate(*target.callee, frame));
        Arguments values = SW_TRY(self.arguments(target.arguments, frame));
        values.named.emplace_back("caller", SW_TRY(self.macro_value(node.caller, frame)));
        const Value result = SW_TRY(self.call(callee, values));
        return self.write(output, result.text());
    }
    Outcome<void> operator()(const FilterBlock& node) {
        Value text = SW_TRY(self.block_text(node.body, child_of(frame)));
        text = SW_TRY(self.filtered(node.filter.get(), std::move(text), frame));
        if (text.as_text() == nullptr)
            return template_fail("expected the filters of a block to give a string, but got a '" +
                                 text.type_name() + "'");
        return self.write(output, text.text());
    }
    Outcome<void> operator()(const With& node) {
        const FramePtr inner = child_of(frame);
        for (const auto& [target, expression] : node.assignments) {
            const Value value = SW_TRY(self.evaluate(*expression, frame));
            SW_TRY(self.assign(*target, value, inner));
        }
        return self.execute(node.body, inner, output);
    }
    Outcome<void> operator()(const Do& node) {
        SW_TRY(self.evaluate(*node.expression, frame));
        return {};
    }
    Outcome<void> operator()(const Break&) {
        return fail(Signal{Signal::Kind::broke, "'break' outside of a for", false, nullptr});
    }
    Outcome<void> operator()(const Continue&) {
        return fail(Signal{Signal::Kind::continued, "'continue' outside of a for", false, nullptr});
    }
};

Outcome<void> Interpreter::execute(const Body& body, const FramePtr& frame, std::string& output) {
    for (const auto& statement : body) {
        const Level level(*this, statement.line);
        auto done = std::visit(Executor{*this, frame, output}, statement.node);
        if (!done) return fail(placed(std::move(done).error(), statement.line));
    }
    return {};
}

Outcome<std::string> Interpreter::block_text(const Body& body, const FramePtr& frame) {
    std::string text;
    SW_TRY(execute(body, frame, text));
    return text;
}

Outcome<Value> Interpreter::filtered(const Expression* filter, Value input, const FramePtr& frame) {
    if (filter == nullptr) return input;
    const Value* outer = std::exchange(filter_input_, &input);
    auto result = evaluate(*filter, frame);
    filter_input_ = outer;
    return result;
}

Outcome<void> Interpreter::assign(const Expression& target, const Value& value,
                                  const FramePtr& frame) {
    if (const auto* name = std::get_if<Name>(&target.node)) {
        frame->set(name->name, value);
        return {};
    }
    if (const auto* attribute = std::get_if<Attribute>(&target.node)) {
        const Value object = SW_TRY(evaluate(*attribute->object, frame));
        const auto* native = object.as<std::shared_ptr<Object>>();
        if (native != nullptr) SW_TRY(check_part(value, native->get()));
        if (native != nullptr && (*native)->assign(attribute->name, value)) return {};
        return template_fail("cannot assign to an attribute of a '" + object.type_name() +
                             "'; only namespace() objects take that");
    }
    const auto& names = std::get<TupleLiteral>(target.node).elements;
    const List parts = SW_TRY(elements_of(value));
    if (parts.size() != names.size()) {
        return template_fail("expected " + std::to_string(names.size()) +
                             " values to unpack, but got " + std::to_string(parts.size()));
    }
    for (std::size_t i = 0; i < names.size(); ++i) SW_TRY(assign(*names[i], parts[i], frame));
    return {};
}

Outcome<List> Interpreter::kept_elements(const For& node, const List& all, const FramePtr& frame) {
    if (node.condition == nullptr) return all;
    List kept;
    for (const auto& element : all) {
        const FramePtr locals = child_of(frame);
        SW_TRY(assign(*node.target, element, locals));
        const Value keeps = SW_TRY(evaluate(*node.condition, locals));
        if (keeps.is_true()) kept.push_back(element);
    }
    return kept;
}

Outcome<void> Interpreter::run_for(const std::shared_ptr<const For>& node, const List& all,
                                   const FramePtr& frame, std::string& output, int depth) {
    const List elements = SW_TRY(kept_elements(*node, all, frame));
    if (elements.empty()) return execute(node->otherwise, frame, output);
    const auto loop = std::make_shared<Loop>(elements, depth);
    if (node->is_recursive) {
        loop->recurse = Value::function(
            "loop",
            [node, scope = std::weak_ptr<Frame>(frame), depth](
                Interpreter& interpreter, const Arguments& arguments) -> Outcome<Value> {
                if (arguments.positional.size() != 1 || !arguments.named.empty())
                    return template_fail("loop() expects one value to iterate over");
                std::string text;
                const List children = SW_TRY(elements_of(arguments.positional[0]));
                const FramePtr around = scope.lock();
                SW_TRY(interpreter.run_for(node, children, around ? around : child_of(nullptr),
                                           text, depth + 1));
                return Value(std::move(text));
            });
    }
    bool has_ended_one = false;  // a turn that neither broke nor continued
    for (loop->index = 0; loop->index < elements.size(); ++loop->index) {
        const Level level(*this, line_);
        const FramePtr locals = child_of(frame);
        SW_TRY(assign(*node->target, elements[loop->index], locals));
        locals->set("loop", Value(std::shared_ptr<Object>(loop)));
        auto done = execute(node->body, locals, output);
        has_ended_one = has_ended_one || done.has_value();
        if (done || done.error().kind == Signal::Kind::continued) continue;
        if (done.error().kind == Signal::Kind::broke) break;
        return done;
    }
    // Jinja looks at the ends of turns, and so does this.
    if (!has_ended_one) return execute(node->otherwise, frame, output);
    return {};
}

Outcome<Value> Interpreter::macro_value(std::shared_ptr<const Macro> macro, const FramePtr& frame) {
    auto callable = std::make_shared<Callable>();
    callable->name = macro->name;
    callable->macro = macro;
    callable->call = [macro = std::move(macro), scope = std::weak_ptr<Frame>(frame), file = file_](
                         Interpreter& interpreter, const Arguments& arguments) -> Outcome<Value> {
        const auto outer = std::exchange(interpreter.file_, file);
        auto result = interpreter.run_macro(*macro, scope.lock(), arguments);
        interpreter.file_ = outer;
        return result;
    };
    return Value(std::move(callable));
}

namespace {

std::string macro_title(const Macro& macro) {
    return macro.name.empty() ? "the call block" : "macro '" + macro.name + "'";
}

}  // namespace

Outcome<void> Interpreter::bind(const Macro& macro, const Arguments& given,
                                const FramePtr& locals) {
    const auto& parameters = macro.parameters.names;
    const std::size_t count = given.positional.size();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const auto& [name, fallback] = parameters[i];
        const Value* value = i < count ? &given.positional[i] : given.get(count, name);
        if (value != nullptr)
            locals->set(name, *value);
        else if (fallback != nullptr)
            locals->set(name, SW_TRY(evaluate(*fallback, locals)));
        else
            locals->set(name, Value::undefined("parameter '" + name + "' was not provided"));
    }
    const Value kwargs = Value::dict();
    const Value* caller = nullptr;
    for (const auto& [name, value] : given.named) {
        const auto at = std::find_if(parameters.begin(), parameters.end(),
                                     [&n = name](const auto& p) { return p.first == n; });
        const bool is_taken =
            at != parameters.end() && static_cast<std::size_t>(at - parameters.begin()) >= count;
        if (is_taken) continue;
        if (name == "caller" && macro.uses_caller)
            caller = &value;
        else if (macro.uses_kwargs)
            kwargs.as_dict()->set(name, value);
        else
            return template_fail(macro_title(macro) + " takes no argument '" + name + "'" +
                                 (name == "caller" ? "; it does not call its block" : ""));
    }
    if (count > parameters.size() && !macro.uses_varargs)
        return template_fail(macro_title(macro) + " takes at most " +
                             std::to_string(parameters.size()) + " arguments, but got " +
                             std::to_string(count));
    if (macro.uses_caller)
        locals->set("caller",
                    caller != nullptr ? *caller : Value::undefined("there is no caller here"));
    if (macro.uses_varargs) {
        List rest;
        if (count > parameters.size())
            rest.assign(given.positional.begin() + static_cast<std::ptrdiff_t>(parameters.size()),
                        given.positional.end());
        locals->set("varargs", Value::tuple(std::move(rest)));
    }
    if (macro.uses_kwargs) locals->set("kwargs", kwargs);
    return {};
}

Outcome<Value> Interpreter::run_macro(const Macro& macro, const FramePtr& closure,
                                      const Arguments& given) {
    ++calls_;
    const FramePtr locals = child_of(closure);
    std::string text;
    auto done = bind(macro, given, locals);
    if (!done) {
        --calls_;
        return fail(std::move(done).error());  // the caller's fault
    }
    done = execute(macro.body, locals, text);
    --calls_;
    if (done) return Value(std::move(text));
    Signal signal = std::move(done).error();
    if (signal.kind == Signal::Kind::returned && !macro.name.empty()) return Value(*signal.value);
    if (signal.kind == Signal::Kind::error && calls_ < 2 && !macro.name.empty())
        signal.message += " (in macro '" + macro.name + "')";
    return fail(std::move(signal));
}

}  // namespace stepwell::tasks::jinja
