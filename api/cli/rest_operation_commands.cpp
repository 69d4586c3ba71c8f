// Operating: why something does not run, pools, retention, pausing a workflow.
#include "api/cli/rest_tables.hpp"
#include "api/cli/show.hpp"

namespace stepwell::api::cli {
namespace {

using Kind = Column::Kind;

/// The reasons whole, a line each: they are sentences, and no table has room for them.
void print_explanation(const Terminal& terminal, const Json& answer) {
    for (const char* list : {"reasons", "passed"}) {
        const Json* items = find(answer, list);
        if (!items || !items->is_array()) continue;
        for (const Json& item : *items) {
            terminal.out << string_or(item, "code", "") << ": " << string_or(item, "text", "")
                         << '\n';
        }
    }
}

RestCommand explain_command() {
    return {.words = {"explain"},
            .help = "Say why a workflow does not start or a run does not go on",
            .path = "explain/{SUBJECT}",
            .arguments = {{"SUBJECT", "a workflow; else a run's number, name or ARN"}},
            .print = print_explanation};
}

RestCommand workflow_command() {
    return {.words = {"workflow"},
            .help = "Show a workflow: its version, owner, tags, schedules and file",
            .path = "workflows/{WORKFLOW}",
            .arguments = {{"WORKFLOW", "its name"}},
            .print = print_workflow};
}

RestCommand pools_command() {
    return {.words = {"pools"},
            .help = "List pools, and how many tasks wait for their slots",
            .path = "pools",
            .rows = "items",
            .columns = {{"POOL", "name"},
                        {"SLOTS", "slots", Kind::count},
                        {"WAITING", "waiting_count", Kind::count}}};
}

RestCommand retention_command() {
    return {.words = {"retention"},
            .help = "Say how many runs were forgotten since the daemon began, by rule",
            .path = "retention",
            .done =
                "forgotten: {.removed.age} by age, {.removed.count} by count, "
                "{.removed.bytes} by bytes"};
}

RestCommand pause_command() {
    return {.words = {"pause"},
            .help = "Let schedules and file triggers of a workflow start nothing",
            .method = "POST",
            .path = "workflows/{WORKFLOW}/pause",
            .arguments = {{"WORKFLOW", "its name"}},
            .flags = {{.name = "until",
                       .help = "when it goes on by itself: 2024-01-02T03:04:05Z",
                       .value = "TIME",
                       .place = Flag::Place::body},
                      {.name = "note", .help = "why, for others", .place = Flag::Place::body}},
            .done = "workflow {WORKFLOW} starts nothing by itself now"};
}

RestCommand resume_command() {
    return {.words = {"resume"},
            .help = "Let a paused workflow start by itself again",
            .method = "POST",
            .path = "workflows/{WORKFLOW}/resume",
            .arguments = {{"WORKFLOW", "its name"}},
            .done = "workflow {WORKFLOW} starts by itself again"};
}

RestCommand delete_command() {
    return {.words = {"delete"},
            .help = "Let a workflow start no more runs; what runs goes on, what ran stays",
            .method = "DELETE",
            .path = "workflows/{WORKFLOW}",
            .arguments = {{"WORKFLOW", "its name"}},
            .done = "workflow {WORKFLOW} is deleted"};
}

std::string fault_line(const Json& file, const Json& fault) {
    std::string line = string_or(file, "path", "");
    if (find(fault, "line")) {
        line += ":" + plain_text(find(fault, "line")) + ":" + plain_text(find(fault, "column"));
    }
    line += ": " + string_or(fault, "severity", "error") + ": " + string_or(fault, "message", "");
    const std::string hint = string_or(fault, "hint", "");
    return hint.empty() ? line : line + " (" + hint + ")";
}

void print_files(const Terminal& terminal, const Json& answer) {
    const Json* files = find(answer, "items");
    if (!files) return;
    Table table({"FILE", "STATUS", "WORKFLOW", "SINCE (UTC)"});
    for (const Json& file : *files) {
        table.add({string_or(file, "path", ""), string_or(file, "status", ""),
                   string_or(file, "workflow", ""), time_text(string_or(file, "since", ""))});
    }
    table.print(terminal);
    for (const Json& file : *files) {
        for (const Json& fault : file["faults"]) terminal.out << fault_line(file, fault) << '\n';
    }
}

RestCommand files_command() {
    return {.words = {"files"},
            .help = "List workflow files: good, faulty or gone, and their faults",
            .path = "workflow-files",
            .print = print_files,
            .is_list = true};
}

}  // namespace

std::vector<RestCommand> operation_commands() {
    return {files_command(), workflow_command(),  delete_command(), explain_command(),
            pools_command(), retention_command(), pause_command(),  resume_command()};
}

}  // namespace stepwell::api::cli
