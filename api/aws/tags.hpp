// Tags as requests have them.
#pragma once

#include <string>
#include <vector>

#include "api/aws/aws_error.hpp"
#include "api/aws/members.hpp"
#include "engine/runtime/published.hpp"

namespace stepwell::api::aws {

/// The member `tags`; none where it is missing. What is wrong with its form is told by
/// members.check(), which has to be asked first.
std::vector<runtime::Tag> read_tags(Members& members);

/// `there` with `added`, of which those win that have the same key. Fails with TooManyTags.
AwsResult<std::vector<runtime::Tag>> with_tags(std::vector<runtime::Tag> there,
                                               const std::vector<runtime::Tag>& added,
                                               const std::string& arn);

}  // namespace stepwell::api::aws
