// Retry and Catch: which retrier or catcher an error goes to, and how long a retry waits.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "engine/base/prng.hpp"
#include "engine/core/fault.hpp"
#include "engine/definition/definition.hpp"

namespace stepwell::core {

/// Whether one of the names means the fault: by its own name, or by a wildcard. States.Runtime is
/// never meant.
bool is_named(const definition::ErrorNames& names, const Fault& fault);

/// The first retrier that names the fault.
std::optional<std::size_t> named_retrier(const std::vector<definition::Retrier>& retriers,
                                         const Fault& fault);

/// The retrier that takes the fault. Nothing where none is named, or where the first that is named
/// is used up: later ones are not asked then. `used`: retries so far, by retrier.
std::optional<std::size_t> find_retrier(const std::vector<definition::Retrier>& retriers,
                                        const std::vector<std::uint32_t>& used, const Fault& fault);

/// How long retry number `retry` of `retrier` waits, from 0: interval x backoff^retry, then capped
/// by MaxDelaySeconds, then (FULL jitter) a uniform share of that.
Duration delay_of(const definition::Retrier& retrier, std::uint32_t retry, Prng& random);

}  // namespace stepwell::core
