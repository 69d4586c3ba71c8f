#include "api/daemon/push_pull.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "api/cli/commands.hpp"
#include "api/cli/workflow_of_file.hpp"
#include "api/daemon/known_tasks.hpp"
#include "engine/base/json_layout.hpp"
#include "engine/base/nearest.hpp"
#include "tasks/aws/aws_client.hpp"

namespace stepwell::api::cli {
namespace {

namespace fs = std::filesystem;

/// A Step Functions endpoint.
class Endpoint {
public:
    explicit Endpoint(const MoveOptions& options)
        : client_(where_of(options), options.python.value_or("python3")) {}

    Result<Json> call(const std::string& action, const Json& parameters) {
        auto answer = client_.call("sfn", action, parameters);
        if (answer) return std::move(*answer);
        const auto& [error, cause] = answer.error();
        const bool is_unreachable = error == "Sfn.SdkClientException";
        return fail(is_unreachable ? ErrorCode::unavailable : ErrorCode::invalid,
                    action + ": " + error + ": " + cause);
    }

    /// ARNs by name.
    Result<std::map<std::string, std::string>> machines() {
        std::map<std::string, std::string> found;
        Json asked = Json::object();
        while (true) {
            const Json page = SW_TRY(call("listStateMachines", asked));
            if (const Json* list = stepwell::find(page, "StateMachines")) {
                for (const Json& one : *list) {
                    found[string_or(one, "Name", "")] = string_or(one, "StateMachineArn", "");
                }
            }
            const std::string next = string_or(page, "NextToken", "");
            if (next.empty()) return found;
            asked = {{"NextToken", next}};
        }
    }

private:
    static Json where_of(const MoveOptions& options) {
        Json where = Json::object();
        if (options.endpoint) where["endpoint"] = *options.endpoint;
        if (options.region) where["region"] = *options.region;
        if (options.profile) where["profile"] = *options.profile;
        return where;
    }

    tasks::AwsClient client_;
};

struct Moved {
    std::string name;
    std::string what;   // "created", "updated", "unchanged", "written"
    std::string place;  // an ARN or a file
};

int tell(const std::vector<Moved>& all, const Options& options, const Terminal& terminal) {
    Json items = Json::array();
    for (const auto& [name, what, place] : all) {
        items.push_back({{"name", name}, {"what", what}, {"place", place}});
        if (!options.is_json) {
            terminal.out << printable_line(name) << ": " << what << ", " << printable_line(place)
                         << '\n';
        }
    }
    if (options.is_json) terminal.out << to_lines(Json{{"items", std::move(items)}}) << '\n';
    return kSuccess;
}

/// Whether two texts are the same document.
bool is_same(const std::string& a, const std::string& b) {
    const auto left = parse_json(a);
    const auto right = parse_json(b);
    return left && right && *left == *right;
}

Result<Moved> change(Endpoint& endpoint, const std::string& arn,
                     const definition::Workflow& workflow, const MoveOptions& options) {
    const Json there = SW_TRY(endpoint.call("describeStateMachine", {{"StateMachineArn", arn}}));
    const bool has_role = !options.role || *options.role == string_or(there, "RoleArn", "");
    if (has_role && is_same(string_or(there, "Definition", ""), workflow.asl)) {
        return Moved{workflow.name, "unchanged", arn};
    }
    Json asked{{"StateMachineArn", arn}, {"Definition", workflow.asl}};
    if (options.role) asked["RoleArn"] = *options.role;
    SW_TRY(endpoint.call("updateStateMachine", asked));
    return Moved{workflow.name, "updated", arn};
}

Result<Moved> create(Endpoint& endpoint, const definition::Workflow& workflow,
                     const MoveOptions& options) {
    if (!options.role) {
        return fail(ErrorCode::invalid, "expected --role ARN, for there is no state machine '" +
                                            workflow.name + "' yet, and a new one has a role");
    }
    const Json made = SW_TRY(endpoint.call("createStateMachine", {{"Name", workflow.name},
                                                                  {"Definition", workflow.asl},
                                                                  {"RoleArn", *options.role},
                                                                  {"Type", options.type}}));
    return Moved{workflow.name, "created", string_or(made, "StateMachineArn", "")};
}

Result<std::vector<Moved>> push_all(const Options& options, const Terminal& terminal) {
    std::vector<definition::Workflow> workflows;
    for (const std::string& file : options.files) {
        workflows.push_back(SW_TRY(workflow_of_file(file, terminal, known_tasks())));
    }
    Endpoint endpoint(options.move);
    const auto machines = SW_TRY(endpoint.machines());
    std::vector<Moved> all;
    for (const definition::Workflow& workflow : workflows) {
        const auto there = machines.find(workflow.name);
        all.push_back(SW_TRY(there == machines.end()
                                 ? create(endpoint, workflow, options.move)
                                 : change(endpoint, there->second, workflow, options.move)));
    }
    return all;
}

/// The names that were given, or all.
Result<std::vector<std::string>> wanted(const std::map<std::string, std::string>& machines,
                                        const std::vector<std::string>& names) {
    std::vector<std::string> there;
    for (const auto& [name, arn] : machines) there.push_back(name);
    for (const std::string& name : names) {
        if (machines.count(name) != 0) continue;
        const auto near = nearest(name, there);
        return fail(ErrorCode::not_found,
                    "expected a state machine of the endpoint, but it has no '" + name + "'" +
                        (near ? "; did you mean '" + *near + "'?" : ""));
    }
    return names.empty() ? there : names;
}

/// Another party chose the name: it must not lead out of the folder.
Result<fs::path> file_of(const std::string& name, const fs::path& folder) {
    if (!name.empty() && name[0] != '.' && name.find('/') == name.npos) {
        return folder / (name + ".asl.json");
    }
    return fail(ErrorCode::invalid,
                "expected the name of a state machine, but the endpoint says '" + name + "'");
}

Result<Moved> write(const std::string& name, const std::string& definition,
                    const MoveOptions& options) {
    const fs::path file = SW_TRY(file_of(name, options.into));
    std::error_code failed;
    if (fs::exists(file, failed)) {
        const auto text = read_file(file);
        if (text && is_same(*text, definition)) return Moved{name, "unchanged", file.string()};
        if (!options.is_forced) {
            return fail(ErrorCode::conflict, "expected to write " + file.string() +
                                                 ", but it is there and says something else; "
                                                 "--force overwrites it");
        }
    }
    fs::create_directories(options.into, failed);
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << definition << (definition.ends_with('\n') ? "" : "\n");
    out.close();
    if (out) return Moved{name, "written", file.string()};
    return fail(ErrorCode::io, "expected to write " + file.string() + ", but it cannot be written");
}

Result<std::vector<Moved>> pull_all(const Options& options) {
    Endpoint endpoint(options.move);
    const auto machines = SW_TRY(endpoint.machines());
    std::vector<Moved> all;
    for (const std::string& name : SW_TRY(wanted(machines, options.files))) {
        const Json machine =
            SW_TRY(endpoint.call("describeStateMachine", {{"StateMachineArn", machines.at(name)}}));
        all.push_back(SW_TRY(write(name, string_or(machine, "Definition", ""), options.move)));
    }
    return all;
}

}  // namespace

int push(const Options& options, const Terminal& terminal) {
    const auto all = push_all(options, terminal);
    return all ? tell(*all, options, terminal) : report(terminal, all.error());
}

int pull(const Options& options, const Terminal& terminal) {
    const auto all = pull_all(options);
    return all ? tell(*all, options, terminal) : report(terminal, all.error());
}

}  // namespace stepwell::api::cli
