// The commands. Each prints to the terminal and returns what the process ends with (Exit).
#pragma once

#include "api/cli/options.hpp"
#include "api/cli/rest_command.hpp"
#include "api/cli/terminal.hpp"
#include "api/cli/unknown_names.hpp"
#include "api/http/principal.hpp"
#include "engine/definition/workflow.hpp"

namespace stepwell::api::cli {

/// `known_names_of`: asked once, where the options name a configuration.
int validate(const Options& options, const Terminal& terminal,
             const definition::BuiltinTasks& builtin_tasks, const Shape& sections,
             const KnownNamesOf& known_names_of);
/// Tries one state of a workflow file, without a daemon.
int test_state(const Options& options, const Terminal& terminal,
               const definition::BuiltinTasks& builtin_tasks);
/// Runs a workflow file with recorded mocks, without a daemon. Ends with kFailed where a run does
/// not end as was expected.
int test_workflow(const Options& options, const Terminal& terminal,
                  const definition::BuiltinTasks& builtin_tasks);
int list(const Options& options, const Terminal& terminal);
int show(const Options& options, const Terminal& terminal);
int history(const Options& options, const Terminal& terminal);
int logs(const Options& options, const Terminal& terminal);
/// Prints a link that signs a browser in.
int open(const Options& options, const Terminal& terminal);
/// Asks the daemon what the command asks, and prints the answer.
int call(const RestCommand& command, const Given& given, const Options& options,
         const Terminal& terminal);

// With a data folder of their own; these are part of the composition root.
int run(const Options& options, const Terminal& terminal);
int serve(const Options& options, const Terminal& terminal);

/// Adds a user to a data folder that no daemon has; reads the password from standard input.
struct NewUser {
    std::string name;
    Role role = Role::viewer;
    std::string password;
};
int add_user_offline(const Options& options, NewUser user, const Terminal& terminal);
/// Sets a secret there; `value` as read_secret() takes it.
int set_secret_offline(const Options& options, const std::string& name, const std::string& value,
                       const Terminal& terminal);
/// Ends with kFailed where the log is broken.
int verify_audit_offline(const Options& options, const Terminal& terminal);

/// Prints the error and gives the status that fits it.
int report(const Terminal& terminal, const Error& error);

}  // namespace stepwell::api::cli
