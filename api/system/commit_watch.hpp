// Tells when the engine's thread has stood still with work before it: a disk that is frozen takes
// no commit, and gives no error either.
//
// Thread safety: complete.
#pragma once

#include <cstdint>
#include <mutex>

#include "engine/base/time.hpp"

namespace stepwell::api {

class CommitWatch {
public:
    explicit CommitWatch(Duration patience) : patience_(patience) {}

    /// What the engine's figures are at `now`, by a clock that does not step. True where it has
    /// ended no turn for longer than the patience although something waited at each look.
    bool look(std::uint64_t turns, std::size_t waiting, Duration now) {
        const std::lock_guard lock(mutex_);
        if (turns != turns_ || waiting == 0) {
            turns_ = turns;
            since_ = now;
        }
        return now - since_ > patience_;
    }

private:
    const Duration patience_;
    std::mutex mutex_;
    std::uint64_t turns_ = 0;
    Duration since_{};
};

}  // namespace stepwell::api
