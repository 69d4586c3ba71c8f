// A set of JSON values, by is_same_value(): to look one up costs what that value weighs, however
// many there are. Internal to engine/expression.
//
// A table with open addressing, at most half full: a node for each value would cost more than all
// else that is done with most of them.
#pragma once

#include <cstdint>
#include <vector>

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

    [[nodiscard]] std::size_t size() const { return count_; }

private:
    struct Place {
        std::uint64_t hash = 0;       // keyed
        const Json* value = nullptr;  // null: free
    };

    /// The first value with that hash for which `is_it(value)` holds; null where there is none, or
    /// the work is spent.
    template <class Is>
    const Json* find(std::uint64_t hash, const Work& work, Is is_it) const;
    void put(Place one);
    void grow();

    std::vector<Place> places_;  // a power of two, or none
    std::size_t count_ = 0;
};

}  // namespace stepwell::expression
