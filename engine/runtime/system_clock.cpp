// The only file that reads the clocks and the machine's entropy.
#include <sys/random.h>

#include <array>
#include <chrono>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/runtime/clock.hpp"

namespace stepwell::runtime {
namespace {

class SystemClock final : public Clock {
public:
    Timestamp now() override {
        return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    }
    Duration steady() override {
        return std::chrono::duration_cast<Duration>(
            std::chrono::steady_clock::now().time_since_epoch());
    }
    /// Fetched in advance, each number given out once: every decision asks for one.
    std::uint64_t entropy() override {
        thread_local std::array<std::uint64_t, 32> numbers;  // 256 bytes: always whole
        thread_local std::size_t left = 0;
        if (left == 0) {
            SW_ASSERT(::getrandom(numbers.data(), sizeof numbers, 0) == sizeof numbers);
            left = numbers.size();
        }
        return std::exchange(numbers.at(--left), 0);
    }
};

}  // namespace

Clock& system_clock() {
    static SystemClock clock;
    return clock;
}

}  // namespace stepwell::runtime
