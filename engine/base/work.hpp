// Work: what may still be looked at and made. An expression can ask for any amount (a filter in a
// filter, a pattern over a long text, a template that names a large value a thousand times), and
// whoever evaluates one makes others wait; so it pays for what it does and ends when that is spent.
//
// Counted in values and bytes, never in time: the same evaluation costs the same everywhere. A unit
// is about what the visit of one value takes, ten to thirty nanoseconds.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "engine/base/payload.hpp"

namespace stepwell {

/// What it costs to parse, to copy, and to read or write that many bytes of JSON. Where the values
/// are at hand, expression::pay_for_copy() knows better what a copy takes.
constexpr std::uint64_t cost_to_parse(std::uint64_t bytes) {
    return 1 + bytes;
}
constexpr std::uint64_t cost_to_copy(std::uint64_t bytes) {
    return 1 + bytes / 2;
}
constexpr std::uint64_t cost_to_read(std::uint64_t bytes) {
    return 1 + bytes / 8;
}

/// Thread safety: none.
class Work {
public:
    static constexpr std::uint64_t kUnlimited = UINT64_MAX;

    explicit Work(std::uint64_t units_max = kUnlimited) : units_max_(units_max), left_(units_max) {}

    /// What follows may spend as much again, whatever was spent before; used() goes on.
    void begin_part(std::uint64_t units_max) {
        units_max_ = left_ = units_max;
        is_spent_ = false;
    }

    /// Takes `units`. False where they are more than is left: then it is spent, and whoever asked
    /// does nothing of what it wanted to do. To be called before the work is done.
    bool spend(std::uint64_t units = 1) {
        if (units > left_) {
            used_ += left_;
            left_ = 0;
            is_spent_ = true;
            return false;
        }
        left_ -= units;
        used_ += units;
        return !is_spent_;
    }

    /// Pays for parsing `payload`, once for all who look into it. False where that is too much.
    bool look_into(const Payload& payload) {
        if (seen_.contains(payload.identity())) return !is_spent_;
        const std::size_t bytes = payload.bytes_to_parse();
        if (!spend(cost_to_parse(bytes))) return false;
        if (bytes >= kRememberedFrom) seen_.emplace(payload.identity(), payload);
        return true;
    }

    /// Whether more was asked for than there was.
    [[nodiscard]] bool is_spent() const { return is_spent_; }
    [[nodiscard]] std::uint64_t units_max() const { return units_max_; }
    [[nodiscard]] std::uint64_t left() const { return left_; }
    /// Over all parts.
    [[nodiscard]] std::uint64_t used() const { return used_; }

private:
    /// Smaller payloads cost less than to know them again.
    static constexpr std::size_t kRememberedFrom = 1'024;

    std::uint64_t units_max_;
    std::uint64_t left_;
    std::uint64_t used_ = 0;
    bool is_spent_ = false;
    std::unordered_map<const void*, Payload> seen_;  // kept, so that no other takes its place
};

}  // namespace stepwell
