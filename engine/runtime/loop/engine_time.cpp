#include "engine/runtime/loop/engine_time.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace stepwell::runtime {
namespace {

/// What two clocks may differ by without anybody having set one.
constexpr Duration kJitterMax{1'000};
/// The part of the time that passes by which it comes nearer to the time of day: one in ten.
constexpr int kSlew = 10;

}  // namespace

EngineTime::EngineTime(Clock& clock) : clock_(clock), wall_(clock.now()), steady_(clock.steady()) {}

Timestamp EngineTime::now() {
    const Timestamp wall = clock_.now();
    const Duration steady = clock_.steady();
    const Duration passed = steady - steady_;
    const Duration step = (wall - wall_) - passed;
    unused_ += passed;
    ahead_ -= std::min(ahead_, unused_ / kSlew);
    unused_ %= kSlew;
    if (step < -kJitterMax) {
        spdlog::warn("the time of day was set back by {} ms; what waits goes on as if it had not",
                     -step.count());
        ahead_ -= step;
    } else if (step > kJitterMax) {
        spdlog::warn("the time of day was set forward by {} ms", step.count());
        ahead_ -= std::min(ahead_, step);
    }
    wall_ = wall;
    steady_ = steady;
    latest_ = std::max(latest_, wall + ahead_);
    return latest_;
}

}  // namespace stepwell::runtime
