// What the command line says, parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/daemon/config.hpp"

namespace stepwell::api::cli {

/// Of `list`, as they were written.
struct RunConditions {
    std::optional<std::uint32_t> version;
    std::vector<std::string> origins;
    std::optional<std::uint64_t> parent;
    std::optional<std::string> trigger;
    std::optional<std::string> name;
    std::optional<std::string> error;
    std::optional<std::string> text;
    bool has_caught = false;
    std::optional<std::string> from;
    std::optional<std::string> to;
    std::optional<std::string> duration_from;
    std::optional<std::string> duration_to;
};

/// Of `test-state` and `test`. JSON, "@FILE", or "-", as `--input` takes it.
struct TestOptions {
    std::optional<std::string> mock;
    std::optional<std::string> mock_error;
    std::optional<std::string> mock_cause;
    std::optional<std::string> variables;
    std::optional<std::string> context;
    std::uint32_t retries = 0;
    std::string mocks;  // a file
    std::optional<std::string> test_case;
    std::optional<std::string> expected;  // status
};

/// Of `push` and `pull`.
struct MoveOptions {
    std::optional<std::string> endpoint;  // URL; absent: AWS's own
    std::optional<std::string> region;
    std::optional<std::string> profile;
    std::optional<std::string> python;
    std::optional<std::string> role;  // push
    std::string type = "STANDARD";    // push
    std::string into = ".";           // pull
    bool is_forced = false;           // pull
};

struct Options {
    Overrides overrides;
    bool is_json = false;
    bool is_verbose = false;
    bool with_secret_key = false;  // backup
    bool is_check_only = false;    // restore
    std::string server;            // URL; empty: see daemon_address.hpp

    std::vector<std::string> files;  // validate, push; names: pull
    std::string subject;             // a file, a workflow, a run, or what to list
    std::string state;               // logs
    std::optional<std::string> input;
    std::optional<std::string> name;
    std::optional<std::string> workflow;
    std::optional<std::string> status;
    std::optional<std::string> after;  // list
    RunConditions runs;                // list
    bool is_following = false;         // logs
    TestOptions test;                  // test-state, test
    MoveOptions move;                  // push, pull
    std::size_t limit = 50;
};

/// `--input`: JSON, "@FILE", or "-" for what comes on standard input; absent: {}. `flag`: what the
/// argument is of.
Result<Json> read_input(const std::optional<std::string>& argument,
                        const std::string& flag = "--input");

/// All of standard input; where somebody sits there, a line, asked for by `what` and not shown
/// while it is typed.
std::string read_hidden(const std::string& what);

/// A secret out of "@FILE" or, for "-", standard input; without the line's end at its end. Fails
/// with `invalid` for anything else: arguments are seen by others on the machine.
Result<std::string> read_secret(const std::string& flag, const std::string& argument);

}  // namespace stepwell::api::cli
