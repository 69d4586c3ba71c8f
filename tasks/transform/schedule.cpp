#include "tasks/transform/schedule.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

namespace stepwell::tasks::transform {
namespace {

class Runner {
public:
    Runner(const Schedule& schedule, std::size_t nodes)
        : schedule_(schedule),
          results_(nodes),
          open_(nodes, 0),
          blocked_(nodes, false),
          after_(nodes),
          left_(schedule.order.size()) {
        for (const auto node : schedule.order) {
            open_[node] = schedule.waits[node].size();
            for (const auto before : schedule.waits[node]) after_[before].push_back(node);
            if (open_[node] == 0) ready_.push_back(node);
        }
    }

    /// Never throws: what it throws in the middle is kept for rethrow().
    void work(std::size_t worker) noexcept {
        try {
            work_on(worker);
        } catch (...) {
            const std::scoped_lock lock(mutex_);
            if (!thrown_) thrown_ = std::current_exception();
            changed_.notify_all();
        }
    }
    void rethrow() const {
        if (thrown_) std::rethrow_exception(thrown_);
    }
    std::vector<NodeResult> results() { return std::move(results_); }

private:
    void work_on(std::size_t worker) {
        std::unique_lock lock(mutex_);
        while (left_ > 0 && !thrown_) {
            if (ready_.empty()) {
                changed_.wait(lock);
                continue;
            }
            const std::size_t node = ready_.front();
            ready_.pop_front();
            if (const std::string reason = reason_to_skip(node); !reason.empty()) {
                end(node, NodeResult{"skipped", "", reason, 0, 0, 0, Json::array()});
                continue;
            }
            lock.unlock();
            NodeResult result = run(node, worker);
            lock.lock();
            end(node, std::move(result));
        }
    }

    NodeResult run(std::size_t node, std::size_t worker) const {
        try {
            return schedule_.run(node, worker);
        } catch (const std::bad_alloc&) {
            throw;  // there is no memory for the others either
        } catch (const std::exception& exception) {
            return {"error", "E_INTERNAL", exception.what(), 0, 0, 0, Json::array()};
        }
    }

    [[nodiscard]] std::string reason_to_skip(std::size_t node) const {
        if (schedule_.is_cancelled && schedule_.is_cancelled()) return "cancelled";
        if (is_stopping_) return "skipped after the first failure (fail_fast)";
        return blocked_[node] ? "skipped, as a node before it did not succeed" : "";
    }

    void end(std::size_t node, NodeResult result) {
        if (result.is_bad() && schedule_.fails_fast) is_stopping_ = true;
        results_[node] = std::move(result);
        --left_;
        for (const auto next : after_[node]) {
            if (results_[node].holds_back()) blocked_[next] = true;
            if (--open_[next] == 0) ready_.push_back(next);
        }
        schedule_.ended(node, results_[node]);
        changed_.notify_all();
    }

    const Schedule& schedule_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<NodeResult> results_;
    std::vector<std::size_t> open_;                // nodes that each still waits for
    std::vector<bool> blocked_;                    // whether one of them did not succeed
    std::vector<std::vector<std::size_t>> after_;  // who waits for each
    std::deque<std::size_t> ready_;
    std::size_t left_;
    bool is_stopping_ = false;
    std::exception_ptr thrown_;
};

}  // namespace

std::vector<NodeResult> run_schedule(const Schedule& schedule, std::size_t nodes,
                                     std::size_t workers) {
    Runner runner(schedule, nodes);
    std::vector<std::thread> threads;
    threads.reserve(workers);
    try {
        for (std::size_t i = 1; i < workers; ++i)
            threads.emplace_back([&runner, i] { runner.work(i); });
    } catch (const std::system_error&) {
        // Fewer threads do the same work.
    }
    runner.work(0);
    for (auto& thread : threads) thread.join();
    runner.rethrow();
    return runner.results();
}

}  // namespace stepwell::tasks::transform
