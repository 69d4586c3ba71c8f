// Integrations that have no local form, sent to AWS or to any endpoint that speaks as AWS does:
// arn:aws:states:::SERVICE:ACTION and arn:aws:states:::aws-sdk:SERVICE:ACTION. What is sent, and
// what an answer means, is in worker/: Python with botocore, in processes kept warm.
//
//   .sync              tells what was submitted, then asks how the job stands until it has ended; a
//                      restart asks on; a stop stops the job
//   .waitForTaskToken  ends with the call; the token does the rest
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tasks/task.hpp"

namespace stepwell::tasks {

std::vector<TaskType> aws_tasks();

/// Services of the configuration's `aws.remote`: with a local form, and sent to AWS instead.
class AwsRemote {
public:
    AwsRemote() = default;
    /// Of the configuration's `aws` section; null: none.
    explicit AwsRemote(const Json* section);

    /// The resource by which the catalog finds AWS; `resource` itself where its local form stays.
    /// The one rule of what goes where: a binding before it, this, the local form, AWS.
    [[nodiscard]] std::string routed(const std::string& resource) const;

private:
    bool lambda_ = false;
    bool sns_ = false;
    bool sfn_ = false;
};

}  // namespace stepwell::tasks
