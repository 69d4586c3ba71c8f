// Samples of data: rows that a data task shows where a check of its result did not pass. Who only
// looks (a viewer) sees how many there are and where they stand, and not what is in them.
//
// Answers go through here on their way out (Call::answer, aws::Api::handle, live events), so that
// no route can forget it.
#pragma once

#include "engine/base/json.hpp"

namespace stepwell::api {

/// `value` with the values in all samples replaced by "•••": in each `checks` of an object, at any
/// depth, and in texts that are JSON themselves, as outputs and causes in a history are.
Json with_hidden_samples(Json value);

}  // namespace stepwell::api
