// Objects, kinds and errors.
#include <array>
#include <unordered_set>

#include "engine/base/uuid.hpp"
#include "engine/expression/jsonata/library.hpp"
#include "engine/expression/jsonata/nesting.hpp"

namespace stepwell::expression::jsonata {
namespace {

Result<void, Raised> add_keys(const Call& call, const Value& value, Array& keys,
                              std::unordered_set<std::string_view>& known) {
    const Nesting nesting;
    Nesting::is_too_deep(call.evaluator.work());
    SW_TRY(call.evaluator.spend());
    if (value.is_array()) {
        for (std::size_t i = 0; i < value.size(); ++i) {
            SW_TRY(add_keys(call, value[i], keys, known));
        }
    } else if (value.is_object()) {
        SW_TRY(call.evaluator.spend(value.members()));
        for_each_member(value, [&](std::string_view key, const Value&) {
            if (known.insert(key).second) keys.push(call.evaluator.arena(), Value::of(key));
        });
    }
    return {};
}

Maybe keys(const Call& call) {
    Array* found = new_sequence(call.evaluator.arena());
    std::unordered_set<std::string_view> known;
    SW_TRY(add_keys(call, call[0], *found, known));
    return Value::of(found);
}

Maybe looked_up(const Call& call, const Value& from, std::string_view key) {
    const Nesting nesting;
    Nesting::is_too_deep(call.evaluator.work());
    SW_TRY(call.evaluator.spend());
    if (from.is_object()) return from.member(key);
    if (!from.is_array()) return Value();
    Arena& arena = call.evaluator.arena();
    Array* results = new_sequence(arena);
    for (std::size_t i = 0; i < from.size(); ++i) {
        const Value found = SW_TRY(looked_up(call, from[i], key));
        if (found.is_undefined()) continue;
        if (!found.is_array()) {
            results->push(arena, found);
            continue;
        }
        for (std::size_t j = 0; j < found.size(); ++j) results->push(arena, found[j]);
    }
    return Value::of(results);
}

Maybe lookup(const Call& call) {
    if (call[1].is_undefined()) return Value();
    return looked_up(call, call[0], call[1].text());
}

Result<void, Raised> add_spread(const Call& call, const Value& value, Array& results) {
    Arena& arena = call.evaluator.arena();
    const Nesting nesting;
    Nesting::is_too_deep(call.evaluator.work());
    SW_TRY(call.evaluator.spend());
    if (value.is_array()) {
        for (std::size_t i = 0; i < value.size(); ++i) {
            SW_TRY(add_spread(call, value[i], results));
        }
    } else if (value.is_object()) {
        for_each_member(value, [&](std::string_view key, const Value& member) {
            Object* one = arena.make<Object>();
            one->set(arena, key, member);
            results.push(arena, Value::of(one));
        });
        SW_TRY(call.evaluator.spend(value.members()));
    } else {
        results.push(arena, value);
    }
    return {};
}

Maybe spread(const Call& call) {
    if (!call[0].is_array() && !call[0].is_object()) return call[0];
    Array* results = new_sequence(call.evaluator.arena());
    if (call[0].is_array()) results->is_sequence = call[0].size() == 0;
    SW_TRY(add_spread(call, call[0], *results));
    return Value::of(results);
}

Maybe merge(const Call& call) {
    if (call[0].is_undefined()) return Value();
    Arena& arena = call.evaluator.arena();
    Object* merged = arena.make<Object>();
    for (std::size_t i = 0; i < call[0].size(); ++i) {
        const Value part = call[0][i];
        if (!part.is_object()) continue;
        SW_TRY(call.evaluator.spend(1 + part.members()));
        for_each_member(part, [&](std::string_view key, const Value& value) {
            merged->set(arena, key, value);
        });
    }
    return Value::of(merged);
}

Maybe clone(const Call& call) {
    if (call[0].is_undefined()) return Value();
    const Value copy = deep_copy(call.evaluator.arena(), call[0], call.evaluator.work());
    SW_TRY(call.evaluator.spend());
    return copy;
}

Maybe type(const Call& call) {
    switch (call[0].kind()) {
        case Kind::undefined:
        case Kind::tuple:
            return Value();
        case Kind::null:
            return Value::of(std::string_view("null"));
        case Kind::boolean:
            return Value::of(std::string_view("boolean"));
        case Kind::number:
            return Value::of(std::string_view("number"));
        case Kind::string:
            return Value::of(std::string_view("string"));
        case Kind::array:
            return Value::of(std::string_view("array"));
        case Kind::object:
            return Value::of(std::string_view("object"));
        case Kind::function:
            return Value::of(std::string_view("function"));
    }
    return Value();
}

stepwell::Failure<Raised> raise_message(const Call& call, std::string code, const Value& message,
                                        std::string_view otherwise) {
    Fault fault;
    fault.code = std::move(code);
    const bool is_given = message.is_string() && !message.text().empty();
    fault.message = is_given ? std::string(message.text()) : std::string(otherwise);
    return call.evaluator.raise(std::move(fault));
}

Maybe error(const Call& call) {
    return raise_message(call, "D3137", call[0], "$error() function evaluated");
}

Maybe assert_that(const Call& call) {
    if (call[0].kind() == Kind::boolean && call[0].boolean()) return Value();
    return raise_message(call, "D3141", call[1], "$assert() statement failed");
}

Maybe eval(const Call& call) {
    if (call[0].is_undefined()) return Value();
    const Value input = call[1].is_undefined() ? call.input : call[1];
    return call.evaluator.evaluate_text(call[0].text(), input, call.frame);
}

Maybe uuid(const Call& call) {
    return call.evaluator.text(uuid4(call.evaluator.random()));
}

constexpr auto kObjectFunctions = std::to_array<Builtin>({
    {"keys", "<x-:a<s>>", 1, keys},
    {"lookup", "<x-s:x>", 2, lookup},
    {"spread", "<x-:a<o>>", 1, spread},
    {"merge", "<a<o>:o>", 1, merge},
    {"clone", "<(oa)-:o>", 1, clone},
    {"type", "<x:s>", 1, type},
    {"error", "<s?:x>", 1, error},
    {"assert", "<bs?:x>", 2, assert_that},
    {"eval", "<sx?:x>", 2, eval},
    {"uuid", "<:s>", 0, uuid},
});

}  // namespace

std::span<const Builtin> library::objects() {
    return kObjectFunctions;
}

}  // namespace stepwell::expression::jsonata
