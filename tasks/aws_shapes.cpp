#include "tasks/aws_shapes.hpp"

#include <sys/random.h>

#include <array>
#include <ctime>

#include "engine/base/uuid.hpp"

namespace stepwell::tasks {

std::string new_request_id() {
    std::uint64_t seed = 0;
    SW_ASSERT(::getrandom(&seed, sizeof seed, 0) == sizeof seed);
    Prng random(seed);
    return uuid4(random);
}

std::string http_date() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    std::array<char, 40> text{};
    const std::size_t size =
        std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return {text.data(), size};
}

void add_sdk_metadata(Json& result, const HttpAnswer& answer) {
    Json headers = answer.headers;
    headers["Connection"] = "keep-alive";
    headers["Content-Length"] = std::to_string(answer.content_bytes);
    headers["Content-Type"] = answer.content_type;
    headers["Date"] = http_date();
    headers["x-amzn-RequestId"] = answer.request_id;
    Json all = Json::object();
    for (const auto& [name, value] : headers.items()) all[name] = Json::array({value});
    result["SdkHttpMetadata"] = {{"AllHttpHeaders", std::move(all)},
                                 {"HttpHeaders", std::move(headers)},
                                 {"HttpStatusCode", 200}};
    result["SdkResponseMetadata"] = {{"RequestId", answer.request_id}};
}

ArnParts split_arn(std::string_view arn) {
    std::array<std::string_view, 6> parts{};
    for (std::size_t i = 0; i < 5; ++i) {
        const std::size_t colon = arn.find(':');
        if (colon == std::string_view::npos) return {};
        parts.at(i) = arn.substr(0, colon);
        arn.remove_prefix(colon + 1);
    }
    if (parts[0] != "arn") return {};
    return {std::string(parts[3]), std::string(parts[4]), std::string(arn)};
}

}  // namespace stepwell::tasks
