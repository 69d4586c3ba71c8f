// A hash of texts that come from outside: keyed by a secret of this process, so that nobody can
// choose texts that collide. Never stored, never shown: it differs from process to process.
#pragma once

#include <cstdint>
#include <string_view>

namespace stepwell {

/// SipHash-1-3 under the process's key. Threads: any.
std::uint64_t keyed_hash(std::string_view text);

}  // namespace stepwell
