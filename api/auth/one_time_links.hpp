// Links that sign a browser in: each good once, and for a short time. Kept in memory: after a
// restart there are none.
//
// Threads: complete.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "api/http/principal.hpp"
#include "engine/base/time.hpp"

namespace stepwell::api {

inline constexpr Duration kLinkAge = std::chrono::minutes(10);

class OneTimeLinks {
public:
    /// "/sign-in?code=...": whoever opens it is `principal`, until now + kLinkAge.
    std::string make(const Principal& principal, Timestamp now);
    /// Whose code it is; it is used up then. Nothing where there is none such, or it is too old.
    std::optional<Principal> take(const std::string& code, Timestamp now);

private:
    struct Link {
        Principal principal;
        Timestamp made;
    };
    void forget_old(Timestamp now);

    std::mutex mutex_;
    std::map<std::string, Link> links_;  // by the code's hash
};

}  // namespace stepwell::api
