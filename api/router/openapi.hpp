// The OpenAPI 3.1 document, printed from the table of routes.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/router/route.hpp"

namespace stepwell::api {

/// REQUIRES: the schemas in routes are JSON.
Json openapi_document(const std::vector<const Route*>& routes,
                      const std::map<std::string, Json>& schemas, std::string_view version);

}  // namespace stepwell::api
