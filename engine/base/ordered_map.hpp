// OrderedMap: the members of a JSON object, in the order in which they came. To find, to add and to
// compare one costs the same in a large object as in a small one.
//
// Small objects are searched from their beginning. From kIndexedFrom members on there is an index:
// a table of positions, open addressing, at most half full. It is kept by whoever changes the map,
// so that reading changes nothing.
//
// Thread safety: as a std::vector; any number of threads may read.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/base/keyed_hash.hpp"

namespace stepwell {

/// How many keys this thread has compared with one that was looked for: tests hold growth against
/// it.
inline thread_local std::uint64_t ordered_map_comparisons = 0;

/// Made to be the ObjectType of nlohmann::basic_json, and has what that asks for. REQUIRES: Key is
/// a std::string.
template <class Key, class T, class IgnoredLess = std::less<Key>,
          class Allocator = std::allocator<std::pair<const Key, T>>>
class OrderedMap {
public:
    using key_type = Key;
    using mapped_type = T;
    /// The key is not const, or a growing vector would copy each member instead of moving it: a
    /// document would be copied once for each level of what is built around it. REQUIRES: nobody
    /// assigns to it.
    using value_type = std::pair<Key, T>;
    using allocator_type =
        typename std::allocator_traits<Allocator>::template rebind_alloc<value_type>;
    using Members = std::vector<value_type, allocator_type>;
    using iterator = typename Members::iterator;
    using const_iterator = typename Members::const_iterator;
    using size_type = typename Members::size_type;
    using difference_type = typename Members::difference_type;
    using reference = value_type&;
    using const_reference = const value_type&;
    using pointer = value_type*;
    using const_pointer = const value_type*;
    using key_compare = std::equal_to<>;

    static constexpr size_type kIndexedFrom = 16;

    OrderedMap() = default;
    explicit OrderedMap(const Allocator& allocator) : members_(allocator) {}
    template <class It>
    OrderedMap(It first, It last) {
        insert(first, last);
    }
    OrderedMap(std::initializer_list<value_type> members) {
        insert(members.begin(), members.end());
    }

    iterator begin() { return members_.begin(); }
    iterator end() { return members_.end(); }
    const_iterator begin() const { return members_.begin(); }
    const_iterator end() const { return members_.end(); }
    const_iterator cbegin() const { return members_.cbegin(); }
    const_iterator cend() const { return members_.cend(); }
    [[nodiscard]] bool empty() const { return members_.empty(); }
    [[nodiscard]] size_type size() const { return members_.size(); }
    [[nodiscard]] size_type max_size() const { return members_.max_size(); }

    iterator find(std::string_view key) {
        return members_.begin() + static_cast<difference_type>(position_of(key));
    }
    const_iterator find(std::string_view key) const {
        return members_.begin() + static_cast<difference_type>(position_of(key));
    }
    size_type count(std::string_view key) const { return position_of(key) < size() ? 1 : 0; }

    T& at(std::string_view key) { return find(key)->second; }
    const T& at(std::string_view key) const { return find(key)->second; }
    template <class K>
    T& operator[](K&& key) {
        return emplace(std::forward<K>(key), T{}).first->second;
    }

    /// As std::map: where there is such a member, it stays as it is.
    template <class K, class V>
    std::pair<iterator, bool> emplace(K&& key, V&& value) {
        const size_type at = position_of(key);
        if (at < size()) return {members_.begin() + static_cast<difference_type>(at), false};
        value_type member(std::piecewise_construct, std::forward_as_tuple(std::forward<K>(key)),
                          std::forward_as_tuple(std::forward<V>(value)));
        if (members_.size() == members_.capacity()) grow();
        members_.push_back(std::move(member));
        index_last();
        return {std::prev(members_.end()), true};
    }
    std::pair<iterator, bool> insert(const value_type& member) {
        return emplace(member.first, member.second);
    }
    std::pair<iterator, bool> insert(value_type&& member) {
        return emplace(member.first, std::move(member.second));
    }
    template <class It>
    void insert(It first, It last) {
        for (; first != last; ++first) emplace(first->first, first->second);
    }

    size_type erase(std::string_view key) {
        const auto found = find(key);
        if (found == end()) return 0;
        erase(found);
        return 1;
    }
    iterator erase(iterator at) { return erase(at, std::next(at)); }
    /// Costs the size of the map.
    iterator erase(iterator first, iterator last) {
        if (first == last) return first;
        const iterator next = members_.erase(first, last);
        rebuild();
        return next;
    }
    void clear() {
        members_.clear();
        slots_.clear();
    }
    void swap(OrderedMap& other) noexcept {
        members_.swap(other.members_);
        slots_.swap(other.slots_);
    }

    /// Objects with the same members in another order are different.
    bool operator==(const OrderedMap& other) const { return members_ == other.members_; }
    std::partial_ordering operator<=>(const OrderedMap& other) const {
        return std::lexicographical_compare_three_way(
            begin(), end(), other.begin(), other.end(),
            [](const value_type& a, const value_type& b) -> std::partial_ordering {
                if (const auto order = a.first <=> b.first; order != 0) return order;
                return a.second <=> b.second;
            });
    }

private:
    static constexpr std::uint32_t kFree = 0xFFFF'FFFF;

    static bool is_key(const value_type& member, std::string_view key) {
        ++ordered_map_comparisons;
        return std::string_view(member.first) == key;
    }

    /// size() where there is none.
    [[nodiscard]] size_type position_of(std::string_view key) const {
        if (slots_.empty()) {
            size_type at = 0;
            while (at < size() && !is_key(members_[at], key)) ++at;
            return at;
        }
        const size_type mask = slots_.size() - 1;
        for (size_type slot = keyed_hash(key) & mask; slots_[slot] != kFree;
             slot = (slot + 1) & mask) {
            if (is_key(members_[slots_[slot]], key)) return slots_[slot];
        }
        return size();
    }

    /// By hand: a vector would copy the members, and all that is below them, as a copy of a key may
    /// fail.
    void grow() {
        Members grown(members_.get_allocator());
        grown.reserve(std::max<size_type>(2, 2 * size()));
        for (value_type& member : members_) grown.push_back(std::move(member));
        members_.swap(grown);
    }

    void index_last() {
        if (size() < kIndexedFrom) return;
        if (slots_.size() < 2 * size()) return rebuild();
        place(size() - 1);
    }

    void place(size_type position) {
        const size_type mask = slots_.size() - 1;
        size_type slot = keyed_hash(members_[position].first) & mask;
        while (slots_[slot] != kFree) slot = (slot + 1) & mask;
        slots_[slot] = static_cast<std::uint32_t>(position);
    }

    void rebuild() {
        slots_.clear();
        if (size() < kIndexedFrom) return;
        size_type capacity = 4 * kIndexedFrom;
        while (capacity < 3 * size()) capacity *= 2;
        slots_.assign(capacity, kFree);
        for (size_type at = 0; at < size(); ++at) place(at);
    }

    Members members_;
    std::vector<std::uint32_t> slots_;  // positions in members_; empty: no index
};

}  // namespace stepwell
