// Functions: how they are called, partly applied, chained, and called back.
#include <algorithm>
#include <array>

#include "engine/expression/jsonata/evaluator.hpp"
#include "engine/expression/jsonata/text.hpp"

namespace stepwell::expression::jsonata {
namespace {

using CallKind = Function::Kind;

/// The name that a procedure is written with: what messages call it.
Caller caller_of(const Node& call) {
    const Node& procedure = *call.left;
    const Node& named = procedure.kind == NodeKind::path ? *procedure.items.front() : procedure;
    const bool is_named = named.kind == NodeKind::name || named.kind == NodeKind::variable;
    return {is_named ? named.text : std::string_view(), call.position, true};
}

Value value_of(const Function* function) {
    return Value::of(function);
}

}  // namespace

std::size_t arity_of(const Function& function) {
    switch (function.kind) {
        case CallKind::native:
            return function.native->builtin->arity;
        case CallKind::lambda:
            return function.node->items.size();
        case CallKind::partial:
            return static_cast<std::size_t>(
                std::count(function.is_open, function.is_open + function.count, true));
        case CallKind::closure:
            return arity_of(*function.first);
        case CallKind::regex:
            return 2;
        case CallKind::next_match:
            return 0;
        default:
            return 1;
    }
}

/// `is_inside`: the fault comes out of the function that was called, whatever it was there.
void Evaluator::name_fault(Fault& fault, const Caller& caller, bool is_inside) const {
    if (!caller.is_known || fault.code == "U1001") return;
    if (is_inside || fault.position < 0) {
        fault.position = static_cast<std::int64_t>(caller.position);
    }
    if (!fault.has_token && !caller.name.empty()) {
        fault.token = caller.name;
        fault.has_token = true;
    }
}

// --- calls ---

/// The function that a bare name may have meant.
Value Evaluator::suggestion(const Node& procedure, Frame* frame) {
    if (procedure.kind != NodeKind::path || procedure.items.front()->kind != NodeKind::name) {
        return {};
    }
    return named(procedure.items.front()->text, frame);
}

Result<std::vector<Value>, Raised> Evaluator::arguments(const Node& node, const Value& input,
                                                        Frame* frame, const Value* first) {
    std::vector<Value> values;
    values.reserve(node.items.size() + 1);
    if (first) values.push_back(*first);
    for (const Node* item : node.items) {
        Value value = SW_TRY(evaluate(*item, input, frame));
        const bool is_open = value.is_function() && value.function().kind != CallKind::closure &&
                             value.function().kind != CallKind::regex;
        if (is_open) {
            Function* closure = arena_.make<Function>();
            closure->kind = CallKind::closure;
            closure->first = &value.function();
            value = value_of(closure);
        }
        values.push_back(value);
    }
    return values;
}

Maybe Evaluator::function(const Node& node, const Value& input, Frame* frame, const Value* first) {
    const Value procedure = SW_TRY(evaluate(*node.left, input, frame));
    const Caller caller = caller_of(node);
    if (procedure.is_undefined() && !suggestion(*node.left, frame).is_undefined()) {
        auto raised = raise("T1005");
        name_fault(*fault_, caller);
        return raised;
    }
    const std::vector<Value> values = SW_TRY(arguments(node, input, frame, first));
    return apply(procedure, values, input, caller);
}

Maybe Evaluator::apply(const Value& function, std::span<const Value> arguments_given,
                       const Value& input, const Caller& caller) {
    if (is_too_deep()) return raise("U1001");
    ++depth_;
    Maybe result = apply_once(function, arguments_given, input, nullptr, true);
    if (!result && function.is_function()) name_fault(*result.error().fault, caller, true);
    while (result && result->is_function() && result->function().kind == CallKind::tail_call) {
        const Function& call = result->function();
        result = evaluate(*call.node->left, call.input, call.frame);
        if (!result) break;
        const Value procedure = *result;
        auto values = arguments(*call.node, call.input, call.frame, nullptr);
        if (!values) {
            result = fail(values.error());
            break;
        }
        result = apply_once(procedure, *values, call.input, call.frame, true);
        if (!result) {
            const Node& named = *call.node->left;
            const bool is_variable = named.kind == NodeKind::variable;
            const Caller now{is_variable ? named.text : std::string_view(), named.position, true};
            name_fault(*result.error().fault, now, procedure.is_function());
        }
    }
    --depth_;
    if (!result) name_fault(*result.error().fault, caller);
    return result;
}

Maybe Evaluator::apply_once(const Value& function, std::span<const Value> arguments_given,
                            const Value& input, Frame* frame, bool is_checked) {
    SW_TRY(spend());
    if (!function.is_function()) return raise("T1006");
    return apply_function(function.function(), arguments_given, input, frame, is_checked);
}

Maybe Evaluator::apply_function(const Function& function, std::span<const Value> given,
                                const Value& input, Frame* frame, bool is_checked) {
    const Signature* signature = nullptr;
    if (function.kind == CallKind::native && function.native->signature) {
        signature = &*function.native->signature;
    }
    if (function.kind == CallKind::lambda) signature = function.node->signature;
    std::vector<Value> checked;
    if (signature && is_checked) {
        auto answer = signature->check(given, input, arena_, checked);
        if (!answer) return raise(std::move(answer).error());
        given = checked;
    }
    switch (function.kind) {
        case CallKind::native:
            return function.native->builtin->call({*this, given, input, frame});
        case CallKind::lambda:
            return lambda(function, given);
        case CallKind::partial: {
            std::vector<Value> filled(function.fixed, function.fixed + function.count);
            std::size_t next = 0;
            for (std::uint32_t i = 0; i < function.count; ++i) {
                if (!function.is_open[i]) continue;
                if (next < given.size()) filled[i] = given[next];
                ++next;
            }
            const bool is_native = function.first->kind == CallKind::native;
            return apply_function(*function.first, filled, input, frame, is_native);
        }
        case CallKind::closure:
            return apply(value_of(function.first), given, Value::null());
        case CallKind::regex: {
            const Value text = given.empty() ? Value() : given[0];
            if (!text.is_string()) return Value();
            return match_from(function, text.text(), 0, 0);
        }
        case CallKind::next_match:
            return match_from(function, function.text, function.from, function.from_units);
        case CallKind::transform:
            return transform(function, given.empty() ? Value() : given[0]);
        case CallKind::composition: {
            const Value between = SW_TRY(apply(value_of(function.first), given, Value()));
            return apply(value_of(function.second), std::span(&between, 1), Value());
        }
        default:
            return Value();
    }
}

Maybe Evaluator::lambda(const Function& function, std::span<const Value> given) {
    Frame* frame = new_frame(function.frame);
    const auto& parameters = function.node->items;
    if (!parameters.empty()) {
        frame->capacity = static_cast<std::uint32_t>(parameters.size());
        frame->bindings = arena_.make_array<Binding>(parameters.size());
    }
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        frame->bind(arena_, parameters[i]->symbol, i < given.size() ? given[i] : Value());
    }
    return evaluate(*function.node->right, function.input, frame);
}

Maybe Evaluator::call_back(const Value& function, const Value& first, const Value& second,
                           const Value& third) {
    const std::array<Value, 3> all{first, second, third};
    const std::size_t arity = function.is_function() ? arity_of(function.function()) : 1;
    const std::size_t count = std::clamp<std::size_t>(arity, 1, 3);
    return apply(function, std::span(all.data(), count), Value::null());
}

// --- partial application and chains ---

Maybe Evaluator::partial(const Node& node, const Value& input, Frame* frame) {
    const auto count = static_cast<std::uint32_t>(node.items.size());
    Value* fixed = arena_.make_array<Value>(count);
    bool* is_open = arena_.make_array<bool>(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        is_open[i] = node.items[i]->kind == NodeKind::placeholder;
        if (!is_open[i]) fixed[i] = SW_TRY(evaluate(*node.items[i], input, frame));
    }
    const Value procedure = SW_TRY(evaluate(*node.left, input, frame));
    if (!procedure.is_function()) {
        const bool is_name =
            procedure.is_undefined() && !suggestion(*node.left, frame).is_undefined();
        auto raised = raise(is_name ? "T1007" : "T1008");
        name_fault(*fault_, caller_of(node));
        return raised;
    }
    Function* made = arena_.make<Function>();
    made->kind = CallKind::partial;
    made->first = &procedure.function();
    made->fixed = fixed;
    made->is_open = is_open;
    made->count = count;
    return value_of(made);
}

Maybe Evaluator::chain(const Node& node, const Value& input, Frame* frame) {
    const Value left = SW_TRY(evaluate(*node.left, input, frame));
    if (node.right->kind == NodeKind::function) return function(*node.right, input, frame, &left);
    const Value right = SW_TRY(evaluate(*node.right, input, frame));
    if (!right.is_function()) {
        auto raised = raise("T2006", right);
        fault_->position = static_cast<std::int64_t>(node.position);
        return raised;
    }
    if (!left.is_function()) return apply(right, std::span(&left, 1), Value());
    Function* made = arena_.make<Function>();
    made->kind = CallKind::composition;
    made->first = &left.function();
    made->second = &right.function();
    return value_of(made);
}

// --- patterns ---

Maybe Evaluator::match_from(const Function& function, std::string_view text, std::size_t from,
                            std::size_t from_units) {
    if (from > text.size()) return Value();
    const auto spans = function.regex->search(text, from, work());
    SW_TRY(spend());
    if (!spans) return Value();
    const auto [begin, end] = spans->front();
    if (begin == end) return raise("D1004", Value::of(std::string_view(function.regex->pattern())));
    Array* groups = new_array(arena_);
    for (std::size_t i = 1; i < spans->size(); ++i) {
        const auto [first, last] = (*spans)[i];
        const bool is_part = first != Regex::kNone;
        groups->push(arena_, is_part ? Value::of(text.substr(first, last - first)) : Value());
    }
    Function* next = arena_.make<Function>();
    next->kind = CallKind::next_match;
    next->regex = function.regex;
    next->text = text;
    next->from = end;
    Object* match = arena_.make<Object>();
    const std::size_t start = from_units + utf16_length(text.substr(from, begin - from));
    const std::string_view found = text.substr(begin, end - begin);
    next->from_units = start + utf16_length(found);
    match->set(arena_, "match", Value::of(found));
    match->set(arena_, "start", Value::of_count(start));
    match->set(arena_, "end", Value::of_count(next->from_units));
    match->set(arena_, "groups", Value::of(groups));
    match->set(arena_, "next", value_of(next));
    return Value::of(match);
}

Maybe Evaluator::match(const Value& matcher, std::string_view text) {
    const Value subject = Value::of(text);
    const Value found = SW_TRY(apply(matcher, std::span(&subject, 1), Value::null()));
    if (found.is_undefined()) return found;
    const bool is_match = found.is_object() &&
                          (found.member("start").is_number() || found.member("end").is_number() ||
                           found.member("groups").is_array() || found.member("next").is_function());
    if (!is_match && is_true(found, work())) return raise("T1010");
    return is_match ? found : Value();
}

Maybe Evaluator::next_match(const Value& match) {
    const Value next = match.member("next");
    if (!next.is_function()) return Value();
    return apply(next, {}, Value::null());
}

}  // namespace stepwell::expression::jsonata
