// A set of JSON values, by is_same_value(): to look one up costs what that value weighs, however
// many there are. Internal to engine/expression.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "engine/base/json.hpp"
#include "engine/base/work.hpp"

namespace stepwell::expression {

class ValueSet {
public:
    /// False where an equal value is in it, or where the work is spent. REQUIRES: `value` outlives
    /// the set.
    bool insert(const Json& value, Work& work);
    /// As insert(), unless just the same is in it: equality is not transitive where whole numbers
    /// meet doubles.
    void add(const Json& value, Work& work);
    /// False, too, where the work is spent.
    [[nodiscard]] bool contains(const Json& value, Work& work) const;

    [[nodiscard]] std::size_t size() const { return values_.size(); }

private:
    [[nodiscard]] bool has(std::uint64_t hash, const Json& value, Work& work) const;

    std::unordered_multimap<std::uint64_t, const Json*> values_;  // by a keyed hash
};

}  // namespace stepwell::expression
