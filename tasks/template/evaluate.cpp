// Expressions and operators.
#include <cmath>

#include "tasks/template/interpreter.hpp"
#include "tasks/template/text.hpp"

namespace stepwell::tasks::jinja {
namespace {

Failure<Signal> unsupported(const char* op, const Value& left, const Value& right) {
    return template_fail("unsupported operand types for " + std::string(op) + ": '" +
                         left.type_name() + "' and '" + right.type_name() + "'");
}

Outcome<void> check_defined(const Value& value) {
    if (const auto* undefined = value.as<Undefined>()) return template_fail(undefined->hint);
    return {};
}

std::int64_t floor_division(std::int64_t a, std::int64_t b) {
    const std::int64_t quotient = a / b;
    return quotient - ((a % b != 0) && ((a < 0) != (b < 0)) ? 1 : 0);
}

Outcome<Value> integer_arithmetic(BinaryOperator op, std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    bool overflows = false;
    switch (op) {
        case BinaryOperator::add:
            overflows = __builtin_add_overflow(a, b, &result);
            break;
        case BinaryOperator::subtract:
            overflows = __builtin_sub_overflow(a, b, &result);
            break;
        case BinaryOperator::multiply:
            overflows = __builtin_mul_overflow(a, b, &result);
            break;
        default: {
            if (b == 0) return template_fail("division by zero");
            if (b == -1)
                overflows = __builtin_sub_overflow(std::int64_t{0}, a, &result);
            else
                result = floor_division(a, b);
            if (op == BinaryOperator::modulo)
                return b == -1 ? Value(0) : Value(a - floor_division(a, b) * b);
        }
    }
    if (overflows) return template_fail("the result does not fit into 64 bits");
    return Value(result);
}

Outcome<Value> power_of(const Value& left, const Value& right) {
    const double result = std::pow(left.number(), right.number());
    const bool is_whole =
        left.is_integer() && right.is_integer() && right.integer() >= 0 && std::abs(result) < 9e15;
    return is_whole ? Value(std::llround(result)) : Value(result);
}

Outcome<Value> arithmetic(BinaryOperator op, const Value& left, const Value& right) {
    if (op == BinaryOperator::power) return power_of(left, right);
    if (left.is_integer() && right.is_integer() && op != BinaryOperator::divide) {
        return integer_arithmetic(op, left.integer(), right.integer());
    }
    const double a = left.number();
    const double b = right.number();
    if (op == BinaryOperator::add) return Value(a + b);
    if (op == BinaryOperator::subtract) return Value(a - b);
    if (op == BinaryOperator::multiply) return Value(a * b);
    if (b == 0.0) return template_fail("division by zero");
    if (op == BinaryOperator::divide) return Value(a / b);
    if (op == BinaryOperator::floor_divide) return Value(std::floor(a / b));
    return Value(a - std::floor(a / b) * b);
}

constexpr std::int64_t kRepeatedMax = 10'000'000;

Outcome<Value> repeated(const Value& sequence, std::int64_t count) {
    const auto length = SW_TRY(length_of(sequence));
    count = std::max<std::int64_t>(count, 0);
    if (count > 0 && length > kRepeatedMax / count)
        return template_fail("the repeated value is too long");
    if (const auto* text = sequence.as_text()) {
        std::string result;
        for (std::int64_t i = 0; i < count; ++i) result += *text;
        return Value(std::move(result));
    }
    const List& elements = *sequence.as_sequence();
    List result;
    for (std::int64_t i = 0; i < count; ++i)
        result.insert(result.end(), elements.begin(), elements.end());
    return sequence.as_list() != nullptr ? Value::list(std::move(result))
                                         : Value::tuple(std::move(result));
}

Outcome<Value> added(const Value& left, const Value& right) {
    if (left.as_text() != nullptr && right.as_text() != nullptr)
        return Value(*left.as_text() + *right.as_text());
    const bool are_alike = left.data().index() == right.data().index();
    if (!are_alike || left.as_sequence() == nullptr) return unsupported("+", left, right);
    List all = *left.as_sequence();
    all.insert(all.end(), right.as_sequence()->begin(), right.as_sequence()->end());
    return left.as_list() != nullptr ? Value::list(std::move(all)) : Value::tuple(std::move(all));
}

bool is_repeatable(const Value& value) {
    return value.as_text() != nullptr || value.as_sequence() != nullptr;
}

}  // namespace

Outcome<Value> binary(BinaryOperator op, const Value& left, const Value& right) {
    static constexpr const char* kNames[] = {"+", "-", "*", "/", "//", "%", "**"};
    if (op == BinaryOperator::concat) return Value(left.text() + right.text());
    SW_TRY(check_defined(left));
    SW_TRY(check_defined(right));
    if (left.is_number() && right.is_number()) return arithmetic(op, left, right);
    if (op == BinaryOperator::add) return added(left, right);
    if (op == BinaryOperator::modulo && left.as_text() != nullptr) {
        return Value(SW_TRY(percent_format(*left.as_text(), right)));
    }
    if (op == BinaryOperator::multiply && is_repeatable(left) && right.is_integer()) {
        return repeated(left, right.integer());
    }
    if (op == BinaryOperator::multiply && is_repeatable(right) && left.is_integer()) {
        return repeated(right, left.integer());
    }
    return unsupported(kNames[static_cast<std::size_t>(op)], left, right);
}

namespace {

Outcome<bool> compare_by(CompareOperator op, const Value& left, const Value& right) {
    switch (op) {
        case CompareOperator::equal:
            return equal(left, right);
        case CompareOperator::not_equal:
            return !equal(left, right);
        case CompareOperator::in:
            return contains(right, left);
        case CompareOperator::not_in:
            return !SW_TRY(contains(right, left));
        default:
            break;
    }
    SW_TRY(check_defined(left));
    SW_TRY(check_defined(right));
    const int order = SW_TRY(compare(left, right));
    switch (op) {
        case CompareOperator::less:
            return order < 0;
        case CompareOperator::less_equal:
            return order <= 0;
        case CompareOperator::greater:
            return order > 0;
        default:
            return order >= 0;
    }
}

/// Python's slice rules over `length` elements: the positions chosen.
std::vector<std::size_t> sliced(std::int64_t length, std::optional<std::int64_t> begin,
                                std::optional<std::int64_t> end, std::int64_t step) {
    const auto clamp = [&](std::int64_t i, std::int64_t low, std::int64_t high) {
        return std::clamp(i < 0 ? i + length : i, low, high);
    };
    std::vector<std::size_t> positions;
    if (step > 0) {
        const auto last = end ? clamp(*end, 0, length) : length;
        for (auto i = begin ? clamp(*begin, 0, length) : 0; i < last; i += step)
            positions.push_back(static_cast<std::size_t>(i));
    } else {
        const auto last = end ? clamp(*end, -1, length - 1) : -1;
        for (auto i = begin ? clamp(*begin, -1, length - 1) : length - 1; i > last; i += step)
            positions.push_back(static_cast<std::size_t>(i));
    }
    return positions;
}

}  // namespace

struct Interpreter::Evaluator {
    Interpreter& self;
    const FramePtr& frame;

    Outcome<Value> eval(const ExpressionPtr& node) { return self.evaluate(*node, frame); }

    Outcome<Value> operator()(const Constant& node) { return node.value; }
    Outcome<Value> operator()(const Name& node) {
        if (const Value* local = frame->find(node.name)) return *local;
        if (const Value* outer = self.global(node.name)) return *outer;
        return Value::undefined("'" + node.name + "' is undefined");
    }
    Outcome<List> all(const std::vector<ExpressionPtr>& nodes) {
        List values;
        for (const auto& node : nodes) values.push_back(SW_TRY(eval(node)));
        return values;
    }
    Outcome<Value> operator()(const ListLiteral& node) {
        return Value::list(SW_TRY(all(node.elements)));
    }
    Outcome<Value> operator()(const TupleLiteral& node) {
        return Value::tuple(SW_TRY(all(node.elements)));
    }
    Outcome<Value> operator()(const DictLiteral& node) {
        Value result = Value::dict();
        for (const auto& [key_node, value_node] : node.entries) {
            Value key = SW_TRY(eval(key_node));
            if (key.as_list() != nullptr || key.as_dict() != nullptr) {
                return template_fail("a '" + key.type_name() + "' cannot be the key of a dict");
            }
            result.as_dict()->set(std::move(key), SW_TRY(eval(value_node)));
        }
        return result;
    }
    Outcome<Value> operator()(const Unary& node) {
        const Value value = SW_TRY(eval(node.operand));
        if (node.op == UnaryOperator::not_) return Value(!value.is_true());
        SW_TRY(check_defined(value));
        if (!value.is_number())
            return template_fail("expected a number after '-' or '+', but got a '" +
                                 value.type_name() + "'");
        if (node.op == UnaryOperator::plus) return value;
        if (!value.is_integer()) return Value(-value.number());
        return integer_arithmetic(BinaryOperator::subtract, 0, value.integer());
    }
    Outcome<Value> operator()(const Binary& node) {
        Value left = SW_TRY(eval(node.left));
        if (node.op == BinaryOperator::and_)
            return left.is_true() ? eval(node.right) : Outcome<Value>(left);
        if (node.op == BinaryOperator::or_)
            return left.is_true() ? Outcome<Value>(left) : eval(node.right);
        return binary(node.op, left, SW_TRY(eval(node.right)));
    }
    Outcome<Value> operator()(const Comparison& node) {
        Value left = SW_TRY(eval(node.first));
        for (const auto& [op, right_node] : node.rest) {
            Value right = SW_TRY(eval(right_node));
            if (!SW_TRY(compare_by(op, left, right))) return Value(false);
            left = std::move(right);
        }
        return Value(true);
    }
    Outcome<Value> operator()(const Conditional& node) {
        const Value condition = SW_TRY(eval(node.condition));
        if (condition.is_true()) return eval(node.then);
        if (node.otherwise != nullptr) return eval(node.otherwise);
        return Value::undefined("the inline if has no else and its condition is false");
    }
    Outcome<Value> operator()(const Attribute& node) {
        return self.attribute(SW_TRY(eval(node.object)), node.name);
    }
    Outcome<Value> operator()(const Subscript& node) {
        const Value object = SW_TRY(eval(node.object));
        return self.item(object, SW_TRY(eval(node.index)));
    }
    Outcome<std::optional<std::int64_t>> bound(const ExpressionPtr& node) {
        if (node == nullptr) return std::optional<std::int64_t>();
        const Value value = SW_TRY(eval(node));
        if (value.is_none()) return std::optional<std::int64_t>();
        if (!value.is_integer())
            return template_fail("slice indices must be integers, not '" + value.type_name() + "'");
        return std::optional(value.integer());
    }
    Outcome<Value> operator()(const Slice& node) {
        const Value object = SW_TRY(eval(node.object));
        if (!is_repeatable(object))
            return template_fail("a '" + object.type_name() + "' cannot be sliced");
        const List elements = SW_TRY(elements_of(object));
        const auto begin = SW_TRY(bound(node.begin));
        const auto end = SW_TRY(bound(node.end));
        const auto step = SW_TRY(bound(node.step)).value_or(1);
        if (step == 0) return template_fail("slice step cannot be zero");
        List result;
        std::string text;
        for (const auto i : sliced(static_cast<std::int64_t>(elements.size()), begin, end, step)) {
            result.push_back(elements[i]);
            if (object.as_text() != nullptr) text += *elements[i].as_text();
        }
        if (object.as_text() != nullptr) return Value(std::move(text));
        return object.as_list() != nullptr ? Value::list(std::move(result))
                                           : Value::tuple(std::move(result));
    }
    Outcome<Value> operator()(const Call& node) {
        const Value callee = SW_TRY(eval(node.callee));
        return self.call(callee, SW_TRY(self.arguments(node.arguments, frame)));
    }
    Outcome<Value> operator()(const FilterCall& node) {
        const Value input = node.input != nullptr ? SW_TRY(eval(node.input)) : *self.filter_input_;
        return self.apply_filter(node.name, input, SW_TRY(self.arguments(node.arguments, frame)));
    }
    Outcome<Value> operator()(const TestCall& node) {
        const Value input = SW_TRY(eval(node.input));
        const Arguments given = SW_TRY(self.arguments(node.arguments, frame));
        const bool holds = SW_TRY(self.apply_test(node.name, input, given));
        return Value(holds != node.is_negated);
    }
};

Outcome<Value> Interpreter::evaluate(const Expression& expression, const FramePtr& frame) {
    auto counted = step();
    auto result = counted ? std::visit(Evaluator{*this, frame}, expression.node)
                          : Outcome<Value>(fail(std::move(counted).error()));
    if (!result) return fail(placed(std::move(result).error(), expression.line));
    return result;
}

Outcome<Arguments> Interpreter::arguments(const CallArguments& source, const FramePtr& frame) {
    Arguments result;
    for (const auto& node : source.positional)
        result.positional.push_back(SW_TRY(evaluate(*node, frame)));
    for (const auto& [name, node] : source.named)
        result.named.emplace_back(name, SW_TRY(evaluate(*node, frame)));
    if (source.starred != nullptr) {
        const Value starred = SW_TRY(evaluate(*source.starred, frame));
        for (auto& value : SW_TRY(elements_of(starred))) {
            result.positional.push_back(std::move(value));
        }
    }
    if (source.double_starred == nullptr) return result;
    const Value more = SW_TRY(evaluate(*source.double_starred, frame));
    if (more.as_dict() == nullptr)
        return template_fail("expected a dict after '**', but got a '" + more.type_name() + "'");
    for (const auto& [key, value] : more.as_dict()->entries())
        result.named.emplace_back(key.text(), value);
    return result;
}

Outcome<Value> Interpreter::call(const Value& callee, const Arguments& arguments) {
    SW_TRY(check_defined(callee));
    if (const auto* function = callee.as<std::shared_ptr<Callable>>())
        return (*function)->call(*this, arguments);
    if (const auto* object = callee.as<std::shared_ptr<Object>>())
        return (*object)->call(*this, arguments);
    return template_fail("'" + callee.type_name() + "' object is not callable");
}

Outcome<Value> Interpreter::attribute(const Value& object, std::string_view name) {
    SW_TRY(check_defined(object));
    if (const auto* native = object.as<std::shared_ptr<Object>>()) {
        if (auto value = (*native)->attribute(name)) return *std::move(value);
    }
    if (auto method = method_of(object, name)) return *std::move(method);
    if (const Dict* dict = object.as_dict()) {
        if (const Value* value = dict->find(Value(name))) return *value;
    }
    return Value::undefined("'" + object.type_name() + " object' has no attribute '" +
                            std::string(name) + "'");
}

Outcome<Value> Interpreter::item(const Value& object, const Value& index) {
    SW_TRY(check_defined(object));
    if (const Dict* dict = object.as_dict()) {
        if (const Value* value = dict->find(index)) return *value;
    }
    if (index.is_integer() && is_repeatable(object)) {
        const List* sequence = object.as_sequence();
        const List characters = sequence == nullptr ? SW_TRY(elements_of(object)) : List{};
        const List& elements = sequence != nullptr ? *sequence : characters;
        const auto length = static_cast<std::int64_t>(elements.size());
        const std::int64_t at = index.integer() < 0 ? index.integer() + length : index.integer();
        if (at >= 0 && at < length) return elements[static_cast<std::size_t>(at)];
        return Value::undefined(object.type_name() + " index " + std::to_string(index.integer()) +
                                " is out of range");
    }
    if (index.as_text() != nullptr) return attribute(object, *index.as_text());
    return Value::undefined("'" + object.type_name() + " object' has no element " + index.repr());
}

Outcome<Value> Interpreter::apply_filter(std::string_view name, const Value& input,
                                         const Arguments& arguments) {
    const auto found = environment_.filters.find(name);
    if (found == environment_.filters.end())
        return template_fail("there is no filter named '" + std::string(name) + "'");
    return found->second(*this, input, arguments);
}

Outcome<bool> Interpreter::apply_test(std::string_view name, const Value& input,
                                      const Arguments& arguments) {
    const auto found = environment_.tests.find(name);
    if (found == environment_.tests.end())
        return template_fail("there is no test named '" + std::string(name) + "'");
    return found->second(*this, input, arguments);
}

}  // namespace stepwell::tasks::jinja
