// The clock port: everything that the core must not read by itself.
//
// Threads: all of it may be called from any thread.
#pragma once

#include <cstdint>

#include "engine/base/time.hpp"

namespace stepwell::runtime {

class Clock {
public:
    virtual ~Clock() = default;
    virtual Timestamp now() = 0;
    /// Since some moment of the past; goes on steadily, whatever is done to the time of day.
    virtual Duration steady() = 0;
    /// 64 bits that nobody can foresee.
    virtual std::uint64_t entropy() = 0;
};

/// The machine's clock and its random numbers. Lives as long as the process.
Clock& system_clock();

}  // namespace stepwell::runtime
