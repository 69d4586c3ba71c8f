// Errors as HTTP answers. The only place that maps a code to a status; the AWS API has its own.
#pragma once

#include "api/http/http.hpp"
#include "engine/base/json.hpp"
#include "engine/base/result.hpp"

namespace stepwell::api {

/// {"status", "code", "message"}
Response problem(const Error& error);
Response problem(unsigned status, std::string_view message);
Response json_response(const Json& body);

/// "Not Found"
std::string_view reason_phrase(unsigned status);

}  // namespace stepwell::api
