// stepwell.yaml, STEPWELL_* variables and flags, in one value. Flags win over variables, variables
// over the file, the file over the defaults.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/audit/audit_rule.hpp"
#include "api/aws/arn.hpp"
#include "api/http/gate.hpp"
#include "engine/base/json.hpp"
#include "engine/base/result.hpp"
#include "engine/base/shape.hpp"
#include "engine/definition/operations.hpp"

namespace stepwell::api {

/// 30 days, 90 days for what failed; at most 100,000 closed runs and 10 GB.
definition::RetentionRule default_retention();

struct Configuration {
    std::filesystem::path file;  // where it was read; empty: nowhere
    std::filesystem::path data;
    ListenAddress listen;
    std::string public_url;  // "https://etl.example.com", no '/' at its end; empty: not said
    bool is_open = false;    // whoever reaches the loopback is admin; only a flag says so
    std::vector<std::filesystem::path> workflows;
    std::vector<std::filesystem::path> functions;
    aws::Account account;
    GateSettings gate;
    std::uint64_t body_bytes_max = 2u << 20;
    std::uint64_t events_max = 1'000'000;
    std::uint64_t execution_bytes_max = std::uint64_t{512} << 20;
    /// Slots by the pool's name.
    std::map<std::string, std::uint32_t> pools;
    /// What workflow files do not say of their own runs.
    definition::RetentionRule retention = default_retention();
    AuditRule audit;  // how much of the audit log is kept
    /// The file's sections that belong to tasks: connections, lakes, bindings, notifications, ...
    Json tasks = Json::object();
    Json secrets;  // {NAME: {env | file}}; null: none
};

/// "http://127.0.0.1:8083".
std::string url_of(const ListenAddress& address);

/// Where people's browsers reach the dashboard: `public_url`, else where the daemon listens.
std::string public_url(const Configuration& configuration);

/// What flags say; what is absent or empty was not given.
struct Overrides {
    std::optional<std::string> config;
    std::optional<std::string> data;
    std::optional<std::string> listen;
    std::optional<std::string> account;
    std::optional<std::string> region;
    std::vector<std::string> workflows;
    std::vector<std::string> functions;
    bool is_open = false;
};

/// The value of an environment variable.
using Variables = std::function<std::optional<std::string>(const std::string& name)>;

/// The process's own.
std::optional<std::string> environment_variable(const std::string& name);

/// Reads --config, else STEPWELL_CONFIG, else the first there is of ./stepwell.yaml,
/// $XDG_CONFIG_HOME/stepwell/stepwell.yaml and /etc/stepwell/stepwell.yaml. Folders in the file are
/// relative to the file's. Fails with every fault of the file, a line each.
///
/// `sections`: what the sections that belong to tasks may hold; without it they are not looked
/// into.
Result<Configuration> load_configuration(const Overrides& overrides, const Variables& variables,
                                         const Shape* sections = nullptr);

/// Where the configuration puts the daemon.
struct DaemonPlace {
    std::filesystem::path file;  // that says so; empty: none does
    std::filesystem::path data;
    ListenAddress listen;
};

/// The same for whoever only asks the daemon: faults of the file are not theirs, and what cannot be
/// read is as if it were not there.
DaemonPlace place_of_daemon(const Overrides& overrides, const Variables& variables);

/// Whole, or an error that names the file.
Result<std::string> read_file(const std::filesystem::path& path);

}  // namespace stepwell::api
