#include "api/main/cli.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>

#include "api/cli/commands.hpp"
#include "tasks/registry.hpp"

namespace stepwell::api::cli {
namespace {

constexpr const char* kDefaultServer = "http://127.0.0.1:8083";

using Command = std::function<int(const Options&, const Terminal&)>;

/// One subcommand: its options write into `options`, and what it does into `chosen`.
struct Subcommand {
    CLI::App* app;
    Options& options;

    Subcommand& output() {
        app->add_option_function<std::string>(
               "--output", [&o = options](const std::string& form) { o.is_json = form == "json"; },
               "text, or json for programs")
            ->check(CLI::IsMember({"text", "json"}));
        return *this;
    }
    Subcommand& data(const char* help) {
        app->add_option("--data", options.overrides.data, help)->type_name("DIR");
        return *this;
    }
    Subcommand& server() {
        app->add_option("--server", options.server, "The daemon to ask")->type_name("URL");
        return *this;
    }
    Subcommand& config() {
        app->add_option("--config", options.overrides.config, "The configuration")
            ->type_name("FILE");
        return *this;
    }
    Subcommand& input() {
        app->add_option("--input", options.input, "JSON, @FILE, or - for standard input")
            ->type_name("JSON");
        app->add_option("--name", options.name, "The run's name; generated where absent");
        return *this;
    }
    Subcommand& subject(const char* name, const char* help) {
        app->add_option(name, options.subject, help)->required();
        return *this;
    }
};

Subcommand add(CLI::App& app, Options& options, Command& chosen, const char* name, const char* help,
               Command command) {
    CLI::App* sub = app.add_subcommand(name, help);
    sub->callback([&chosen, command = std::move(command)] { chosen = command; });
    return {sub, options};
}

void add_running(CLI::App& app, Options& options, Command& chosen) {
    auto sub = add(app, options, chosen, "serve", "Run the daemon", serve);
    sub.data("Where everything is kept").config();
    Overrides& overrides = options.overrides;
    sub.app->add_option("--listen", overrides.listen, "Default 127.0.0.1:8083; port 0: a free one")
        ->type_name("HOST:PORT");
    sub.app
        ->add_option("--workflows", overrides.workflows, "A folder of workflow files; repeatable")
        ->type_name("DIR");
    sub.app->add_option("--functions", overrides.functions, "A folder of functions; repeatable")
        ->type_name("DIR");
    sub.app->add_option("--account", overrides.account, "The account that ARNs say");
    sub.app->add_option("--region", overrides.region, "The region that ARNs say");

    auto once = add(app, options, chosen, "run", "Run a workflow file once, without a daemon", run);
    once.subject("FILE", "A workflow file").input().data("Where the run is kept").config().output();
    once.app->add_option("--functions", overrides.functions, "A folder of functions; repeatable")
        ->type_name("DIR");
    once.app->add_flag("-v,--verbose", options.is_verbose, "Show what tasks write to their logs");

    auto check = add(app, options, chosen, "validate", "Check workflow files",
                     [](const Options& parsed, const Terminal& terminal) {
                         return validate(parsed, terminal, tasks::builtin_task_names());
                     });
    check.output();
    check.app->add_option("FILE", options.files, "Workflow files")->required();
}

void add_looking(CLI::App& app, Options& options, Command& chosen) {
    const char* data = "Look into a data folder instead of asking a daemon";
    auto all = add(app, options, chosen, "list", "List runs or workflows", list);
    all.server().data(data).output();
    all.app->add_option("WHAT", options.subject, "runs (default) or workflows")
        ->check(CLI::IsMember({"runs", "workflows"}));
    all.app->add_option("--workflow", options.workflow, "Only runs of this workflow");
    all.app->add_option("--status", options.status, "Only running, succeeded, failed, ... runs");
    all.app->add_option("--limit", options.limit, "How many runs, newest first")
        ->check(CLI::Range(1, 1'000));

    const char* run_help = "Its number, name, ARN, or WORKFLOW/NAME";
    add(app, options, chosen, "show", "Show a run and its states", show)
        .subject("RUN", run_help)
        .server()
        .data(data)
        .output();
    add(app, options, chosen, "history", "Show every event of a run", history)
        .subject("RUN", run_help)
        .server()
        .data(data)
        .output();
    auto log = add(app, options, chosen, "logs", "Show what the tasks of a run wrote", logs);
    log.subject("RUN", run_help).server().data(data).output();
    log.app->add_option("STATE", options.state, "Only of this state");
}

void add_steering(CLI::App& app, Options& options, Command& chosen) {
    add(app, options, chosen, "start", "Start a run in the daemon", start)
        .subject("WORKFLOW", "Its name")
        .input()
        .server()
        .output();
    auto end = add(app, options, chosen, "stop", "Stop a run in the daemon", stop);
    end.subject("RUN", "Its number, name, ARN, or WORKFLOW/NAME").server().output();
    end.app->add_option("--error", options.error, "What the run says as its error");
    end.app->add_option("--cause", options.cause, "What the run says as its cause");
    add(app, options, chosen, "version", "Show the version",
        [](const Options& parsed, const Terminal& terminal) -> int {
            if (parsed.is_json) {
                terminal.out << Json{{"version", STEPWELL_VERSION}}.dump() << '\n';
            } else {
                terminal.out << "stepwell " << STEPWELL_VERSION << '\n';
            }
            return kSuccess;
        })
        .output();
}

void add_security(CLI::App& app, Options& options, Command& chosen) {
    CLI::App* users = app.add_subcommand("users", "Who may come in")->require_subcommand(1);
    auto role = std::make_shared<std::string>("viewer");
    auto user =
        add(*users, options, chosen, "add", "Add a user; the password is read from standard input",
            [role](const Options& parsed, const Terminal& terminal) {
                const Role given = role_named(*role).value_or(Role::viewer);
                return add_user_offline(parsed, {parsed.subject, given, ""}, terminal);
            });
    user.subject("NAME", "Letters, digits and ._@-").data("Whose user").config().output();
    user.app->add_option("--role", *role, "What they may; the first user has to be admin")
        ->check(CLI::IsMember({"viewer", "operator", "editor", "admin"}));
    CLI::App* audit = app.add_subcommand("audit", "Who did what")->require_subcommand(1);
    add(*audit, options, chosen, "verify", "Check that nothing was changed or taken out",
        verify_audit_offline)
        .data("Whose log")
        .config()
        .output();
}

bool wants_colours() {
    const bool is_dumb = environment_variable("TERM").value_or("") == "dumb";
    return isatty(STDOUT_FILENO) == 1 && !is_dumb && !environment_variable("NO_COLOR");
}

}  // namespace

int run_command_line(int argc, char** argv) {
    Options options;
    options.server = environment_variable("STEPWELL_SERVER").value_or(kDefaultServer);
    Command chosen;
    CLI::App app("Runs data pipelines written in the Amazon States Language", "stepwell");
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string("stepwell ") + STEPWELL_VERSION);
    add_running(app, options, chosen);
    add_looking(app, options, chosen);
    add_steering(app, options, chosen);
    add_security(app, options, chosen);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // Help and version are "errors" with status 0.
        return app.exit(error) == 0 ? kSuccess : kUsage;
    }
    const Terminal terminal{std::cout, std::cerr, wants_colours()};
    return chosen(options, terminal);
}

}  // namespace stepwell::api::cli
