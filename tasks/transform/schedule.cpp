#include "tasks/transform/schedule.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace stepwell::tasks::transform {
namespace {

class Runner {
public:
    Runner(const Schedule& schedule, std::size_t nodes)
        : schedule_(schedule),
          results_(nodes),
          phases_(nodes, Phase::waiting),
          left_(schedule.order.size()) {}

    void work(std::size_t worker) {
        std::unique_lock lock(mutex_);
        while (left_ > 0) {
            const auto next = take();
            if (!next) {
                changed_.wait(lock);
                continue;
            }
            if (phases_[*next] == Phase::ended) continue;
            phases_[*next] = Phase::running;
            lock.unlock();
            NodeResult result = schedule_.run(*next, worker);
            lock.lock();
            if (result.is_bad() && schedule_.fails_fast) is_stopping_ = true;
            end(*next, std::move(result));
        }
    }

    std::vector<NodeResult> results() { return std::move(results_); }

private:
    enum class Phase { waiting, running, ended };

    void end(std::size_t node, NodeResult result) {
        phases_[node] = Phase::ended;
        results_[node] = std::move(result);
        --left_;
        schedule_.ended(node, results_[node]);
        changed_.notify_all();
    }

    /// A node to run now. One that will never run is ended as skipped, and also given back.
    std::optional<std::size_t> take() {
        for (const auto node : schedule_.order) {
            if (phases_[node] != Phase::waiting) continue;
            std::string blocker;
            bool is_ready = true;
            for (const auto before : schedule_.waits[node]) {
                const bool has_ended = phases_[before] == Phase::ended;
                is_ready = is_ready && has_ended;
                if (has_ended &&
                    (results_[before].is_bad() || results_[before].status == "skipped"))
                    blocker = "skipped, as a node before it did not succeed";
            }
            if (is_stopping_) blocker = "skipped after the first failure (fail_fast)";
            if (schedule_.is_cancelled && schedule_.is_cancelled()) blocker = "cancelled";
            if (!blocker.empty()) {
                end(node, NodeResult{"skipped", "", blocker, 0, 0, 0, Json::array()});
                return node;
            }
            if (is_ready) return node;
        }
        return std::nullopt;
    }

    const Schedule& schedule_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<NodeResult> results_;
    std::vector<Phase> phases_;
    std::size_t left_;
    bool is_stopping_ = false;
};

}  // namespace

std::vector<NodeResult> run_schedule(const Schedule& schedule, std::size_t nodes,
                                     std::size_t workers) {
    Runner runner(schedule, nodes);
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < workers; ++i)
        threads.emplace_back([&runner, i] { runner.work(i); });
    runner.work(0);
    for (auto& thread : threads) thread.join();
    return runner.results();
}

}  // namespace stepwell::tasks::transform
