// Who may start runs could find secrets by guessing, as an input that holds one is refused. After a
// few such refusals, each further one keeps whoever asked from starting anything for a time that
// doubles, from a second up to five minutes; an hour without one forgets them.
//
// Thread safety: complete.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "engine/base/time.hpp"

namespace stepwell::api {

class GuessLimit {
public:
    using Moment = std::chrono::steady_clock::time_point;
    static constexpr unsigned kFree = 5;

    /// How long `who` has to wait; nothing: go on.
    [[nodiscard]] std::optional<Duration> wait(const std::string& who, Moment now) const;
    void refused(const std::string& who, Moment now);

private:
    struct Guesses {
        unsigned count = 0;
        Moment until;
        Moment last;
    };
    /// The entry of whoever came when there was no more room for others is shared.
    [[nodiscard]] std::string key_of(const std::string& who) const;

    mutable std::mutex mutex_;
    std::map<std::string, Guesses> guesses_;
};

}  // namespace stepwell::api
