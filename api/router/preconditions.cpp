#include "api/router/preconditions.hpp"

#include "api/http/conditions.hpp"
#include "api/http/problem.hpp"

namespace stepwell::api {

std::vector<Parameter> precondition_headers(std::string_view shown_by) {
    return {text_parameter(kIfMatch,
                           "the ETag of " + std::string(shown_by) + ", or *: there has to be one",
                           1'000),
            text_parameter(kIfNoneMatch, "*: there has to be none", 1'000)};
}

std::optional<Response> unmet_precondition(const Call& call, std::string_view name,
                                           const Result<Json>& now) {
    const std::string_view wanted = call.header(kIfMatch);
    const bool wants_none = call.header(kIfNoneMatch) == "*";
    if (wanted.empty() && !wants_none) return std::nullopt;
    const bool is_missing = !now && now.error().code == ErrorCode::not_found;
    if (!now && !is_missing) return problem(now.error());
    bool is_met = !wants_none || is_missing;
    if (!wanted.empty()) is_met = is_met && now && names_etag(wanted, etag_of(to_text(*now)));
    if (is_met) return std::nullopt;
    return stale(name);
}

Response stale(std::string_view name) {
    return problem(412, "expected to replace what was seen, but '" + std::string(name) +
                            "' is another by now: read it again, and decide again");
}

}  // namespace stepwell::api
