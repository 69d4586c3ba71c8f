#include "api/cli/commands.hpp"

#include <functional>
#include <iostream>
#include <iterator>

#include "api/cli/show.hpp"
#include "api/cli/source.hpp"
#include "engine/definition/workflow.hpp"

namespace stepwell::api::cli {
namespace {

Result<std::unique_ptr<Source>> open_source(const Options& options) {
    if (options.overrides.data) return open_folder(*options.overrides.data);
    return std::unique_ptr<Source>(std::make_unique<Server>(
        options.server, environment_variable("STEPWELL_TOKEN").value_or("")));
}

Server server_of(const Options& options) {
    return {options.server, environment_variable("STEPWELL_TOKEN").value_or("")};
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
        terminal.out << view->dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
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

/// Whether the file is good; adds what is to be said of it to `report`.
bool validate_file(const std::string& file, const Terminal& terminal, bool is_json,
                   const std::vector<std::string>& builtin_tasks, Json& files) {
    auto text = read_file(file);
    if (!text) {
        if (!is_json) terminal.err << text.error().message << '\n';
        files.push_back({{"file", file}, {"valid", false}, {"message", text.error().message}});
        return false;
    }
    definition::ParseOptions parse_options;
    parse_options.format =
        definition::format_of(file).value_or(definition::ParseOptions::Format::yaml);
    parse_options.default_name = definition::workflow_name_of(file);
    parse_options.builtin_tasks = builtin_tasks;
    const auto parsed = definition::parse(*text, parse_options);
    if (is_json) {
        Json diagnostics = Json::array();
        for (const auto& diagnostic : parsed.diagnostics)
            diagnostics.push_back(to_json(diagnostic));
        files.push_back(
            {{"file", file}, {"valid", parsed.is_valid()}, {"diagnostics", diagnostics}});
        return parsed.is_valid();
    }
    terminal.err << definition::render(parsed.diagnostics, file, *text);
    if (parsed.is_valid()) terminal.out << file << ": good\n";
    return parsed.is_valid();
}

}  // namespace

int report(const Terminal& terminal, const Error& error) {
    terminal.err << "stepwell: " << error.message << (error.message.ends_with('\n') ? "" : "\n");
    return error.code == ErrorCode::unavailable ? kUnreachable : kUsage;
}

Result<Json> read_input(const std::optional<std::string>& argument) {
    if (!argument) return Json::object();
    std::string text = *argument;
    std::string place = "--input";
    if (text == "-") {
        text.assign(std::istreambuf_iterator<char>(std::cin), {});
        place = "standard input";
    } else if (!text.empty() && text.front() == '@') {
        place = text.substr(1);
        text = SW_TRY(read_file(place));
    }
    auto input = parse_json(text);
    if (!input) return fail(std::move(input).error().within(place + ": expected JSON"));
    return input;
}

int validate(const Options& options, const Terminal& terminal,
             const std::vector<std::string>& builtin_tasks) {
    Json files = Json::array();
    bool is_good = true;
    for (const std::string& file : options.files) {
        is_good = validate_file(file, terminal, options.is_json, builtin_tasks, files) && is_good;
    }
    if (options.is_json) terminal.out << Json{{"valid", is_good}, {"files", files}}.dump(2) << '\n';
    return is_good ? kSuccess : kUsage;
}

int list(const Options& options, const Terminal& terminal) {
    if (options.subject == "workflows") {
        return present(
            options, terminal, [](Source& source) { return source.workflows(); }, print_workflows);
    }
    const RunFilter filter{options.workflow, options.status, options.limit, std::nullopt};
    return present(
        options, terminal, [&](Source& source) { return source.runs(filter); }, print_runs);
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
    return present(
        options, terminal,
        [&](Source& source) { return source.logs(options.subject, options.state); }, print_logs);
}

int start(const Options& options, const Terminal& terminal) {
    auto input = read_input(options.input);
    if (!input) return report(terminal, input.error());
    Json request{{"workflow", options.subject}, {"input", std::move(*input)}};
    if (options.name) request["name"] = *options.name;
    const auto started = server_of(options).start(request);
    if (!started) return report(terminal, started.error());
    if (options.is_json) {
        terminal.out << started->dump(2) << '\n';
    } else {
        terminal.out << "run " << (*started)["id"].dump() << " started; see `stepwell show "
                     << (*started)["id"].dump() << "`\n";
    }
    return kSuccess;
}

int stop(const Options& options, const Terminal& terminal) {
    Json request = Json::object();
    if (options.error) request["error"] = *options.error;
    if (options.cause) request["cause"] = *options.cause;
    const auto stopped = server_of(options).stop(options.subject, request);
    if (!stopped) return report(terminal, stopped.error());
    if (options.is_json) {
        terminal.out << stopped->dump(2) << '\n';
    } else {
        terminal.out << "run " << options.subject << " stopped\n";
    }
    return kSuccess;
}

}  // namespace stepwell::api::cli
