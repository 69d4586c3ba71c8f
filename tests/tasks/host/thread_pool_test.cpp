#include "tasks/host/thread_pool.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <functional>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

using stepwell::tasks::ThreadPool;

namespace {

using Jobs = std::deque<std::function<void()>>;

/// A pool's threads are never joined, so it must outlive them.
ThreadPool& pool_of(std::size_t threads) {
    return *new ThreadPool(threads);
}

/// `count` jobs of which each waits for all others, handed over `together` at a time. Returns when
/// all have met: never, where one of them waits for a thread that nobody calls.
void meet(ThreadPool& pool, std::size_t count, std::size_t together) {
    const auto all = std::make_shared<std::latch>(static_cast<std::ptrdiff_t>(count) + 1);
    for (std::size_t posted = 0; posted < count;) {
        Jobs jobs;
        for (; jobs.size() < together && posted < count; ++posted) {
            jobs.emplace_back([all] { all->arrive_and_wait(); });
        }
        pool.post(std::move(jobs));
    }
    all->arrive_and_wait();
}

}  // namespace

TEST_CASE("Jobs that wait for each other all have a thread, however they come") {
    constexpr std::size_t kThreads = 7;
    ThreadPool& pool = pool_of(kThreads);
    for (int round = 0; round < 300; ++round) {
        for (const std::size_t together : {1u, 2u, 3u, 7u}) meet(pool, kThreads, together);
    }
}

TEST_CASE("Jobs that several threads post are each done once") {
    ThreadPool& pool = pool_of(3);
    constexpr int kEach = 2'000;
    const auto done = std::make_shared<std::latch>(4 * kEach);
    std::vector<std::jthread> posters;
    for (int poster = 0; poster < 4; ++poster) {
        posters.emplace_back([&pool, done] {
            for (int i = 0; i < kEach; i += 2) {
                pool.post(Jobs{[done] { done->count_down(); }, [done] { done->count_down(); }});
            }
        });
    }
    done->wait();
}
