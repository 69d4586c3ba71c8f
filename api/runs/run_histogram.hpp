// How many runs fit, and when they were started.
#pragma once

#include "api/runs/run_filter.hpp"

namespace stepwell::api::answers {

/// {"count", "exact": false: there are at least as many, "counted_from": null, or from when on they
/// were counted, "from", "to", "intervals": [FROM...], "items": as OutcomeBars}
///
/// Over the span that the filter asks for; where it leaves an end open, over what there is.
/// REQUIRES: `intervals` is at least 1.
Result<Json> run_histogram_view(runtime::Reader& reader, Timestamp now, const AskedRuns& asked,
                                std::size_t intervals);

}  // namespace stepwell::api::answers
