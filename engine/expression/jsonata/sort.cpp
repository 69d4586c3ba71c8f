#include "engine/expression/jsonata/sort.hpp"

namespace stepwell::expression::jsonata {
namespace {

Result<void, Raised> sort_part(std::vector<Value>& items, std::vector<Value>& spare,
                               std::size_t begin, std::size_t end, const IsAfter& is_after) {
    if (end - begin <= 1) return {};
    const std::size_t middle = begin + (end - begin) / 2;
    SW_TRY(sort_part(items, spare, begin, middle, is_after));
    SW_TRY(sort_part(items, spare, middle, end, is_after));
    std::size_t left = begin;
    std::size_t right = middle;
    for (std::size_t at = begin; at < end; ++at) {
        const bool takes_right =
            left == middle || (right < end && SW_TRY(is_after(items[left], items[right])));
        spare[at] = takes_right ? items[right++] : items[left++];
    }
    for (std::size_t at = begin; at < end; ++at) items[at] = spare[at];
    return {};
}

}  // namespace

Result<void, Raised> sort_values(std::vector<Value>& items, const IsAfter& is_after) {
    std::vector<Value> spare(items.size());
    return sort_part(items, spare, 0, items.size(), is_after);
}

}  // namespace stepwell::expression::jsonata
