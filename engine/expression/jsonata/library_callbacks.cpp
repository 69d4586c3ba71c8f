// Functions that call functions.
#include <array>

#include "engine/expression/jsonata/library.hpp"

namespace stepwell::expression::jsonata {
namespace {

Maybe map(const Call& call) {
    if (call[0].is_undefined()) return Value();
    Arena& arena = call.evaluator.arena();
    Array* results = new_sequence(arena);
    const std::size_t size = call[0].size();
    for (std::size_t i = 0; i < size; ++i) {
        const Value result =
            SW_TRY(call.evaluator.call_back(call[1], call[0][i], Value::of_count(i), call[0]));
        if (!result.is_undefined()) results->push(arena, result);
    }
    return Value::of(results);
}

Maybe filter(const Call& call) {
    if (call[0].is_undefined()) return Value();
    Arena& arena = call.evaluator.arena();
    Array* results = new_sequence(arena);
    const std::size_t size = call[0].size();
    for (std::size_t i = 0; i < size; ++i) {
        const Value item = call[0][i];
        const Value answer =
            SW_TRY(call.evaluator.call_back(call[1], item, Value::of_count(i), call[0]));
        if (is_true(answer, call.evaluator.work())) results->push(arena, item);
    }
    return Value::of(results);
}

Maybe single(const Call& call) {
    if (call[0].is_undefined()) return Value();
    bool is_found = false;
    Value result;
    const std::size_t size = call[0].size();
    for (std::size_t i = 0; i < size; ++i) {
        SW_TRY(call.evaluator.spend());
        const Value item = call[0][i];
        if (!call[1].is_undefined()) {
            const Value answer =
                SW_TRY(call.evaluator.call_back(call[1], item, Value::of_count(i), call[0]));
            if (!is_true(answer, call.evaluator.work())) continue;
        }
        if (is_found) return call.evaluator.raise("D3138");
        is_found = true;
        result = item;
    }
    if (!is_found) return call.evaluator.raise("D3139");
    return result;
}

Maybe reduce(const Call& call) {
    if (call[0].is_undefined()) return Value();
    const std::size_t arity = call[1].is_function() ? arity_of(call[1].function()) : 0;
    if (arity < 2) {
        auto raised = call.evaluator.raise("D3050");
        raised.error.fault->index = "1";
        return raised;
    }
    const std::size_t size = call[0].size();
    std::size_t at = 0;
    Value result = call[2];
    if (result.is_undefined() && size > 0) result = call[0][at++];
    for (; at < size; ++at) {
        const std::array<Value, 4> all{result, call[0][at], Value::of_count(at), call[0]};
        const std::size_t count = std::min<std::size_t>(arity, all.size());
        result = SW_TRY(call.evaluator.apply(call[1], std::span(all.data(), count), Value::null()));
    }
    return result;
}

/// Calls `use(key, value)` for each member and ends where it fails.
template <class Use>
Result<void, Raised> each_member(const Value& object, Use use) {
    Result<void, Raised> result;
    if (!object.is_object()) return result;
    for_each_member(object, [&](std::string_view key, const Value& value) {
        if (result) result = use(key, value);
    });
    return result;
}

Maybe sift(const Call& call) {
    const Value object = call[0];
    Arena& arena = call.evaluator.arena();
    Object* kept = arena.make<Object>();
    const auto visit = [&](std::string_view key, const Value& value) -> Result<void, Raised> {
        const Value answer =
            SW_TRY(call.evaluator.call_back(call[1], value, Value::of(key), object));
        if (is_true(answer, call.evaluator.work())) kept->set(arena, key, value);
        return {};
    };
    SW_TRY(each_member(object, visit));
    return kept->size == 0 ? Value() : Value::of(kept);
}

Maybe each(const Call& call) {
    const Value object = call[0];
    Arena& arena = call.evaluator.arena();
    Array* results = new_sequence(arena);
    const auto visit = [&](std::string_view key, const Value& value) -> Result<void, Raised> {
        const Value result =
            SW_TRY(call.evaluator.call_back(call[1], value, Value::of(key), object));
        if (!result.is_undefined()) results->push(arena, result);
        return {};
    };
    SW_TRY(each_member(object, visit));
    return Value::of(results);
}

constexpr auto kCallbackFunctions = std::to_array<Builtin>({
    {"map", "<af>", 2, map},
    {"filter", "<af>", 2, filter},
    {"single", "<af?>", 2, single},
    {"reduce", "<afj?:j>", 3, reduce},
    {"sift", "<o-f?:o>", 2, sift},
    {"each", "<o-f:a>", 2, each},
});

}  // namespace

std::span<const Builtin> library::callbacks() {
    return kCallbackFunctions;
}

}  // namespace stepwell::expression::jsonata
