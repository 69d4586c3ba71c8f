// The JSON Schemas of the answers, for the OpenAPI document.
#pragma once

#include "api/router/router.hpp"

namespace stepwell::api::answers {

/// Adds Quantiles, Failure, FailureAnswer, FailureGroup, Result, Results, Usual, Grid, MapAnswer,
/// Overview, Home, Failures. REQUIRES: Run and AsOf are there.
void add_answer_schemas(Router& router);

}  // namespace stepwell::api::answers
