// How often somebody may try to sign in. For one name from one place: after five failures each
// further one costs a pause that doubles, up to five minutes. From one place, whatever the names:
// twenty failures at once, then one a second; so nobody, who guesses names from behind the same
// proxy, keeps others out for longer than that.
//
// Threads: complete.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "engine/base/time.hpp"

namespace stepwell::api {

class SignInLimit {
public:
    /// How long to wait; nothing: try.
    [[nodiscard]] std::optional<Duration> wait(const std::string& peer, const std::string& name,
                                               Timestamp now) const;
    void failed(const std::string& peer, const std::string& name, Timestamp now);
    void succeeded(const std::string& peer, const std::string& name);

private:
    /// Of a name from a place: a count, and until when to wait.
    struct Failures {
        unsigned count = 0;
        Timestamp until;
    };
    /// Of a place: what is left of its failures, as of a moment.
    struct Bucket {
        double left = 0;
        Timestamp at;
    };
    [[nodiscard]] static double left_at(const Bucket& bucket, Timestamp now);
    void forget(Timestamp now);

    mutable std::mutex mutex_;
    std::map<std::string, Failures> failures_;  // by place and name
    std::map<std::string, Bucket> buckets_;     // by place
};

}  // namespace stepwell::api
