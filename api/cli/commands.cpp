#include "api/cli/commands.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "api/cli/daemon_address.hpp"
#include "api/cli/local_daemon.hpp"
#include "api/cli/show.hpp"
#include "api/cli/source.hpp"
#include "api/cli/unknown_names.hpp"
#include "api/daemon/config.hpp"
#include "api/http/problem.hpp"
#include "api/http/url.hpp"
#include "api/read/views.hpp"
#include "api/read/workflow_file.hpp"
#include "engine/base/json_layout.hpp"
#include "engine/base/nearest.hpp"
#include "engine/base/units.hpp"
#include "engine/definition/workflow.hpp"

namespace stepwell::api::cli {
namespace {

/// What to show a daemon: what the environment says, else the admin's token where we may read it.
std::string token_for(const std::string& url) {
    if (auto token = environment_variable("STEPWELL_TOKEN")) return *token;
    return local_admin_token(url).value_or("");
}

/// Where a command may also look into a folder: which one that would be.
std::string folder_hint() {
    const auto data = place_of_daemon({}, environment_variable).data.string();
    std::error_code ignored;
    const bool is_there = std::filesystem::exists(data + "/stepwell.db", ignored);
    return ", or look into " + (is_there ? "the data folder with --data " + shell_word(data)
                                         : std::string("a data folder with --data DIR"));
}

Server server_of(const Options& options, bool can_look_into_folders = false) {
    const DaemonAddress address = address_of_daemon(options, environment_variable);
    std::string hint = address.why.empty() ? "" : "(" + address.why + " says so); ";
    hint += "start one with `stepwell serve`, or name another with --server URL";
    if (can_look_into_folders) hint += folder_hint();
    return {address.url, token_for(address.url), std::move(hint)};
}

Result<std::unique_ptr<Source>> open_source(const Options& options) {
    if (options.overrides.data) return open_folder(*options.overrides.data);
    return std::unique_ptr<Source>(std::make_unique<Server>(server_of(options, true)));
}

void print_json(const Terminal& terminal, const Json& view) {
    terminal.out << to_lines(view) << '\n';
}

/// Asks, and prints the answer as JSON or for people.
int present(const Options& options, const Terminal& terminal,
            const std::function<Result<Json>(Source&)>& ask,
            void (*print)(const Terminal&, const Json&)) {
    auto source = open_source(options);
    if (!source) return report(terminal, source.error());
    const auto view = ask(**source);
    if (!view) return report(terminal, view.error());
    if (options.is_json) {
        print_json(terminal, *view);
    } else {
        print(terminal, *view);
    }
    return kSuccess;
}

Json to_json(const definition::Diagnostic& diagnostic) {
    const bool is_error = diagnostic.severity == definition::Severity::error;
    return {{"severity", is_error ? "error" : "warning"},
            {"line", diagnostic.position.line},
            {"column", diagnostic.position.column},
            {"code", diagnostic.code},
            {"message", diagnostic.message},
            {"location", diagnostic.location},
            {"hint", diagnostic.hint}};
}

/// Files as they were named, and those of folders that are workflows. Fails where a folder has
/// none.
Result<std::vector<std::string>> files_named(const std::vector<std::string>& names) {
    std::vector<std::string> files;
    for (const std::string& name : names) {
        std::error_code ignored;
        if (!std::filesystem::is_directory(name, ignored)) {
            files.push_back(name);
            continue;
        }
        const std::size_t before = files.size();
        for (const auto& file : workflow_candidates(name)) {
            const auto text = read_file(file);
            const auto format = definition::format_of(file.filename().string());
            if (text && !is_workflow_document(*text, *format)) continue;
            files.push_back(file.string());
        }
        if (files.size() == before) {
            return fail(ErrorCode::invalid,
                        "expected workflow files in the folder " + name +
                            ", but there is no workflow file (.yaml, .yml, .json) in it");
        }
    }
    return files;
}

/// Whether the file is good; adds what is to be said of it to `files`. `known`: where a
/// configuration is there to look names up in.
bool validate_file(const std::string& file, const Terminal& terminal, bool is_json,
                   const definition::BuiltinTasks& builtin_tasks,
                   const std::optional<KnownNames>& known, Json& files) {
    auto text = read_file(file);
    if (!text) {
        if (!is_json) terminal.err << printable(text.error().message) << '\n';
        files.push_back({{"file", file}, {"valid", false}, {"message", text.error().message}});
        return false;
    }
    definition::ParseOptions parse_options;
    parse_options.format =
        definition::format_of(file).value_or(definition::ParseOptions::Format::yaml);
    parse_options.default_name = definition::workflow_name_of(file);
    parse_options.builtin_tasks = builtin_tasks;
    auto parsed = definition::parse(*text, parse_options);
    bool is_good = parsed.is_valid();
    if (known) {
        for (auto& unknown : unknown_names(parsed.references, *known)) {
            is_good = is_good && unknown.severity != definition::Severity::error;
            parsed.diagnostics.push_back(std::move(unknown));
        }
    }
    if (is_json) {
        Json diagnostics = Json::array();
        for (const auto& diagnostic : parsed.diagnostics)
            diagnostics.push_back(to_json(diagnostic));
        files.push_back({{"file", file}, {"valid", is_good}, {"diagnostics", diagnostics}});
        return is_good;
    }
    terminal.err << printable(definition::render(parsed.diagnostics, file, *text));
    if (is_good) terminal.out << printable_line(file) << ": good\n";
    return is_good;
}

Result<std::optional<Timestamp>> time_in(const char* flag, const std::optional<std::string>& text) {
    if (!text) return std::optional<Timestamp>();
    if (const auto instant = parse_rfc3339(*text)) {
        return std::optional(from_ms(instant->seconds * 1'000 + instant->nanos / 1'000'000));
    }
    return fail(ErrorCode::invalid, std::string("expected '") + flag +
                                        "' to be a time such as 2024-01-02T03:04:05Z, but got '" +
                                        *text + "'");
}

Result<std::optional<Duration>> span_in(const char* flag, const std::optional<std::string>& text) {
    if (!text) return std::optional<Duration>();
    if (const auto span = parse_span(*text)) return std::optional(*span);
    return fail(ErrorCode::invalid, std::string("expected '") + flag +
                                        "' to be a span of time such as 500ms, 10s, 5m, 2h or 1d, "
                                        "but got '" +
                                        *text + "'");
}

/// "running,failed": each of them once.
Result<std::vector<core::Status>> statuses_in(const std::optional<std::string>& text) {
    std::vector<core::Status> statuses;
    if (!text) return statuses;
    for (std::string_view rest = *text;;) {
        const std::size_t end = rest.find(',');
        const core::Status status = SW_TRY(status_named(rest.substr(0, end)));
        const bool is_new = std::find(statuses.begin(), statuses.end(), status) == statuses.end();
        if (is_new) statuses.push_back(status);
        if (end == rest.npos) return statuses;
        rest.remove_prefix(end + 1);
    }
}

Result<runtime::RunQuery> query_of(const Options& options) {
    const RunConditions& wanted = options.runs;
    runtime::RunQuery query;
    if (options.workflow) query.workflows = {*options.workflow};
    query.statuses = SW_TRY(statuses_in(options.status));
    query.limit = options.limit;
    query.token = options.after;
    query.version = wanted.version;
    query.origins = wanted.origins;
    if (wanted.parent) query.parent = static_cast<ExecutionId>(*wanted.parent);
    query.trigger = wanted.trigger;
    query.name = wanted.name;
    query.error = wanted.error;
    query.text = wanted.text;
    query.has_caught = wanted.has_caught;
    query.started_from = SW_TRY(time_in("--from", wanted.from));
    query.started_until = SW_TRY(time_in("--to", wanted.to));
    query.duration_from = SW_TRY(span_in("--duration-from", wanted.duration_from));
    query.duration_until = SW_TRY(span_in("--duration-to", wanted.duration_to));
    return query;
}

/// How a run that was followed ended, and what that is worth.
int print_end_of_run(const Options& options, const Terminal& terminal, Server& server) {
    const auto run = server.run(options.subject);
    if (!run) return report(terminal, run.error());
    if (!options.is_json) print_outcome(terminal, *run);
    return string_or(*run, "status", "") == "succeeded" ? kSuccess : kFailed;
}

/// The lines of a run's tasks as they are written, until the run ends.
int follow_logs(const Options& options, const Terminal& terminal) {
    if (options.overrides.data) {
        return report(terminal,
                      Error{ErrorCode::invalid,
                            "expected --follow with a daemon, but --data names a folder"});
    }
    std::string heading;
    std::string trouble;
    const auto show = [&](const std::string& event, const Json& data) {
        trouble = event == "trouble" ? string_or(data, "message", "trouble") : "";
        if (event == "end" || !trouble.empty()) return false;
        if (options.is_json) {
            terminal.out << to_text(data) << std::endl;
        } else {
            print_log_line(terminal, data, heading);
        }
        return true;
    };
    const std::string path =
        "runs/" + percent_encode(options.subject) + "/logs?follow=true" +
        (options.state.empty() ? "" : "&state=" + percent_encode(options.state));
    Server server = server_of(options, true);
    const auto followed = server.follow(path, show);
    if (!followed) return report(terminal, followed.error());
    if (!trouble.empty()) return report(terminal, {ErrorCode::io, trouble});
    return print_end_of_run(options, terminal, server);
}

/// Nothing where the run has been in the state; it may have written nothing there.
std::optional<Error> unreached_state(Source& source, const Options& options) {
    const auto run = source.run(options.subject);
    const Json* states = run ? find(*run, "states") : nullptr;
    if (!states) return std::nullopt;
    std::vector<std::string> names;
    for (const Json& state : *states) names.push_back(string_or(state, "state", ""));
    if (std::find(names.begin(), names.end(), options.state) != names.end()) return std::nullopt;
    const auto near = nearest(options.state, names);
    return Error{ErrorCode::not_found, "expected a state that run " + options.subject +
                                           " has been in, but '" + options.state + "' is none" +
                                           (near ? "; did you mean '" + *near + "'?" : "")};
}

Result<Json> read_logs(Source& source, const Options& options) {
    Json found = SW_TRY(source.logs(options.subject, options.state));
    const Json* logs = find(found, "items");
    if (options.state.empty() || (logs && !logs->empty())) return found;
    if (auto error = unreached_state(source, options)) return fail(*std::move(error));
    return found;
}

}  // namespace

int report(const Terminal& terminal, const Error& error) {
    if (terminal.is_json) {
        const Json told{{"code", name_of(error.code)}, {"detail", error.message}};
        terminal.err << to_text(told) << '\n';
    } else {
        const std::string text = printable(error.message);
        terminal.err << "stepwell: " << text << (text.ends_with('\n') ? "" : "\n");
    }
    return error.code == ErrorCode::unavailable ? kUnreachable : kUsage;
}

int validate(const Options& options, const Terminal& terminal,
             const definition::BuiltinTasks& builtin_tasks, const Shape& sections,
             const KnownNamesOf& known_names_of) {
    std::optional<KnownNames> known;
    if (options.overrides.config) {
        auto configuration = load_configuration(options.overrides, environment_variable, &sections);
        if (!configuration) return report(terminal, configuration.error());
        known = known_names_of(*configuration);
    }
    const auto named = files_named(options.files);
    if (!named) return report(terminal, named.error());
    Json files = Json::array();
    bool is_good = true;
    for (const std::string& file : *named) {
        is_good =
            validate_file(file, terminal, options.is_json, builtin_tasks, known, files) && is_good;
    }
    if (options.is_json) print_json(terminal, {{"valid", is_good}, {"files", files}});
    return is_good ? kSuccess : kUsage;
}

int list(const Options& options, const Terminal& terminal) {
    if (options.subject == "workflows") {
        return present(
            options, terminal, [](Source& source) { return source.workflows(); }, print_workflows);
    }
    const auto query = query_of(options);
    if (!query) return report(terminal, query.error());
    return present(
        options, terminal, [&](Source& source) { return source.runs(*query); }, print_runs);
}

int show(const Options& options, const Terminal& terminal) {
    return present(
        options, terminal, [&](Source& source) { return source.run(options.subject); }, print_run);
}

int history(const Options& options, const Terminal& terminal) {
    return present(
        options, terminal, [&](Source& source) { return source.history(options.subject); },
        print_history);
}

int logs(const Options& options, const Terminal& terminal) {
    if (options.is_following) return follow_logs(options, terminal);
    return present(
        options, terminal, [&](Source& source) { return read_logs(source, options); }, print_logs);
}

/// Adds which workflow was meant, where the command names one that there is not.
Error with_guess(Error error, const Given& given, Server& server) {
    const auto workflow = given.find("WORKFLOW");
    const auto name = workflow == given.end() ? given.find("SUBJECT") : workflow;
    if (error.code != ErrorCode::not_found || name == given.end()) return error;
    const auto workflows = server.workflows();
    const Json* list = workflows ? find(*workflows, "items") : nullptr;
    if (!list) return error;
    std::vector<std::string> names;
    for (const Json& one : *list) names.push_back(string_or(one, "name", ""));
    const auto near = nearest(name->second, names);
    if (near) error.message += "; did you mean '" + *near + "'?";
    return error;
}

/// Ends with kFailed where one was refused.
int call_for_many(const RestCommand& command, const RestRequest& request, Server& server,
                  const Options& options, const Terminal& terminal) {
    const auto answer = server.all_parts(request);
    if (!answer) return report(terminal, answer.error());
    if (options.is_json) {
        print_json(terminal, *answer);
    } else {
        print_many(command, terminal, *answer);
    }
    return (*answer)["refused"].empty() ? kSuccess : kFailed;
}

int call(const RestCommand& command, const Given& given, const Options& options,
         const Terminal& terminal) {
    const auto request = request_of(command, given);
    if (!request) return report(terminal, request.error());
    Server server = server_of(options);
    if (command.is_for_many(given)) {
        return call_for_many(command, *request, server, options, terminal);
    }
    const auto answer =
        command.shows_whole_list() ? server.list(request->path) : server.request(*request);
    if (!answer) return report(terminal, with_guess(answer.error(), given, server));
    if (options.is_json) {
        print_json(terminal, *answer);
    } else {
        print_answer(command, given, terminal, *answer);
    }
    return command.status ? command.status(*answer) : kSuccess;
}

int open(const Options& options, const Terminal& terminal) {
    Options asked = options;
    asked.server = address_of_daemon(options, environment_variable).url;
    if (options.overrides.data) {
        const auto url = url_of_daemon_in(*options.overrides.data);
        if (!url) {
            return report(terminal, {ErrorCode::unavailable,
                                     "expected a daemon of yours in " + *options.overrides.data +
                                         ", but none listens; start it with `stepwell serve`"});
        }
        asked.server = *url;
    }
    const auto made = server_of(asked).request({"POST", "session/link", Json::object()});
    if (!made) return report(terminal, made.error());
    const std::string link = asked.server + string_or(*made, "path", "");
    if (options.is_json) {
        print_json(terminal, {{"link", link}, {"expires_at", string_or(*made, "expires_at", "")}});
    } else {
        terminal.out << link << '\n';
    }
    return kSuccess;
}

}  // namespace stepwell::api::cli
