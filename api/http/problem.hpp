// Errors as HTTP answers. The only place that maps a code to a status; the AWS API has its own.
#pragma once

#include <string>
#include <vector>

#include "api/http/http.hpp"
#include "engine/base/json.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace stepwell::api {

/// The media type of all problems (RFC 9457).
inline constexpr std::string_view kProblemType = "application/problem+json";

/// One of the things that are wrong with a request. `pointer` says where: "#/input/name" in the
/// body, "?limit" in the query, "{run}" in the path.
struct Fault {
    std::string pointer;
    std::string code;  // "unknown", "missing", "repeated", "invalid"
    std::string message;
    std::string hint = {};
};

/// What programs go by: "not_found".
std::string_view name_of(ErrorCode code);

/// {"type", "title", "status", "code", "detail"}; the server adds "request_id".
Response problem(const Error& error);
Response problem(unsigned status, std::string_view detail);
Response problem(unsigned status, std::string_view code, std::string_view detail);
/// 429: too often; it says when to come again.
Response too_often(std::string_view what, Duration wait);
/// 400 with all of them, in words and in "faults".
Response problem(const std::vector<Fault>& faults, std::string detail = {});
Json to_json(const Fault& fault);

/// REQUIRES: `body` is a problem's.
void add_request_id(std::string& body, std::string_view id);
Response json_response(const Json& body);

/// "Not Found"
std::string_view reason_phrase(unsigned status);

}  // namespace stepwell::api
