// Expressions and operators.
#include <cmath>

#include "tasks/template/filters.hpp"
#include "tasks/template/text.hpp"

namespace stepwell::tasks::jinja {
namespace {

Failure<Signal> unsupported(const char* op, const Value& left, const Value& right) {
    return template_fail("unsupported operand types for " + std::string(op) + ": '" +
                         left.type_name() + "' and '" + right.type_name() + "'");
}

std::int64_t floor_division(std::int64_t a, std::int64_t b) {
    const std::int64_t quotient = a / b;
    return quotient - ((a % b != 0) && ((a < 0) != (b < 0)) ? 1 : 0);
}

std::int64_t floor_rest(std::int64_t a, std::int64_t b) {
    const std::int64_t rest = a % b;
    return rest != 0 && ((rest < 0) != (b < 0)) ? rest + b : rest;
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
            if (op == BinaryOperator::modulo) return b == -1 ? Value(0) : Value(floor_rest(a, b));
        }
    }
    if (overflows) return template_fail("the result does not fit into 64 bits");
    return Value(result);
}

Outcome<Value> integer_power(std::int64_t base, std::int64_t exponent) {
    std::int64_t result = 1;
    bool overflows = false;
    while (exponent > 0) {
        if (exponent % 2 == 1)
            overflows = __builtin_mul_overflow(result, base, &result) || overflows;
        exponent /= 2;
        if (exponent == 0 || overflows) break;
        // A base that does not fit is only wrong where it is used once more, as it is here.
        overflows = __builtin_mul_overflow(base, base, &base);
    }
    if (overflows) return template_fail("the result does not fit into 64 bits");
    return Value(result);
}

Outcome<Value> power_of(const Value& left, const Value& right) {
    if (left.is_integer() && right.is_integer() && right.integer() >= 0)
        return integer_power(left.integer(), right.integer());
    const double base = left.number();
    const double exponent = right.number();
    if (base == 0.0 && exponent < 0)
        return template_fail("0.0 cannot be raised to a negative power");
    const bool is_complex = base < 0 && std::isfinite(exponent) && std::trunc(exponent) != exponent;
    if (is_complex) return template_fail("a negative number has no such power among real numbers");
    const double result = std::pow(base, exponent);
    if (std::isinf(result) && std::isfinite(base) && std::isfinite(exponent))
        return template_fail("the result is too large");
    return Value(result);
}

/// The largest whole number not above a / b, and what is left, as Python has them.
std::pair<double, double> floor_parts(double a, double b) {
    double rest = std::fmod(a, b);
    double quotient = (a - rest) / b;
    if (rest == 0.0)
        rest = std::copysign(0.0, b);
    else if ((b < 0) != (rest < 0)) {
        rest += b;
        quotient -= 1.0;
    }
    if (quotient == 0.0) return {std::copysign(0.0, a / b), rest};
    double whole = std::floor(quotient);
    if (quotient - whole > 0.5) whole += 1.0;
    return {whole, rest};
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
    if (op == BinaryOperator::divide) {
        // Whole numbers are divided as such: their doubles may not be the same.
        if (left.is_integer() && right.is_integer())
            return Value(static_cast<double>(static_cast<long double>(left.integer()) /
                                             static_cast<long double>(right.integer())));
        return Value(a / b);
    }
    const auto [whole, rest] = floor_parts(a, b);
    return Value(op == BinaryOperator::floor_divide ? whole : rest);
}

constexpr std::int64_t kRepeatedMax = 5'000'000;

Outcome<Value> repeated(const Value& sequence, std::int64_t count) {
    const auto length = SW_TRY(length_of(sequence));
    count = std::max<std::int64_t>(count, 0);
    if (count > 0 && length > kRepeatedMax / count)
        return template_fail("the repeated value is too long");
    if (const auto* text = sequence.as_text()) {
        const auto length_in_bytes = static_cast<std::size_t>(count) * text->size();
        TextBuilder().reserve(length_in_bytes);
        std::string result;
        result.reserve(length_in_bytes);
        for (std::int64_t i = 0; i < count && !text->empty(); ++i) result += *text;
        return Value(std::move(result));
    }
    const List& elements = *sequence.as_sequence();
    List result;
    for (std::int64_t i = 0; i < count && !elements.empty(); ++i)
        result.insert(result.end(), elements.begin(), elements.end());
    return sequence.as_list() != nullptr ? Value::list(std::move(result))
                                         : Value::tuple(std::move(result));
}

std::string joined(const std::string& left, const std::string& right) {
    TextBuilder result;
    (result += left) += right;
    return result.take();
}

Outcome<Value> added(const Value& left, const Value& right) {
    if (left.as_text() != nullptr && right.as_text() != nullptr)
        return Value(joined(*left.as_text(), *right.as_text()));
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
    if (op == BinaryOperator::concat) return Value(joined(left.text(), right.text()));
    if (op == BinaryOperator::modulo && left.as_text() != nullptr) {
        return Value(SW_TRY(percent_format(*left.as_text(), right)));
    }
    SW_TRY(check_defined(left));
    SW_TRY(check_defined(right));
    if (left.is_number() && right.is_number()) return arithmetic(op, left, right);
    if (op == BinaryOperator::add) return added(left, right);
    if (op == BinaryOperator::multiply && is_repeatable(left) && right.is_integer()) {
        return repeated(left, right.integer());
    }
    if (op == BinaryOperator::multiply && is_repeatable(right) && left.is_integer()) {
        return repeated(right, left.integer());
    }
    return unsupported(kNames[static_cast<std::size_t>(op)], left, right);
}

namespace {

bool is_nan(const Value& value) {
    const auto* real = value.as<double>();
    return real != nullptr && std::isnan(*real);
}

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
    if (is_nan(left) || is_nan(right)) return false;
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
        for (auto i = begin ? clamp(*begin, 0, length) : 0; i < last; i += std::min(step, length))
            positions.push_back(static_cast<std::size_t>(i));
    } else {
        const auto last = end ? clamp(*end, -1, length - 1) : -1;
        for (auto i = begin ? clamp(*begin, -1, length - 1) : length - 1; i > last;
             i += std::max(step, -length))
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
            if (!is_hashable(key)) return unhashable(key);
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
        if (node.op == UnaryOperator::plus)
            return value.is_integer() ? Value(value.integer()) : value;
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
    const Level level(*this, expression.line);
    auto result = std::visit(Evaluator{*this, frame}, expression.node);
    if (!result) return fail(placed(std::move(result).error(), expression.line));
    return result;
}

namespace {

Outcome<void> add_named(Arguments& arguments, const Value& key, const Value& value) {
    if (key.as_text() == nullptr) return template_fail("the keys behind '**' must be strings");
    for (const auto& [name, given] : arguments.named) {
        if (name == *key.as_text())
            return template_fail("the argument '" + name + "' is given twice");
    }
    arguments.named.emplace_back(*key.as_text(), value);
    return {};
}

}  // namespace

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
        SW_TRY(add_named(result, key, value));
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

namespace {

std::optional<Value> macro_attribute(const Callable& callable, std::string_view name) {
    if (callable.macro == nullptr) return std::nullopt;
    const Macro& macro = *callable.macro;
    if (name == "name") return macro.name.empty() ? Value() : Value(macro.name);
    if (name == "caller") return Value(macro.uses_caller);
    if (name == "catch_varargs") return Value(macro.uses_varargs);
    if (name == "catch_kwargs") return Value(macro.uses_kwargs);
    if (name != "arguments") return std::nullopt;
    List names;
    for (const auto& [parameter, fallback] : macro.parameters.names)
        names.push_back(Value(parameter));
    return Value::tuple(std::move(names));
}

}  // namespace

Outcome<Value> Interpreter::attribute(const Value& object, std::string_view name) {
    SW_TRY(check_defined(object));
    if (const auto* native = object.as<std::shared_ptr<Object>>()) {
        if (auto value = (*native)->attribute(name)) return *std::move(value);
    }
    if (const auto* callable = object.as<std::shared_ptr<Callable>>()) {
        if (auto value = macro_attribute(**callable, name)) return *std::move(value);
    }
    if (const auto* tuple = object.as<std::shared_ptr<Tuple>>();
        tuple != nullptr && (*tuple)->is_group) {
        if (name == "grouper") return (*tuple)->elements[0];
        if (name == "list") return (*tuple)->elements[1];
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
        const Value* value = is_hashable(index) ? dict->find(index) : nullptr;
        if (value != nullptr) return *value;
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
    return Value::undefined("'" + object.type_name() + " object' has no such element");
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
