#include "api/http/reader_pool.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

namespace stepwell::api {
namespace {

/// Steps behind the engine's thread and those that carry bytes.
constexpr int kReaderNiceness = 5;

}  // namespace

ReaderPool::ReaderPool(ReaderPoolSettings settings)
    : settings_(settings), share_(std::max(2u, settings.threads) - 1) {
    for (unsigned i = 0; i <= share_; ++i) {
        threads_.emplace_back([this] {
            // On Linux this is a thread's own; where it is refused, it stays as it was.
            setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kReaderNiceness);
            run();
        });
    }
}

void ReaderPool::post(const std::string& party, Work work) {
    std::unique_lock lock(mutex_);
    const auto found = by_name_.find(party);
    const std::size_t own = found == by_name_.end() ? 0 : found->second->jobs.size();
    if (is_stopping_ || waiting_ >= settings_.waiting_max || own >= settings_.share_max) {
        lock.unlock();
        return work(false);
    }
    auto at = found == by_name_.end() ? parties_.insert(parties_.end(), Party{party, {}, 0})
                                      : found->second;
    by_name_[party] = at;
    at->jobs.push_back({std::move(work), Steady::now()});
    ++waiting_;
    lock.unlock();
    changed_.notify_one();
}

void ReaderPool::post_replay(Work work) {
    {
        const std::lock_guard lock(mutex_);
        if (is_stopping_) return;
        replays_.push_back({std::move(work), Steady::now()});
    }
    changed_.notify_one();
}

void ReaderPool::stop() {
    {
        const std::lock_guard lock(mutex_);
        if (is_stopping_) return;
        is_stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    // Beside the lock: what is dropped here may hold the last of a connection.
    by_name_.clear();
    parties_.clear();
    replays_.clear();
}

void ReaderPool::run() {
    std::unique_lock lock(mutex_);
    while (!is_stopping_) {
        if (run_one(lock) || run_replay(lock)) continue;
        changed_.wait(lock);
    }
}

/// The first that has something and has not its share of the threads yet.
ReaderPool::Parties::iterator ReaderPool::next_party() {
    return std::find_if(parties_.begin(), parties_.end(), [this](const Party& party) {
        return !party.jobs.empty() && party.running < share_;
    });
}

bool ReaderPool::run_one(std::unique_lock<std::mutex>& lock) {
    const auto party = next_party();
    if (party == parties_.end()) return false;
    Job job = std::move(party->jobs.front());
    party->jobs.pop_front();
    --waiting_;
    ++party->running;
    parties_.splice(parties_.end(), parties_, party);
    carry_out(lock, std::move(job));
    release(party);
    return true;
}

bool ReaderPool::run_replay(std::unique_lock<std::mutex>& lock) {
    if (is_replaying_ || replays_.empty()) return false;
    Job job = std::move(replays_.front());
    replays_.pop_front();
    is_replaying_ = true;
    lock.unlock();
    job.work(true);
    job = {};
    lock.lock();
    is_replaying_ = false;
    return true;
}

/// Without the lock, and with it again when the job has gone, with all that it held.
void ReaderPool::carry_out(std::unique_lock<std::mutex>& lock, Job job) const {
    lock.unlock();
    job.work(Steady::now() - job.posted <= settings_.patience);
    job = {};
    lock.lock();
}

void ReaderPool::release(Parties::iterator party) {
    --party->running;
    if (!party->jobs.empty()) return changed_.notify_one();
    if (party->running > 0) return;
    by_name_.erase(party->name);
    parties_.erase(party);
}

}  // namespace stepwell::api
