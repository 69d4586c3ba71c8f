#include "api/home/health.hpp"

#include <algorithm>
#include <numeric>

namespace stepwell::api::answers {
namespace {

constexpr double kCommitMsMax = 100;
/// The engine drains its inbox at each turn: half full is a jam.
constexpr std::size_t kInboxShare = 2;
constexpr Duration kBehindMax{5'000};

/// Null where there were no commits; beyond the last bound there is no figure to name but it.
Json commit_p99(const runtime::Engine::Statistics& engine) {
    const std::uint64_t all =
        std::accumulate(engine.commits.begin(), engine.commits.end(), std::uint64_t{0});
    if (all == 0) return {};
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < runtime::kCommitBoundsMs.size(); ++i) {
        seen += engine.commits.at(i);
        if (seen * 100 >= all * 99) return runtime::kCommitBoundsMs.at(i);
    }
    return runtime::kCommitBoundsMs.back() * 2;
}

class Figures {
public:
    void add(const char* name, const char* unit, Json value, Json limit, bool is_over) {
        is_any_over_ |= is_over;
        list_.push_back({{"name", name},
                         {"value", std::move(value)},
                         {"limit", std::move(limit)},
                         {"unit", unit},
                         {"over", is_over}});
    }
    Json finish() && { return {{"over", is_any_over_}, {"figures", std::move(list_)}}; }

private:
    bool is_any_over_ = false;
    Json list_ = Json::array();
};

}  // namespace

Json health_view(const HealthSnapshot& snapshot) {
    const runtime::Engine::Statistics& engine = snapshot.engine;
    Figures out;
    const Json p99 = commit_p99(engine);
    out.add("commit_p99", "ms", p99, kCommitMsMax,
            p99.is_number() && p99.get<double>() > kCommitMsMax);

    const std::size_t inbox_max = engine.inbox_max / kInboxShare;
    out.add("inbox", "messages", engine.inbox_messages, inbox_max,
            engine.inbox_messages > inbox_max);

    const Duration behind = engine.next_timer && *engine.next_timer < snapshot.now
                                ? snapshot.now - *engine.next_timer
                                : Duration(0);
    out.add("timers_behind", "ms", behind.count(), kBehindMax.count(), behind > kBehindMax);

    // Retention works in passes: a tenth more is no news.
    const auto& budget = snapshot.database_budget;
    out.add("database", "bytes", snapshot.database_bytes, budget ? Json(*budget) : Json(),
            budget && snapshot.database_bytes > *budget + *budget / 10);
    out.add("disk_free", "bytes", engine.free_bytes, engine.free_bytes_min, !engine.has_room);
    out.add("task_hosts", "processes", snapshot.task_hosts, Json(), false);
    return std::move(out).finish();
}

}  // namespace stepwell::api::answers
