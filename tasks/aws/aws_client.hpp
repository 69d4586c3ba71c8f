// Asks AWS for a command of people, where no task host does: a process with botocore, which finds
// credentials and region as the AWS CLI does.
//
// Threads: belongs to one.
#pragma once

#include <string>

#include "tasks/function/function_pool.hpp"
#include "tasks/task.hpp"

namespace stepwell::tasks {

class AwsClient {
public:
    /// `where`: endpoint, region, profile; each may be missing.
    AwsClient(Json where, std::string python);

    /// The answer to one request, as a generic integration shows it. Fails as that does.
    TaskResult call(const std::string& service, const std::string& action, const Json& parameters);

private:
    const Json where_;
    const std::string python_;
    FunctionPool pool_;
};

}  // namespace stepwell::tasks
