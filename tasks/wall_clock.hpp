// The time of day, for what leaves a task: stamps in results, deadlines of calls, deliveries.
#pragma once

#include "engine/base/time.hpp"

namespace stepwell::tasks {

inline Timestamp wall_clock() {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

inline std::int64_t wall_clock_ms() {
    return to_ms(wall_clock());
}

}  // namespace stepwell::tasks
