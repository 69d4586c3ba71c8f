// The intrinsic functions on arrays and numbers.
#include <algorithm>
#include <unordered_map>

#include "engine/expression/intrinsic_function.hpp"
#include "engine/expression/value.hpp"

namespace stepwell::expression {
namespace {

constexpr std::int64_t kRangeElementsMax = 1000;

/// Equal values have equal hashes: numbers by value, the order of members does not count.
std::size_t hash_of(const Json& value) {
    if (value.is_number()) return std::hash<double>()(value.get<double>());
    if (value.is_string()) return std::hash<std::string>()(value.get_ref<const std::string&>());
    if (value.is_boolean()) return value.get<bool>() ? 1 : 2;
    std::size_t hash = static_cast<std::size_t>(value.type());
    if (!value.is_structured()) return hash;
    for (auto it = value.begin(); it != value.end(); ++it) {
        const std::size_t element = hash_of(it.value());
        const bool is_array = value.is_array();
        hash = is_array ? hash * 31 + element
                        : hash + (std::hash<std::string>()(it.key()) ^ element * 31);
    }
    return hash;
}

}  // namespace

namespace intrinsic {

Answer array(const Arguments& arguments) {
    Json elements = Json::array();
    for (const Json* value : arguments.values) elements.push_back(*value);
    return elements;
}

Answer array_partition(const Arguments& arguments) {
    const Json& elements = *SW_TRY(array_argument(arguments, 0));
    const std::int64_t size = SW_TRY(integer_argument(arguments, 1));
    if (size <= 0) {
        return fail("expected a chunk size above zero as argument 2, but got " +
                    to_text(arguments[1]));
    }
    Json chunks = Json::array();
    for (std::size_t i = 0; i < elements.size(); ++i) {
        if (i % static_cast<std::size_t>(size) == 0) chunks.push_back(Json::array());
        chunks.back().push_back(elements[i]);
    }
    return chunks;
}

Answer array_contains(const Arguments& arguments) {
    const Json& elements = *SW_TRY(array_argument(arguments, 0));
    return Json(std::any_of(elements.begin(), elements.end(), [&](const Json& element) {
        return is_same_value(element, arguments[1]);
    }));
}

Answer array_range(const Arguments& arguments) {
    const std::int64_t first = SW_TRY(integer_argument(arguments, 0));
    const std::int64_t last = SW_TRY(integer_argument(arguments, 1));
    const std::int64_t step = SW_TRY(integer_argument(arguments, 2));
    if (step == 0) return fail(std::string("expected a step other than zero as argument 3"));
    const std::int64_t span = last - first;
    const bool is_empty = span != 0 && (span > 0) != (step > 0);
    const std::int64_t count = is_empty ? 0 : span / step + 1;
    if (count > kRangeElementsMax) {
        return fail("expected a range of at most 1000 elements, but it has " +
                    std::to_string(count));
    }
    Json range = Json::array();
    for (std::int64_t i = 0; i < count; ++i) range.push_back(first + i * step);
    return range;
}

Answer array_get_item(const Arguments& arguments) {
    const Json& elements = *SW_TRY(array_argument(arguments, 0));
    const std::int64_t index = SW_TRY(integer_argument(arguments, 1));
    if (index < 0 || static_cast<std::size_t>(index) >= elements.size()) {
        return fail("expected an index from 0 below " + std::to_string(elements.size()) +
                    " as argument 2, but got " + std::to_string(index));
    }
    return elements[static_cast<std::size_t>(index)];
}

Answer array_length(const Arguments& arguments) {
    const Json& elements = *SW_TRY(array_argument(arguments, 0));
    return Json(elements.size());
}

Answer array_unique(const Arguments& arguments) {
    const Json& elements = *SW_TRY(array_argument(arguments, 0));
    Json unique = Json::array();
    std::unordered_multimap<std::size_t, const Json*> seen;
    for (const Json& element : elements) {
        const std::size_t hash = hash_of(element);
        const auto [begin, end] = seen.equal_range(hash);
        const bool is_known = std::any_of(
            begin, end, [&](const auto& entry) { return is_same_value(*entry.second, element); });
        if (is_known) continue;
        seen.emplace(hash, &element);
        unique.push_back(element);
    }
    return unique;
}

Answer math_random(const Arguments& arguments) {
    const std::int64_t first = SW_TRY(integer_argument(arguments, 0));
    const std::int64_t end = SW_TRY(integer_argument(arguments, 1));
    if (end <= first) {
        return fail("expected an end above the start " + std::to_string(first) + ", but got " +
                    std::to_string(end));
    }
    const auto bound = static_cast<std::uint64_t>(end - first);
    if (arguments.count() == 2) {
        return Json(first + static_cast<std::int64_t>(arguments.random.below(bound)));
    }
    const std::int64_t seed = SW_TRY(integer_argument(arguments, 2));
    Prng seeded(static_cast<std::uint64_t>(seed));
    return Json(first + static_cast<std::int64_t>(seeded.below(bound)));
}

Answer math_add(const Arguments& arguments) {
    const std::int64_t a = SW_TRY(integer_argument(arguments, 0));
    const std::int64_t b = SW_TRY(integer_argument(arguments, 1));
    return Json(a + b);
}

}  // namespace intrinsic
}  // namespace stepwell::expression
