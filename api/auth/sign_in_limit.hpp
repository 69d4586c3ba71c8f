// How often somebody may try to sign in: after five failures for one name from one place, or twenty
// from one place, each further one costs a pause that doubles, up to five minutes.
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
    struct Failures {
        unsigned count = 0;
        Timestamp until;
    };
    void add(const std::string& key, unsigned free, Timestamp now);

    mutable std::mutex mutex_;
    std::map<std::string, Failures> failures_;
};

}  // namespace stepwell::api
