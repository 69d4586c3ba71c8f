// A command is given as words, never pasted into a shell's text. A script is handed to its shell as
// a file that exists in memory only.
#include "tasks/shell/shell_tasks.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "tasks/fields.hpp"
#include "tasks/host/child_environment.hpp"
#include "tasks/host/child_io.hpp"

namespace stepwell::tasks {

namespace {

/// What a result shows of the standard output as text.
constexpr std::size_t kOutputBytesMax = 64u << 10;
/// What is kept for parsing; a state's result may not be larger anyway.
constexpr std::size_t kParsedBytesMax = 1u << 20;
constexpr std::size_t kCauseBytesMax = 4u << 10;

enum class OutputForm { none, text, json, lines };

struct ShellParameters {
    std::vector<std::string> command;
    std::string script;
    std::vector<std::string> shell;
    std::vector<std::pair<std::string, std::string>> environment;
    std::string working_folder;
    std::vector<int> expected_codes;
    std::string input;
    bool has_input = false;
    OutputForm form = OutputForm::none;
    std::uint64_t memory_bytes = 0;
};

OutputForm read_form(Fields& fields) {
    const auto name = fields.text("parse_output");
    if (!name) return OutputForm::none;
    if (*name == "text") return OutputForm::text;
    if (*name == "json") return OutputForm::json;
    if (*name == "lines") return OutputForm::lines;
    fields.fault("expected 'parse_output' to be text, json or lines, but it is '" + *name + "'");
    return OutputForm::none;
}

bool is_exit_code(const Json& code) {
    return code.is_number_integer() && code.get<std::int64_t>() >= 0 &&
           code.get<std::int64_t>() <= 255;
}

std::vector<int> read_codes(Fields& fields) {
    const Json* codes = fields.any("expect_exit_codes");
    if (!codes) return {0};
    std::vector<int> result;
    for (const Json& code : codes->is_array() ? *codes : Json::array({*codes})) {
        if (is_exit_code(code)) {
            result.push_back(code.get<int>());
        } else {
            fields.fault("expected 'expect_exit_codes' to be numbers from 0 to 255, but found " +
                         to_text(code));
        }
    }
    return result;
}

bool has_nul(const ShellParameters& parameters) {
    const auto holds = [](const std::string& text) { return text.find('\0') != std::string::npos; };
    return std::any_of(parameters.command.begin(), parameters.command.end(), holds) ||
           std::any_of(parameters.environment.begin(), parameters.environment.end(),
                       [&](const auto& pair) { return holds(pair.first) || holds(pair.second); });
}

Result<ShellParameters, TaskError> read_parameters(const Json& json, const HostSettings& settings) {
    Fields fields(json);
    ShellParameters parameters;
    parameters.command = fields.texts("command");
    parameters.script = fields.text("script", "");
    parameters.shell = fields.texts("shell");
    parameters.environment = fields.pairs("environment");
    parameters.working_folder = fields.text("working_folder", "");
    parameters.expected_codes = read_codes(fields);
    if (const Json* input = fields.any("input")) {
        parameters.has_input = true;
        parameters.input = to_text(*input);
    }
    parameters.form = read_form(fields);
    parameters.memory_bytes = fields.bytes("memory_limit").value_or(settings.child_memory_bytes);
    if (parameters.command.empty() == parameters.script.empty()) {
        fields.fault("expected either 'command' (a list of words) or 'script' (a text)");
    }
    for (const auto& [name, value] : parameters.environment) {
        if (name.empty() || name.find('=') != std::string::npos) {
            fields.fault("expected the name of a variable, but found '" + name + "'");
        }
    }
    if (has_nul(parameters)) fields.fault("expected no NUL character in a word or variable");
    if (const auto faults = fields.finish())
        return fail(invalid_parameters("stepwell:shell", *faults));
    if (parameters.shell.empty()) parameters.shell = {"/bin/sh", "-eu"};
    return parameters;
}

std::vector<std::string> make_environment(const ShellParameters& parameters,
                                          const TaskContext& context) {
    const runtime::TaskRequest& request = context.request();
    std::vector<std::string> environment = own_environment();
    set_variable(environment, "STEPWELL_EXECUTION", request.execution_arn);
    set_variable(environment, "STEPWELL_EXECUTION_NAME", request.execution_name);
    set_variable(environment, "STEPWELL_WORKFLOW", request.workflow_name);
    set_variable(environment, "STEPWELL_STATE", request.state_name);
    set_variable(environment, "STEPWELL_ATTEMPT", std::to_string(request.token.attempt));
    set_variable(environment, "STEPWELL_RETRY_COUNT", std::to_string(request.retry_count));
    set_variable(environment, "STEPWELL_RUN_KEY", request.run_key);
    set_variable(environment, "STEPWELL_DATA_FOLDER", context.settings().data_folder.string());
    for (const auto& [name, value] : parameters.environment) {
        set_variable(environment, name, value);
    }
    return environment;
}

/// The script as a file in memory, named in the shell's messages.
Result<Descriptor> script_file(const std::string& script) {
    Descriptor file(::memfd_create("script", MFD_CLOEXEC));
    std::string_view rest = script;
    while (file && !rest.empty()) {
        const ssize_t written = ::write(file.get(), rest.data(), rest.size());
        if (written <= 0) {
            file.reset();
        } else {
            rest.remove_prefix(static_cast<std::size_t>(written));
        }
    }
    if (!file) {
        return fail(ErrorCode::unavailable,
                    std::string("expected room for the script, but: ") + std::strerror(errno));
    }
    return file;
}

Result<ChildProcess> spawn(const ShellParameters& parameters, const TaskContext& context) {
    ChildSpec spec;
    Descriptor script;
    if (parameters.command.empty()) {
        script = SW_TRY(script_file(parameters.script));
        spec.arguments = parameters.shell;
        spec.arguments.emplace_back("/dev/fd/3");
        spec.descriptors = {script.get()};
    } else {
        spec.arguments = parameters.command;
    }
    spec.environment = make_environment(parameters, context);
    spec.working_folder = parameters.working_folder;
    spec.memory_bytes = parameters.memory_bytes;
    spec.has_input = parameters.has_input;
    return ChildProcess::spawn(spec);
}

TaskError start_error(const Error& error) {
    switch (error.code) {
        case ErrorCode::not_found:
            return {"Shell.NotFound", error.message};
        case ErrorCode::invalid:
            return {"Shell.NotExecutable", error.message};
        default:
            return {"Shell.StartFailed", error.message};
    }
}

std::string with_last_words(std::string cause, Tail& errors, Tail& output) {
    std::string words = errors.take();
    if (words.empty()) words = output.take();
    if (words.size() > kCauseBytesMax) words.erase(0, words.size() - kCauseBytesMax);
    while (!words.empty() && (words.back() == '\n' || words.back() == ' ')) words.pop_back();
    return words.empty() ? cause : cause + ": " + words;
}

std::string expected_text(const std::vector<int>& codes) {
    std::string text;
    for (const int code : codes) text += (text.empty() ? "" : ", ") + std::to_string(code);
    return text;
}

/// Nothing where the command ended as expected.
std::optional<TaskError> judge(const ChildEnd& end, const ShellParameters& parameters, Tail& errors,
                               Tail& output) {
    const auto& codes = parameters.expected_codes;
    if (end.signal == 0 && std::find(codes.begin(), codes.end(), end.exit_code) != codes.end()) {
        return std::nullopt;
    }
    std::string cause = end.signal != 0
                            ? "the command was ended by " + signal_name(end.signal)
                            : "the command exited with code " + std::to_string(end.exit_code) +
                                  " (expected " + expected_text(codes) + ")";
    const std::uint64_t limit = parameters.memory_bytes;
    if (limit != 0 && end.peak_bytes > limit / 10 * 9) {
        cause += " at its memory limit of " + std::to_string(limit >> 20) + " MiB";
        return TaskError{"Stepwell.OutOfMemory", with_last_words(cause, errors, output)};
    }
    if (end.signal == SIGKILL) cause += " (which the kernel also sends when memory runs out)";
    const std::string error = end.signal != 0 ? "Shell.Signal." + signal_name(end.signal)
                                              : "Shell.ExitCode." + std::to_string(end.exit_code);
    return TaskError{error, with_last_words(cause, errors, output)};
}

Json lines_of(const std::string& text) {
    Json lines = Json::array();
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

TaskResult make_result(const ChildEnd& end, const ShellParameters& parameters, Tail& output) {
    Json result = {{"exit_code", end.exit_code}};
    const bool is_parsed =
        parameters.form == OutputForm::json || parameters.form == OutputForm::lines;
    if (is_parsed && output.is_cut()) {
        return fail(
            TaskError{"Shell.InvalidOutput", "expected at most " + std::to_string(kParsedBytesMax) +
                                                 " bytes of output to parse, but there were " +
                                                 std::to_string(output.total())});
    }
    const bool is_cut = output.is_cut();
    std::string text = output.take();
    if (parameters.form == OutputForm::json) {
        auto json = parse_json(text);
        if (!json) {
            return fail(
                TaskError{"Shell.InvalidOutput",
                          "expected JSON on the standard output, but: " + json.error().message});
        }
        result["output"] = std::move(*json);
    } else if (parameters.form == OutputForm::lines) {
        result["output"] = lines_of(text);
    } else {
        if (parameters.form == OutputForm::text && !text.empty() && text.back() == '\n') {
            text.pop_back();
        }
        result[parameters.form == OutputForm::text ? "output" : "stdout"] = std::move(text);
        if (is_cut) result["stdout_truncated"] = true;
    }
    return result;
}

TaskResult run_shell(const Json& json, TaskContext& context) {
    const ShellParameters parameters = SW_TRY(read_parameters(json, context.settings()));
    const Bell stop;
    const auto stop_guard = context.on_cancel([&stop] { stop.ring(); });
    auto child = spawn(parameters, context);
    if (!child) return fail(start_error(child.error()));

    const bool is_parsed =
        parameters.form == OutputForm::json || parameters.form == OutputForm::lines;
    Tail output(is_parsed ? kParsedBytesMax : kOutputBytesMax);
    Tail errors(kCauseBytesMax);
    const auto log = [&context](std::string lines) { context.log(std::move(lines)); };
    LineSplitter output_lines(log);
    LineSplitter error_lines(log);
    ChildDialogue dialogue;
    dialogue.input = parameters.input;
    dialogue.stop = &stop;
    dialogue.stop_grace = context.settings().stop_grace;
    dialogue.on_output = [&](std::string_view bytes) {
        output.feed(bytes);
        output_lines.feed(bytes);
    };
    dialogue.on_error = [&](std::string_view bytes) {
        errors.feed(bytes);
        error_lines.feed(bytes);
    };
    const ChildEnd end = converse(*child, dialogue);
    output_lines.finish();
    error_lines.finish();
    if (auto error = judge(end, parameters, errors, output)) return fail(std::move(*error));
    return make_result(end, parameters, output);
}

}  // namespace

namespace {

bool are_exit_codes(const Json& value) {
    return value.is_array() ? std::all_of(value.begin(), value.end(), is_exit_code)
                            : is_exit_code(value);
}

Shape parameters_shape() {
    using shape::text;
    using shape::texts;
    return shape::object(
               {texts("command",
                      "the program and its arguments, word by word; no shell reads them"),
                text("script", "instead of `command`: a text for the shell"),
                texts("shell", "what runs the script; [/bin/sh, -eu]"),
                pairs_shape("environment", "variables, on top of those that tasks get"),
                shape::any("input", "becomes the standard input, as JSON"),
                text("working_folder", "the daemon's where nothing is said"),
                text("parse_output", "what becomes of the standard output")
                    .one_of({"text", "json", "lines"}),
                shape::special("expect_exit_codes", "that are a success", "numbers from 0 to 255",
                               are_exit_codes, {"integer", "array"})
                    .or_else("0"),
                size_shape("memory_limit", "what the command and its children may each allocate")})
        .just_one_of({"command", "script"});
}

}  // namespace

std::vector<TaskType> shell_tasks() {
    TaskType shell;
    shell.name = "shell";
    shell.run = run_shell;
    shell.parameters = parameters_shape();
    return {shell};
}

}  // namespace stepwell::tasks
