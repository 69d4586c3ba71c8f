// Jinja's tests and global functions, and return().
#include <cmath>

#include "tasks/template/containment.hpp"
#include "tasks/template/interpreter.hpp"
#include "tasks/template/text.hpp"

namespace stepwell::tasks::jinja {
namespace {

using Holds = bool (*)(const Value&);

Test simple_test(Holds holds) {
    return [holds](Interpreter&, const Value& input, const Arguments&) -> Outcome<bool> {
        return holds(input);
    };
}

using Relation = Outcome<bool> (*)(const Value& input, const Value& other);

Test relation_test(Relation relation) {
    return
        [relation](Interpreter&, const Value& input, const Arguments& arguments) -> Outcome<bool> {
            if (arguments.positional.size() != 1)
                return template_fail("the test expects one value to compare with");
            return relation(input, arguments.positional[0]);
        };
}

template <int low, int high>
Outcome<bool> order_between(const Value& input, const Value& other) {
    const int order = SW_TRY(compare(input, other));
    return order >= low && order <= high;
}

Outcome<bool> is_divisible(const Value& input, const Value& other) {
    if (!input.is_number() || !other.is_number() || other.number() == 0.0) {
        return template_fail("divisibleby expects two numbers, the second not zero");
    }
    return std::fmod(input.number(), other.number()) == 0.0;
}

bool is_remainder(const Value& value, int remainder) {
    return value.is_integer() && (value.integer() % 2 + 2) % 2 == remainder;
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
    std::optional<Value> attribute(std::string_view name) override {
        const Value* value = attributes.find(Value(name));
        return value != nullptr ? std::optional(*value) : std::nullopt;
    }
    bool assign(std::string_view name, const Value& value) override {
        attributes.set(Value(name), value);
        return true;
    }
};

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
    for (std::int64_t i = begin; step > 0 ? i < end : i > end; i += step) numbers.emplace_back(i);
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
        return v.as_sequence() != nullptr || v.as_text() != nullptr || v.as_dict() != nullptr;
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
        return v.as<std::shared_ptr<Callable>>() != nullptr ||
               v.as<std::shared_ptr<Object>>() != nullptr;
    });
    tests["odd"] = simple_test([](const Value& v) { return is_remainder(v, 1); });
    tests["even"] = simple_test([](const Value& v) { return is_remainder(v, 0); });
    tests["lower"] = simple_test([](const Value& v) { return v.text() == lower(v.text()); });
    tests["upper"] = simple_test([](const Value& v) { return v.text() == upper(v.text()); });
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
        return i.environment().filters.count(v.text()) > 0;
    };
    tests["test"] = [](Interpreter& i, const Value& v, const Arguments&) -> Outcome<bool> {
        return i.environment().tests.count(v.text()) > 0;
    };
}

void add_globals(Environment& environment) {
    const auto add = [&](const std::string& name, NativeFunction call) {
        environment.globals[name] = Value::function(name, std::move(call));
    };
    add("range", make_range);
    add("dict", make_dict);
    add("namespace", make_namespace);
    add("zip", zip_lists);
    add("set", unique_elements);
    add("fromjson", from_json);
    add("tojson", [](Interpreter& interpreter, const Arguments& arguments) -> Outcome<Value> {
        return interpreter.apply_filter(
            "tojson", arguments.positional.empty() ? Value() : arguments.positional[0], {});
    });
    add("return", [](Interpreter&, const Arguments& arguments) -> Outcome<Value> {
        const Value value = arguments.positional.empty() ? Value() : arguments.positional[0];
        return fail(Signal{Signal::Kind::returned, "'return' outside of a macro", false,
                           std::make_shared<const Value>(value)});
    });
}

}  // namespace stepwell::tasks::jinja
