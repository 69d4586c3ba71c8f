// What the actions on executions and on Map Runs share.
#pragma once

#include "api/aws/listed_executions.hpp"
#include "engine/base/json.hpp"

namespace stepwell::api::aws {

/// An item of ListExecutions.
Json to_item(const ListedExecution& listed);

inline Failure<AwsError> invalid_token() {
    return refuse_quoting("InvalidToken", "Invalid Token", "Invalid token");
}

}  // namespace stepwell::api::aws
