// Memory of one evaluation: everything that it makes stands in blocks that go at once at its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace stepwell::expression::jsonata {

/// Nothing in it is destroyed, hence only what needs no destructor.
///
/// It does not refuse: whoever asks for much looks at has_room_for() before, and the evaluator at
/// every step. Thread safety: none.
class Arena {
public:
    explicit Arena(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    void* allocate(std::size_t bytes) {
        bytes = (bytes + kAlignment - 1) & ~(kAlignment - 1);
        if (bytes > left_) add_block(bytes);
        void* place = at_;
        at_ += bytes;
        left_ -= bytes;
        return place;
    }
    template <class T, class... Arguments>
    T* make(Arguments&&... arguments) {
        static_assert(std::is_trivially_destructible_v<T>);
        return new (allocate(sizeof(T))) T{std::forward<Arguments>(arguments)...};
    }
    template <class T>
    T* make_array(std::size_t count) {
        static_assert(std::is_trivially_destructible_v<T>);
        T* items = static_cast<T*>(allocate(sizeof(T) * count));
        std::uninitialized_value_construct_n(items, count);
        return items;
    }
    std::string_view keep(std::string_view text) {
        if (text.empty()) return {};
        char* place = static_cast<char*>(allocate(text.size()));
        std::memcpy(place, text.data(), text.size());
        return {place, text.size()};
    }

    [[nodiscard]] bool is_full() const { return bytes_ > bytes_max_; }
    [[nodiscard]] bool has_room_for(std::size_t bytes) const {
        return bytes_ <= bytes_max_ && bytes <= bytes_max_ - bytes_;
    }

private:
    static constexpr std::size_t kAlignment = 8;
    static constexpr std::size_t kFirstBlock = 4'096;
    static constexpr std::size_t kLargestBlock = 1'048'576;

    void add_block(std::size_t bytes) {
        const std::size_t size = bytes > next_block_ ? bytes : next_block_;
        if (next_block_ < kLargestBlock) next_block_ *= 2;
        blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(size));
        at_ = blocks_.back().get();
        left_ = size;
        bytes_ += size;
    }

    std::vector<std::unique_ptr<std::byte[]>> blocks_;
    std::byte* at_ = nullptr;
    std::size_t left_ = 0;
    std::size_t bytes_ = 0;
    std::size_t bytes_max_;
    std::size_t next_block_ = kFirstBlock;
};

}  // namespace stepwell::expression::jsonata
