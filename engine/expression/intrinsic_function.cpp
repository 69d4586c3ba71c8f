#include "engine/expression/intrinsic_function.hpp"

#include <array>
#include <cmath>

#include "engine/base/big_integer.hpp"
#include "engine/expression/value.hpp"

namespace stepwell::expression {
namespace {

constexpr std::array<IntrinsicFunction, 18> kFunctions{{
    {"Format", 1, kAnyCount, true, intrinsic::format},
    {"StringToJson", 1, 1, false, intrinsic::string_to_json},
    {"JsonToString", 1, 1, true, intrinsic::json_to_string},
    {"Array", 0, kAnyCount, false, intrinsic::array},
    {"ArrayPartition", 2, 2, false, intrinsic::array_partition},
    {"ArrayContains", 2, 2, false, intrinsic::array_contains},
    {"ArrayRange", 3, 3, false, intrinsic::array_range},
    {"ArrayGetItem", 2, 2, true, intrinsic::array_get_item},
    {"ArrayLength", 1, 1, false, intrinsic::array_length},
    {"ArrayUnique", 1, 1, false, intrinsic::array_unique},
    {"Base64Encode", 1, 1, true, intrinsic::base64_encode},
    {"Base64Decode", 1, 1, true, intrinsic::base64_decode},
    {"Hash", 2, 2, true, intrinsic::hash},
    {"JsonMerge", 3, 3, false, intrinsic::json_merge},
    {"MathRandom", 2, 3, false, intrinsic::math_random},
    {"MathAdd", 2, 2, false, intrinsic::math_add},
    {"StringSplit", 2, 2, false, intrinsic::string_split},
    {"UUID", 0, 0, true, intrinsic::uuid},
}};

stepwell::Failure<std::string> unexpected(const Arguments& arguments, std::size_t i,
                                          std::string_view wanted) {
    return fail("expected " + std::string(wanted) + " as argument " + std::to_string(i + 1) +
                ", but got " + std::string(kind_of(arguments[i])));
}

}  // namespace

const IntrinsicFunction* find_intrinsic(std::string_view name) {
    for (const IntrinsicFunction& function : kFunctions) {
        if (function.name == name) return &function;
    }
    return nullptr;
}

const std::string& intrinsic_names() {
    static const std::string names = [] {
        std::string text;
        for (const IntrinsicFunction& function : kFunctions) {
            if (!text.empty()) text += ", ";
            text += function.name;
        }
        return text;
    }();
    return names;
}

Result<std::int64_t, std::string> integer_argument(const Arguments& arguments, std::size_t i) {
    const Json& value = arguments[i];
    if (!is_any_number(value)) return unexpected(arguments, i, "a number");
    const double rounded = std::floor(to_double(value) + 0.5);
    if (!(rounded >= INT32_MIN && rounded <= INT32_MAX)) {
        return fail("expected a number from -2147483648 to 2147483647 as argument " +
                    std::to_string(i + 1) + ", but got " + to_text(value));
    }
    return static_cast<std::int64_t>(rounded);
}

Result<std::string_view, std::string> string_argument(const Arguments& arguments, std::size_t i) {
    if (!arguments[i].is_string()) return unexpected(arguments, i, "a string");
    return std::string_view(arguments[i].get_ref<const std::string&>());
}

Result<void, std::string> pay(const Arguments& arguments, std::uint64_t units) {
    if (arguments.work.spend(units)) return {};
    return fail(std::string("expected less work"));
}

Result<void, std::string> pay_for(const Arguments& arguments, std::size_t i) {
    if (pay_for_copy(arguments[i], arguments.work)) return {};
    return fail(std::string("expected less work"));
}

Result<const Json*, std::string> array_argument(const Arguments& arguments, std::size_t i) {
    if (!arguments[i].is_array()) return unexpected(arguments, i, "an array");
    return &arguments[i];
}

}  // namespace stepwell::expression
