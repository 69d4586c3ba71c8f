#include "tasks/transform/transform.hpp"

#include <algorithm>
#include <chrono>

#include "tasks/support/parameters.hpp"
#include "tasks/transform/graph.hpp"
#include "tasks/transform/model_rules.hpp"
#include "tasks/transform/schedule.hpp"
#include "tasks/transform/transform_shape.hpp"

namespace stepwell::tasks {
namespace transform {
namespace {

using data::data_fail;
using data::DataSession;
using data::ParameterReader;

constexpr std::size_t kResultsListedMax = 500;

struct TransformParameters {
    std::string project;
    std::string connection;
    std::string schema;
    std::string command;
    std::string select;
    std::string exclude;
    Json vars = Json::object();
    bool is_full_refresh = false;
    bool fails_fast = false;
    std::int64_t threads = 2;

    static DataResult<TransformParameters> parse(const Json& parameters) {
        data::Faults faults;
        ParameterReader read = ParameterReader::checked(parameters, transform_shape(), "", faults);
        TransformParameters result;
        result.project = read.text("project");
        result.connection = read.text("connection");
        read.text("target");  // one target: the connection
        read.text("profiles_dir");
        result.schema = read.text("schema");
        result.command = read.text("command");
        result.select = joined(read.texts("select"));
        result.exclude = joined(read.texts("exclude"));
        if (const Json* vars = read.any("vars")) result.vars = *vars;
        result.is_full_refresh = read.flag("full_refresh");
        result.fails_fast = read.flag("fail_fast");
        result.threads = read.integer("threads").value_or(2);
        read.finish();
        SW_TRY(faults.result());
        return result;
    }

private:
    static std::string joined(const std::vector<std::string>& terms) {
        std::string text;
        for (const auto& term : terms) text += (text.empty() ? "" : " ") + term;
        return text;
    }
};

class Run {
public:
    Run(DataSession& session, TransformParameters parameters)
        : session_(session), parameters_(std::move(parameters)) {}

    DataResult<void> run() {
        const auto folder = SW_TRY(session_.locations().resolve(parameters_.project));
        project_ = SW_TRY(load_project(folder, {parameters_.vars, parameters_.schema}));
        data::Connection* first = SW_TRY(session_.connect(parameters_.connection));
        session_.note_engine(first->database());
        const Target target = target_of(first->dialect());
        Renderer renderer(project_, target);
        SW_TRY(link(project_, renderer));
        note_unused_configs(project_);
        chosen_ = SW_TRY(choose());
        if (chosen_.empty()) {
            session_.result()["message"] = "nothing to do: no node is selected";
            report({});
            return {};
        }
        SW_TRY(prepare_database(*first, renderer, project_, chosen_));
        std::vector<data::Connection*> connections = {first};
        while (connections.size() < static_cast<std::size_t>(target.threads))
            connections.push_back(SW_TRY(session_.connect(parameters_.connection)));
        const auto results = run_schedule(schedule(renderer, connections), project_.nodes.size(),
                                          connections.size());
        report(results);
        return verdict(results);
    }

private:
    [[nodiscard]] Target target_of(data::Dialect dialect) const {
        Target target;
        target.name = parameters_.connection.empty() ? "wh" : parameters_.connection;
        target.dialect = dialect;
        target.default_schema = parameters_.schema;
        target.is_full_refresh = parameters_.is_full_refresh;
        // SQLite lets one writer in.
        target.threads =
            dialect == data::Dialect::sqlite ? 1 : static_cast<int>(parameters_.threads);
        return target;
    }

    DataResult<std::set<std::size_t>> choose() {
        auto selected = SW_TRY(select_nodes(project_, parameters_.select, parameters_.exclude));
        auto& chosen = selected.nodes;
        if (!parameters_.select.empty() && chosen.empty() && !selected.unmatched.empty()) {
            std::string terms;
            for (const auto& term : selected.unmatched) terms += (terms.empty() ? "" : " ") + term;
            return data_fail(
                "E_CONFIG", "select: expected nodes of the project, but none fits '" + terms + "'");
        }
        for (const auto& term : selected.unmatched)
            project_.warnings.push_back("select: no node fits '" + term + "'");
        std::erase_if(chosen, [&](std::size_t i) {
            const NodeKind kind = project_.nodes[i].kind;
            return (parameters_.command == "run" && kind == NodeKind::test) ||
                   (parameters_.command == "test" && kind == NodeKind::model);
        });
        return std::move(chosen);
    }

    Schedule schedule(const Renderer& renderer, const std::vector<data::Connection*>& connections) {
        Schedule schedule;
        schedule.waits = waits(project_, chosen_, parameters_.command == "build");
        schedule.order.assign(chosen_.begin(), chosen_.end());
        schedule.fails_fast = parameters_.fails_fast;
        schedule.is_cancelled = [this] { return session_.context().is_cancelled(); };
        schedule.run = [this, &renderer, connections](std::size_t node, std::size_t worker) {
            return run_node(renderer, project_.nodes[node], *connections[worker]);
        };
        schedule.ended = [this, done = std::size_t{0}](std::size_t node,
                                                       const NodeResult& result) mutable {
            ++done;
            const Node& it = project_.nodes[node];
            session_.context().log(std::to_string(done) + " of " + std::to_string(chosen_.size()) +
                                   " " + result.status + " " + it.name + " in " +
                                   std::to_string(result.ms) + " ms" +
                                   (result.message.empty() ? "" : ": " + result.message));
            session_.context().progress(
                {{"message", it.name}, {"percent", 100 * done / chosen_.size()}});
        };
        return schedule;
    }

    NodeResult run_node(const Renderer& renderer, const Node& node, data::Connection& connection) {
        const auto begun = std::chrono::steady_clock::now();
        NodeResult result = node.kind == NodeKind::model ? run_model(renderer, node, connection)
                                                         : run_one_test(renderer, node, connection);
        result.ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                        std::chrono::steady_clock::now() - begun)
                        .count();
        return result;
    }

    static NodeResult error_of(const data::DataError& error) {
        NodeResult result;
        result.status = "error";
        result.code = error.code;
        result.message = error.message;
        return result;
    }

    NodeResult run_model(const Renderer& renderer, const Node& node, data::Connection& connection) {
        MaterializeOptions options;
        options.is_full_refresh = parameters_.is_full_refresh;
        options.run_key = session_.run_key();
        options.log = [this](const std::string& line) { session_.context().log(line); };
        const auto lock = session_.lock_table({renderer.target().name, renderer.relation_of(node)});
        if (!lock) return error_of(lock.error());
        auto done = materialize(connection, renderer, node, options);
        if (!done) return error_of(done.error());
        NodeResult result;
        result.status = "success";
        result.message = done->how;
        result.rows = done->rows;
        result.schema_changes = std::move(done->schema_changes);
        return result;
    }

    static NodeResult run_one_test(const Renderer& renderer, const Node& node,
                                   data::Connection& connection) {
        const auto verdict = run_test(connection, renderer, node);
        if (!verdict) return error_of(verdict.error());
        NodeResult result;
        result.failures = verdict->failures;
        result.status = verdict->status;
        if (result.status != "pass") {
            result.message = "got " + std::to_string(result.failures) +
                             (result.failures == 1 ? " result" : " results") + ", expected " +
                             verdict->expected;
            if (!verdict->stored_in.empty())
                result.message += "; they are in " + verdict->stored_in;
        }
        return result;
    }

    void report(const std::vector<NodeResult>& results) {
        Json counts = {{"success", 0}, {"error", 0}, {"skipped", 0},           {"pass", 0},
                       {"warn", 0},    {"fail", 0},  {"total", chosen_.size()}};
        Json list = Json::array();
        Json failed = Json::array();
        for (const auto position : chosen_) {
            const Node& node = project_.nodes[position];
            const NodeResult& result = results[position];
            counts[result.status] = counts[result.status].get<int>() + 1;
            const bool is_model = node.kind == NodeKind::model;
            Json entry = {{"unique_id", node.unique_id},
                          {"resource_type", is_model ? "model" : "test"},
                          {"status", result.status},
                          {"ms", result.ms},
                          {"message", result.message}};
            if (is_model)
                entry["rows"] = result.rows;
            else
                entry["failures"] = result.failures;
            if (is_model) session_.count("rows", "inserted", result.rows);
            for (const auto& change : result.schema_changes)
                session_.result()["schema_changes"].push_back(change);
            if (result.is_bad())
                failed.push_back({{"unique_id", node.unique_id},
                                  {"code", result.code.empty() ? "E_QUALITY" : result.code},
                                  {"failures", result.failures},
                                  {"message", result.message},
                                  {"path", node.path}});
            if (list.size() < kResultsListedMax) list.push_back(std::move(entry));
        }
        Json& envelope = session_.result();
        if (counts["warn"] != 0 || !project_.warnings.empty()) envelope["status"] = "warn";
        envelope["warnings"] = project_.warnings;
        for (const auto& warning : project_.warnings) session_.context().log("warning: " + warning);
        envelope["nodes"] = std::move(counts);
        envelope["failed"] = std::move(failed);
        envelope["results"] = std::move(list);
        envelope["exit_code"] = envelope["failed"].empty() ? 0 : 1;
    }

    /// The task fails with the first error's code; E_QUALITY where only tests failed.
    DataResult<void> verdict(const std::vector<NodeResult>& results) const {
        if (session_.context().is_cancelled()) return data_fail("E_CANCELLED", "cancelled");
        std::string code;
        std::string text;
        int bad = 0;
        for (const auto position : chosen_) {
            const NodeResult& result = results[position];
            if (!result.is_bad()) continue;
            ++bad;
            if (code.empty() || code == "E_QUALITY")
                code = result.code.empty() ? "E_QUALITY" : result.code;
            if (bad <= 3)
                text += (text.empty() ? "" : "; ") + project_.nodes[position].name + ": " +
                        result.message;
        }
        if (bad == 0) return {};
        return data_fail(code, std::to_string(bad) + " of " + std::to_string(chosen_.size()) +
                                   " nodes failed: " + text);
    }

    DataSession& session_;
    TransformParameters parameters_;
    Project project_;
    std::set<std::size_t> chosen_;
};

}  // namespace

DataResult<void> run_transform(DataSession& session, const Json& parameters) {
    return Run(session, SW_TRY(TransformParameters::parse(parameters))).run();
}

}  // namespace transform

std::vector<TaskType> transform_tasks() {
    TaskType type;
    type.name = "transform";
    type.host = HostKind::data;
    type.sections = {"connections", "lakes", "tasks"};
    type.parameters = transform::transform_shape();
    type.run = [](const Json& parameters, TaskContext& context) {
        return data::run_data_task(context, "transform", [&](data::DataSession& session) {
            return transform::run_transform(session, parameters);
        });
    };
    return {type};
}

}  // namespace stepwell::tasks
