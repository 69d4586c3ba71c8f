// Jinja's tests and global functions, and return().
#include <cmath>

#include "tasks/template/containment.hpp"
#include "tasks/template/filters.hpp"
#include "tasks/template/methods.hpp"
#include "tasks/template/text.hpp"

namespace stepwell::tasks::jinja {
namespace {

using Holds = bool (*)(const Value&);

Test simple_test(Holds holds) {
    return [holds](Interpreter&, const Value& input, const Arguments& arguments) -> Outcome<bool> {
        if (!arguments.positional.empty() || !arguments.named.empty())
            return template_fail("the test takes no arguments");
        return holds(input);
    };
}

using Relation = Outcome<bool> (*)(const Value& input, const Value& other);

Test relation_test(Relation relation) {
    return
        [relation](Interpreter&, const Value& input, const Arguments& arguments) -> Outcome<bool> {
            if (arguments.positional.size() != 1 || !arguments.named.empty())
                return template_fail("the test expects one value to compare with");
            return relation(input, arguments.positional[0]);
        };
}

template <int low, int high>
Outcome<bool> order_between(const Value& input, const Value& other) {
    SW_TRY(check_defined(input));
    SW_TRY(check_defined(other));
    const int order = SW_TRY(compare(input, other));
    return order >= low && order <= high;
}

/// `%` of Python, so that texts are formats and 0 is refused.
Outcome<bool> has_remainder(const Value& input, const Value& divisor, int remainder) {
    return equal(SW_TRY(binary(BinaryOperator::modulo, input, divisor)), Value(remainder));
}

Outcome<bool> is_divisible(const Value& input, const Value& other) {
    return has_remainder(input, other, 0);
}

template <int remainder>
Outcome<bool> is_remainder(Interpreter&, const Value& input, const Arguments& arguments) {
    if (!arguments.positional.empty() || !arguments.named.empty())
        return template_fail("the test takes no arguments");
    return has_remainder(input, Value(2), remainder);
}

bool is_iterable(const Value& v) {
    return v.is_undefined() || elements_of(v).has_value();
}

constexpr int kLarge = 1 << 30;

/// `namespace(...)`: the one object whose attributes templates may set.
class Namespace final : public Container {
public:
    Dict attributes;
    const Dict& parts() const override { return attributes; }
    std::string type_name() const override { return "Namespace"; }
    void freeze() override { attributes.is_frozen = true; }
    std::optional<Value> attribute(std::string_view name) override {
        const Value* value = attributes.find(Value(name));
        return value != nullptr ? std::optional(*value) : std::nullopt;
    }
    bool assign(std::string_view name, const Value& value) override {
        if (attributes.is_frozen) return false;
        attributes.set(Value(name), value);
        return true;
    }
};

/// `cycler(...)`: gives its values one after the other.
class Cycler final : public Container {
public:
    explicit Cycler(const List& values) {
        for (const auto& value : values) values_.set(Value(values_.entries().size()), value);
    }
    const Dict& parts() const override { return values_; }
    std::string type_name() const override { return "Cycler"; }
    void freeze() override { values_.is_frozen = true; }
    std::optional<Value> attribute(std::string_view name) override;
    [[nodiscard]] const Value& current() const { return values_.entries()[position_].second; }

private:
    Outcome<Value> next() {
        const Value value = current();
        position_ = (position_ + 1) % values_.entries().size();
        return value;
    }
    Outcome<Value> reset() {
        position_ = 0;
        return Value();
    }
    /// The object lives as long as the method.
    Value method(const std::string& name, Outcome<Value> (Cycler::*act)()) {
        return Value::function(
            name,
            [self = std::static_pointer_cast<Cycler>(shared_from_this()), act](
                Interpreter&, const Arguments& arguments) -> Outcome<Value> {
                if (!arguments.positional.empty() || !arguments.named.empty())
                    return template_fail("the methods of a cycler take no arguments");
                if (self->values_.is_frozen)
                    return template_fail("a cycler of a macro file cannot go on");
                return (self.get()->*act)();
            });
    }
    Dict values_;  // by position
    std::size_t position_ = 0;
};

std::optional<Value> Cycler::attribute(std::string_view name) {
    if (name == "current") return current();
    if (name == "pos") return Value(position_);
    if (name == "next") return method("next", &Cycler::next);
    if (name == "reset") return method("reset", &Cycler::reset);
    return std::nullopt;
}

Outcome<Value> make_cycler(Interpreter&, const Arguments& arguments) {
    if (arguments.positional.empty()) return template_fail("cycler() expects at least one value");
    return Value(std::shared_ptr<Object>(std::make_shared<Cycler>(arguments.positional)));
}

/// `joiner(sep)`: nothing at the first call, then the separator.
class Joiner final : public Object {
public:
    explicit Joiner(std::string separator) : separator_(std::move(separator)) {}
    std::string type_name() const override { return "Joiner"; }
    std::optional<Value> attribute(std::string_view) override { return std::nullopt; }
    void freeze() override { is_frozen_ = true; }
    Outcome<Value> call(Interpreter&, const Arguments&) override {
        if (is_frozen_) return template_fail("a joiner of a macro file cannot go on");
        return Value(std::exchange(is_used_, true) ? separator_ : "");
    }

private:
    std::string separator_;
    bool is_used_ = false;
    bool is_frozen_ = false;
};

Outcome<Value> make_joiner(Interpreter&, const Arguments& arguments) {
    const Value* separator = arguments.get(0, "sep");
    return Value(std::shared_ptr<Object>(
        std::make_shared<Joiner>(separator != nullptr ? separator->text() : ", ")));
}

/// Always the same words: a render repeats itself.
Outcome<Value> make_lipsum(Interpreter&, const Arguments& arguments) {
    static constexpr std::string_view kWords =
        "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt "
        "ut "
        "labore et dolore magna aliqua";
    static const auto words = split_words(kWords);
    const auto paragraphs = SW_TRY(integer_argument(arguments, 0, "n", 5));
    const auto length = SW_TRY(integer_argument(arguments, 3, "max", 100));
    const Value* html = arguments.get(1, "html");
    const bool is_html = html == nullptr || html->is_true();
    TextBuilder result;
    for (std::int64_t i = 0; i < paragraphs; ++i) {
        if (i > 0) result += is_html ? "\n" : "\n\n";
        std::string text;
        for (std::int64_t k = 0; k + 1 < std::clamp<std::int64_t>(length, 2, 10'000); ++k)
            text += (k > 0 ? " " : "") + words[static_cast<std::size_t>(k) % words.size()];
        result += (is_html ? "<p>" : "") + capitalize(text) + (is_html ? ".</p>" : ".");
    }
    return Value(result.take());
}

Outcome<Value> make_namespace(Interpreter&, const Arguments& arguments) {
    auto object = std::make_shared<Namespace>();
    for (const auto& given : arguments.positional) {
        if (given.as_dict() == nullptr)
            return template_fail("namespace() expects a dict or name=value");
        for (const auto& [key, value] : given.as_dict()->entries())
            object->attributes.set(key, value);
    }
    for (const auto& [name, value] : arguments.named) object->attributes.set(name, value);
    return Value(std::shared_ptr<Object>(std::move(object)));
}

Outcome<Value> make_range(Interpreter& interpreter, const Arguments& arguments) {
    const auto& given = arguments.positional;
    if (given.empty() || given.size() > 3)
        return template_fail("range() expects one to three whole numbers");
    for (const auto& value : given) {
        if (!value.is_integer())
            return template_fail("range() expects whole numbers, but got a '" + value.type_name() +
                                 "'");
    }
    const std::int64_t begin = given.size() > 1 ? given[0].integer() : 0;
    const std::int64_t end = given.size() > 1 ? given[1].integer() : given[0].integer();
    const std::int64_t step = given.size() > 2 ? given[2].integer() : 1;
    if (step == 0) return template_fail("range() step must not be zero");
    const auto limit = interpreter.environment().limits.range_length;
    if (std::abs(static_cast<double>(end) - static_cast<double>(begin)) /
            std::abs(static_cast<double>(step)) >
        static_cast<double>(limit)) {
        return template_fail("range() gives at most " + std::to_string(limit) + " numbers");
    }
    List numbers;
    for (std::int64_t i = begin; step > 0 ? i < end : i > end;) {
        numbers.push_back(Value(i));
        if (__builtin_add_overflow(i, step, &i)) break;
    }
    return Value::list(std::move(numbers));
}

Outcome<Value> make_dict(Interpreter& interpreter, const Arguments& arguments) {
    const Value result = Value::dict();
    const auto update = method_of(result, "update");
    SW_TRY(interpreter.call(*update, arguments));
    return result;
}

Outcome<Value> zip_lists(Interpreter&, const Arguments& arguments) {
    std::vector<List> columns;
    std::size_t shortest = arguments.positional.empty() ? 0 : std::string::npos;
    for (const auto& value : arguments.positional) {
        columns.push_back(SW_TRY(elements_of(value)));
        shortest = std::min(shortest, columns.back().size());
    }
    List rows;
    for (std::size_t i = 0; i < shortest; ++i) {
        List row;
        for (const auto& column : columns) row.push_back(column[i]);
        rows.push_back(Value::tuple(std::move(row)));
    }
    return Value::list(std::move(rows));
}

Outcome<Value> unique_elements(Interpreter& interpreter, const Arguments& arguments) {
    Arguments exact;
    exact.named.emplace_back("case_sensitive", true);
    return interpreter.apply_filter(
        "unique", arguments.positional.empty() ? Value::list() : arguments.positional[0], exact);
}

Outcome<Value> from_json(Interpreter&, const Arguments& arguments) {
    const Value* text = arguments.get(0, "string");
    const Value* fallback = arguments.get(1, "default");
    const auto json = text != nullptr ? parse_json(text->text()) : parse_json("");
    return json ? Value::from_json(*json) : fallback != nullptr ? *fallback : Value();
}

}  // namespace

void add_tests(Environment& environment) {
    auto& tests = environment.tests;
    tests["defined"] = simple_test([](const Value& v) { return !v.is_undefined(); });
    tests["undefined"] = simple_test([](const Value& v) { return v.is_undefined(); });
    tests["none"] = simple_test([](const Value& v) { return v.is_none(); });
    tests["string"] = simple_test([](const Value& v) { return v.as_text() != nullptr; });
    tests["mapping"] = simple_test([](const Value& v) { return v.as_dict() != nullptr; });
    tests["sequence"] = simple_test([](const Value& v) {
        return v.is_undefined() || v.as_sequence() != nullptr || v.as_text() != nullptr ||
               v.as_dict() != nullptr;
    });
    tests["iterable"] = simple_test(is_iterable);
    tests["number"] = simple_test([](const Value& v) { return v.is_number(); });
    tests["integer"] = simple_test([](const Value& v) { return v.as<std::int64_t>() != nullptr; });
    tests["float"] = simple_test([](const Value& v) { return v.as<double>() != nullptr; });
    tests["boolean"] = simple_test([](const Value& v) { return v.as<bool>() != nullptr; });
    tests["true"] =
        simple_test([](const Value& v) { return v.as<bool>() != nullptr && *v.as<bool>(); });
    tests["false"] =
        simple_test([](const Value& v) { return v.as<bool>() != nullptr && !*v.as<bool>(); });
    tests["callable"] = simple_test([](const Value& v) {
        return v.is_undefined() || v.as<std::shared_ptr<Callable>>() != nullptr ||
               v.as<std::shared_ptr<Object>>() != nullptr;
    });
    tests["odd"] = is_remainder<1>;
    tests["even"] = is_remainder<0>;
    tests["lower"] =
        simple_test([](const Value& v) { return has_only_case(v.text(), is_lower, is_upper); });
    tests["upper"] =
        simple_test([](const Value& v) { return has_only_case(v.text(), is_upper, is_lower); });
    tests["escaped"] = simple_test([](const Value&) { return false; });
    tests["sameas"] = relation_test([](const Value& a, const Value& b) -> Outcome<bool> {
        return a.data().index() == b.data().index() && equal(a, b);
    });
    tests["in"] = relation_test([](const Value& a, const Value& b) { return contains(b, a); });
    tests["divisibleby"] = relation_test(is_divisible);
    const Test same =
        relation_test([](const Value& a, const Value& b) -> Outcome<bool> { return equal(a, b); });
    const Test other =
        relation_test([](const Value& a, const Value& b) -> Outcome<bool> { return !equal(a, b); });
    tests["eq"] = tests["equalto"] = tests["=="] = same;
    tests["ne"] = tests["!="] = other;
    tests["lt"] = tests["lessthan"] = tests["<"] = relation_test(order_between<-kLarge, -1>);
    tests["le"] = tests["<="] = relation_test(order_between<-kLarge, 0>);
    tests["gt"] = tests["greaterthan"] = tests[">"] = relation_test(order_between<1, kLarge>);
    tests["ge"] = tests[">="] = relation_test(order_between<0, kLarge>);
    tests["filter"] = [](Interpreter& i, const Value& v, const Arguments&) -> Outcome<bool> {
        SW_TRY(check_defined(v));
        return i.environment().filters.count(v.text()) > 0;
    };
    tests["test"] = [](Interpreter& i, const Value& v, const Arguments&) -> Outcome<bool> {
        return i.environment().tests.count(v.text()) > 0;
    };
}

void add_function(Environment& environment, std::string_view signature, NativeFunction call) {
    Signature checked(signature);
    const std::string name = checked.name();
    environment.globals[name] = Value::function(
        name,
        [checked = std::move(checked), call = std::move(call)](
            Interpreter& interpreter, const Arguments& arguments) -> Outcome<Value> {
            SW_TRY(checked.check(arguments));
            return call(interpreter, arguments);
        });
}

void add_globals(Environment& environment) {
    add_function(environment, "range(/start, stop=, step=)", make_range);
    add_function(environment, "dict(/values=, **)", make_dict);
    add_function(environment, "namespace(/values=, **)", make_namespace);
    add_function(environment, "cycler(*)", make_cycler);
    add_function(environment, "joiner(sep=)", make_joiner);
    add_function(environment, "lipsum(n=, html=, min=, max=)", make_lipsum);
    // dbt's.
    add_function(environment, "zip(*)", zip_lists);
    add_function(environment, "set(/values=)", unique_elements);
    add_function(environment, "fromjson(string, default=)", from_json);
    add_function(environment, "tojson(value, default=, sort_keys=)",
                 [](Interpreter&, const Arguments& arguments) -> Outcome<Value> {
                     const Value* fallback = arguments.get(1, "default");
                     auto text = json_text(*arguments.get(0, "value"), -1,
                                           flag(arguments, 2, "sort_keys"), false);
                     if (!text) return fallback != nullptr ? *fallback : Value();
                     return Value(*std::move(text));
                 });
    add_function(environment, "return(/value=)",
                 [](Interpreter&, const Arguments& arguments) -> Outcome<Value> {
                     const Value value =
                         arguments.positional.empty() ? Value() : arguments.positional[0];
                     return fail(Signal{Signal::Kind::returned, "'return' outside of a macro",
                                        false, std::make_shared<const Value>(value)});
                 });
}

}  // namespace stepwell::tasks::jinja
