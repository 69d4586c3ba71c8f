// What answers of AWS services look like where a task stands in for one.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/json.hpp"

namespace stepwell::tasks {

/// A random UUID.
std::string new_request_id();

/// "Sat, 21 Nov 2026 09:00:00 GMT".
std::string http_date();

struct HttpAnswer {
    std::string request_id;
    std::size_t content_bytes = 0;
    std::string content_type;
    /// Further headers, as pairs.
    Json headers = Json::object();
};

/// Adds SdkHttpMetadata and SdkResponseMetadata to a result, as optimised integrations have them.
void add_sdk_metadata(Json& result, const HttpAnswer& answer);

/// The parts of "arn:aws:SERVICE:REGION:ACCOUNT:REST" that matter here; empty where it is no ARN.
struct ArnParts {
    std::string region;
    std::string account;
    std::string rest;
};
ArnParts split_arn(std::string_view arn);

}  // namespace stepwell::tasks
