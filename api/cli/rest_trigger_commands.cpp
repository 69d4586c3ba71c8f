// What starts runs by itself: schedules, file triggers, webhooks; and deadlines.
#include "api/cli/rest_tables.hpp"

namespace stepwell::api::cli {
namespace {

using Kind = Column::Kind;

RestCommand schedules_command() {
    return {.words = {"schedules"},
            .help = "List schedules, with their next fires",
            .path = "schedules",
            .flags = {{.name = "next",
                       .help = "how many fires to list for each, 3 by default",
                       .value = "N",
                       .kind = Flag::Kind::number,
                       .member = "fires"}},
            .rows = "items",
            .columns = {{"SCHEDULE", "id"},
                        {"WHEN", "expression"},
                        {"TIME ZONE", "timezone"},
                        {"PAUSED", "paused"},
                        {"LAST RUN", "last.run"},
                        {"NEXT", "next_fires", Kind::list}}};
}

RestCommand pause_command(const char* word, const char* help, const char* done) {
    return {.words = {"schedules", word},
            .help = help,
            .method = "POST",
            .path = std::string("schedules/{SCHEDULE}/") + word,
            .arguments = {{"SCHEDULE", "WORKFLOW#NAME, or WORKFLOW:NAME"}},
            .done = std::string("schedule {.id} ") + done};
}

RestCommand triggers_command() {
    return {.words = {"triggers"},
            .help = "List file triggers and webhooks",
            .path = "triggers",
            .rows = "items",
            .columns = {{"TRIGGER", "id"},
                        {"KIND", "kind"},
                        {"FILES", "files", Kind::list},
                        {"URL", "url"},
                        {"WAITING", "waiting"},
                        {"LAST (UTC)", "last.at", Kind::time},
                        {"LAST RUN", "last.run"},
                        {"FAULT", "fault"}}};
}

RestCommand ledger_command() {
    return {.words = {"triggers", "ledger"},
            .help = "List what a trigger has taken, newest first",
            .path = "triggers/{TRIGGER}/ledger",
            .arguments = {{"TRIGGER", "WORKFLOW#NAME, or WORKFLOW:NAME"}},
            .flags = {{.name = "limit",
                       .help = "how many at most",
                       .value = "N",
                       .kind = Flag::Kind::number},
                      {.name = "after", .help = "`next` of the page before", .value = "TOKEN"}},
            .rows = "items",
            .columns = {{"TAKEN (UTC)", "at", Kind::time},
                        {"RUN", "run"},
                        {"SKIPPED", "skipped"},
                        {"WHAT", "key"}}};
}

RestCommand deadlines_command() {
    return {.words = {"deadlines"},
            .help = "List deadlines, and which are late",
            .path = "deadlines",
            .rows = "items",
            .columns = {{"DEADLINE", "id"},
                        {"KIND", "kind"},
                        {"TIME", "expression"},
                        {"TIME ZONE", "timezone"},
                        {"STATUS", "status"},
                        {"NEXT", "next_due"}}};
}

}  // namespace

std::vector<RestCommand> trigger_commands() {
    return {schedules_command(),
            pause_command("pause", "Stop a schedule until it is resumed", "is paused"),
            pause_command("resume", "Let a paused schedule go on", "goes on"),
            triggers_command(),
            ledger_command(),
            deadlines_command()};
}

}  // namespace stepwell::api::cli
