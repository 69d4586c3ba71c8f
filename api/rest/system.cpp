// What tells of the daemon itself, and the door of the AWS API.
#include <memory>
#include <mutex>

#include "api/problem.hpp"
#include "api/rest/routes.hpp"

namespace stepwell::api {
namespace {

/// Printed when it is first asked for: by then all routes are there.
class Document {
public:
    Document(const Router& router, std::string version)
        : router_(router), version_(std::move(version)) {}
    const std::string& text() {
        std::call_once(once_, [this] { text_ = to_text(router_.openapi(version_)); });
        return text_;
    }

private:
    const Router& router_;
    const std::string version_;
    std::once_flag once_;
    std::string text_;
};

}  // namespace

void add_aws_route(Router& router, aws::Api& aws) {
    router.add({.method = "POST",
                .pattern = "/",
                .tag = "aws",
                .summary = "The AWS Step Functions API, as SDKs and the AWS CLI speak it",
                .description = "`X-Amz-Target: AWSStepFunctions.ACTION` and a JSON body. The role "
                               "depends on the action.",
                .body = raw_body({"application/x-amz-json-1.0"}),
                .answer_type = "application/x-amz-json-1.0",
                .errors = {400, 401, 403, 413, 500, 503},
                .role_of =
                    [](const Request& request) {
                        return aws::Api::role_of(request.header("X-Amz-Target"));
                    },
                .handle = [&aws](Request& request,
                                 Responder respond) { aws.handle(request, std::move(respond)); }});
}

void add_system_routes(Router& router, std::string version) {
    router.add({.method = "GET",
                .pattern = "/healthz",
                .role = Role::none,
                .tag = "system",
                .summary = "Whether the daemon lives",
                .answer = R"({"type": "object", "required": ["status"],
                    "properties": {"status": {"type": "string", "enum": ["ok"]}}})",
                .read = [](const Call&) -> Result<Json> {
                    return Json{{"status", "ok"}};
                }});
    auto document = std::make_shared<Document>(router, std::move(version));
    router.add({.method = "GET",
                .pattern = "/api/v1/openapi.json",
                .tag = "system",
                .summary = "This document",
                .act = [document](const Call& call) {
                    Response response;
                    response.body = document->text();
                    call.respond(std::move(response));
                }});
}

}  // namespace stepwell::api
