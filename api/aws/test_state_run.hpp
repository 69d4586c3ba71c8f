// One TestState on its way: from what was asked to the answer, over a task where there is one.
#pragma once

#include <optional>

#include "api/aws/arn.hpp"
#include "api/aws/lone_task.hpp"
#include "api/aws/test_state_request.hpp"
#include "engine/base/prng.hpp"

namespace stepwell::api::aws {

/// Thread safety: none; who has the task done goes on with it.
class TestStateRun {
public:
    TestStateRun(TestStateRequest request, const Account& account, core::Moment moment);

    /// Evaluates the state up to its work, and behind it where that is mocked or there is none.
    /// The task to be done in between, else nothing: then answer() is there. Fails with
    /// ValidationException where the mock does not fit the Map. To be called once.
    AwsResult<std::optional<runtime::TaskRequest>> begin();
    /// REQUIRES: begin() has given a task.
    void finish(TaskEnd end);
    [[nodiscard]] Json answer() const;

private:
    [[nodiscard]] bool is_map() const {
        return test_.wants_children() && request_.state().kind() == definition::StateKind::map;
    }
    AwsResult<void> put_mock();

    Prng random_;
    TestStateRequest request_;
    core::StateTest test_;
};

}  // namespace stepwell::api::aws
