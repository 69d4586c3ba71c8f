#include "api/rest/routes.hpp"
#include "api/views.hpp"

namespace stepwell::api {

void add_workflow_routes(Router& router, Readers& readers) {
    router.add({.method = "GET",
                .pattern = "/api/v1/workflows",
                .tag = "workflows",
                .summary = "All workflows, by name",
                .answer = R"({"type": "object", "required": ["workflows"], "properties": {
                    "workflows": {"type": "array", "items": {"$ref": "#/components/schemas/Workflow"}}}})",
                .read = [&readers](const Call&) -> Result<Json> {
                    auto reader = SW_TRY(readers.take());
                    return workflows_view(*reader);
                }});
}

}  // namespace stepwell::api
