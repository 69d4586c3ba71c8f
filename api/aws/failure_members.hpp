// The `error` and `cause` of a failure, as several AWS requests have them.
#pragma once

#include "api/aws/members.hpp"

namespace stepwell::api::aws {

/// Reads both into `failure`, which has optional texts of these names; check() tells what is wrong.
template <class Failure>
void read_failure(Members& members, Failure& failure) {
    failure.error = members.text("error", {0, 256});
    failure.cause = members.text("cause", {0, 32'768});
}

}  // namespace stepwell::api::aws
