#include "api/daemon/cli.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "api/cli/command_model.hpp"
#include "api/cli/commands.hpp"
#include "api/daemon/keeping.hpp"
#include "api/daemon/known_names.hpp"
#include "api/daemon/known_tasks.hpp"
#include "api/daemon/parse_fault.hpp"
#include "api/daemon/private_folder.hpp"
#include "api/daemon/push_pull.hpp"
#include "engine/base/nearest.hpp"
#include "engine/definition/workflow.hpp"
#include "tasks/configuration_shape.hpp"

namespace stepwell::api::cli {
namespace {

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
    Subcommand& config(const char* help = "The configuration") {
        app->add_option("--config", options.overrides.config, help)->type_name("FILE");
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
    sub.app->add_flag("--open", overrides.is_open,
                      "Ask nobody on this machine for a credential; for emulation and tests");
    sub.app->add_option("--account", overrides.account, "The account that ARNs say");
    sub.app->add_option("--region", overrides.region, "The region that ARNs say");

    add(app, options, chosen, "open", "Make a link that signs a browser in, once",
        [](const Options& parsed, const Terminal& terminal) { return open(parsed, terminal); })
        .server()
        .data("The daemon that works in this folder, instead of --server")
        .output();

    auto once = add(app, options, chosen, "run", "Run a workflow file once, without a daemon", run);
    once.subject("FILE", "A workflow file").input().data("Where the run is kept").config().output();
    once.app->add_option("--functions", overrides.functions, "A folder of functions; repeatable")
        ->type_name("DIR");
    once.app->add_flag("-v,--verbose", options.is_verbose, "Show what tasks write to their logs");

    auto check = add(app, options, chosen, "validate", "Check workflow files",
                     [](const Options& parsed, const Terminal& terminal) {
                         return validate(parsed, terminal, known_tasks(),
                                         tasks::configuration_shape(), known_names);
                     });
    check.output().config("Name pools that it does not have, too");
    check.app->add_option("FILE", options.files, "Workflow files, or folders of them")->required();
}

void add_testing(CLI::App& app, Options& options, Command& chosen) {
    auto one = add(app, options, chosen, "test-state",
                   "Show what one state of a workflow file makes of its data, without running it",
                   [](const Options& parsed, const Terminal& terminal) {
                       return test_state(parsed, terminal, known_tasks());
                   });
    one.subject("FILE", "A workflow file").output();
    one.app->add_option("STATE", options.state, "The state's name, at whatever depth")->required();
    one.app->add_option("--input", options.input, "JSON, @FILE, or - for standard input")
        ->type_name("JSON");
    TestOptions& test = options.test;
    one.app
        ->add_option("--mock", test.mock,
                     "What the task, or the branches or iterations, give; JSON or @FILE")
        ->type_name("JSON");
    one.app->add_option("--mock-error", test.mock_error, "The error that they fail with instead")
        ->type_name("NAME");
    one.app->add_option("--mock-cause", test.mock_cause, "And its cause")->type_name("TEXT");
    one.app->add_option("--variables", test.variables, "The variables there are; JSON or @FILE")
        ->type_name("JSON");
    one.app
        ->add_option("--context", test.context,
                     "Members of the context object, in place of its own; JSON or @FILE")
        ->type_name("JSON");
    one.app->add_option("--retries", test.retries, "So many attempts have failed before")
        ->type_name("N")
        ->check(CLI::Range(0, 1'000'000));

    auto whole = add(app, options, chosen, "test",
                     "Run a workflow file with recorded mocks, on a clock that waits for nothing",
                     [](const Options& parsed, const Terminal& terminal) {
                         return test_workflow(parsed, terminal, known_tasks());
                     });
    whole.subject("FILE", "A workflow file").output();
    whole.app
        ->add_option("--mocks", test.mocks, "What tasks give: a file as of Step Functions Local")
        ->type_name("FILE")
        ->required();
    whole.app->add_option("--case", test.test_case, "Only this test case")->type_name("NAME");
    whole.app->add_option("--input", options.input, "JSON, @FILE, or - for standard input")
        ->type_name("JSON");
    whole.app->add_option("--expect", test.expected, "How the runs have to end; default succeeded")
        ->check(CLI::IsMember({"succeeded", "failed", "timed_out"}));
}

void add_endpoint(CLI::App& app, MoveOptions& move) {
    app.add_option("--endpoint", move.endpoint, "The Step Functions endpoint; default AWS's own")
        ->type_name("URL");
    app.add_option("--region", move.region, "Its region; default as the AWS CLI finds it");
    app.add_option("--profile", move.profile, "Of ~/.aws; default as the AWS CLI finds it");
    app.add_option("--python", move.python, "The interpreter that has botocore; default python3")
        ->type_name("FILE");
}

void add_moving(CLI::App& app, Options& options, Command& chosen) {
    MoveOptions& move = options.move;
    auto there = add(app, options, chosen, "push",
                     "Create or change state machines of an endpoint by workflow files", push);
    there.output();
    there.app->add_option("FILE", options.files, "Workflow files")->required();
    there.app->add_option("--role", move.role, "The role of new ones; of others instead of theirs")
        ->type_name("ARN");
    there.app->add_option("--type", move.type, "Of new ones; default STANDARD")
        ->check(CLI::IsMember({"STANDARD", "EXPRESS"}));
    add_endpoint(*there.app, move);

    auto here = add(app, options, chosen, "pull",
                    "Write the definitions of an endpoint's state machines into files", pull);
    here.output();
    here.app->add_option("NAME", options.files, "State machines; default all");
    here.app->add_option("--into", move.into, "The folder; default the current one")
        ->type_name("DIR");
    here.app->add_flag("--force", move.is_forced, "Overwrite files that say something else");
    add_endpoint(*here.app, move);
}

void add_run_conditions(CLI::App& list, RunConditions& runs) {
    list.add_option("--version", runs.version, "Only of this version; needs --workflow")
        ->type_name("N")
        ->check(CLI::Range(1, 1'000'000'000));
    list.add_option("--origin", runs.origins, "Only started by these, with commas between them")
        ->delimiter(',')
        ->check(CLI::IsMember({"api", "cli", "schedule", "file", "webhook", "parent", "map"}));
    list.add_option("--parent", runs.parent, "Only started by a task of this run, by its number")
        ->type_name("RUN");
    list.add_option("--trigger", runs.trigger,
                    "Only started by this schedule or file trigger (WORKFLOW#NAME), or by this "
                    "webhook")
        ->type_name("ID");
    list.add_option("--name", runs.name, "Only of this name; * stands for any characters");
    list.add_option("--error", runs.error, "Only with this error; * stands for any characters");
    list.add_option("--text", runs.text, "Only with this in the name, or in what it failed for");
    list.add_flag("--caught", runs.has_caught, "Only ended ones that had caught a failure");
    list.add_option("--from", runs.from, "Only started then or later")->type_name("TIME");
    list.add_option("--to", runs.to, "Only started before")->type_name("TIME");
    list.add_option("--duration-from", runs.duration_from, "Only ended ones that took that long")
        ->type_name("SPAN");
    list.add_option("--duration-to", runs.duration_to, "Only ended ones that took less")
        ->type_name("SPAN");
}

void add_looking(CLI::App& app, Options& options, Command& chosen) {
    const char* data = "Look into a data folder instead of asking a daemon";
    auto all = add(app, options, chosen, "list", "List runs or workflows", list);
    all.server().data(data).output();
    all.app->add_option("WHAT", options.subject, "runs (default) or workflows")
        ->check(CLI::IsMember({"runs", "workflows"}));
    all.app->add_option("--workflow", options.workflow, "Only runs of this workflow");
    all.app->add_option("--status", options.status, "Only running, succeeded, failed, ... runs");
    add_run_conditions(*all.app, options.runs);
    all.app->add_option("--limit", options.limit, "How many runs, newest first")
        ->check(CLI::Range(1, 1'000));
    all.app->add_option("--after", options.after, "`next` of a page before: older runs")
        ->type_name("TOKEN");

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
    log.app->add_flag("-f,--follow", options.is_following,
                      "Go on with what is written, until the run ends");
}

/// The command at `words`, made where it is not there yet.
CLI::App* at_words(CLI::App& app, const std::vector<std::string>& words) {
    CLI::App* at = &app;
    for (const std::string& word : words) {
        const auto found =
            at->get_subcommands([&](CLI::App* child) { return child->get_name() == word; });
        at = found.empty() ? at->add_subcommand(word) : found.front();
    }
    return at;
}

void add_flag(CLI::App& app, const Flag& flag, Given& given) {
    const std::string name = "--" + flag.name;
    if (flag.kind == Flag::Kind::yes) {
        app.add_flag_callback(
            name, [&given, flag] { given[flag.name] = "true"; }, flag.help);
        return;
    }
    auto* option = app.add_option_function<std::string>(
        name, [&given, flag](const std::string& text) { given[flag.name] = text; }, flag.help);
    const bool is_file = flag.kind == Flag::Kind::secret;
    option->type_name(is_file ? "@FILE" : flag.value)->required(flag.is_required);
    if (!flag.choices.empty()) option->check(CLI::IsMember(flag.choices));
}

/// What a command does with --data: the same in a folder that no daemon has.
using Offline = std::function<int(const Options&, const Given&, const Terminal&)>;

int add_user_with(const Options& options, const Given& given, const Terminal& terminal) {
    const auto said = given.find("role");
    const auto role = said == given.end() ? std::nullopt : role_named(said->second);
    return add_user_offline(options, {given.at("NAME"), role.value_or(Role::viewer), ""}, terminal);
}

Offline offline_of(const RestCommand& command) {
    const std::vector<std::string>& words = command.words;
    if (words == std::vector<std::string>{"users", "add"}) return add_user_with;
    if (words == std::vector<std::string>{"secrets", "set"}) {
        return [](const Options& options, const Given& given, const Terminal& terminal) {
            const auto value = given.find("value");
            return set_secret_offline(options, given.at("NAME"),
                                      value == given.end() ? "-" : value->second, terminal);
        };
    }
    if (words == std::vector<std::string>{"audit", "verify"}) {
        return [](const Options& options, const Given&, const Terminal& terminal) {
            return verify_audit_offline(options, terminal);
        };
    }
    return {};
}

void add_request(CLI::App& app, Options& options, Command& chosen, Given& given,
                 const RestCommand& command) {
    CLI::App* at = at_words(app, command.words);
    at->description(command.help);
    const Offline offline = offline_of(command);
    if (offline) {
        Subcommand{at, options}
            .data("Work on a data folder that no daemon has, instead of asking one")
            .config();
    }
    at->callback([at, &chosen, &given, command, offline] {
        // Those further in are called first, and mean themselves.
        if (!at->get_subcommands().empty()) return;
        chosen = [command, given, offline](const Options& parsed, const Terminal& terminal) {
            if (offline && parsed.overrides.data) return offline(parsed, given, terminal);
            return call(command, given, parsed, terminal);
        };
    });
    for (const Argument& argument : command.arguments) {
        at->add_option_function<std::string>(
              argument.name,
              [&given, argument](const std::string& text) { given[argument.name] = text; },
              argument.help)
            ->required(argument.is_required);
    }
    for (const Flag& flag : command.flags) {
        add_flag(*at, flag, given);
    }
    Subcommand{at, options}.server().output();
}

/// "TEXT:{json,text}" as the choices in it.
std::vector<std::string> choices_in(const std::string& type) {
    std::vector<std::string> choices;
    const auto open = type.find('{');
    const auto close = type.find('}', open);
    if (open == type.npos || close == type.npos) return choices;
    std::stringstream words(type.substr(open + 1, close - open - 1));
    for (std::string word; std::getline(words, word, ',');) choices.push_back(word);
    return choices;
}

OptionModel model_of(const CLI::Option& option) {
    OptionModel model;
    for (const std::string& name : option.get_snames()) model.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) model.names.push_back("--" + name);
    if (option.get_positional()) model.names = {option.get_name(true)};
    const std::string type = option.get_type_name();
    model.help = option.get_description();
    model.choices = choices_in(type);
    const bool takes_value = option.get_items_expected_max() > 0;
    // What a check adds: "TEXT:{a,b}", "UINT:INT in [1 - 9]"; "HOST:PORT" is a name.
    const bool has_check = type.find_first_of("{[") != type.npos;
    if (takes_value) model.value = has_check ? type.substr(0, type.find(':')) : type;
    model.is_required = option.get_required();
    model.is_repeatable = takes_value && option.get_expected_max() > 1;
    return model;
}

CommandModel model_of(const CLI::App& app) {
    CommandModel model;
    model.name = app.get_name();
    model.help = app.get_description();
    for (const CLI::Option* option : app.get_options({})) {
        auto& list = option->get_positional() ? model.arguments : model.options;
        list.push_back(model_of(*option));
    }
    for (const CLI::App* child : app.get_subcommands({})) {
        model.children.push_back(model_of(*child));
    }
    return model;
}

int show_version(const Options& options, const Terminal& terminal) {
    if (options.is_json) {
        terminal.out << Json{{"version", STEPWELL_VERSION}}.dump() << '\n';
    } else {
        terminal.out << "stepwell " << STEPWELL_VERSION << '\n';
    }
    return kSuccess;
}

void add_program(CLI::App& app, Options& options, Command& chosen) {
    add(app, options, chosen, "version", "Show the version", show_version).output();
    auto completion =
        add(app, options, chosen, "completion", "Write a script that completes commands in a shell",
            [&app](const Options& parsed, const Terminal& terminal) -> int {
                terminal.out << completion_script(model_of(app), parsed.subject);
                return kSuccess;
            });
    completion.app->add_option("SHELL", options.subject, "Which shell")
        ->required()
        ->check(CLI::IsMember(std::vector<std::string>{"bash", "zsh", "fish"}));
    add(app, options, chosen, "man", "Write the manual page, in roff",
        [&app](const Options&, const Terminal& terminal) -> int {
            terminal.out << manual_page(model_of(app));
            return kSuccess;
        });
}

void add_keeping(CLI::App& app, Options& options, Command& chosen) {
    auto keep =
        add(app, options, chosen, "backup", "Write the data folder's journal into a file", backup);
    keep.subject("FILE", "A file that is not there yet")
        .data("The data folder; its daemon may run meanwhile")
        .config()
        .output();
    keep.app->add_flag("--with-secret-key", options.with_secret_key,
                       "Put the key of the secrets into it, too");
    add(app, options, chosen, "check",
        "Read a data folder's journal whole, and say whether it is sound", check)
        .data("The data folder; its daemon may run meanwhile")
        .config()
        .output();
    auto back = add(app, options, chosen, "restore", "Make a data folder of a backup", restore);
    back.subject("FILE", "A backup").data("A folder that is empty or not there yet").output();
    back.app->add_flag("--verify", options.is_check_only, "Only check the backup");
}

bool wants_colours() {
    const bool is_dumb = environment_variable("TERM").value_or("") == "dumb";
    return isatty(STDOUT_FILENO) == 1 && !is_dumb && !environment_variable("NO_COLOR");
}

/// Says that the first word is no command, where it is none.
bool is_unknown_command(const CLI::App& app, const std::vector<std::string>& words) {
    if (words.empty() || words.front().starts_with('-')) return false;
    const std::string& word = words.front();
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
    if (std::find(names.begin(), names.end(), word) != names.end()) return false;
    const auto near = nearest(word, names);
    std::cerr << "stepwell: expected a command, but there is no '" << word << "'; "
              << (near ? "did you mean '" + *near + "'?" : "`stepwell --help` lists them") << "\n";
    return true;
}

/// What was typed; "help COMMAND" is "COMMAND --help".
std::vector<std::string> words_of(int argc, char** argv) {
    std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    if (!words.empty() && words.front() == "help") {
        words.erase(words.begin());
        words.emplace_back("--help");
    }
    return words;
}

}  // namespace

int run_command_line(int argc, char** argv) {
    make_files_private();
    Options options;
    Command chosen;
    Given given;
    CLI::App app("Runs data pipelines written in the Amazon States Language", "stepwell");
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string("stepwell ") + STEPWELL_VERSION);
    add_running(app, options, chosen);
    add_testing(app, options, chosen);
    add_moving(app, options, chosen);
    add_looking(app, options, chosen);
    for (const RestCommand& command : rest_commands()) {
        add_request(app, options, chosen, given, command);
    }
    add_keeping(app, options, chosen);
    add_program(app, options, chosen);
    std::vector<std::string> words = words_of(argc, argv);
    if (words.empty()) {
        std::cerr << app.help();
        return kUsage;
    }
    if (is_unknown_command(app, words)) return kUsage;
    try {
        std::reverse(words.begin(), words.end());  // as parse() takes them
        app.parse(std::move(words));
    } catch (const CLI::ParseError& error) {
        // Help and version are "errors" with status 0.
        if (error.get_exit_code() == 0) return app.exit(error);
        std::cerr << "stepwell: " << explained(app, error) << '\n';
        return kUsage;
    }
    const Terminal terminal{std::cout, std::cerr, wants_colours(), options.is_json};
    return chosen(options, terminal);
}

}  // namespace stepwell::api::cli
