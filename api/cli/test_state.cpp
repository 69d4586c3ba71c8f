// `stepwell test-state`: what one state of a workflow file makes of its data.
#include <algorithm>

#include "api/cli/commands.hpp"
#include "api/cli/workflow_of_file.hpp"
#include "api/read/state_trial.hpp"
#include "engine/runtime/clock.hpp"

namespace stepwell::api::cli {
namespace {

Result<std::optional<TrialMock>> read_mock(const TestOptions& options) {
    if (options.mock && options.mock_error) {
        return fail(ErrorCode::invalid, "expected either --mock or --mock-error, but got both");
    }
    if (options.mock_cause && !options.mock_error) {
        return fail(ErrorCode::invalid, "expected --mock-cause with --mock-error");
    }
    if (!options.mock && !options.mock_error) return std::optional<TrialMock>();
    TrialMock mock;
    if (options.mock) mock.result = Payload(SW_TRY(read_input(options.mock, "--mock")));
    mock.failure = {options.mock_error, options.mock_cause};
    return std::optional(std::move(mock));
}

Result<TrialQuestion> question_of(const Options& options, definition::DefinitionPtr definition) {
    TrialQuestion question;
    question.definition = std::move(definition);
    question.state = options.state;
    question.input = Payload(SW_TRY(read_input(options.input)));
    question.mock = SW_TRY(read_mock(options.test));
    question.variables = SW_TRY(read_input(options.test.variables, "--variables"));
    question.context = SW_TRY(read_input(options.test.context, "--context"));
    question.retries = options.test.retries;
    question.now = runtime::system_clock().now();
    question.entropy = runtime::system_clock().entropy();
    return question;
}

void print_line(const Terminal& terminal, const std::string& title, const std::string& text) {
    constexpr std::size_t kColumn = 28;
    std::string head = title;
    head.resize(std::max(head.size() + 1, kColumn), ' ');
    terminal.out << terminal.styled(head, Style::dim) << printable_line(text) << '\n';
}

std::string word_of(const Json& view) {
    const std::string status = string_or(view, "status", "");
    if (status == "needs_mock") return "stops before its work: say with --mock what that gives";
    if (status == "retriable") {
        return "failed; is tried again in " + duration_text(Duration(view["retry_in_ms"]));
    }
    return status == "caught" ? "failed, and is caught" : status;
}

Style style_of(const std::string& status) {
    if (status == "failed") return Style::red;
    return status == "succeeded" ? Style::green : Style::yellow;
}

void print_trial(const Terminal& terminal, const Json& input, const Json& view) {
    terminal.out << terminal.styled(printable_line(string_or(view, "state", "")), Style::bold)
                 << " (" << string_or(view, "type", "")
                 << "): " << terminal.styled(word_of(view), style_of(string_or(view, "status", "")))
                 << "\n\n";
    print_line(terminal, "input", to_text(input));
    for (const Json& stage : view["stages"]) {
        print_line(terminal, string_or(stage, "stage", ""), to_text(stage["data"]));
    }
    for (const char* name : {"variables", "output", "error", "cause", "next"}) {
        const Json* value = find(view, name);
        if (!value) continue;
        const bool is_text = value->is_string() && std::string_view(name) != "output";
        print_line(terminal, name, is_text ? value->get<std::string>() : to_text(*value));
    }
}

}  // namespace

int test_state(const Options& options, const Terminal& terminal,
               const definition::BuiltinTasks& builtin_tasks) {
    const auto workflow = workflow_of_file(options.subject, terminal, builtin_tasks);
    if (!workflow) return report(terminal, workflow.error());
    const auto question = question_of(options, workflow->definition);
    if (!question) return report(terminal, question.error());
    const auto view = try_state(*question);
    if (!view) return report(terminal, view.error());
    if (options.is_json) {
        terminal.out << view->dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
    } else {
        print_trial(terminal, question->input.json(), *view);
    }
    return string_or(*view, "status", "") == "failed" ? kFailed : kSuccess;
}

}  // namespace stepwell::api::cli
