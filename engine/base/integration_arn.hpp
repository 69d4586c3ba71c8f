// ARNs of integrations ("arn:aws:states:::glue:startJobRun.sync"), as they may be written.
//
// Threads: safe.
#pragma once

#include <string>
#include <string_view>

namespace stepwell {

/// An integration's ARN without its region and account, which people's definitions may name; what
/// is none, as it is. The one form in which resources are compared.
std::string without_region(std::string_view arn);

}  // namespace stepwell
