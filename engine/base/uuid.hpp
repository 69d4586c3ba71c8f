// UUIDs, version 4, out of a generator that the caller owns.
#pragma once

#include <string>

#include "engine/base/prng.hpp"

namespace stepwell {

std::string uuid4(Prng& random);

}  // namespace stepwell
