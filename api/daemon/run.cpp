// `stepwell run FILE`: one workflow, once, without a daemon.
#include <csignal>

#include "api/cli/commands.hpp"
#include "api/cli/progress.hpp"
#include "api/cli/show.hpp"
#include "api/cli/terminal.hpp"
#include "api/daemon/known_tasks.hpp"
#include "api/daemon/node.hpp"
#include "api/daemon/signals.hpp"
#include "api/read/views.hpp"
#include "api/workflows/workflow_folders.hpp"
#include "engine/base/json_layout.hpp"
#include "tasks/configuration_shape.hpp"

namespace stepwell::api::cli {
namespace {

/// How long messages to people may take after the end of the run: beyond a channel's time-out.
constexpr std::chrono::milliseconds kMessagesPatience{15'000};

Error with_folder_hint(Error error, const Configuration& configuration) {
    if (error.code == ErrorCode::conflict) {
        error.message = "expected the data folder " + configuration.data.string() +
                        " to be free, but another stepwell works in it; start the run there with "
                        "`stepwell start`, or give this one a folder of its own with --data DIR";
    }
    return error;
}

/// Waits for the end. The first signal stops the run, the second one stops waiting.
bool wait_for_end(Signals& signals, runtime::Engine& engine, ExecutionId run) {
    bool is_interrupted = false;
    while (signals.wait()) {
        if (is_interrupted) return true;
        is_interrupted = true;
        engine.stop_execution(run, {"Stepwell.Interrupted", "stopped from the terminal"},
                              [](const Result<Timestamp>&) {});
    }
    return is_interrupted;
}

/// How to see what the run's tasks wrote. It names the folder, for there is no daemon to ask.
std::string logs_command(const Configuration& configuration, ExecutionId run) {
    return "stepwell logs " + std::to_string(value_of(run)) + " --data " +
           shell_word(configuration.data.string());
}

/// One line of it: what data tasks did has been said, and their envelopes are for programs.
void print_output(const Terminal& terminal, const Payload& output) {
    constexpr std::size_t kShownMax = 200;
    if (output.bytes() <= kShownMax)
        terminal.out << "output  " << output.text() << '\n';
    else
        terminal.out << "output  " << count_text(static_cast<std::int64_t>(output.bytes()))
                     << " bytes of JSON; --output json prints it\n";
}

void print_end(const Terminal& terminal, const Configuration& configuration,
               const runtime::Closed& closed) {
    terminal.out << terminal.styled_status(core::name_of(closed.status)) << " in "
                 << duration_text(closed.stopped_at - closed.started_at) << "  (run "
                 << value_of(closed.id) << ")\n";
    if (closed.error) terminal.out << "error   " << printable_line(*closed.error) << '\n';
    if (closed.cause) cli::print_cause(terminal, "cause   ", *closed.cause);
    if (closed.output) print_output(terminal, *closed.output);
    if (closed.status == core::Status::failed) {
        terminal.out << "logs    " << logs_command(configuration, closed.id) << '\n';
    }
    terminal.out.flush();
}

/// The run as the API shows it, but for its status, which is DescribeExecution's word as in the
/// line for people: scripts that ran a definition on AWS or on an emulator of it compare with that.
Result<void> print_json(const Terminal& terminal, const std::filesystem::path& data,
                        const runtime::Closed& closed) {
    auto reader = SW_TRY(runtime::Reader::open(data));
    Json view = SW_TRY(run_view(*reader, std::to_string(value_of(closed.id))));
    view["status"] = core::name_of(closed.status);
    terminal.out << to_lines(view) << std::endl;
    return {};
}

void tell_messages_left(const Terminal& terminal, std::int64_t count) {
    if (count == 0) return;
    terminal.err
        << "stepwell: " << count << (count == 1 ? " message is" : " messages are")
        << " not delivered yet; the next `stepwell run` or `stepwell serve` with this data "
           "folder tries again\n";
}

Result<int> run_once(const Options& options, const Terminal& terminal, Signals& signals) {
    const Configuration configuration = SW_TRY(
        load_configuration(options.overrides, environment_variable, &tasks::configuration_shape()));
    runtime::WorkflowSpec spec = SW_TRY(read_workflow_file(options.subject, known_tasks()));
    Json input = SW_TRY(read_input(options.input));
    NodeHooks hooks;
    hooks.warn = [&](const std::string& line) { terminal.err << "stepwell: " << line << '\n'; };
    hooks.failed = [&](const Error& error) {
        terminal.err << "stepwell: " << error.message << '\n';
        signals.wake();
    };
    auto opened = Node::open(configuration, hooks);
    if (!opened) return fail(with_folder_hint(std::move(opened).error(), configuration));
    runtime::Engine& engine = (*opened)->engine();

    const std::string name = spec.name;
    SW_TRY(engine.put_workflow_now(std::move(spec)));
    Progress progress(terminal, name, {options.is_json, options.is_verbose, terminal.has_colours});
    auto subscription = engine.subscribe(progress.listener());
    if (!options.is_json) terminal.out << terminal.styled(name, Style::bold) << std::endl;
    runtime::StartRequest request;
    request.origin = "cli";
    request.workflow = name;
    request.name = options.name;
    request.input = Payload(std::move(input));
    const runtime::Started started = SW_TRY(engine.start_execution_now(std::move(request)));

    // The answer may come after we gave up waiting.
    auto end = std::make_shared<std::optional<runtime::Closed>>();
    engine.when_closed(started.id, [end, &signals](Result<runtime::Closed> closed) {
        if (closed) *end = std::move(closed).value();
        signals.wake();
    });
    const bool is_interrupted = wait_for_end(signals, engine, started.id);
    subscription.reset();
    const auto patience = is_interrupted ? std::chrono::milliseconds(0) : kMessagesPatience;
    tell_messages_left(terminal, (*opened)->send_messages(patience));
    (*opened)->stop();
    if (!*end) return is_interrupted ? kInterrupted : kFailed;
    if (!options.is_json) print_end(terminal, configuration, **end);
    if (options.is_json) SW_TRY(print_json(terminal, configuration.data, **end));
    if (is_interrupted) return kInterrupted;
    return (*end)->status == core::Status::succeeded ? kSuccess : kFailed;
}

}  // namespace

int run(const Options& options, const Terminal& terminal) {
    Signals signals;
    auto status = run_once(options, terminal, signals);
    return status ? *status : report(terminal, status.error());
}

}  // namespace stepwell::api::cli
