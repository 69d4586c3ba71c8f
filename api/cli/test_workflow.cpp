// `stepwell test`: a workflow file run with recorded mocks, on a clock that waits for nothing.
#include "api/cli/commands.hpp"
#include "api/cli/workflow_of_file.hpp"
#include "api/read/recorded_mocks.hpp"
#include "engine/base/nearest.hpp"
#include "engine/runtime/clock.hpp"

namespace stepwell::api::cli {
namespace {

using Cases = std::map<std::string, RecordedMocks::TestCase>;

/// All of them, or the one that was asked for.
Result<Cases> chosen_cases(Cases cases, const std::optional<std::string>& wanted) {
    if (!wanted) return cases;
    const auto found = cases.find(*wanted);
    if (found != cases.end()) return Cases{*found};
    std::vector<std::string> names;
    for (const auto& [name, states] : cases) names.push_back(name);
    const auto near = nearest(*wanted, names);
    return fail(ErrorCode::invalid, "expected a test case of the mocks, but there is no '" +
                                        *wanted + "'" +
                                        (near ? "; did you mean '" + *near + "'?" : ""));
}

std::string note_of(const Json& state) {
    std::string note;
    const Json* attempts = find(state, "attempts");
    if (attempts && *attempts > 1) note = to_text(*attempts) + " attempts";
    const std::string error = string_or(state, "error", "");
    if (!error.empty()) note += (note.empty() ? "" : ", ") + error;
    return note;
}

void print_case(const Terminal& terminal, const Json& view) {
    terminal.out << terminal.styled(printable_line(string_or(view, "case", "")), Style::bold)
                 << "  " << terminal.styled_status(string_or(view, "status", "")) << " after "
                 << duration_text(Duration(view["elapsed_ms"].get<std::int64_t>())) << '\n';
    Table table({"STATE", "TYPE", "OUTCOME", ""});
    for (const Json& state : view["states"]) {
        table.add({string_or(state, "state", ""), string_or(state, "type", ""),
                   string_or(state, "outcome", ""), note_of(state)});
    }
    table.print(terminal);
    for (const char* name : {"output", "error", "cause"}) {
        const Json* value = find(view, name);
        if (!value) continue;
        const bool is_text = value->is_string() && std::string_view(name) != "output";
        terminal.out << name << "  "
                     << printable_line(is_text ? value->get<std::string>() : to_text(*value))
                     << '\n';
    }
    terminal.out << '\n';
}

Result<Json> run_cases(const Options& options, const Terminal& terminal,
                       const definition::BuiltinTasks& builtin_tasks) {
    const auto workflow = SW_TRY(workflow_of_file(options.subject, terminal, builtin_tasks));
    const std::string text = SW_TRY(read_file(options.test.mocks));
    auto mocks = read_recorded_mocks(text);
    if (!mocks) return fail(std::move(mocks).error().within(options.test.mocks));
    Cases all = SW_TRY(cases_of(*mocks, workflow.name));
    const Cases cases = SW_TRY(chosen_cases(std::move(all), options.test.test_case));
    MockedRun run;
    run.definition = workflow.definition;
    run.workflow = workflow.name;
    run.input = Payload(SW_TRY(read_input(options.input)));
    run.now = runtime::system_clock().now();
    run.entropy = runtime::system_clock().entropy();
    Json views = Json::array();
    for (const auto& [name, test_case] : cases) {
        auto view = run_with_mocks(run, *mocks, test_case);
        if (!view) return fail(std::move(view).error().within("test case '" + name + "'"));
        Json named{{"case", name}};
        for (auto& [key, value] : view->items()) named[key] = value;
        views.push_back(std::move(named));
    }
    return views;
}

/// Whether all runs ended as was expected.
bool are_as_expected(const Json& views, const std::optional<std::string>& expected) {
    for (const Json& view : views) {
        if (string_or(view, "status", "") != expected.value_or("succeeded")) return false;
    }
    return true;
}

}  // namespace

int test_workflow(const Options& options, const Terminal& terminal,
                  const definition::BuiltinTasks& builtin_tasks) {
    const auto views = run_cases(options, terminal, builtin_tasks);
    if (!views) return report(terminal, views.error());
    if (options.is_json) {
        terminal.out << views->dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
    } else {
        for (const Json& view : *views) print_case(terminal, view);
    }
    return are_as_expected(*views, options.test.expected) ? kSuccess : kFailed;
}

}  // namespace stepwell::api::cli
