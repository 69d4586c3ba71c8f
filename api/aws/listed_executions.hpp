// A machine's executions, each with the version and the alias that it was started through.
#pragma once

#include <vector>

#include "api/aws/arn.hpp"
#include "api/aws/published.hpp"
#include "api/read/readers.hpp"

namespace stepwell::api::aws {

struct ListedExecution {
    runtime::ExecutionSummary summary;
    runtime::Reader::Through through;
};

/// Of the machine that the ARN names; where it names a version or an alias: only what was started
/// through that. Then a page may be short and still have a next one. Fails with InvalidToken,
/// StateMachineDoesNotExist.
AwsResult<runtime::Page<ListedExecution>> list_executions_of(Readers::Lease& reader, const Arn& arn,
                                                             runtime::ListQuery query);

}  // namespace stepwell::api::aws
