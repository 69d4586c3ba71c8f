#include "tasks/aws/aws_settings.hpp"

#include "tasks/fields.hpp"
#include "tasks/http/http_client.hpp"

namespace stepwell::tasks {

namespace {

constexpr std::int64_t kWorkersDefault = 8;
constexpr std::int64_t kWorkersMax = 1'000;
constexpr std::int64_t kPollMs = 5'000;

Result<void, TaskError> add_route(Json& worker, const Json& configuration) {
    const auto route = HttpRoute::read(find(configuration, "http"));
    if (!route) return fail(TaskError{"Stepwell.AwsNotConfigured", route.error().message});
    if (!route->ca_file.empty()) worker["ca_file"] = route->ca_file;
    if (route->proxy && !route->proxy->empty()) {
        worker["proxies"] = {{"http", *route->proxy}, {"https", *route->proxy}};
        worker["no_proxy"] = route->no_proxy;
    }
    return {};
}

}  // namespace

Result<std::optional<AwsSettings>, TaskError> AwsSettings::read(const Json& configuration,
                                                                const std::string& region) {
    const Json* section = find(configuration, "aws");
    if (!section) return std::optional<AwsSettings>();
    const Json empty = Json::object();
    Fields fields(section->is_null() ? empty : *section);
    AwsSettings settings;
    for (const char* key :
         {"endpoint", "profile", "access_key_id", "secret_access_key", "session_token"}) {
        if (const auto text = fields.text(key)) settings.worker[key] = *text;
    }
    settings.worker["region"] = fields.text("region", region);
    for (const auto& [service, url] : fields.pairs("endpoints")) {
        settings.worker["endpoints"][service] = url;
    }
    settings.worker["timeout_ms"] = fields.milliseconds("timeout").value_or(kAwsTimeoutMs);
    settings.python = fields.text("python", settings.python);
    settings.workers = fields.whole("workers", 1, kWorkersMax).value_or(kWorkersDefault);
    settings.poll_interval =
        std::chrono::milliseconds(fields.milliseconds("poll_interval").value_or(kPollMs));
    fields.texts("remote");
    if (const auto faults = fields.finish()) {
        return fail(
            TaskError{"Stepwell.AwsNotConfigured", "in the configuration's 'aws': " + *faults});
    }
    SW_TRY(add_route(settings.worker, configuration));
    return std::optional<AwsSettings>(std::move(settings));
}

Shape aws_shape() {
    return shape::object(
               "aws", "where integrations without a local form go",
               {shape::text("endpoint", "URL for all services, such as an emulator's"),
                pairs_shape("endpoints", "URLs by the service's name in botocore"),
                shape::text("region", "in which services are asked"),
                shape::text("profile", "of ~/.aws"), shape::text("access_key_id", "who signs"),
                shape::text("secret_access_key", "of that key"),
                shape::text("session_token", "of temporary keys"),
                shape::texts("remote", "services with a local form that go to AWS, too")
                    .one_of({"lambda", "sfn", "sns"}),
                duration_shape("poll_interval", "between two questions how a job stands"),
                duration_shape("timeout", "without an answer to a request"),
                shape::whole("workers", "processes that ask at once, in each task host")
                    .from_to(1, kWorkersMax),
                shape::text("python", "the interpreter that has botocore")})
        .called("member of 'aws'");
}

}  // namespace stepwell::tasks
