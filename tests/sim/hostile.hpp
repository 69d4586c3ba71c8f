// What a task may give back, or a caller send, when nobody means well: every
// shape of JSON that an engine has to carry, and some that it has to refuse.
#pragma once

#include "engine/base/payload.hpp"
#include "engine/base/prng.hpp"

namespace stepwell::test {

/// Mostly {"ok":true}. Some are beyond the limits of a payload.
Payload hostile_payload(Prng& random);

/// An input that a door would let in: within the limits. Mostly a short array.
Payload hostile_input(Prng& random);

}  // namespace stepwell::test
