// Runs: starting, stopping, redriving, and what failed.
#include "api/cli/rest_tables.hpp"
#include "api/cli/show.hpp"

namespace stepwell::api::cli {
namespace {

using Kind = Column::Kind;

const char* const kRun = "its number, name, ARN, or WORKFLOW/NAME";

RestCommand start_command() {
    return {.words = {"start"},
            .help = "Start a run in the daemon",
            .method = "POST",
            .path = "runs",
            .arguments = {{"WORKFLOW", "its name", "workflow"}},
            .flags = {{.name = "input",
                       .help = "JSON, @FILE, or - for standard input",
                       .value = "JSON",
                       .kind = Flag::Kind::json,
                       .place = Flag::Place::body},
                      {.name = "name",
                       .help = "the run's name; the same start under the same name starts one run",
                       .place = Flag::Place::body}},
            .done = "run {.run} started; see `stepwell show {.run}`"};
}

/// Behind `flags`: which runs, where none is named; as `list` has them.
std::vector<Flag> with_conditions(std::vector<Flag> flags, const std::string& statuses,
                                  std::vector<std::string> conditions) {
    const std::vector<Flag> which = {
        {.name = "preview", .help = "only say what would be done", .kind = Flag::Kind::yes},
        {.name = "workflow", .help = "all of this workflow; * stands for any characters"},
        {.name = "version",
         .help = "all of this version; needs --workflow",
         .value = "N",
         .kind = Flag::Kind::number},
        {.name = "status", .help = "all with one of these: " + statuses},
        {.name = "origin",
         .help = "all that were started by this",
         .choices = {"api", "cli", "schedule", "file", "webhook", "parent", "map"}},
        {.name = "trigger", .help = "all that this schedule or trigger started", .value = "ID"},
        {.name = "parent",
         .help = "all that a task of this run started",
         .value = "RUN",
         .kind = Flag::Kind::number},
        {.name = "name", .help = "all of this name; * stands for any characters"},
        {.name = "text",
         .help = "all with this in the name, or in what they failed for",
         .member = "q"},
        {.name = "is", .help = "all of which this is true", .choices = std::move(conditions)},
        {.name = "from", .help = "all that were started then or later", .value = "TIME"},
        {.name = "to", .help = "all that were started before", .value = "TIME"}};
    flags.insert(flags.end(), which.begin(), which.end());
    return flags;
}

RestCommand stop_command() {
    return {.words = {"stop"},
            .help = "Stop a run in the daemon, or all that fit",
            .method = "POST",
            .path = "runs/{RUN}/stop",
            .arguments = {{.name = "RUN", .help = kRun, .is_required = false}},
            .flags = with_conditions({{.name = "error",
                                       .help = "what the run says as its error",
                                       .place = Flag::Place::body},
                                      {.name = "cause",
                                       .help = "what the run says as its cause",
                                       .place = Flag::Place::body}},
                                     "running", {"late", "queued", "waiting"}),
            .path_for_many = "bulk/stop",
            .done = "run {RUN} stopped"};
}

RestCommand redrive_command() {
    return {.words = {"redrive"},
            .help = "Let a run go on that failed, timed out or was stopped, or all that fit",
            .method = "POST",
            .path = "runs/{RUN}/redrive",
            .arguments = {{.name = "RUN", .help = kRun, .is_required = false}},
            .flags = with_conditions(
                {{.name = "client-token",
                  .help = "the same redrive under the same token is one, for 15 minutes",
                  .place = Flag::Place::body,
                  .member = "client_token"},
                 {.name = "error", .help = "all with this error; * stands for any characters"}},
                "failed,timed_out,aborted", {"caught"}),
            .path_for_many = "bulk/redrive",
            .done = "run {RUN} goes on: redrive {.redrives}"};
}

RestCommand redrive_plan_command() {
    return {.words = {"redrive-plan"},
            .help = "Show what a redrive would run again, what it keeps, and how long it may take",
            .path = "runs/{RUN}/redrive-plan",
            .arguments = {{"RUN", kRun}},
            .print = print_redrive_plan};
}

RestCommand failures_command() {
    return {.words = {"failures"},
            .help = "List failures by their cause, and how each stands",
            .path = "failures",
            .flags = {{.name = "workflow", .help = "only of this workflow"},
                      {.name = "range",
                       .help = "how far back",
                       .choices = {"1h", "6h", "12h", "24h", "3d", "7d", "14d", "30d"}},
                      {.name = "limit",
                       .help = "how many causes",
                       .value = "N",
                       .kind = Flag::Kind::number}},
            .rows = "items",
            .columns = {{"WORKFLOW", "workflow"},
                        {"STATE", "definition_path"},
                        {"ERROR", "error"},
                        {"COUNT", "count", Kind::count},
                        {"CONDITION", "condition"},
                        {"LAST RUN", "runs.0"},
                        {"LAST (UTC)", "last_at", Kind::time},
                        {"MESSAGE", "message"}}};
}

}  // namespace

std::vector<RestCommand> run_commands() {
    return {start_command(), stop_command(), redrive_command(), redrive_plan_command(),
            failures_command()};
}

}  // namespace stepwell::api::cli
