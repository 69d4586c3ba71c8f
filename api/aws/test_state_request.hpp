// What TestState is asked for: a state of a definition, what it gets, and what stands in the place
// of its work.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/aws/aws_error.hpp"
#include "api/aws/mock_model.hpp"
#include "api/read/state_trial.hpp"

namespace stepwell::api::aws {

struct TestStateRequest {
    definition::DefinitionPtr definition;
    core::StateTrial trial;  // without its facts but for input and role
    std::optional<TrialMock> mock;
    std::optional<ValidationMode> validation;  // of the mock's result, as asked for
    std::size_t iterations_failed = 0;         // of a Map, out of those that the mock stands for
    bool is_inspected = false;                 // DEBUG, TRACE
    bool has_pointer = false;                  // the items are what ItemsPointer found

    [[nodiscard]] const definition::State& state() const { return definition->state(trial.state); }
};

/// Fails with ValidationException, InvalidDefinition or InvalidExecutionInput.
AwsResult<TestStateRequest> read_test_state(const Json& body,
                                            const std::vector<std::string>& builtin_tasks);

/// What a mock's result must be for the state, and for the service that it stands for. Where no
/// mode was asked for, a service whose model is not here is not asked. Fails with
/// ValidationException.
AwsResult<void> check_mock_result(const definition::State& state, const Payload& result,
                                  std::optional<ValidationMode> mode);

/// The ItemReader of a distributed Map; null: the state has none.
const definition::ItemReader* reader_of(const definition::State& state);

/// What the state's ItemReader would read, out of the text as it is in its source, becomes the
/// trial's items. JSON and JSON lines are taken as they are; of other sources, a JSON array of what
/// would be read. Fails with ValidationException.
AwsResult<void> read_reader_data(const std::string& text, TestStateRequest& request);

/// Overrides of the context object. Fails with ValidationException.
AwsResult<Json> read_test_context(const std::string& text, const definition::State& state);

}  // namespace stepwell::api::aws
