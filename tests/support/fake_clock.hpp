// A clock that stands until a test moves it, with random numbers that repeat.
#pragma once

#include <algorithm>
#include <atomic>

#include "engine/base/prng.hpp"
#include "engine/runtime/clock.hpp"

namespace stepwell::test {

class FakeClock final : public runtime::Clock {
public:
    explicit FakeClock(std::uint64_t seed = 1) : seed_(seed) {}
    Timestamp now() override { return from_ms(now_ms_); }
    Duration steady() override { return Duration(steady_ms_); }
    std::uint64_t entropy() override { return Prng(seed_ + ++draws_).next(); }
    void advance(Duration by) {
        now_ms_ += by.count();
        steady_ms_ += by.count();
    }
    /// Without the time of day: what measures a pause goes on, and nothing falls due.
    void wait(Duration by) { steady_ms_ += by.count(); }
    /// Time passes until then.
    void set(Timestamp now) {
        steady_ms_ += std::max<std::int64_t>(0, to_ms(now) - now_ms_);
        now_ms_ = to_ms(now);
    }
    /// As if somebody set the time of day.
    void step(Duration by) { now_ms_ += by.count(); }

private:
    std::uint64_t seed_;
    std::atomic<std::uint64_t> draws_{0};
    std::atomic<std::int64_t> steady_ms_{1'000};
    std::atomic<std::int64_t> now_ms_{1'700'000'000'000};
};

}  // namespace stepwell::test
