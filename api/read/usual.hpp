// What is usual: how long the last runs that succeeded took, whole and by state.
#pragma once

#include <map>

#include "api/read/histories.hpp"

namespace stepwell::api::answers {

struct Quantiles {
    Duration p50{};
    Duration p95{};
    std::size_t count = 0;  // of what; 0: the others say nothing
};
/// By nearest rank.
Quantiles quantiles_of(std::vector<Duration> samples);
/// {"p50_ms", "p95_ms", "count"}; null where there is nothing.
Json to_json(const Quantiles& quantiles);

struct Usual {
    std::string workflow;
    Quantiles run;
    std::map<std::string, Quantiles> states;  // by path: entries that succeeded
    bool is_complete = true;                  // false: fewer runs than there are were looked at
};

inline constexpr std::size_t kUsualRuns = 30;

/// Of the last kUsualRuns that succeeded. Fails with `not_found` for an unknown workflow.
Result<Usual> usual_of(Histories& histories, const std::string& workflow);

/// Only of the runs as wholes, for which no run is read.
Result<Quantiles> usual_run_of(runtime::Reader& reader, const std::string& workflow);

/// {"workflow", "duration": QUANTILES, "states": [{"path", "duration": QUANTILES}], "complete"}
Json usual_view(const Usual& usual);

}  // namespace stepwell::api::answers
