#include "api/runs/run_histogram.hpp"

#include <algorithm>

#include "api/read/outcome_bars.hpp"

namespace stepwell::api::answers {
namespace {

/// What one answer may cost, in runs that are looked at.
constexpr std::size_t kCountedMax = 100'000;

/// The ends that the filter leaves open are those of what there is.
Span span_of(const AskedRuns& asked, const runtime::RunTally& tally, Timestamp now) {
    Span span{asked.query.started_from.value_or(now), asked.query.started_until.value_or(now)};
    if (!asked.query.started_from) {
        span.from = span.to;
        for (const auto& part : tally.parts) span.from = std::min(span.from, part.minute);
    }
    if (span.from >= span.to) span.to = span.from + Duration(1);
    return span;
}

}  // namespace

Result<Json> run_histogram_view(runtime::Reader& reader, Timestamp now, const AskedRuns& asked,
                                std::size_t intervals) {
    runtime::RunQuery query = asked.query;
    query.budget = kCountedMax;
    const runtime::RunTally tally = SW_TRY(reader.tally(query));
    const Span span = span_of(asked, tally, now);
    const Intervals parts(span, intervals);
    OutcomeBars bars(parts);
    for (const auto& part : tally.parts) bars.add(part.minute, part.status, part.count);
    return Json{
        {"count", tally.count},
        {"exact", !tally.counted_from && asked.is_complete},
        {"counted_from", tally.counted_from ? Json(to_iso8601(*tally.counted_from)) : Json()},
        {"from", to_iso8601(span.from)},
        {"to", to_iso8601(span.to)},
        {"intervals", parts.begins()},
        {"items", bars.view()}};
}

}  // namespace stepwell::api::answers
