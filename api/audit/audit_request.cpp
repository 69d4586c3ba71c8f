#include "api/audit/audit_request.hpp"

#include <algorithm>
#include <array>

#include "api/http/paths.hpp"

namespace stepwell::api {
namespace {

constexpr std::size_t kSubjectBytesMax = 256;
/// A larger body is not looked into for what it is about.
constexpr std::size_t kBodyBytesMax = 64u << 10;

constexpr std::string_view kAwsPrefix = "AWSStepFunctions.";
constexpr std::string_view kNativePrefix = "/api/v1/";

/// That a task lives is no change, and is said often; which worker took one, its run records.
constexpr std::array kAwsReads = std::to_array<std::string_view>(
    {"DescribeActivity", "DescribeExecution", "DescribeMapRun", "DescribeStateMachine",
     "DescribeStateMachineAlias", "DescribeStateMachineForExecution", "GetActivityTask",
     "GetExecutionHistory", "ListActivities", "ListExecutions", "ListMapRuns",
     "ListStateMachineAliases", "ListStateMachineVersions", "ListStateMachines",
     "ListTagsForResource", "SendTaskHeartbeat", "TestState", "ValidateStateMachineDefinition"});

template <class Names>
bool is_one_of(std::string_view name, const Names& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::string_view aws_action(const Request& request) {
    const std::string_view target = request.header("X-Amz-Target");
    if (request.method() != "POST" || !target.starts_with(kAwsPrefix)) return {};
    return target.substr(kAwsPrefix.size());
}

std::string_view path_of(const Request& request) {
    const std::string_view target = request.target();
    return target.substr(0, std::min(target.find('?'), kSubjectBytesMax));
}

std::string action_of(const Request& request) {
    const std::string_view action = aws_action(request);
    if (!action.empty()) return "aws:" + std::string(action.substr(0, 64));
    return std::string(request.method().substr(0, 16)) + " " + std::string(path_of(request));
}

/// The members of a body that say what it is about; never those that may hold a secret.
Json details_of(const std::string& body) {
    constexpr std::array<std::string_view, 13> kTold{"name",
                                                     "workflow",
                                                     "stateMachineArn",
                                                     "executionArn",
                                                     "role",
                                                     "owner",
                                                     "disabled",
                                                     "expires_at",
                                                     "reason",
                                                     "token_name",
                                                     "stateMachineVersionArn",
                                                     "stateMachineAliasArn",
                                                     "resourceArn"};
    Json details = Json::object();
    if (body.empty() || body.size() > kBodyBytesMax) return details;
    const auto json = parse_json(body);
    if (!json) return details;
    for (const std::string_view name : kTold) {
        const Json* member = find(*json, name);
        if (!member || member->is_structured()) continue;
        const bool is_long =
            member->is_string() && member->get_ref<const std::string&>().size() > kSubjectBytesMax;
        if (!is_long) details[std::string(name)] = *member;
    }
    return details;
}

/// Which one it is about: what stands behind the collection in the path, else what the body names.
std::string subject_of(const Request& request, const Json& details) {
    std::string_view path = path_of(request);
    if (path.starts_with(kNativePrefix)) {
        const std::string_view rest = path.substr(kNativePrefix.size());
        const std::size_t slash = rest.find('/');
        const bool names_one = slash != rest.npos && rest.substr(0, slash) != "session";
        if (names_one) return std::string(rest.substr(slash + 1));
    }
    for (const char* name : {"stateMachineArn", "executionArn", "name", "workflow"}) {
        std::string named = string_or(details, name, "");
        if (!named.empty()) return named;
    }
    return std::string(path);
}

}  // namespace

bool changes_something(const Request& request) {
    const std::string_view action = aws_action(request);
    if (!action.empty()) return !is_one_of(action, kAwsReads);
    const std::string_view method = request.method();
    const std::string_view path = path_of(request);
    const bool is_state_test =
        path.starts_with("/api/v1/workflows/") && path.ends_with(kStateTestPath);
    const bool only_looks = method == "POST" && (path == kValidationPath || is_state_test);
    return method != "GET" && method != "HEAD" && method != "OPTIONS" && !only_looks;
}

bool is_of_a_run(const Request& request) {
    const std::string_view action = aws_action(request);
    if (!action.empty()) return action == "StopExecution" || is_start_of_a_run(request);
    const std::string_view path = path_of(request);
    return path == "/api/v1/runs" || path.starts_with("/api/v1/runs/") ||
           path.starts_with("/hooks/");
}

bool is_start_of_a_run(const Request& request) {
    const std::string_view action = aws_action(request);
    if (!action.empty()) return action == "StartExecution" || action == "StartSyncExecution";
    const std::string_view path = path_of(request);
    return request.method() == "POST" && (path == "/api/v1/runs" || path.starts_with("/hooks/"));
}

AuditEntry audit_entry_of(const Request& request) {
    AuditEntry entry;
    entry.who = who_is(request.principal());
    entry.credential = request.principal().credential;
    entry.from = request.peer();
    entry.action = action_of(request);
    entry.details = details_of(request.body());
    entry.subject = subject_of(request, entry.details);
    return entry;
}

}  // namespace stepwell::api
