#include "engine/expression/value_set.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string_view>

#include "engine/base/big_integer.hpp"
#include "engine/base/keyed_hash.hpp"
#include "engine/expression/value.hpp"

namespace stepwell::expression {
namespace {

/// A place is nowhere near the one before, and tables grow.
constexpr std::uint64_t kCostOfPlace = 2;

std::uint64_t hash_of_words(std::uint64_t first, std::uint64_t second) {
    const std::array<std::uint64_t, 2> words{first, second};
    std::array<char, sizeof words> bytes{};
    std::memcpy(bytes.data(), words.data(), bytes.size());
    return keyed_hash({bytes.data(), bytes.size()});
}

/// Equal values have equal hashes: numbers by value, the order of members does not count. Nobody
/// can choose values that collide but whole numbers beyond 2^53, which a double cannot tell apart.
std::uint64_t hash_of(const Json& value, Work& work) {
    const auto type = static_cast<std::uint64_t>(value.type());
    if (!work.spend()) return 0;
    if (is_any_number(value)) {
        const double number = to_double(value);
        return hash_of_words(UINT64_MAX, std::bit_cast<std::uint64_t>(number == 0 ? 0.0 : number));
    }
    if (value.is_string()) {
        const auto& text = value.get_ref<const std::string&>();
        return work.spend(cost_to_read(text.size())) ? keyed_hash(text) : 0;
    }
    if (value.is_boolean()) return hash_of_words(type, value.get<bool>() ? 1 : 0);
    std::uint64_t hash = hash_of_words(type, value.size());
    if (value.is_object()) {
        for (const auto& [name, member] : value.items()) {
            work.spend(cost_to_read(name.size()));
            hash += hash_of_words(keyed_hash(name), hash_of(member, work));
        }
    } else if (value.is_array()) {
        for (const Json& element : value) hash = hash_of_words(hash, hash_of(element, work));
    }
    return hash;
}

/// Whether whatever equals the one equals the other: they have the same types throughout, too.
bool is_identical(const Json& a, const Json& b, Work& work) {
    if (!work.spend() || a.type() != b.type() || a.size() != b.size()) return false;
    if (a.is_array()) {
        for (std::size_t i = 0; i < a.size(); ++i) {
            if (!is_identical(a[i], b[i], work)) return false;
        }
        return true;
    }
    if (!a.is_object()) return is_same_value(a, b, work);
    for (auto it = a.begin(); it != a.end(); ++it) {
        const Json* other = find(b, it.key());
        if (!other || !is_identical(it.value(), *other, work)) return false;
    }
    return true;
}

}  // namespace

template <class Is>
const Json* ValueSet::find(std::uint64_t hash, const Work& work, Is is_it) const {
    if (places_.empty()) return nullptr;
    const std::size_t mask = places_.size() - 1;
    for (std::size_t at = hash & mask; places_[at].value; at = (at + 1) & mask) {
        if (places_[at].hash != hash) continue;
        if (is_it(*places_[at].value)) return places_[at].value;
        if (work.is_spent()) return nullptr;
    }
    return nullptr;
}

void ValueSet::put(Place one) {
    const std::size_t mask = places_.size() - 1;
    std::size_t at = one.hash & mask;
    while (places_[at].value) at = (at + 1) & mask;
    places_[at] = one;
}

void ValueSet::grow() {
    if (2 * (count_ + 1) <= places_.size()) return;
    constexpr std::size_t kPlacesMin = 16;
    std::vector<Place> before(std::max(kPlacesMin, 2 * places_.size()));
    before.swap(places_);
    for (const Place& one : before) {
        if (one.value) put(one);
    }
}

bool ValueSet::insert(const Json& value, Work& work) {
    const std::uint64_t hash = hash_of(value, work);
    const auto is_same = [&](const Json& other) { return is_same_value(other, value, work); };
    if (find(hash, work, is_same) || !work.spend(kCostOfPlace)) return false;
    grow();
    put({hash, &value});
    ++count_;
    return true;
}

void ValueSet::add(const Json& value, Work& work) {
    const std::uint64_t hash = hash_of(value, work);
    const auto is_just_it = [&](const Json& other) { return is_identical(other, value, work); };
    if (find(hash, work, is_just_it) || !work.spend(kCostOfPlace)) return;
    grow();
    put({hash, &value});
    ++count_;
}

bool ValueSet::contains(const Json& value, Work& work) const {
    const std::uint64_t hash = hash_of(value, work);
    return find(hash, work, [&](const Json& other) { return is_same_value(other, value, work); }) !=
           nullptr;
}

}  // namespace stepwell::expression
