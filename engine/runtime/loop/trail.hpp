// What has happened in a run so far, kept in memory while it is short: a run that ends soon after
// is folded to its row without reading back what was written a moment ago.
//
// Threads: the engine's only.
#pragma once

#include <utility>
#include <vector>

#include "engine/core/event.hpp"

namespace stepwell::runtime {

class Trail {
public:
    /// As much as the longest history takes that is folded on the engine's thread.
    static constexpr std::size_t kBytesMax = 128u << 10;

    /// From here on. Of what began in an earlier life nothing is known, and it stays so.
    void begin() { is_whole_ = true; }
    /// Adds what one turn has written, in `stored_bytes`. Payloads that no row tells are let go.
    void add(std::vector<core::Event> events, std::size_t stored_bytes);

    /// Whether it has all that was added; else it has nothing.
    [[nodiscard]] bool is_whole() const { return is_whole_; }
    /// What the events measure as they are stored.
    [[nodiscard]] std::size_t stored_bytes() const { return stored_bytes_; }
    /// In memory, about.
    [[nodiscard]] std::size_t bytes() const { return result_bytes_ + count_ * sizeof(core::Event); }
    /// All of them, and `last` behind them. REQUIRES: it is whole, and not used any more.
    std::vector<core::Event> take(const std::vector<core::Event>& last) &&;

private:
    bool is_whole_ = false;
    std::size_t stored_bytes_ = 0;
    std::size_t result_bytes_ = 0;
    std::size_t count_ = 0;
    std::vector<std::vector<core::Event>> turns_;  // one for each turn, as they came
};

}  // namespace stepwell::runtime
