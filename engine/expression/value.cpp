#include "engine/expression/value.hpp"

#include <algorithm>
#include <cstdint>

#include "engine/base/big_integer.hpp"
#include "engine/expression/environment.hpp"

namespace stepwell::expression {
namespace {

bool is_beyond_signed(const Json& number) {
    return number.is_number_unsigned() &&
           number.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX);
}

std::partial_ordering compare_integers(const Json& a, const Json& b) {
    if (is_beyond_signed(a) && is_beyond_signed(b)) {
        return a.get<std::uint64_t>() <=> b.get<std::uint64_t>();
    }
    if (is_beyond_signed(a)) return std::partial_ordering::greater;
    if (is_beyond_signed(b)) return std::partial_ordering::less;
    return a.get<std::int64_t>() <=> b.get<std::int64_t>();
}

bool has_same_members(const Json& a, const Json& b, Work& work) {
    if (a.size() != b.size()) return false;
    for (auto it = a.begin(); it != a.end(); ++it) {
        if (!work.spend(cost_to_read(it.key().size()))) return false;
        const Json* other = find(b, it.key());
        if (!other || !is_same_value(it.value(), *other, work)) return false;
    }
    return true;
}

bool has_same_elements(const Json& a, const Json& b, Work& work) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!is_same_value(a[i], b[i], work)) return false;
    }
    return true;
}

/// Small values cost more than they have bytes: each is made, moved and freed. Stops counting
/// beyond `limit`.
std::uint64_t cost_of_copy(const Json& value, std::uint64_t limit) {
    constexpr std::uint64_t kScalarCost = 3;
    constexpr std::uint64_t kArrayCost = 4;
    constexpr std::uint64_t kObjectCost = 5;
    constexpr std::uint64_t kMemberCost = 4;
    if (value.is_string()) {
        return kScalarCost + cost_to_read(value.get_ref<const std::string&>().size());
    }
    if (!value.is_structured()) return kScalarCost;
    std::uint64_t cost = value.is_array() ? kArrayCost : kObjectCost;
    for (auto it = value.begin(); it != value.end() && cost <= limit; ++it) {
        if (value.is_object()) cost += kMemberCost + it.key().size() / 8;
        cost += cost_of_copy(it.value(), limit - std::min(cost, limit));
    }
    return cost;
}

void append_java_text(std::string& text, const Json& value) {
    if (value.is_string()) {
        text += value.get_ref<const std::string&>();
        return;
    }
    if (!value.is_structured()) {
        text += to_text(value);
        return;
    }
    const bool is_object = value.is_object();
    text += is_object ? '{' : '[';
    bool is_first = true;
    for (auto it = value.begin(); it != value.end(); ++it) {
        if (!is_first) text += ", ";
        is_first = false;
        if (is_object) text += it.key() + "=";
        append_java_text(text, it.value());
    }
    text += is_object ? '}' : ']';
}

}  // namespace

const Json& LazyDocument::json(Work& work) const {
    static const Json nothing;
    if (json_) return *json_;
    return work.look_into(*payload_) ? payload_->json() : nothing;
}

Failure work_failure(const Work& work, const std::string& what) {
    return {"States.Runtime", what + " needs more work than one state may do (" +
                                  std::to_string(work.units_max()) +
                                  " units: values visited, bytes parsed, copied and compared)"};
}

std::partial_ordering compare_numbers(const Json& a, const Json& b) {
    if (a.is_number_float() || b.is_number_float()) return to_double(a) <=> to_double(b);
    if (is_big_integer(a) && is_big_integer(b)) return compare_big_integers(a, b);
    // Each is further from 0 than all of 64 bits.
    if (is_big_integer(a)) return to_double(a) <=> 0.0;
    if (is_big_integer(b)) return 0.0 <=> to_double(b);
    return compare_integers(a, b);
}

bool is_same_value(const Json& a, const Json& b, Work& work) {
    if (!work.spend()) return false;
    if (is_any_number(a) && is_any_number(b)) return compare_numbers(a, b) == 0;
    if (a.type() != b.type()) return false;
    if (a.is_object()) return has_same_members(a, b, work);
    if (a.is_array()) return has_same_elements(a, b, work);
    if (a.is_string() &&
        a.get_ref<const std::string&>().size() == b.get_ref<const std::string&>().size()) {
        if (!work.spend(cost_to_read(a.get_ref<const std::string&>().size()))) return false;
    }
    return a == b;
}

std::string to_java_text(const Json& value) {
    std::string text;
    append_java_text(text, value);
    return text;
}

std::size_t rough_bytes(const Json& value, std::size_t limit) {
    constexpr std::size_t kScalarBytes = 4;
    if (value.is_string()) return value.get_ref<const std::string&>().size() + 2;
    if (!value.is_structured()) return kScalarBytes;
    std::size_t bytes = 2;
    for (auto it = value.begin(); it != value.end() && bytes <= limit; ++it) {
        if (value.is_object()) bytes += it.key().size() + 3;
        bytes += rough_bytes(it.value(), limit - bytes) + 1;
    }
    return bytes;
}

bool pay_for_copy(const Json& value, Work& work) {
    return work.spend(cost_of_copy(value, work.left()));
}

std::string_view kind_of(const Json& value) {
    switch (value.type()) {
        case Json::value_t::null:
            return "null";
        case Json::value_t::object:
            return "an object";
        case Json::value_t::array:
            return "an array";
        case Json::value_t::string:
            return "a string";
        case Json::value_t::boolean:
            return "a boolean";
        default:
            return "a number";
    }
}

}  // namespace stepwell::expression
