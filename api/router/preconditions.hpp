// What a request believes to replace: If-Match and If-None-Match of routes that change one thing
// which another route shows.
#pragma once

#include <optional>
#include <vector>

#include "api/router/route.hpp"

namespace stepwell::api {

inline constexpr const char* kIfMatch = "If-Match";
inline constexpr const char* kIfNoneMatch = "If-None-Match";

/// For Route::headers. `shown_by`: what has the ETag, "GET of the same path".
std::vector<Parameter> precondition_headers(std::string_view shown_by);

/// The answer where the thing of that name is not as the request wants it; `now`: as it is shown,
/// or `not_found`. REQUIRES: the route has precondition_headers(); nobody changes the thing until
/// the request is done.
std::optional<Response> unmet_precondition(const Call& call, std::string_view name,
                                           const Result<Json>& now);

/// 412: what was to be replaced is another by now.
Response stale(std::string_view name);

}  // namespace stepwell::api
