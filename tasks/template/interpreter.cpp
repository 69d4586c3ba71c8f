// Statements, macros and scopes.
#include "tasks/template/interpreter.hpp"

#include <algorithm>

#include "tasks/template/containment.hpp"

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
        return Value::function("changed",
                               [this](Interpreter&, const Arguments& arguments) -> Outcome<Value> {
                                   const Value now = Value::tuple(arguments.positional);
                                   const bool differs = !last_ || !equal(*last_, now);
                                   last_ = now;
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
    : environment_(environment), variables_(variables), file_(std::move(file)) {}

const Value* Interpreter::global(std::string_view name) const {
    for (const auto& [key, value] : variables_) {
        if (key == name) return &value;
    }
    const auto found = environment_.globals.find(name);
    return found == environment_.globals.end() ? nullptr : &found->second;
}

Outcome<void> Interpreter::step() {
    if (++steps_ <= environment_.limits.steps) return {};
    return template_fail("expected at most " + std::to_string(environment_.limits.steps) +
                         " steps, but the template goes on; is there an endless loop?");
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

    Outcome<void> operator()(const Text& node) { return self.write(output, node.text); }
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
    Outcome<void> operator()(const For& node) {
        const Value iterable = SW_TRY(self.evaluate(*node.iterable, frame));
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
        // The block is the macro `caller` of the call; it borrows the tree, which outlives it.
        const auto caller = [this_ = &self, &node, scope = frame](
                                Interpreter&, const Arguments& given) -> Outcome<Value> {
            const FramePtr locals = child_of(scope);
            for (std::size_t i = 0; i < node.parameters.names.size(); ++i) {
                const auto& [name, fallback] = node.parameters.names[i];
                const Value* value = given.get(i, name);
                if (value != nullptr)
                    locals->set(name, *value);
                else if (fallback != nullptr)
                    locals->set(name, SW_TRY(this_->evaluate(*fallback, scope)));
            }
            return Value(SW_TRY(this_->block_text(node.body, locals)));
        };
        values.named.emplace_back("caller", Value::function("caller", caller));
        const Value result = SW_TRY(self.call(callee, values));
        return self.write(output, result.text());
    }
    Outcome<void> operator()(const FilterBlock& node) {
        Value text = SW_TRY(self.block_text(node.body, child_of(frame)));
        text = SW_TRY(self.filtered(node.filter.get(), std::move(text), frame));
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
        auto done = step();
        if (done) done = std::visit(Executor{*this, frame, output}, statement.node);
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

Outcome<void> Interpreter::run_for(const For& node, const List& all, const FramePtr& frame,
                                   std::string& output, int depth) {
    List elements;
    if (node.condition == nullptr) elements = all;
    for (std::size_t i = 0; node.condition != nullptr && i < all.size(); ++i) {
        const FramePtr locals = child_of(frame);
        SW_TRY(assign(*node.target, all[i], locals));
        const Value keep = SW_TRY(evaluate(*node.condition, locals));
        if (keep.is_true()) elements.push_back(all[i]);
    }
    if (elements.empty()) return execute(node.otherwise, frame, output);
    const auto loop = std::make_shared<Loop>(elements, depth);
    if (node.is_recursive) {
        loop->recurse = Value::function(
            "loop",
            [this, &node, frame, depth](Interpreter&,
                                        const Arguments& arguments) -> Outcome<Value> {
                const Value* inner = arguments.get(0, "iterable");
                if (inner == nullptr || depth >= environment_.limits.call_depth) {
                    return template_fail("loop() expects something to iterate, at most " +
                                         std::to_string(environment_.limits.call_depth) + " deep");
                }
                std::string text;
                const List children = SW_TRY(elements_of(*inner));
                SW_TRY(run_for(node, children, frame, text, depth + 1));
                return Value(std::move(text));
            });
    }
    for (loop->index = 0; loop->index < elements.size(); ++loop->index) {
        SW_TRY(step());
        const FramePtr locals = child_of(frame);
        SW_TRY(assign(*node.target, elements[loop->index], locals));
        locals->set("loop", Value(std::shared_ptr<Object>(loop)));
        auto done = execute(node.body, locals, output);
        if (done || done.error().kind == Signal::Kind::continued) continue;
        if (done.error().kind == Signal::Kind::broke) break;
        return done;
    }
    return {};
}

Outcome<Value> Interpreter::macro_value(std::shared_ptr<const Macro> macro, const FramePtr& frame) {
    const std::string name = macro->name;
    return Value::function(
        name,
        [macro = std::move(macro), scope = std::weak_ptr<Frame>(frame), file = file_](
            Interpreter& interpreter, const Arguments& arguments) -> Outcome<Value> {
            const auto outer = std::exchange(interpreter.file_, file);
            auto result = interpreter.run_macro(*macro, scope.lock(), arguments);
            interpreter.file_ = outer;
            return result;
        });
}

Outcome<void> Interpreter::bind(const Macro& macro, const Arguments& given,
                                const FramePtr& locals) {
    const auto& parameters = macro.parameters.names;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const auto& [name, fallback] = parameters[i];
        if (const Value* value = given.get(i, name))
            locals->set(name, *value);
        else if (fallback != nullptr)
            locals->set(name, SW_TRY(evaluate(*fallback, locals)));
        else
            locals->set(name, Value::undefined("parameter '" + name + "' was not provided"));
    }
    List varargs;
    for (std::size_t i = parameters.size(); i < given.positional.size(); ++i) {
        varargs.push_back(given.positional[i]);
    }
    const Value kwargs = Value::dict();
    for (const auto& [name, value] : given.named) {
        const bool is_parameter = std::any_of(parameters.begin(), parameters.end(),
                                              [&n = name](const auto& p) { return p.first == n; });
        if (name == "caller")
            locals->set("caller", value);
        else if (!is_parameter)
            kwargs.as_dict()->set(name, value);
    }
    locals->set("varargs", Value::tuple(std::move(varargs)));
    locals->set("kwargs", kwargs);
    return {};
}

Outcome<Value> Interpreter::run_macro(const Macro& macro, const FramePtr& closure,
                                      const Arguments& given) {
    if (call_depth_ >= environment_.limits.call_depth) {
        return template_fail("expected calls at most " +
                             std::to_string(environment_.limits.call_depth) + " deep, but macro '" +
                             macro.name + "' goes deeper; does it call itself?");
    }
    ++call_depth_;
    const FramePtr locals = child_of(closure);
    std::string text;
    auto done = bind(macro, given, locals);
    if (done) done = execute(macro.body, locals, text);
    --call_depth_;
    if (done) return Value(std::move(text));
    Signal signal = std::move(done).error();
    if (signal.kind == Signal::Kind::returned) return Value(*signal.value);
    if (signal.kind == Signal::Kind::error && call_depth_ < 3) {
        signal.message += " (in macro '" + macro.name + "')";
    }
    return fail(std::move(signal));
}

}  // namespace stepwell::tasks::jinja
