// Arrays, and what is true.
#include <array>
#include <cmath>
#include <cstring>
#include <unordered_map>

#include "engine/base/keyed_hash.hpp"
#include "engine/base/utf8.hpp"
#include "engine/expression/jsonata/library.hpp"
#include "engine/expression/jsonata/nesting.hpp"
#include "engine/expression/jsonata/sort.hpp"

namespace stepwell::expression::jsonata {
namespace {

Maybe count(const Call& call) {
    return Value::of_count(call[0].is_array() ? call[0].size() : 0);
}

Maybe boolean(const Call& call) {
    if (call[0].is_undefined()) return Value();
    const bool is = is_true(call[0], call.evaluator.work());
    SW_TRY(call.evaluator.spend());
    return Value::of(is);
}

Maybe not_(const Call& call) {
    if (call[0].is_undefined()) return Value();
    const bool is = is_true(call[0], call.evaluator.work());
    SW_TRY(call.evaluator.spend());
    return Value::of(!is);
}

Maybe exists(const Call& call) {
    return Value::of(!call[0].is_undefined());
}

Maybe append(const Call& call) {
    const auto size = [](const Value& value) { return value.is_array() ? value.size() : 1; };
    SW_TRY(call.evaluator.make_room((size(call[0]) + size(call[1])) * sizeof(Value)));
    return appended(call.evaluator.arena(), call[0], call[1]);
}

Maybe reverse(const Call& call) {
    if (call[0].is_undefined() || call[0].size() <= 1) return call[0];
    const std::size_t size = call[0].size();
    SW_TRY(call.evaluator.make_room(size * sizeof(Value)));
    Arena& arena = call.evaluator.arena();
    Array* reversed = new_array(arena, size);
    for (std::size_t i = size; i-- > 0;) reversed->push(arena, call[0][i]);
    return Value::of(reversed);
}

Maybe zip(const Call& call) {
    Arena& arena = call.evaluator.arena();
    std::size_t size = call.count() == 0 ? 0 : SIZE_MAX;
    for (const Value& list : call.arguments) {
        size = std::min(size, list.is_array() ? list.size() : 0);
    }
    Array* zipped = new_array(arena, size);
    for (std::size_t i = 0; i < size; ++i) {
        SW_TRY(call.evaluator.spend(call.count()));
        Array* row = new_array(arena, call.count());
        for (const Value& list : call.arguments) row->push(arena, list[i]);
        zipped->push(arena, Value::of(row));
    }
    return Value::of(zipped);
}

Maybe shuffle(const Call& call) {
    if (call[0].is_undefined() || call[0].size() <= 1) return call[0];
    Arena& arena = call.evaluator.arena();
    const std::size_t size = call[0].size();
    SW_TRY(call.evaluator.make_room(size * sizeof(Value)));
    Array* shuffled = new_array(arena, size);
    for (std::size_t i = 0; i < size; ++i) {
        const auto other = static_cast<std::size_t>(call.evaluator.random().below(i + 1));
        shuffled->push(arena, call[0][i]);
        std::swap(shuffled->items[i], shuffled->items[other]);
    }
    return Value::of(shuffled);
}

/// The same for what is_equal(); the order of members does not count.
std::uint64_t hash_of(const Value& value, Work& work) {
    const Nesting nesting;
    work.spend();
    if (Nesting::is_too_deep(work)) return 0;
    constexpr std::uint64_t kMixer = 0x9E3779B97F4A7C15ull;
    std::uint64_t hash = static_cast<std::uint64_t>(value.kind()) * kMixer;
    switch (value.kind()) {
        case Kind::boolean:
            return hash + value.boolean();
        case Kind::number: {
            const double number = value.number() == 0 ? 0 : value.number();
            std::uint64_t bits = 0;
            std::memcpy(&bits, &number, sizeof bits);
            return (hash ^ bits) * kMixer;
        }
        case Kind::string:
            return hash ^ keyed_hash(value.text());
        case Kind::array:
            for (std::size_t i = 0; i < value.size(); ++i) {
                hash = (hash ^ hash_of(value[i], work)) * kMixer;
            }
            return hash;
        case Kind::object:
            for_each_member(value, [&](std::string_view key, const Value& member) {
                hash += (keyed_hash(key) ^ hash_of(member, work)) * kMixer;
            });
            return hash;
        default:
            return hash;
    }
}

Maybe distinct(const Call& call) {
    if (!call[0].is_array() || call[0].size() <= 1) return call[0];
    Arena& arena = call.evaluator.arena();
    Work& work = call.evaluator.work();
    Array* results = is_sequence(call[0]) ? new_sequence(arena) : new_array(arena);
    std::unordered_multimap<std::uint64_t, std::uint32_t> known;
    const std::size_t size = call[0].size();
    for (std::size_t i = 0; i < size; ++i) {
        const Value item = call[0][i];
        const std::uint64_t hash = hash_of(item, work);
        SW_TRY(call.evaluator.spend());
        const auto [begin, end] = known.equal_range(hash);
        bool is_known = false;
        for (auto at = begin; at != end && !is_known; ++at) {
            is_known = is_equal(results->items[at->second], item, work);
        }
        if (is_known) continue;
        known.emplace(hash, results->size);
        results->push(arena, item);
    }
    return Value::of(results);
}

Maybe sort(const Call& call) {
    if (call[0].is_undefined() || call[0].size() <= 1) return call[0];
    const std::size_t size = call[0].size();
    SW_TRY(call.evaluator.make_room(size * sizeof(Value)));
    std::vector<Value> items;
    std::size_t numbers = 0;
    std::size_t texts = 0;
    for (std::size_t i = 0; i < size; ++i) {
        items.push_back(call[0][i]);
        numbers += items.back().is_number();
        texts += items.back().is_string();
    }
    Evaluator& evaluator = call.evaluator;
    const bool is_plain = call[1].is_undefined();
    if (is_plain && numbers != size && texts != size) return evaluator.raise("D3070");
    const auto is_after = [&](const Value& a, const Value& b) -> Result<bool, Raised> {
        SW_TRY(evaluator.spend());
        if (is_plain && a.is_number()) return a.number() > b.number();
        if (is_plain) return utf16_less(b.text(), a.text());
        const std::array<Value, 2> both{a, b};
        const Value answer = SW_TRY(evaluator.apply(call[1], both, Value::null()));
        return is_true(answer, evaluator.work());
    };
    SW_TRY(sort_values(items, is_after));
    Array* sorted = new_array(evaluator.arena(), size);
    for (const Value& item : items) sorted->push(evaluator.arena(), item);
    return Value::of(sorted);
}

// --- what Step Functions adds ---

stepwell::Failure<Raised> refuse_list(const Call& call, std::string message) {
    Fault fault;
    fault.code = "D3137";
    fault.message = std::move(message);
    return call.evaluator.raise(std::move(fault));
}

/// Integers are rounded down.
Maybe partition(const Call& call) {
    if (call[0].is_undefined() || call[1].is_undefined()) return Value();
    const double size = std::floor(call[1].number());
    if (size < 1) {
        return refuse_list(
            call,
            "The second argument of the partition function must evaluate to a positive integer");
    }
    Arena& arena = call.evaluator.arena();
    Array* parts = new_array(arena);
    Array* part = nullptr;
    for (std::size_t i = 0; i < call[0].size(); ++i) {
        SW_TRY(call.evaluator.spend());
        if (!part || static_cast<double>(part->size) >= size) {
            part = new_array(arena);
            parts->push(arena, Value::of(part));
        }
        part->push(arena, call[0][i]);
    }
    return Value::of(parts);
}

Maybe range(const Call& call) {
    for (std::size_t i = 0; i < 3; ++i) {
        if (call[i].is_undefined()) return Value();
    }
    const double first = std::floor(call[0].number());
    const double last = std::floor(call[1].number());
    const double step = std::floor(call[2].number());
    if (step == 0) {
        return refuse_list(call,
                           "The third argument of the range function must not evaluate to zero");
    }
    constexpr double kSizeMax = 1e7;
    const double size = std::floor((last - first) / step) + 1;
    if (size > kSizeMax) return call.evaluator.raise("D2014", Value::of(size));
    Arena& arena = call.evaluator.arena();
    Array* numbers = new_sequence(arena);
    const auto elements = static_cast<std::size_t>(std::max(0.0, size));
    SW_TRY(call.evaluator.make_room(elements * sizeof(Value)));
    for (std::size_t i = 0; i < elements; ++i) {
        SW_TRY(call.evaluator.spend());
        numbers->push(arena, Value::of(first + static_cast<double>(i) * step));
    }
    return Value::of(numbers);
}

constexpr auto kListFunctions = std::to_array<Builtin>({
    {"count", "<a:n>", 1, count},
    {"boolean", "<x-:b>", 1, boolean},
    {"not", "<x-:b>", 1, not_},
    {"exists", "<x:b>", 1, exists},
    {"append", "<xx:a>", 2, append},
    {"reverse", "<a:a>", 1, reverse},
    {"zip", "<a+>", 0, zip},
    {"shuffle", "<a:a>", 1, shuffle},
    {"distinct", "<x:x>", 1, distinct},
    {"sort", "<af?:a>", 2, sort},
    {"partition", "<a-n:a<a>>", 2, partition},
    {"range", "<nnn:a<n>>", 3, range},
});

}  // namespace

std::span<const Builtin> library::lists() {
    return kListFunctions;
}

}  // namespace stepwell::expression::jsonata
