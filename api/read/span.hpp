// A span of time, and its division into intervals of equal length: what charts are drawn over.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/time.hpp"

namespace stepwell::api::answers {

struct Span {
    Timestamp from;  // inclusive
    Timestamp to;    // exclusive
};

/// REQUIRES: `count` is at least 1.
class Intervals {
public:
    Intervals(Span span, std::size_t count)
        : from_(span.from), count_(count), width_(std::max(1.0, width_of(span, count))) {}
    /// Which one; the first or last for a time outside.
    [[nodiscard]] std::size_t of(Timestamp at) const {
        const auto index = static_cast<std::size_t>(
            std::max(0.0, static_cast<double>((at - from_).count()) / width_));
        return std::min(index, count_ - 1);
    }
    [[nodiscard]] Json begins() const {
        Json out = Json::array();
        for (std::size_t i = 0; i < count_; ++i) {
            const auto offset = static_cast<std::int64_t>(width_ * static_cast<double>(i));
            out.push_back(to_iso8601(from_ + Duration(offset)));
        }
        return out;
    }
    [[nodiscard]] std::vector<std::uint64_t> zeros() const {
        return std::vector<std::uint64_t>(count_);
    }

private:
    static double width_of(Span span, std::size_t count) {
        return static_cast<double>((span.to - span.from).count()) / static_cast<double>(count);
    }
    Timestamp from_;
    std::size_t count_;
    double width_;
};

}  // namespace stepwell::api::answers
