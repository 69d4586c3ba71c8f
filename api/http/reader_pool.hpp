// Threads that make answers which take reading or parsing, so that those which carry bytes never
// wait: a bounded queue with a share for each party.
//
//   requests  ─▶ a queue for each party, taken in turn ─┐
//   replays   ─▶ one queue, behind all requests ────────┴─▶ threads (of lower priority)
//
// No party has more than all threads but one, and replays have one at most: whoever comes with
// something small is never behind what others asked.
//
// Thread safety: complete.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "engine/base/time.hpp"

namespace stepwell::api {

struct ReaderPoolSettings {
    unsigned threads = 3;             // at least 2: see above
    std::size_t waiting_max = 1'024;  // of all parties
    std::size_t share_max = 256;      // of one party
    Duration patience{10'000};        // what waited longer is not worth making any more
};

class ReaderPool {
public:
    /// Called once, from one of the threads; with false where it waited too long, or, from the
    /// thread that asks, where too much waits already.
    using Work = std::function<void(bool is_in_time)>;

    explicit ReaderPool(ReaderPoolSettings settings);
    ~ReaderPool() { stop(); }

    void post(const std::string& party, Work work);
    /// The next part of a stream for one who catches up. Never refused: there is one for each
    /// stream at most.
    void post_replay(Work work);

    /// Waits for what runs; what waits is dropped.
    void stop();

private:
    using Steady = std::chrono::steady_clock;
    struct Job {
        Work work;
        Steady::time_point posted;
    };
    struct Party {
        std::string name;
        std::deque<Job> jobs;
        unsigned running = 0;
    };
    using Parties = std::list<Party>;

    void run();
    bool run_one(std::unique_lock<std::mutex>& lock);
    bool run_replay(std::unique_lock<std::mutex>& lock);
    void carry_out(std::unique_lock<std::mutex>& lock, Job job) const;
    [[nodiscard]] Parties::iterator next_party();
    void release(Parties::iterator party);

    const ReaderPoolSettings settings_;
    const unsigned share_;  // of the threads, for one party
    std::mutex mutex_;
    std::condition_variable changed_;
    Parties parties_;  // those that have something here; whose turn it is first
    std::unordered_map<std::string, Parties::iterator> by_name_;
    std::size_t waiting_ = 0;  // of parties_
    std::deque<Job> replays_;
    bool is_replaying_ = false;
    bool is_stopping_ = false;
    std::vector<std::thread> threads_;  // last: they use the others
};

}  // namespace stepwell::api
