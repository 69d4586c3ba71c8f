#include "api/read/usual.hpp"

#include <algorithm>
#include <cmath>

namespace stepwell::api::answers {

Quantiles quantiles_of(std::vector<Duration> samples) {
    Quantiles out;
    out.count = samples.size();
    if (samples.empty()) return out;
    std::sort(samples.begin(), samples.end());
    const auto at = [&](double share) {
        const auto rank =
            static_cast<std::size_t>(std::ceil(share * static_cast<double>(samples.size())));
        return samples[std::max<std::size_t>(rank, 1) - 1];
    };
    out.p50 = at(0.50);
    out.p95 = at(0.95);
    return out;
}

Json to_json(const Quantiles& quantiles) {
    if (quantiles.count == 0) return nullptr;
    return {{"p50_ms", quantiles.p50.count()},
            {"p95_ms", quantiles.p95.count()},
            {"count", quantiles.count}};
}

Result<Usual> usual_of(Histories& histories, const std::string& workflow) {
    Usual usual;
    usual.workflow = workflow;
    std::vector<Duration> whole;
    std::map<std::string, std::vector<Duration>> by_state;
    const auto runs =
        SW_TRY(newest_runs(histories.reader(), workflow, core::Status::succeeded, kUsualRuns));
    for (const auto& run : runs) {
        if (run.stopped_at) whole.push_back(*run.stopped_at - run.started_at);
        const DigestPtr digest = SW_TRY(histories.digest(run));
        if (!digest) {
            usual.is_complete = false;
            continue;
        }
        for (const StateDigest& state : digest->states) {
            auto& samples = by_state[state.path];
            samples.insert(samples.end(), state.successes.begin(), state.successes.end());
        }
    }
    usual.run = quantiles_of(std::move(whole));
    for (auto& [path, samples] : by_state) usual.states[path] = quantiles_of(std::move(samples));
    return usual;
}

Result<Quantiles> usual_run_of(runtime::Reader& reader, const std::string& workflow) {
    std::vector<Duration> whole;
    for (const auto& run :
         SW_TRY(newest_runs(reader, workflow, core::Status::succeeded, kUsualRuns))) {
        if (run.stopped_at) whole.push_back(*run.stopped_at - run.started_at);
    }
    return quantiles_of(std::move(whole));
}

Json usual_view(const Usual& usual) {
    Json states = Json::array();
    for (const auto& [path, quantiles] : usual.states) {
        if (quantiles.count == 0) continue;
        states.push_back({{"definition_path", path}, {"duration", to_json(quantiles)}});
    }
    return {{"workflow", usual.workflow},
            {"duration", to_json(usual.run)},
            {"states", std::move(states)},
            {"complete", usual.is_complete}};
}

}  // namespace stepwell::api::answers
