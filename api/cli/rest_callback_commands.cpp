// Tasks that wait for somebody to say how they end.
#include "api/cli/rest_tables.hpp"

namespace stepwell::api::cli {
namespace {

using Kind = Column::Kind;

const Flag kResult = {.name = "result",
                      .help = "the task's result: JSON, @FILE, or - for standard input",
                      .value = "JSON",
                      .kind = Flag::Kind::json,
                      .place = Flag::Place::body,
                      .member = "output",
                      .is_required = true};

std::vector<Flag> failure_flags() {
    return {
        {.name = "error", .help = "what retriers and catchers look at", .place = Flag::Place::body},
        {.name = "cause", .help = "for people", .place = Flag::Place::body}};
}

RestCommand callbacks_command() {
    return {.words = {"callbacks"},
            .help = "List tasks that wait for a token, a worker or a person",
            .path = "callbacks",
            .flags = {{.name = "workflow", .help = "only of this one"}},
            .rows = "items",
            .columns = {{"CALLBACK", "id"},
                        {"KIND", "kind"},
                        {"WORKFLOW", "workflow"},
                        {"RUN", "run"},
                        {"STATE", "state"},
                        {"SINCE (UTC)", "since", Kind::time},
                        {"DUE (UTC)", "due", Kind::time}}};
}

RestCommand answer_command(const char* word, const char* route, const char* help,
                           std::vector<Flag> flags, const char* done) {
    return {.words = {"callbacks", word},
            .help = help,
            .method = "POST",
            .path = std::string("callbacks/{CALLBACK}/") + route,
            .arguments = {{"CALLBACK", "its id, as `stepwell callbacks` lists it"}},
            .flags = std::move(flags),
            .done = std::string("callback {CALLBACK} ") + done};
}

RestCommand token_command(const char* word, const char* route, const char* help,
                          std::vector<Flag> flags, const char* done) {
    return {.words = {word},
            .help = help,
            .method = "POST",
            .path = std::string("task-tokens/") + route,
            .arguments = {{"TOKEN", "the task's token, $$.Task.Token in its workflow", "token"}},
            .flags = std::move(flags),
            .done = std::string("the task ") + done};
}

}  // namespace

std::vector<RestCommand> callback_commands() {
    return {callbacks_command(),
            answer_command("succeed", "success", "Let one succeed", {kResult}, "has succeeded"),
            answer_command("fail", "failure", "Let one fail", failure_flags(), "has failed"),
            answer_command("heartbeat", "heartbeat", "Say that somebody is at work on one", {},
                           "waits on"),
            token_command("send-task-success", "success", "Let the task of a token succeed",
                          {kResult}, "has succeeded"),
            token_command("send-task-failure", "failure", "Let the task of a token fail",
                          failure_flags(), "has failed"),
            token_command("send-task-heartbeat", "heartbeat",
                          "Say that somebody is at work on the task of a token", {}, "waits on")};
}

}  // namespace stepwell::api::cli
