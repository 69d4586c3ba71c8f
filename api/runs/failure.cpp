#include "api/runs/failure.hpp"

#include <algorithm>

#include "api/read/text.hpp"
#include "api/read/views.hpp"
#include "api/router/samples.hpp"
#include "engine/runtime/work/task_log.hpp"

namespace stepwell::api::answers {
namespace {

constexpr std::size_t kChecksMax = 20;
constexpr std::size_t kSamplesMax = 3;
constexpr std::size_t kLineMax = 2'000;

bool has_passed(const Json& check) {
    const std::string status = string_or(check, "status", "");
    return status == "pass" || status == "skipped" || status == "success";
}

Json failed_checks(const Json& envelope) {
    Json out = Json::array();
    const Json* checks = find(envelope, "checks");
    if (!checks || !checks->is_array()) return out;
    for (const Json& check : *checks) {
        if (has_passed(check)) continue;
        Json shown = check;
        Json* samples =
            shown.is_object() && shown.contains("samples") ? &shown["samples"] : nullptr;
        if (samples && samples->is_array() && samples->size() > kSamplesMax) {
            samples->erase(samples->begin() + kSamplesMax, samples->end());
        }
        out.push_back(std::move(shown));
        if (out.size() == kChecksMax) break;
    }
    return out;
}

/// What a data task says of itself where it fails: its cause is the result envelope.
void add_envelope(const LeafFailure& leaf, Samples samples, Json& out) {
    if (!leaf.cause.starts_with('{')) return;
    auto parsed = parse_json(leaf.cause);
    if (!parsed || !find(*parsed, "rows")) return;
    const Json envelope =
        samples == Samples::hidden ? with_hidden_samples(std::move(*parsed)) : std::move(*parsed);
    for (const char* member : {"code", "rows", "inputs"}) {
        if (const Json* found = find(envelope, member)) out[member] = *found;
    }
    out["checks"] = failed_checks(envelope);
    if (samples == Samples::hidden) out["cause"] = to_text(envelope);
}

Json log_view(const runtime::TaskLog& log, const std::string& error, std::size_t lines_max) {
    const auto& lines = log.lines;
    std::size_t last = lines.size();  // one past
    Json error_line = nullptr;
    const auto first_error = std::find_if(lines.begin(), lines.end(), [&](const std::string& line) {
        return tells_error(line, error);
    });
    if (first_error != lines.end()) {
        last = static_cast<std::size_t>(first_error - lines.begin()) + 1;
        error_line = last;
    }
    const std::size_t first = last - std::min(last, lines_max);
    Json shown = Json::array();
    for (std::size_t i = first; i < last; ++i) shown.push_back(cut(lines[i], kLineMax));
    return {{"state", log.header.state}, {"attempt", log.header.attempt},
            {"total", lines.size()},     {"first", first + 1},
            {"error_line", error_line},  {"lines", std::move(shown)}};
}

Json by_error_view(const RunDigest& digest) {
    std::vector<std::pair<std::string, std::size_t>> sorted(digest.failures_by_error.begin(),
                                                            digest.failures_by_error.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    Json out = Json::array();
    for (const auto& [error, count] : sorted) out.push_back({{"error", error}, {"count", count}});
    return out;
}

Json list_of(const std::vector<LeafFailure>& leaves, std::size_t first, std::size_t count) {
    Json out = Json::array();
    for (std::size_t i = first; i < std::min(leaves.size(), first + count); ++i) {
        Json leaf = leaf_view(leaves[i], Samples::hidden);
        leaf.erase("checks");
        leaf.erase("cause");
        out.push_back(std::move(leaf));
    }
    return out;
}

}  // namespace

Json leaf_view(const LeafFailure& leaf, Samples samples) {
    Json items = Json::array();
    for (const auto& [state, index] : leaf.items) {
        items.push_back({{"state", state}, {"index", index}});
    }
    Json out{{"state", leaf.name},
             {"definition_path", leaf.path},
             {"path", leaf.place},
             {"type", leaf.kind},
             {"resource", leaf.resource},
             {"items", std::move(items)},
             {"tries", leaf.tries},
             {"error", leaf.error},
             {"cause", leaf.cause},
             {"message", message_of(leaf.cause)},
             {"event", value_of(leaf.event)},
             {"at", to_iso8601(leaf.at)},
             {"caught", leaf.is_caught}};
    if (!leaf.ended_by.empty()) out["ended_by"] = leaf.ended_by;
    add_envelope(leaf, samples, out);
    return out;
}

Result<Json> failure_view(Histories& histories, ExecutionId run, const FailureQuery& query) {
    const auto found = SW_TRY(histories.reader().describe(run));
    const DigestPtr digest = SW_TRY(histories.digest_of_one(found.summary));
    Json out{{"run", value_of(run)},
             {"status", status_word(found.summary.status)},
             {"failure", nullptr},
             {"log", nullptr},
             {"count", digest->failure_count},
             {"by_error", by_error_view(*digest)},
             {"others", list_of(digest->failures, 1, query.others)},
             {"caught_count", digest->caught_count},
             {"caught", list_of(digest->caught, 0, query.others)}};
    if (digest->failures.empty()) return out;
    const LeafFailure& first = digest->failures.front();
    out["failure"] = leaf_view(first, query.samples);
    if (first.token.attempt == 0) return out;
    const auto log = SW_TRY(runtime::read_task_log(logs_folder(query.data_folder), first.token));
    if (log) out["log"] = log_view(*log, first.error, query.log_lines);
    return out;
}

}  // namespace stepwell::api::answers
