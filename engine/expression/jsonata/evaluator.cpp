#include "engine/expression/jsonata/evaluator.hpp"

#include <algorithm>

#include "engine/expression/jsonata/parser.hpp"

namespace stepwell::expression::jsonata {

void Frame::bind(Arena& arena, Symbol symbol, Value value) {
    for (std::uint32_t i = 0; i < size && capacity > 0; ++i) {
        if (bindings[i].symbol == symbol) {
            bindings[i].value = value;
            return;
        }
    }
    if (size >= capacity) {
        const std::uint32_t grown = std::max<std::uint32_t>(4, 2 * size);
        Binding* moved = arena.make_array<Binding>(grown);
        std::copy_n(bindings, size, moved);
        bindings = moved;
        capacity = grown;
    }
    for (std::uint32_t i = 0; i < size; ++i) {
        if (bindings[i].symbol == symbol) {
            bindings[i].value = value;
            return;
        }
    }
    bindings[size++] = {symbol, value};
}

Evaluator::Evaluator(const Tree& tree, const Options& options, const Environment& environment)
    : tree_(&tree),
      options_(options),
      environment_(environment),
      arena_(options.bytes_max),
      globals_(tree.names().size()) {}

Maybe Evaluator::run(const Value& input) {
    root_ = input;
    Value outer = input;
    if (input.is_array() && !is_sequence(input)) {
        Array* wrapper = new_sequence(arena_, input);
        wrapper->is_wrapper = true;
        outer = Value::of(wrapper);
    }
    return evaluate(*tree_->root, outer, new_frame(nullptr));
}

// --- faults and budgets ---

stepwell::Failure<Raised> Evaluator::raise(Fault fault) {
    fault_ = std::make_unique<Fault>(std::move(fault));
    return fail(Raised{fault_.get()});
}

stepwell::Failure<Raised> Evaluator::raise(std::string code) {
    Fault fault;
    fault.code = std::move(code);
    return raise(std::move(fault));
}

stepwell::Failure<Raised> Evaluator::raise(std::string code, const Value& value) {
    Fault fault;
    fault.code = std::move(code);
    constexpr int kShownDepth = 100;
    if (!value.is_undefined() && !is_deeper_than(value, kShownDepth)) {
        if (!value.is_function()) fault.value = json_text(value);
    }
    return raise(std::move(fault));
}

Result<void, Raised> Evaluator::spend(std::uint64_t units) {
    if (environment_.work.spend(units) && !arena_.is_full()) return {};
    Fault fault;
    fault.code = "U1001";
    fault.message = arena_.is_full() ? "Expression evaluation memory limit exceeded"
                                     : "Expression evaluation timeout";
    return raise(std::move(fault));
}

Result<void, Raised> Evaluator::make_room(std::size_t bytes) {
    SW_TRY(fits(bytes));
    return spend(cost_to_copy(bytes) / 8);
}

Result<void, Raised> Evaluator::fits(std::size_t bytes) {
    if (arena_.has_room_for(bytes)) return {};
    Fault fault;
    fault.code = "U1001";
    fault.message = "Expression evaluation memory limit exceeded";
    return raise(std::move(fault));
}

// --- frames ---

Frame* Evaluator::new_frame(Frame* parent) {
    return arena_.make<Frame>(parent, nullptr, 0U, 0U);
}

Frame* Evaluator::frame_of(const Tuple& tuple, Frame* parent) {
    return arena_.make<Frame>(parent, tuple.bindings, tuple.size, 0U);
}

Value Evaluator::lookup(Symbol symbol, Frame* frame) {
    for (; frame; frame = frame->parent) {
        for (std::uint32_t i = frame->size; i-- > 0;) {
            if (frame->bindings[i].symbol == symbol) return frame->bindings[i].value;
        }
    }
    return global(symbol);
}

Value Evaluator::named(std::string_view name, Frame* frame) {
    const auto& names = tree_->names();
    const auto found = std::find(names.begin() + 1, names.end(), name);
    if (found != names.end()) return lookup(static_cast<Symbol>(found - names.begin()), frame);
    return given_or_native(name);
}

Value Evaluator::global(Symbol symbol) {
    if (symbol < globals_.size() && globals_[symbol]) return *globals_[symbol];
    const Value value = given_or_native(tree_->names()[symbol]);
    if (symbol >= globals_.size()) globals_.resize(symbol + 1);
    globals_[symbol] = value;
    return value;
}

/// What the caller has given under a name, else the library's function.
Value Evaluator::given_or_native(std::string_view name) {
    Value value;
    std::optional<Given> given;
    if (environment_.names) given = environment_.names->find(name);
    if (name == "$") {
        value = root_;
    } else if (given && given->value) {
        value = Value::of(*given->value);
    } else if (given) {
        Object* object = arena_.make<Object>();
        for (const auto& [key, member] : given->members) {
            object->set(arena_, arena_.keep(key), Value::of(*member));
        }
        value = Value::of(object);
    } else if (const Native* native = find_native(name)) {
        const bool is_there = name != "eval" || options_.has_eval;
        Function* made = arena_.make<Function>();
        made->native = native;
        if (is_there) value = Value::of(static_cast<const Function*>(made));
    }
    return value;
}

Value Evaluator::variable(const Node& node, const Value& input, Frame* frame) {
    if (node.text.empty()) {
        const bool is_wrapped = input.is_array() && input.array() && input.array()->is_wrapper;
        return is_wrapped ? input[0] : input;
    }
    return node.is_never_bound ? global(node.symbol) : lookup(node.symbol, frame);
}

// --- nodes ---

Maybe Evaluator::evaluate(const Node& node, const Value& input, Frame* frame) {
    if (!environment_.work.spend() || arena_.is_full()) SW_TRY(spend());
    switch (node.kind) {  // those that need neither depth nor an end
        case NodeKind::variable:
            if (node.predicates.empty() && !node.grouping) {
                const Value found = variable(node, input, frame);
                return is_sequence(found) ? finished(node, found) : Maybe(found);
            }
            break;
        case NodeKind::string:
            if (node.predicates.empty() && !node.grouping) return Value::of(node.text);
            break;
        case NodeKind::number:
            if (node.predicates.empty() && !node.grouping) return Value::of(node.number);
            break;
        default:
            break;
    }
    if (is_too_deep()) return raise("U1001");
    ++depth_;
    Maybe result = evaluate_kind(node, input, frame);
    for (const Stage& stage : node.predicates) {
        if (!result) break;
        result = filter(*stage.filter, *result, frame);
    }
    if (result && node.grouping && node.kind != NodeKind::path) {
        result = group(*node.grouping, *result, frame);
    }
    --depth_;
    if (!result || !is_sequence(*result)) return result;
    return finished(node, *result);
}

/// A sequence of one is that one, of none is nothing.
Maybe Evaluator::finished(const Node& node, const Value& result) {
    Array& sequence = *result.array();
    if (sequence.is_tuple_stream) return result;
    if (node.keeps_array) sequence.keeps_singleton = true;
    if (sequence.size == 0) return Value();
    if (sequence.size == 1 && !sequence.keeps_singleton) return sequence.items[0];
    return result;
}

/// What is called later, with what stands around it now.
Value Evaluator::closure(const Node& node, const Value& input, Frame* frame) {
    Function* made = arena_.make<Function>();
    made->kind = node.kind == NodeKind::lambda      ? Function::Kind::lambda
                 : node.kind == NodeKind::transform ? Function::Kind::transform
                                                    : Function::Kind::tail_call;
    made->node = &node;
    made->frame = frame;
    made->input = input;
    return Value::of(static_cast<const Function*>(made));
}

Maybe Evaluator::evaluate_kind(const Node& node, const Value& input, Frame* frame) {
    switch (node.kind) {
        case NodeKind::string:
            return Value::of(node.text);
        case NodeKind::number:
            return Value::of(node.number);
        case NodeKind::constant:
            return node.constant;
        case NodeKind::name:
            return member_of(input, node.text);
        case NodeKind::variable:
            return variable(node, input, frame);
        case NodeKind::wildcard:
            return wildcard(input);
        case NodeKind::descendants:
            return descendants(input);
        case NodeKind::parent:
            return lookup(node.slot->label, frame);
        case NodeKind::regex: {
            Function* made = arena_.make<Function>();
            made->kind = Function::Kind::regex;
            made->regex = node.regex;
            return Value::of(static_cast<const Function*>(made));
        }
        case NodeKind::path:
            return path(node, input, frame);
        case NodeKind::binary:
            return binary(node, input, frame);
        case NodeKind::negation:
            return negation(node, input, frame);
        case NodeKind::array:
            return array(node, input, frame);
        case NodeKind::object:
            return group(node, input, frame);
        case NodeKind::block: {
            Frame* inner = new_frame(frame);
            Value result;
            for (const Node* item : node.items) result = SW_TRY(evaluate(*item, input, inner));
            return result;
        }
        case NodeKind::condition: {
            const Value asked = SW_TRY(evaluate(*node.left, input, frame));
            if (is_true(asked, work())) return evaluate(*node.right, input, frame);
            return node.third ? evaluate(*node.third, input, frame) : Maybe(Value());
        }
        case NodeKind::bind: {
            const Value value = SW_TRY(evaluate(*node.right, input, frame));
            frame->bind(arena_, node.left->symbol, value);
            return value;
        }
        case NodeKind::function:
            if (!node.is_tail_call) return function(node, input, frame, nullptr);
            [[fallthrough]];
        case NodeKind::lambda:
        case NodeKind::transform:
            return closure(node, input, frame);
        case NodeKind::partial:
            return partial(node, input, frame);
        case NodeKind::apply:
            return chain(node, input, frame);
        default:
            return Value();
    }
}

Maybe Evaluator::evaluate_text(std::string_view text, const Value& input, Frame* frame) {
    // Names of the expressions around it keep their symbols.
    auto parsed = parse_tree(text, {options_.has_defaults}, tree_);
    Result<void, Fault> resolved;
    if (parsed) resolved = resolve(**parsed);
    if (!parsed || !resolved) {
        const Fault& why = parsed ? resolved.error() : parsed.error();
        Fault fault;
        fault.code = "D3120";
        fault.value = to_text(Json(message_of(why)));
        return raise(std::move(fault));
    }
    for (Node& node : (*parsed)->nodes) node.is_never_bound = false;
    const Tree* outer = tree_;
    tree_ = evaluated_.emplace_back(std::move(*parsed)).get();
    Value outer_input = input;
    if (input.is_array() && !is_sequence(input)) {
        Array* wrapper = new_sequence(arena_, input);
        wrapper->is_wrapper = true;
        outer_input = Value::of(wrapper);
    }
    Maybe result = evaluate(*tree_->root, outer_input, frame);
    // What it gives may be a lambda that looks up its names later.
    if (outer->names().size() == tree_->names().size()) tree_ = outer;
    if (result || result.error().fault->code == "U1001") return result;
    Fault fault;
    fault.code = "D3121";
    fault.value = to_text(Json(message_of(*result.error().fault)));
    return raise(std::move(fault));
}

}  // namespace stepwell::expression::jsonata
