// Who may come in, with what, what is kept secret, and who did what.
#include "api/cli/rest_tables.hpp"

namespace stepwell::api::cli {
namespace {

using Kind = Column::Kind;

Flag role_flag(const char* help, const char* otherwise = "") {
    return {.name = "role",
            .help = help,
            .place = Flag::Place::body,
            .choices = {"viewer", "operator", "editor", "admin"},
            .otherwise = otherwise};
}

Flag secret_flag(const char* name, const char* help, const char* otherwise) {
    return {.name = name,
            .help = help,
            .kind = Flag::Kind::secret,
            .place = Flag::Place::body,
            .otherwise = otherwise};
}

/// A DELETE of one thing.
RestCommand removal(const char* thing, const char* word, const char* argument, const char* help,
                    const char* done) {
    return {.words = {thing, word},
            .help = help,
            .method = "DELETE",
            .path = std::string(thing) + "/{" + argument + "}",
            .arguments = {{argument, "as the list shows it"}},
            .done = done};
}

RestCommand switched(const char* word, bool is_disabled, const char* help, const char* done) {
    return {.words = {"users", word},
            .help = help,
            .method = "PATCH",
            .path = "users/{NAME}",
            .arguments = {{"NAME", "the user"}},
            .body = {{"disabled", is_disabled}},
            .done = done};
}

std::vector<RestCommand> user_commands() {
    return {{.words = {"users"},
             .help = "List users",
             .path = "users",
             .rows = "items",
             .columns = {{"USER", "name"},
                         {"ROLE", "role"},
                         {"DISABLED", "disabled"},
                         {"MADE (UTC)", "created_at", Kind::time},
                         {"BY", "created_by"}}},
            {.words = {"users", "add"},
             .help = "Add a user; the password is read from standard input",
             .method = "POST",
             .path = "users",
             .arguments = {{"NAME", "letters, digits and ._@-", "name"}},
             .flags = {role_flag("what they may, viewer by default; the first user has to be admin",
                                 "viewer"),
                       secret_flag("password", "@FILE, or - for standard input, the default", "-")},
             .done = "user {.name} is {.role}"},
            {.words = {"users", "change"},
             .help = "Change a user's role or password",
             .method = "PATCH",
             .path = "users/{NAME}",
             .arguments = {{"NAME", "the user"}},
             .flags = {role_flag("what they may"),
                       secret_flag("password", "@FILE, or - for standard input", "")},
             .done = "user {.name} is {.role}"},
            switched("disable", true, "Keep a user out, without removing them",
                     "user {.name} is disabled"),
            switched("enable", false, "Let a disabled user in again", "user {.name} is enabled"),
            removal("users", "remove", "NAME", "Remove a user, with all tokens and sessions",
                    "user {NAME} is removed")};
}

/// API tokens and access keys are listed and made alike.
std::vector<Column> credential_columns(const char* id_title) {
    return {{id_title, "id"},
            {"NAME", "name"},
            {"OWNER", "owner"},
            {"ROLE", "role"},
            {"EXPIRES (UTC)", "expires_at", Kind::time},
            {"LAST USED (UTC)", "last_used_at", Kind::time}};
}

std::vector<Flag> credential_flags() {
    return {role_flag("what it may, as much as you by default"),
            {.name = "owner",
             .help = "whose it is; yours by default",
             .value = "USER",
             .place = Flag::Place::body},
            {.name = "expires",
             .help = "when it ends: 2030-01-02T03:04:05Z; never by default",
             .value = "TIME",
             .place = Flag::Place::body,
             .member = "expires_at"}};
}

std::vector<RestCommand> token_commands() {
    return {
        {.words = {"tokens"},
         .help = "List your API tokens; for an admin, all",
         .path = "tokens",
         .rows = "items",
         .columns = credential_columns("TOKEN")},
        {.words = {"tokens", "create"},
         .help = "Make an API token; it is shown this once",
         .method = "POST",
         .path = "tokens",
         .arguments = {{"NAME", "what it is for", "name"}},
         .flags = credential_flags(),
         .done = "{.token}"},
        removal("tokens", "revoke", "TOKEN", "Revoke an API token", "token {TOKEN} is revoked")};
}

std::vector<RestCommand> key_commands() {
    return {
        {.words = {"keys"},
         .help = "List the access keys of AWS clients",
         .path = "keys",
         .rows = "items",
         .columns = credential_columns("KEY")},
        {.words = {"keys", "create"},
         .help = "Make an access key for AWS clients; its secret is shown this once",
         .method = "POST",
         .path = "keys",
         .arguments = {{"NAME", "what it is for", "name"}},
         .flags = credential_flags(),
         .done = "AWS_ACCESS_KEY_ID={.id}\nAWS_SECRET_ACCESS_KEY={.secret}"},
        removal("keys", "remove", "KEY", "Remove an access key", "access key {KEY} is removed")};
}

std::vector<RestCommand> secret_commands() {
    return {{.words = {"secrets"},
             .help = "List the names of secrets, and who uses them; never a value",
             .path = "secrets",
             .rows = "items",
             .columns = {{"SECRET", "name"},
                         {"FROM", "provider"},
                         {"PLACE", "place"},
                         {"SET (UTC)", "updated_at", Kind::time},
                         {"BY", "updated_by"},
                         {"USED BY", "used_by", Kind::list}}},
            {.words = {"secrets", "set"},
             .help = "Set a secret; its value is read from standard input",
             .method = "PUT",
             .path = "secrets/{NAME}",
             .arguments = {{"NAME", "as ${secret:NAME} says it"}},
             .flags = {secret_flag("value", "@FILE, or - for standard input, the default", "-")},
             .done = "secret {NAME} is set"},
            removal("secrets", "remove", "NAME", "Remove a secret", "secret {NAME} is removed")};
}

bool is_whole(const Json& verdict) {
    const Json* found = find(verdict, "whole");
    return found && *found == true;
}

void print_verdict(const Terminal& terminal, const Json& verdict) {
    if (is_whole(verdict)) {
        terminal.out << "the audit log is whole: " << to_text(verdict.at("entries"))
                     << " entries\n";
        return;
    }
    const Json* broken = find(verdict, "broken");
    const bool has_place = broken && broken->is_number();
    terminal.out << "the audit log is "
                 << (has_place ? "broken at entry " + to_text(*broken) : "not proven to be whole")
                 << ": " << string_or(verdict, "why", "") << '\n';
}

std::vector<RestCommand> audit_commands() {
    return {{.words = {"audit"},
             .help = "List who did what, newest first",
             .path = "audit",
             .flags = {{.name = "who", .help = "only of this user", .value = "USER"},
                       {.name = "action", .help = "only actions that begin with this"},
                       {.name = "after", .help = "`next` of the page before", .value = "TOKEN"},
                       {.name = "limit",
                        .help = "how many, 50 by default",
                        .value = "N",
                        .kind = Flag::Kind::number}},
             .rows = "items",
             .columns = {{"ENTRY", "sequence"},
                         {"AT (UTC)", "at", Kind::time},
                         {"WHO", "who"},
                         {"FROM", "from"},
                         {"ACTION", "action"},
                         {"SUBJECT", "subject"},
                         {"OUTCOME", "outcome"}}},
            {.words = {"audit", "verify"},
             .help = "Check that nothing in the audit log was changed or taken out",
             .path = "audit/verification",
             .print = print_verdict,
             .status = [](const Json& verdict) -> int {
                 return is_whole(verdict) ? kSuccess : kFailed;
             }}};
}

}  // namespace

std::vector<RestCommand> security_commands() {
    std::vector<RestCommand> all;
    for (const auto table :
         {user_commands, token_commands, key_commands, secret_commands, audit_commands}) {
        for (RestCommand& command : table()) all.push_back(std::move(command));
    }
    return all;
}

}  // namespace stepwell::api::cli
