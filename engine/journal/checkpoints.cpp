#include "engine/journal/checkpoints.hpp"

#include <utility>

namespace stepwell::journal {

Result<std::unique_ptr<Checkpoints>> Checkpoints::open(const std::filesystem::path& path) {
    Database database = SW_TRY(Database::open(path, Database::Mode::read_write));
    SW_TRY(database.execute("PRAGMA synchronous = FULL"));
    return std::unique_ptr<Checkpoints>(new Checkpoints(std::move(database)));
}

Checkpoints::Checkpoints(Database database)
    : database_(std::move(database)), thread_([this] { run(); }) {}

Checkpoints::~Checkpoints() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    is_changed_.notify_all();
    thread_.join();
}

bool Checkpoints::committed(int log_pages) {
    const std::lock_guard lock(mutex_);
    if (is_wanted_) return false;
    if (log_pages < copied_) copied_ = 0;  // it has begun anew
    if (log_pages >= kLogPagesMax) return true;
    const int rest = log_pages - copied_;
    if (copied_ > 0 && rest <= kRestPagesMax) {
        copied_ = 0;
        return true;
    }
    if (rest < kPagesPerPass && copied_ == 0) return false;
    is_wanted_ = true;
    is_changed_.notify_all();
    return false;
}

void Checkpoints::wait_until_idle() {
    std::unique_lock lock(mutex_);
    is_changed_.wait(lock, [this] { return !is_wanted_; });
}

/// A pass that fails is no harm: the log keeps what it has, and another one is asked for.
void Checkpoints::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        is_changed_.wait(lock, [this] { return is_wanted_ || is_stopping_; });
        if (is_stopping_) return;
        lock.unlock();
        const auto pass = database_.checkpoint();
        lock.lock();
        copied_ = pass ? pass->copied_pages : 0;
        is_wanted_ = false;
        is_changed_.notify_all();
    }
}

}  // namespace stepwell::journal
