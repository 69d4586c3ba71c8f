// From the JSON of a machine to its scopes and states. Internal to this folder.
//
// Reading goes on after a fault: what comes out is used only where nothing was reported.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/definition/definition.hpp"
#include "engine/definition/fields.hpp"
#include "engine/definition/outline.hpp"
#include "engine/definition/report.hpp"
#include "engine/definition/state_fields.hpp"
#include "engine/definition/workflow.hpp"

namespace stepwell::definition {

struct Reading {
    const ParseOptions& options;
    const Outline& outline;
    Report& report;
    Definition& definition;
    QueryLanguage language = QueryLanguage::jsonpath;  // of the machine
};

/// What the readers of one state share.
struct StateReading {
    Reading& reading;
    const Json& json;
    const Fields& fields;
    ScopeId scope;
    StateId id;
    QueryLanguage language;

    [[nodiscard]] bool is_jsonata() const { return language == QueryLanguage::jsonata; }
    /// The state of this scope that the member names; nothing where there is none (check_flow()
    /// reports it).
    [[nodiscard]] std::optional<StateId> target(const Json& holder, std::string_view name) const;
};

/// The Parallel or Map state that a scope belongs to.
struct Owner {
    StateId id;
    bool is_map;
};

/// Reads a scope, with all in it, into the definition.
void read_machine(Reading& reading, const Json& machine, const Place& place,
                  std::optional<Owner> owner);

/// Reads one state, and the scopes inside it, into the definition.
void read_state(Reading& reading, const Json& json, const Place& place, ScopeId scope, StateId id);

// One for each kind of state; common fields are read already.
TaskState read_task(const StateReading& at);
PassState read_pass(const StateReading& at);
ChoiceState read_choice(const StateReading& at);
WaitState read_wait(const StateReading& at);
FailState read_fail(const StateReading& at);
ParallelState read_parallel(const StateReading& at);
MapState read_map(const StateReading& at);

std::vector<Retrier> read_retriers(const StateReading& at);
std::vector<Catcher> read_catchers(const StateReading& at);

/// Warns of paths that stand where nothing evaluates them.
void warn_of_dead_paths(const StateReading& at);

}  // namespace stepwell::definition
