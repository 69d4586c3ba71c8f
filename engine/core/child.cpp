#include "engine/core/child.hpp"

#include <array>
#include <ctime>
#include <utility>

namespace stepwell::core {
namespace {

std::string http_date(Timestamp at) {
    const std::time_t seconds = static_cast<std::time_t>(to_ms(at) / 1000);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 40> text{};
    const std::size_t size =
        std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return {text.data(), size};
}

}  // namespace

Json started_document(const std::string& arn, Timestamp started_at, const std::string& request_id) {
    Json document{{"ExecutionArn", arn}};
    const Json body{{"executionArn", arn}, {"startDate", to_epoch_seconds(started_at)}};
    const Json headers{{"x-amzn-RequestId", request_id},
                       {"connection", "keep-alive"},
                       {"Content-Length", std::to_string(to_text(body).size())},
                       {"Date", http_date(started_at)},
                       {"Content-Type", "application/x-amz-json-1.0"}};
    Json all = Json::object();
    for (const auto& [name, value] : headers.items()) all[name] = Json::array({value});
    document["SdkHttpMetadata"] = {
        {"AllHttpHeaders", std::move(all)}, {"HttpHeaders", headers}, {"HttpStatusCode", 200}};
    document["SdkResponseMetadata"] = {{"RequestId", request_id}};
    document["StartDate"] = to_epoch_seconds(started_at);
    return document;
}

Json ended_document(const ChildEnd& end, bool is_parsed) {
    const auto document_of = [&](const Payload& payload) {
        return is_parsed ? payload.json() : Json(payload.text());
    };
    const Json included{{"Included", true}};
    Json document = Json::object();
    if (end.cause) document["Cause"] = *end.cause;
    if (end.error) document["Error"] = *end.error;
    document["ExecutionArn"] = end.arn;
    document["Input"] = document_of(end.input);
    document["InputDetails"] = included;
    document["Name"] = end.name;
    if (end.output) {
        document["Output"] = document_of(*end.output);
        document["OutputDetails"] = included;
    }
    document["StartDate"] = to_ms(end.started_at);
    document["StateMachineArn"] = end.workflow_arn;
    document["Status"] = name_of(end.status);
    document["StopDate"] = to_ms(end.stopped_at);
    return document;
}

}  // namespace stepwell::core
