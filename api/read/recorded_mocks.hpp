// Recorded mocks, in the format of Step Functions Local: what each task of a state machine gives,
// by test case; and a run of the machine with them, on a clock that waits for nothing.
//
//   {"StateMachines": {MACHINE: {"TestCases": {CASE: {STATE: RESPONSE}}}},
//    "MockedResponses": {RESPONSE: {"0": {"Return": ...}, "1-2": {"Throw": {"Error", "Cause"}}}}}
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/read/state_trial.hpp"

namespace stepwell::api {

/// What a task gives at its attempts, counted from 0 over the whole run.
struct MockedResponse {
    struct Range {
        std::uint32_t first = 0;
        std::uint32_t last = 0;
        TrialMock answer;
    };
    std::vector<Range> ranges;

    /// Null: it has none for that attempt.
    [[nodiscard]] const TrialMock* at(std::uint32_t attempt) const;
};

struct RecordedMocks {
    /// State to response.
    using TestCase = std::map<std::string, std::string>;
    std::map<std::string, std::map<std::string, TestCase>> machines;  // and its cases
    std::map<std::string, MockedResponse> responses;
};

/// Fails with `invalid`: every fault of the text, a line each.
Result<RecordedMocks> read_recorded_mocks(std::string_view text);

/// The cases of the machine of that name, or of the only one there is. Fails with `not_found`.
Result<std::map<std::string, RecordedMocks::TestCase>> cases_of(const RecordedMocks& mocks,
                                                                const std::string& machine);

struct MockedRun {
    definition::DefinitionPtr definition;
    std::string workflow;
    Payload input;
    Timestamp now;
    std::uint64_t entropy = 0;
};

/// {"status", "output", "error", "cause", "elapsed_ms", "states": [{"state", "type", "outcome",
/// "attempts", "error"}]}: what there is not is absent. `elapsed_ms` is what waits would have
/// taken.
///
/// Fails with `invalid` where a task is asked for that the case does not answer.
Result<Json> run_with_mocks(const MockedRun& run, const RecordedMocks& mocks,
                            const RecordedMocks::TestCase& test_case);

}  // namespace stepwell::api
