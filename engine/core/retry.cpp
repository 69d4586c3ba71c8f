#include "engine/core/retry.hpp"

#include <algorithm>
#include <cmath>

namespace stepwell::core {

using definition::Retrier;

namespace {

/// No retry waits longer than an execution may live on AWS: a year.
constexpr double kDelaySecondsMax = 366.0 * 24 * 3600;

bool is_meant_by(const std::string& name, const std::string& error, bool is_heartbeat) {
    if (name == error || name == errors::kAll) return true;
    const bool is_timeout = error == errors::kTimeout || error == errors::kHeartbeatTimeout;
    if (name == errors::kTaskFailed) return !is_timeout;
    return name == errors::kHeartbeatTimeout && is_heartbeat;
}

std::uint32_t at(const std::vector<std::uint32_t>& used, std::size_t index) {
    return index < used.size() ? used[index] : 0;
}

}  // namespace

bool is_named(const definition::ErrorNames& names, const Fault& fault) {
    const std::string error = fault.info.error.value_or("");
    if (fault.is_final || error == errors::kRuntime) return false;
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        return is_meant_by(name, error, fault.is_heartbeat);
    });
}

std::optional<std::size_t> named_retrier(const std::vector<Retrier>& retriers, const Fault& fault) {
    for (std::size_t i = 0; i < retriers.size(); ++i) {
        if (is_named(retriers[i].error_equals, fault)) return i;
    }
    return std::nullopt;
}

std::optional<std::size_t> find_retrier(const std::vector<Retrier>& retriers,
                                        const std::vector<std::uint32_t>& used,
                                        const Fault& fault) {
    const auto named = named_retrier(retriers, fault);
    if (!named || at(used, *named) >= retriers[*named].attempts_max) return std::nullopt;
    return named;
}

Duration delay_of(const Retrier& retrier, std::uint32_t retry, Prng& random) {
    double seconds = static_cast<double>(retrier.interval_seconds) *
                     std::pow(retrier.backoff_rate, static_cast<double>(retry));
    if (retrier.max_delay_seconds) {
        seconds = std::min(seconds, static_cast<double>(*retrier.max_delay_seconds));
    }
    seconds = std::min(seconds, kDelaySecondsMax);
    if (retrier.full_jitter) seconds *= random.unit();
    return Duration(static_cast<std::int64_t>(std::llround(seconds * 1000.0)));
}

}  // namespace stepwell::core
