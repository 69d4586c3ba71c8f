#include "engine/triggers/file_workers.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace stepwell::triggers {
namespace {

/// For what is under way when the daemon stops; a disk that hangs is not waited for.
constexpr std::chrono::milliseconds kStopPatience{2'000};

/// Hashing may take all that others leave, and no more.
void step_back() {
    constexpr int kNice = 10;
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), kNice);
}

}  // namespace

struct FileWorkers::State {
    std::shared_ptr<Mailbox> mailbox;
    Stop is_stopping{false};
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Work> waiting;
    std::size_t threads = 0;
    std::size_t idle = 0;
    bool is_started = false;

    void serve() {
        step_back();
        std::unique_lock lock(mutex);
        while (!is_stopping) {
            if (waiting.empty()) {
                ++idle;
                changed.wait(lock, [&] { return !waiting.empty() || is_stopping; });
                --idle;
                continue;
            }
            Work work = std::move(waiting.front());
            waiting.pop_front();
            lock.unlock();
            mailbox->post(work(is_stopping));
            work = nullptr;  // closes what it held, beside the lock
            lock.lock();
        }
        --threads;
        changed.notify_all();
    }
};

FileWorkers::FileWorkers(std::shared_ptr<Mailbox> mailbox) : state_(std::make_shared<State>()) {
    state_->mailbox = std::move(mailbox);
}

FileWorkers::~FileWorkers() {
    stop();
}

void FileWorkers::start() {
    const std::lock_guard lock(state_->mutex);
    state_->is_started = true;
}

void FileWorkers::stop() {
    std::unique_lock lock(state_->mutex);
    state_->is_stopping = true;
    state_->waiting.clear();
    state_->changed.notify_all();
    state_->changed.wait_for(lock, kStopPatience, [&] { return state_->threads == 0; });
}

void FileWorkers::run(Work work) {
    std::unique_lock lock(state_->mutex);
    if (!state_->is_started) {
        lock.unlock();
        work(state_->is_stopping)();
        return;
    }
    state_->waiting.push_back(std::move(work));
    const bool is_short = state_->idle < state_->waiting.size();
    if (is_short && state_->threads < kThreadsMax && !state_->is_stopping) {
        ++state_->threads;
        std::thread([state = state_] { state->serve(); }).detach();
    }
    state_->changed.notify_one();
}

}  // namespace stepwell::triggers
