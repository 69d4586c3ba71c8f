#include "engine/expression/value_set.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <string_view>

#include "engine/base/keyed_hash.hpp"
#include "engine/expression/value.hpp"

namespace stepwell::expression {
namespace {

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
    if (value.is_number()) {
        const double number = value.get<double>();
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

bool ValueSet::insert(const Json& value, Work& work) {
    const std::uint64_t hash = hash_of(value, work);
    if (has(hash, value, work) || work.is_spent()) return false;
    values_.emplace(hash, &value);
    return true;
}

void ValueSet::add(const Json& value, Work& work) {
    const std::uint64_t hash = hash_of(value, work);
    for (auto at = values_.find(hash); at != values_.end() && at->first == hash; ++at) {
        if (is_identical(*at->second, value, work)) return;
        if (work.is_spent()) return;
    }
    if (!work.is_spent()) values_.emplace(hash, &value);
}

bool ValueSet::contains(const Json& value, Work& work) const {
    return has(hash_of(value, work), value, work);
}

bool ValueSet::has(std::uint64_t hash, const Json& value, Work& work) const {
    // Not equal_range(): that walks to the end of those that have the hash, unpaid.
    for (auto at = values_.find(hash); at != values_.end() && at->first == hash; ++at) {
        if (is_same_value(*at->second, value, work)) return true;
        if (work.is_spent()) return false;
    }
    return false;
}

}  // namespace stepwell::expression
