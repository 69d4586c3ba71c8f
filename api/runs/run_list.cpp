#include "api/runs/run_list.hpp"

#include <algorithm>

#include "api/home/queued.hpp"
#include "api/read/run_row.hpp"
#include "api/read/views.hpp"

namespace stepwell::api::answers {
namespace {

/// The one that came first; null where none stands.
Json failure_part(const journal::RunRow& row) {
    std::vector<const journal::RunFailure*> failures;
    for (const auto& failure : row.failures) {
        if (!failure.is_recovered) failures.push_back(&failure);
    }
    if (failures.empty()) return nullptr;
    const std::string first = first_failure_in(row);
    const auto found = std::find_if(failures.begin(), failures.end(), [&](const auto* failure) {
        return failure->fingerprint == first;
    });
    const journal::RunFailure& shown = found == failures.end() ? *failures[0] : **found;
    return {{"state", shown.state},
            {"definition_path", shown.path},
            {"error", shown.error},
            {"message", shown.message},
            {"count", failures.size()}};
}

void add_row(const journal::RunRow& row, Json& out) {
    if (Json failure = failure_part(row); !failure.is_null()) out["failure"] = std::move(failure);
    if (row.caught > 0) out["caught"] = row.caught;
    if (row.queued.count() > 0) out["queued_for_ms"] = row.queued.count();
    if (!row.rows_read) return;
    const std::int64_t rejected = row.rows_rejected.value_or(0);
    out["rows"] = {{"read", *row.rows_read},
                   {"good", std::max<std::int64_t>(0, *row.rows_read - rejected)},
                   {"rejected", rejected}};
}

/// Shows runs of one answer: what many of them have in common is looked up once.
class RunRows {
public:
    RunRows(runtime::Reader& reader, const runtime::GateViews* gate, Timestamp now)
        : reader_(reader), gate_(gate), now_(now) {}

    /// What stays as it is once the run has ended.
    Result<Json> lasting_view(const runtime::ExecutionSummary& run) {
        Json out = run_summary_view(run);
        out["version"] = SW_TRY(version_of(run));
        if (!run.stopped_at) return out;
        if (const auto row = SW_TRY(reader_.run_row(run.id))) add_row(*row, out);
        return out;
    }

    Result<Json> view(const runtime::ExecutionSummary& run) {
        Json out = SW_TRY(lasting_view(run));
        if (!run.stopped_at && gate_) {
            Json queued = queued_view(*gate_, run);
            if (!queued.is_null()) out["queued"] = std::move(queued);
        }
        add_usual(run, out);
        return out;
    }

private:
    Result<std::uint32_t> version_of(const runtime::ExecutionSummary& run) {
        const auto known = versions_.find(run.version);
        if (known != versions_.end()) return known->second;
        return versions_[run.version] = SW_TRY(reader_.version_number(run.version));
    }

    const Quantiles& usual_of_runs(const std::string& workflow) {
        const auto known = usual_.find(workflow);
        if (known != usual_.end()) return known->second;
        const auto usual = usual_run_of(reader_, workflow);
        return usual_[workflow] = usual ? *usual : Quantiles{};  // nothing of a deleted one
    }

    void add_usual(const runtime::ExecutionSummary& run, Json& out) {
        const Quantiles& usual = usual_of_runs(run.workflow_name);
        if (usual.count == 0) return;
        const Duration took = run.stopped_at.value_or(now_) - run.started_at;
        out["usual"] = to_json(usual);
        if (!run.stopped_at) out["late"] = took > usual.p95;
        if (usual.p50.count() > 0) {
            out["against"] =
                static_cast<double>(took.count()) / static_cast<double>(usual.p50.count());
        }
    }

    runtime::Reader& reader_;
    const runtime::GateViews* gate_;
    const Timestamp now_;
    std::map<VersionId, std::uint32_t> versions_;
    std::map<std::string, Quantiles> usual_;  // by workflow
};

}  // namespace

Result<Json> run_export_page(runtime::Reader& reader, const AskedRuns& asked) {
    RunRows rows(reader, nullptr, Timestamp{});
    const auto page = SW_TRY(reader.search(asked.query));
    Json out{{"items", Json::array()}};
    for (const auto& run : page.items) out["items"].push_back(SW_TRY(rows.lasting_view(run)));
    if (page.next) out["next"] = *page.next;
    return out;
}

Result<Json> run_list_view(Histories& histories, const runtime::GateViews* gate, Timestamp now,
                           const AskedRuns& asked) {
    RunRows rows(histories.reader(), gate, now);
    const auto page = SW_TRY(histories.reader().search(asked.query));
    Json out{{"items", Json::array()}, {"complete", asked.is_complete}};
    for (const auto& run : page.items) out["items"].push_back(SW_TRY(rows.view(run)));
    if (page.next) out["next"] = *page.next;
    return out;
}

}  // namespace stepwell::api::answers
