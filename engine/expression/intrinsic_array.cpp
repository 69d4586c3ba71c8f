// The intrinsic functions on arrays and numbers.
#include <algorithm>

#include "engine/expression/intrinsic_function.hpp"
#include "engine/expression/value.hpp"
#include "engine/expression/value_set.hpp"

namespace stepwell::expression {
namespace {

constexpr std::int64_t kRangeElementsMax = 1000;

}  // namespace

namespace intrinsic {

Answer array(const Arguments& arguments) {
    Json elements = Json::array();
    for (std::size_t i = 0; i < arguments.count(); ++i) {
        SW_TRY(pay_for(arguments, i));
        elements.push_back(arguments[i]);
    }
    return elements;
}

Answer array_partition(const Arguments& arguments) {
    const Json& elements = *SW_TRY(array_argument(arguments, 0));
    const std::int64_t size = SW_TRY(integer_argument(arguments, 1));
    if (size <= 0) {
        return fail("expected a chunk size above zero as argument 2, but got " +
                    to_text(arguments[1]));
    }
    SW_TRY(pay_for(arguments, 0));
    SW_TRY(pay(arguments, 3 * elements.size()));  // a chunk of each at worst
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
        return arguments.work.is_spent() || is_same_value(element, arguments[1], arguments.work);
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
    SW_TRY(pay(arguments, static_cast<std::uint64_t>(count)));
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
    const Json& element = elements[static_cast<std::size_t>(index)];
    if (!pay_for_copy(element, arguments.work)) return fail(std::string("expected less work"));
    return element;
}

Answer array_length(const Arguments& arguments) {
    const Json& elements = *SW_TRY(array_argument(arguments, 0));
    return Json(elements.size());
}

Answer array_unique(const Arguments& arguments) {
    const Json& elements = *SW_TRY(array_argument(arguments, 0));
    Json unique = Json::array();
    ValueSet seen;
    for (const Json& element : elements) {
        if (!seen.insert(element, arguments.work)) {
            SW_TRY(pay(arguments, 1));
            continue;
        }
        if (!pay_for_copy(element, arguments.work)) break;
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
