// Signed links that let whoever holds one say how one task ends, without signing in: for mails and
// chat. A link names the attempt, what may be done with it (its scope) and until when, under a seal
// that only this data folder can make; nothing is kept of it. It is used up when the task ends.
//
//   ID.SCOPE.UNTIL.SEAL    12.0.1.decide.1764547200.9f86…   (UNTIL: seconds since 1970)
//
// Threads: complete; immutable.
#pragma once

#include <string>
#include <string_view>

#include "api/http/principal.hpp"
#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"

namespace stepwell::api {

/// Of a link that says no other span: a week has a weekend in it.
inline constexpr Duration kCallbackLinkAge = std::chrono::days(7);
/// The longest there is.
inline constexpr Duration kCallbackLinkAgeMax = std::chrono::days(30);

/// Where the page is that takes a link, which stands behind the '#': so that it is sent to no
/// server but in the header below, and stands in no log.
inline constexpr std::string_view kCallbackLinkPage = "/answer#";
inline constexpr std::string_view kCallbackLinkHeader = "X-Stepwell-Link";

class CallbackLinks {
public:
    /// `key`: of this purpose alone.
    explicit CallbackLinks(std::string key) : key_(std::move(key)) {}

    /// The link as it stands behind kCallbackLinkPage.
    [[nodiscard]] std::string make(const TaskToken& token, LinkScope scope, Timestamp until) const;
    /// Who holds it. Fails with 401 where it was not made here, with 410 where it is over.
    [[nodiscard]] Result<Principal, Refusal> read(std::string_view link, Timestamp now) const;

private:
    [[nodiscard]] std::string seal_of(std::string_view text) const;
    const std::string key_;
};

}  // namespace stepwell::api
