// The only file that reads the clocks and the machine's entropy.
#include <sys/random.h>

#include <chrono>

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
    std::uint64_t entropy() override {
        std::uint64_t bits = 0;
        SW_ASSERT(::getrandom(&bits, sizeof bits, 0) == sizeof bits);
        return bits;
    }
};

}  // namespace

Clock& system_clock() {
    static SystemClock clock;
    return clock;
}

}  // namespace stepwell::runtime
