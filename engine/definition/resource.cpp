#include "engine/definition/resource.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "engine/base/ascii.hpp"
#include "engine/base/integration_arn.hpp"
#include "engine/base/nearest.hpp"
#include "engine/definition/aws_services.hpp"

namespace stepwell::definition {
namespace {

using Pattern = Resource::Pattern;

/// An optimised integration: the patterns besides request-response, and its actions where the list
/// is short and settled (empty: any).
struct Service {
    std::string_view name;
    bool has_sync;
    bool has_callback;
    std::string_view actions;
};

constexpr std::array kServices = {
    Service{"apigateway", false, true, "invoke"},
    Service{"athena", true, false,
            "startQueryExecution stopQueryExecution getQueryExecution getQueryResults"},
    Service{"batch", true, false, "submitJob"},
    Service{"bedrock", true, true, ""},
    Service{"codebuild", true, false, ""},
    Service{"databrew", true, false, "startJobRun"},
    Service{"dynamodb", false, false, "getItem putItem updateItem deleteItem"},
    Service{"ecs", true, true, "runTask"},
    Service{"eks", true, true, ""},
    Service{"elasticmapreduce", true, false, ""},
    Service{"emr-containers", true, false, ""},
    Service{"emr-serverless", true, false, ""},
    Service{"events", false, true, "putEvents"},
    Service{"glue", true, false, "startJobRun"},
    Service{"http", false, false, "invoke"},
    Service{"lambda", false, true, "invoke"},
    Service{"mediaconvert", true, false, "createJob"},
    Service{"sagemaker", true, false, ""},
    Service{"sns", false, true, "publish"},
    Service{"sqs", false, true, "sendMessage"},
    Service{"states", true, true, "startExecution"},
};

std::vector<std::string> words_of(std::string_view text, char separator) {
    const auto parts = split(text, separator);
    return {parts.begin(), parts.end()};
}

bool is_plain_word(std::string_view text) {
    const auto is_plain = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    };
    return !text.empty() && std::all_of(text.begin(), text.end(), is_plain);
}

struct Action {
    std::string name;
    Pattern pattern = Pattern::request_response;
};

/// "startExecution.sync:2" in its parts; nothing where the ending is no pattern.
std::optional<Action> split_action(std::string_view text) {
    const auto dot = text.find('.');
    Action action{std::string(text.substr(0, dot)), Pattern::request_response};
    if (!is_plain_word(action.name)) return std::nullopt;
    if (dot == text.npos) return action;
    const std::string_view ending = text.substr(dot);
    if (ending == ".sync") {
        action.pattern = Pattern::sync;
    } else if (ending == ".sync:2") {
        action.pattern = Pattern::sync2;
    } else if (ending == ".waitForTaskToken") {
        action.pattern = Pattern::wait_for_task_token;
    } else {
        return std::nullopt;
    }
    return action;
}

bool allows(const Service& service, const Action& action) {
    switch (action.pattern) {
        case Pattern::request_response:
            return true;
        case Pattern::sync:
            return service.has_sync;
        case Pattern::sync2:
            return service.name == "states";
        case Pattern::wait_for_task_token:
            return service.has_callback;
    }
    return false;
}

struct Outcome {
    std::optional<Resource> resource;
    std::string hint;
};

Resource integration(const std::string& text, std::string service, Pattern pattern,
                     std::string action) {
    return {Resource::Kind::integration, pattern, without_region(text), std::move(service),
            std::move(action)};
}

/// `rest`: "s3:listBuckets", "sfn:startExecution.waitForTaskToken".
Outcome read_sdk(const std::string& text, std::string_view rest) {
    const auto colon = rest.find(':');
    if (colon == rest.npos || !is_plain_word(rest.substr(0, colon))) return {};
    const std::string_view action_text = rest.substr(colon + 1);
    const auto action = split_action(action_text);
    if (!action) return {};
    if (action->pattern == Pattern::sync || action->pattern == Pattern::sync2) {
        return {std::nullopt, "aws-sdk integrations have no '.sync'"};
    }
    return {integration(text, "aws-sdk:" + std::string(rest.substr(0, colon)), action->pattern,
                        std::string(action_text)),
            ""};
}

std::string service_hint(std::string_view name) {
    std::vector<std::string> names;
    for (const Service& service : kServices) names.emplace_back(service.name);
    const std::string near = suggest(name, names);
    return near.empty() ? "other services are reached as arn:aws:states:::aws-sdk:SERVICE:ACTION"
                        : near;
}

std::string pattern_hint(const Service& service) {
    std::string hint = "'" + std::string(service.name) + "' answers requests";
    if (service.has_sync) hint += ", has '.sync'";
    if (service.name == "states") hint += ", '.sync:2'";
    if (service.has_callback) hint += ", has '.waitForTaskToken'";
    return hint + " and nothing else";
}

/// `rest`: "glue:startJobRun.sync", behind "arn:aws:states:::".
Outcome read_integration(const std::string& text, std::string_view rest) {
    const auto colon = rest.find(':');
    if (colon == rest.npos) return {};
    const std::string_view name = rest.substr(0, colon);
    const std::string_view action_text = rest.substr(colon + 1);
    if (name == "aws-sdk") return read_sdk(text, action_text);
    const auto* service = std::find_if(kServices.begin(), kServices.end(),
                                       [&](const Service& each) { return each.name == name; });
    if (service == kServices.end()) return {std::nullopt, service_hint(name)};
    const auto action = split_action(action_text);
    if (!action) return {};
    if (!service->actions.empty()) {
        const auto known = words_of(service->actions, ' ');
        if (std::find(known.begin(), known.end(), action->name) == known.end()) {
            const std::string near = suggest(action->name, known);
            return {std::nullopt, near.empty() ? "its actions are " + quoted_list(known) : near};
        }
    }
    if (!allows(*service, *action)) return {std::nullopt, pattern_hint(*service)};
    return {integration(text, std::string(name), action->pattern, std::string(action_text)), ""};
}

Outcome read_arn(const std::string& text) {
    const auto parts = words_of(text, ':');
    constexpr std::size_t kHeadParts = 5;  // arn, partition, service, region, account
    if (parts.size() <= kHeadParts || parts[0] != "arn" || parts[1].rfind("aws", 0) != 0) return {};
    const bool is_placed = !parts[3].empty() && !parts[4].empty();
    if (parts[2] == "lambda") {
        const bool is_function = parts[5] == "function" &&
                                 (parts.size() == 7 || parts.size() == 8) && !parts[6].empty() &&
                                 is_placed;
        if (!is_function)
            return {std::nullopt, "a function is arn:aws:lambda:REGION:ACCOUNT:function:NAME"};
        const std::string name = parts.size() == 8 ? parts[6] + ":" + parts[7] : parts[6];
        return {Resource{Resource::Kind::lambda, Pattern::request_response, text, "lambda", name},
                ""};
    }
    if (parts[2] != "states") return {};
    if (parts[5] == "activity" && parts.size() == 7 && is_placed && !parts[6].empty()) {
        return {Resource{Resource::Kind::activity, Pattern::request_response, text, "activity",
                         parts[6]},
                ""};
    }
    if (parts[3].empty() != parts[4].empty()) {
        return {std::nullopt,
                "an integration has both region and account, or neither: arn:aws:states:::" +
                    parts.back()};
    }
    std::size_t head = 0;
    for (std::size_t i = 0; i < kHeadParts; ++i) head += parts[i].size() + 1;
    return read_integration(text, std::string_view(text).substr(head));
}

std::optional<Resource> read_builtin(const std::string& text, const ParseOptions& options,
                                     Report& report, const Place& place) {
    const std::string name = text.substr(std::string_view("stepwell:").size());
    std::vector<std::string> known;
    for (const BuiltinTask& task : options.builtin_tasks) known.push_back(task.name);
    const bool is_known =
        known.empty() || std::find(known.begin(), known.end(), name) != known.end();
    if (is_plain_word(name) && is_known) {
        return Resource{Resource::Kind::builtin, Pattern::request_response, text, "stepwell", name};
    }
    std::string hint;
    if (const auto near = nearest(name, known)) {
        hint = "did you mean 'stepwell:" + *near + "'?";
    } else if (!known.empty()) {
        hint = "the tasks are " + quoted_list(known);
    }
    report.add(place,
               {"expected 'stepwell:' and the name of a task, but there is no task '" + name + "'",
                hint, "INVALID_RESOURCE"});
    return std::nullopt;
}

std::string not_recognized(const std::string& text) {
    return "The resource provided " + text +
           " is not recognized. The value is not a valid resource ARN, or the resource is not "
           "available in this region.";
}

void check_sdk(const Resource& resource, const std::string& text, Report& report,
               const Place& place) {
    constexpr std::string_view kSdk = "aws-sdk:";
    if (resource.service.rfind(kSdk, 0) != 0) return;
    const std::string_view service = std::string_view(resource.service).substr(kSdk.size());
    const std::string_view action = std::string_view(resource.action);
    const auto hint = unknown_sdk_action(service, action.substr(0, action.find('.')));
    if (hint) report.add(place, rule({not_recognized(text), *hint}));
}

void check_express(const Resource& resource, Report& report, const Place& place) {
    // The second message ends in a blank: recorded so, " at <place>" makes it two.
    if (resource.kind == Resource::Kind::activity) {
        report.add(place, rule({"Express state machine does not support Activity ARN"}));
    } else if (resource.pattern == Pattern::wait_for_task_token) {
        report.add(place,
                   rule({"Express state machine does not support '.waitForTaskToken' service "
                         "integration "}));
    } else if (resource.pattern != Pattern::request_response) {
        report.add(place,
                   rule({"Express state machine does not support '.sync' service integration"}));
    }
}

}  // namespace

std::optional<Resource> read_resource(const std::string& text, const ParseOptions& options,
                                      Report& report, const Place& place) {
    if (text.rfind("stepwell:", 0) == 0) return read_builtin(text, options, report, place);
    Outcome outcome = read_arn(text);
    const auto& tasks = options.builtin_tasks;
    const bool is_task = std::any_of(tasks.begin(), tasks.end(),
                                     [&](const BuiltinTask& task) { return task.name == text; });
    if (is_task) {
        outcome.hint = "did you mean 'stepwell:" + text + "'?";
    }
    if (!outcome.resource) {
        report.add(place, {not_recognized(text), outcome.hint});
        return std::nullopt;
    }
    check_sdk(*outcome.resource, text, report, place);
    if (options.is_express) check_express(*outcome.resource, report, place);
    return std::move(outcome.resource);
}

}  // namespace stepwell::definition
