// One state tried on its own, outside of any run: what the command line and the dashboard show of
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/core/state_test.hpp"
#include "engine/definition/workflow.hpp"

namespace stepwell::api {

/// What stands for the work of a Task, a Parallel or a Map.
struct TrialMock {
    std::optional<Payload> result;  // nothing: it fails
    core::ErrorInfo failure;
};

struct TrialQuestion {
    definition::DefinitionPtr definition;
    std::string state;  // its name, at whatever depth
    Payload input;
    std::optional<TrialMock> mock;
    Json variables = Json::object();
    Json context = Json::object();  // members in place of those of the context object
    std::uint32_t retries = 0;      // so many attempts have failed before
    Timestamp now;
    std::uint64_t entropy = 0;
};

/// {"state", "type", "status", "output", "error", "cause", "next", "stages": [{"stage", "data"}],
/// "variables", "retrier", "retry_in_ms", "catcher"}; what there is not is absent. The status is
/// "succeeded", "failed", "retriable", "caught", or "needs_mock" where the state has work to be
/// done that is not done here: then the stages before that work are there.
///
/// Fails with `not_found` where there is no such state, and with `invalid` where variables or
/// context are no objects.
Result<Json> try_state(const TrialQuestion& question);

/// The same as try_state() finds it. Fails with `not_found`.
Result<StateId> state_named(const definition::Definition& definition, const std::string& name);

/// An object as variables of a scope. REQUIRES: it is an object.
core::VariablesPtr variables_of(const Json& object);

}  // namespace stepwell::api
