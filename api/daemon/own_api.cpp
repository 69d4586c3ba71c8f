#include "api/daemon/own_api.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <utility>

#include "engine/base/uuid.hpp"
#include "engine/runtime/clock.hpp"

namespace stepwell::api {
namespace {

constexpr std::string_view kPrefix = "arn:aws:states:::aws-sdk:sfn:";
constexpr std::string_view kCallback = ".waitForTaskToken";
constexpr unsigned kClientFault = 400;

std::string new_request_id() {
    thread_local Prng random(runtime::system_clock().entropy());
    return uuid4(random);
}

/// "startExecution.waitForTaskToken": "StartExecution".
std::string action_of(const std::string& resource) {
    std::string action = resource.substr(kPrefix.size());
    action.resize(std::min(action.find('.'), action.size()));
    if (!action.empty()) action[0] = static_cast<char>(std::toupper(action[0]));
    return action;
}

std::string with_first(std::string key, int (*change)(int)) {
    if (!key.empty()) key[0] = static_cast<char>(change(static_cast<unsigned char>(key[0])));
    return key;
}

bool is_date(std::string_view member) {
    return member == "timestamp" || member.ends_with("Date");
}

/// Documents that the API has as texts.
bool is_document(std::string_view member) {
    return member == "input" || member == "output" || member == "definition" || member == "cause";
}

Json date_of(const Json& seconds) {
    if (!seconds.is_number()) return seconds;
    return to_iso8601(from_ms(std::llround(seconds.get<double>() * 1000)));
}

std::string error_name(const std::string& type) {
    return "Sfn." + type + (type.ends_with("Exception") ? "" : "Exception");
}

std::string cause_of(const aws::AwsError& error) {
    return error.message + " (Service: Sfn, Status Code: " + std::to_string(kClientFault) +
           ", Request ID: " + new_request_id() + ") (SDK Attempt Count: 1)";
}

}  // namespace

Json to_api_members(const Json& parameters) {
    if (parameters.is_array()) {
        Json all = Json::array();
        for (const Json& each : parameters) all.push_back(to_api_members(each));
        return all;
    }
    if (!parameters.is_object()) return parameters;
    Json members = Json::object();
    for (const auto& [name, value] : parameters.items()) {
        std::string key = with_first(name, std::tolower);
        const bool is_text = is_document(key) && !value.is_string() && !value.is_null();
        members[key] = is_text ? Json(to_text(value)) : to_api_members(value);
    }
    return members;
}

Json to_sdk_members(const Json& answer) {
    if (answer.is_array()) {
        Json all = Json::array();
        for (const Json& each : answer) all.push_back(to_sdk_members(each));
        return all;
    }
    if (!answer.is_object()) return answer;
    Json members = Json::object();
    for (const auto& [name, value] : answer.items()) {
        Json& member = members[with_first(name, std::toupper)];
        if (is_date(name)) {
            member = date_of(value);
        } else {
            // Its keys are names of states.
            member = name == "variableReferences" ? value : to_sdk_members(value);
        }
    }
    return members;
}

void OwnApi::use(aws::Api& api) {
    worker_ = std::thread([this, &api] { work(api); });
}

void OwnApi::close() {
    {
        const std::lock_guard lock(mutex_);
        is_closed_ = true;
        changed_.notify_all();
    }
    if (worker_.joinable()) worker_.join();
}

void OwnApi::start(runtime::TaskRequest request) {
    if (!is_there_ || !request.resource.starts_with(kPrefix)) {
        return next_->start(std::move(request));
    }
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(request));
    changed_.notify_all();
}

void OwnApi::work(aws::Api& api) {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return is_closed_ || !waiting_.empty(); });
        if (is_closed_) return;
        const runtime::TaskRequest request = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        call(api, request);
        lock.lock();
    }
}

void OwnApi::call(aws::Api& api, const runtime::TaskRequest& request) {
    Principal by;
    by.kind = Principal::Kind::daemon;
    by.id = "aws-sdk:sfn";
    by.display = request.execution_arn;
    by.role = Role::editor;
    const bool is_callback = request.resource.ends_with(kCallback);
    api.call(
        action_of(request.resource), to_api_members(request.parameters.json()), by,
        [&sink = sink_, token = request.token, is_callback](aws::AwsResult<std::string> answer) {
            if (!answer) {
                return sink.failed(token, error_name(answer.error().type),
                                   cause_of(answer.error()));
            }
            Payload output(to_sdk_members(Json::parse(*answer)));
            if (is_callback) return sink.submitted(token, std::move(output));
            sink.succeeded(token, std::move(output));
        });
}

}  // namespace stepwell::api
