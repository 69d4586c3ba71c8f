// `stepwell serve`: the daemon.
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

#include "api/aws/api.hpp"
#include "api/callbacks/routes.hpp"
#include "api/cli/commands.hpp"
#include "api/daemon/deliveries.hpp"
#include "api/daemon/input_probe.hpp"
#include "api/daemon/keeping.hpp"
#include "api/daemon/known_tasks.hpp"
#include "api/daemon/node.hpp"
#include "api/daemon/rejected_rows.hpp"
#include "api/daemon/run_log.hpp"
#include "api/daemon/security.hpp"
#include "api/daemon/service_notice.hpp"
#include "api/daemon/signals.hpp"
#include "api/daemon/start_settings.hpp"
#include "api/home/routes.hpp"
#include "api/http/server.hpp"
#include "api/runs/rejected_export.hpp"
#include "api/system/routes.hpp"
#include "api/triggers/routes.hpp"
#include "api/web/site.hpp"
#include "api/workflows/workflow_folders.hpp"
#include "tasks/configuration_shape.hpp"
#include "tasks/registry.hpp"

namespace stepwell::api::cli {
namespace {

/// Each connection takes a file descriptor, and so do hosts and logs.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

void log_to_stderr() {
    auto logger = spdlog::stderr_color_mt("stepwell");
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
    spdlog::set_default_logger(std::move(logger));
}

void log_run(const RunLog::Line& line) {
    if (line.is_failure) {
        spdlog::warn("{}", line.text);
    } else {
        spdlog::info("{}", line.text);
    }
}

/// What the daemon begins with.
Result<void> log_what_is_there(Readers& readers, const runtime::Engine& engine) {
    auto reader = SW_TRY(readers.take());
    const std::size_t workflows = SW_TRY(reader->workflows()).size();
    const std::size_t open_runs = engine.statistics().open_runs;
    spdlog::info("there are {} workflows; {} open runs go on", workflows, open_runs);
    return {};
}

/// A file may be called anything, and say anything.
FileReport printable_report(FileReport report) {
    report.file = printable_line(report.file);
    report.text = printable(report.text);
    return report;
}

void log_file(const FileReport& given) {
    const FileReport report = printable_report(given);
    switch (report.kind) {
        case FileReport::Kind::made:
            return spdlog::info("workflow file {} is new", report.file);
        case FileReport::Kind::changed:
            return spdlog::info("workflow file {} changed: version {}", report.file, report.text);
        case FileReport::Kind::fault:
            return spdlog::error("workflow file {} has faults; the last good version stays:\n{}",
                                 report.file, report.text);
        case FileReport::Kind::gone:
            if (report.text.empty()) {
                return spdlog::info("workflow file {} is gone; it was no workflow's", report.file);
            }
            return spdlog::warn(
                "workflow file {} is gone; workflow {} stays, and its schedules and triggers go "
                "on; "
                "`stepwell delete {}` ends that",
                report.file, report.text, report.text);
        case FileReport::Kind::unwatched:
            return spdlog::warn(
                "folder {} cannot be watched ({}); it is looked at every few seconds", report.file,
                report.text);
    }
}

std::unique_ptr<Watchdog> start_watchdog(runtime::Engine& engine, const ServiceNotice& notice) {
    const auto interval = watchdog_interval(environment_variable("WATCHDOG_USEC"),
                                            environment_variable("WATCHDOG_PID"));
    return interval ? std::make_unique<Watchdog>(engine, notice, *interval) : nullptr;
}

Result<std::unique_ptr<triggers::Triggers>> make_triggers(const Configuration& configuration,
                                                          runtime::Engine& engine,
                                                          SecretStore& secrets) {
    auto settings = trigger_settings(configuration, [&secrets](const std::string& reference) {
        return expand_secrets("${secret:" + reference + "}",
                              [&](const SecretName& name) { return secrets.value(name); });
    });
    settings.log = [](const std::string& line) { spdlog::warn("{}", line); };
    settings.late = [](const triggers::Lateness& late) {
        spdlog::warn("deadline {} of {}: {}", late.id, to_iso8601(late.due),
                     late.is_met ? "met late" : "late");
    };
    auto reader = SW_TRY(runtime::Reader::open(configuration.data));
    return std::make_unique<triggers::Triggers>(std::move(settings), engine, std::move(reader),
                                                runtime::system_clock());
}

Error told_of_folder(Error error, const Configuration& configuration) {
    if (error.code == ErrorCode::conflict) {
        error.message = "expected the data folder " + configuration.data.string() +
                        " to be free, but another stepwell works in it; stop that one, or give "
                        "this one a folder of its own with --data DIR";
    }
    return error;
}

void add_native_routes(Router& router, Node& node, Readers& readers, WorkflowFiles& files,
                       EventFeed& feed, const std::filesystem::path& data_folder) {
    runtime::Engine& engine = node.engine();
    add_workflow_routes(router, engine, readers, files, known_tasks());
    add_validation_route(router, known_tasks());
    add_state_test_route(router, readers);
    add_run_routes(router, engine, readers, [&secrets = node.secrets()](const std::string& who) {
        return secrets.start_pause(who);
    });
    add_redrive_routes(router, engine, readers);
    add_callback_routes(router, engine, readers);
    add_live_routes(router, engine, feed, readers, data_folder);
}

/// REQUIRES: the node outlives it.
std::function<answers::HealthSnapshot()> health_of(const Configuration& configuration, Node& node) {
    return [budget = configuration.retention.bytes, &node] {
        answers::HealthSnapshot health;
        health.engine = node.engine().statistics();
        health.database_budget = budget;
        health.task_hosts = node.task_hosts();
        return health;
    };
}

Result<std::unique_ptr<HttpServer>> start_server(const Configuration& configuration,
                                                 Security& security, const Router& router) {
    ServerSettings settings;
    settings.address = configuration.listen;
    settings.name = std::to_string(runtime::system_clock().now().time_since_epoch().count());
    settings.body_bytes_max = configuration.body_bytes_max;
    settings.body_limit = [&router](const Request& request) { return router.body_limit(request); };
    settings.trouble = [](const std::string& what) {
        spdlog::error("a request could not be answered: {}", what);
    };
    return HttpServer::start(
        settings, Gate(configuration.gate),
        [&](Request& request, Responder respond) {
            security.handle(router, request, std::move(respond));
        },
        [&](const Request& request) { return security.admit(router, request); });
}

/// Where, and how to come in.
void tell_that_it_listens(const Configuration& configuration, Security& security,
                          const std::string& url, const Terminal& terminal) {
    terminal.out << "stepwell: listening on " << url << " (data: " << configuration.data.string()
                 << ")" << std::endl;
    if (configuration.is_open) {
        spdlog::warn(
            "--open: nobody is asked for a credential; every account and every program of this "
            "machine is admin here, and runs code as this user");
    } else if (::isatty(STDOUT_FILENO) == 1) {
        terminal.out << "stepwell: to sign a browser in, open " << url << security.make_link()
                     << " (good once, for ten minutes; `stepwell open` makes another)" << std::endl;
    }
}

/// What the node says goes to the log; a journal that fails ends the daemon.
NodeHooks hooks_of(std::atomic<bool>& has_failed, Signals& signals) {
    NodeHooks hooks;
    hooks.has_api = true;
    hooks.log = [](const std::string& line) { spdlog::info("{}", line); };
    hooks.warn = [](const std::string& line) { spdlog::warn("{}", line); };
    hooks.failed = [&has_failed, &signals](const Error& error) {
        spdlog::critical("the journal failed, so this daemon ends: {}", error.message);
        has_failed = true;
        signals.wake();
    };
    return hooks;
}

/// `sources` has to outlive the router.
void add_answers(Router& router, answers::AnswerSources& sources,
                 const Configuration& configuration, Node& node) {
    sources.gate = &node.gate();
    sources.health = health_of(configuration, node);
    answers::add_answer_routes(router, sources);
    add_decision_routes(router, {node.engine(), sources.readers, runtime::system_clock(),
                                 node.callback_links(), public_url(configuration)});
    answers::add_bulk_routes(router, sources, node.engine());
    answers::add_redrive_plan_route(router, sources, node.engine().redrive_policy(),
                                    input_probe(configuration));
    const auto read_rejected = rejected_rows_reader(node.lone_tasks());
    answers::add_rejected_route(router, sources, read_rejected);
    answers::add_rejected_export_routes(router, sources, read_rejected);
}

/// Workflows call the API, too: it has to be there until they have ended.
struct StoppedFirst {
    Node& node;
    ~StoppedFirst() { node.stop(); }
};

void give_tasks(aws::Api& aws, Node& node) {
    aws.run_tested_tasks_with(node.lone_tasks());
    aws.use(node.activities());
    node.own_api().use(aws);
}

void await_end(Signals& signals) {
    if (const auto signal = signals.wait()) {
        spdlog::info("{} came; stopping", *signal == SIGTERM ? "SIGTERM" : "SIGINT");
    }
}

Result<int> serve_until_told(const Options& options, const Terminal& terminal, Signals& signals) {
    const Configuration configuration = SW_TRY(
        load_configuration(options.overrides, environment_variable, &tasks::configuration_shape()));
    SW_TRY(check_exposure(configuration.listen, configuration.is_open));
    raise_descriptor_limit();

    std::atomic<bool> has_failed{false};
    LogMask log_mask;
    auto node = Node::open(configuration, hooks_of(has_failed, signals));
    if (!node) return fail(told_of_folder(std::move(node).error(), configuration));

    log_mask.use(&(*node)->secrets());
    RunLog run_log;
    RunLogWriter run_log_writer(run_log, log_run);
    auto runs_logged = (*node)->engine().subscribe(run_log.listener());
    Readers readers(configuration.data);
    aws::Api aws((*node)->engine(), readers, configuration.account, tasks::builtin_task_names());
    give_tasks(aws, **node);
    const StoppedFirst stopped_first{**node};
    auto security = SW_TRY(Security::open(configuration, **node, readers));
    Router router(security->authenticator());
    add_schemas(router);
    add_aws_route(router, aws);
    EventFeed feed((*node)->engine(), readers);
    WorkflowFiles files((*node)->engine(), readers, runtime::system_clock(), &(*node)->secrets());
    SW_TRY(files.open());
    add_native_routes(router, **node, readers, files, feed, configuration.data);
    answers::AnswerSources answer_sources{readers, runtime::system_clock(), configuration.data};
    add_answers(router, answer_sources, configuration, **node);
    add_delivery_routes(router, configuration.data, runtime::system_clock());
    auto triggers = SW_TRY(make_triggers(configuration, (*node)->engine(), (*node)->secrets()));
    add_start_routes(router, *triggers, readers, runtime::system_clock());
    security->add_routes(router);
    Keeper keeper(configuration, **node, readers, *triggers);
    keeper.add_routes(router);
    Metrics metrics((*node)->engine(), (*node)->gate(), readers, configuration.data);
    const web::Site dashboard(web::built_in_assets());
    router.add_places({[&](std::string_view path) { return dashboard.has(path); },
                       [&](const Request& request) { return dashboard.answer(request); }});
    add_system_routes(router, metrics, readers, (*node)->engine(), STEPWELL_VERSION);
    auto folders =
        SW_TRY(WorkflowFolders::start(configuration.workflows, (*node)->engine(), known_tasks(),
                                      files, [&feed](const FileReport& report) {
                                          log_file(report);
                                          feed.tell("workflow-files", report.file);
                                      }));
    SW_TRY(log_what_is_there(readers, (*node)->engine()));
    triggers->start();
    keeper.start();
    security->start();
    auto server = SW_TRY(start_server(configuration, *security, router));
    const std::string url = url_of({configuration.listen.host, server->port()});
    tell_that_it_listens(configuration, *security, url, terminal);

    const ServiceNotice notice(environment_variable("NOTIFY_SOCKET"));
    notice.ready("listening on " + url);
    auto watchdog = start_watchdog((*node)->engine(), notice);
    await_end(signals);
    notice.stopping();
    watchdog.reset();
    folders.reset();
    triggers->stop();
    keeper.stop();
    server->stop();
    security->stop();
    feed.stop();
    (*node)->stop();
    runs_logged.reset();
    return has_failed ? kFailed : kSuccess;
}

/// Who started it tries again after anything but a fault that only a human can mend: a disk that is
/// full or not mounted yet, a port that is taken, a folder that another daemon is about to leave.
int exit_code_of_start(const Error& error) {
    const bool is_lasting = error.code == ErrorCode::invalid || error.code == ErrorCode::not_found;
    return is_lasting ? kUsage : kFailed;
}

}  // namespace

int serve(const Options& options, const Terminal& terminal) {
    Signals signals;
    log_to_stderr();
    auto status = serve_until_told(options, terminal, signals);
    if (status) return *status;
    report(terminal, status.error());
    return exit_code_of_start(status.error());
}

}  // namespace stepwell::api::cli
