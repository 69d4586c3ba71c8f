// Checkpoints by a thread of their own: what the write-ahead log holds is copied into the database
// and synced while the journal goes on to write. Made by whoever commits, as SQLite does by itself,
// one in a few hundred commits takes ten times as long as the others.
//
// What the thread cannot do is to have the log begin anew: whoever writes is always a little ahead
// of it. So the writer copies the rest, once that is little.
//
// Thread safety: committed() belongs to one thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

#include "engine/journal/sqlite.hpp"

namespace stepwell::journal {

class Checkpoints {
public:
    /// The thread begins when the log has so many pages (8 MB) that are not copied yet.
    static constexpr int kPagesPerPass = 2'000;
    /// The writer copies no more than so many (1 MB) ...
    static constexpr int kRestPagesMax = 256;
    /// ... unless the log has grown beyond this (64 MB), as the thread does not keep up.
    static constexpr int kLogPagesMax = 16'000;

    /// Fails where the file at `path` cannot be opened. REQUIRES: it uses a write-ahead log, and
    /// lives as long as this.
    static Result<std::unique_ptr<Checkpoints>> open(const std::filesystem::path& path);
    /// Ends the thread; a pass that has begun is finished.
    ~Checkpoints();
    Checkpoints(const Checkpoints&) = delete;
    Checkpoints& operator=(const Checkpoints&) = delete;

    /// After each commit, with the pages that the log has then. True where the writer is to make a
    /// checkpoint itself.
    bool committed(int log_pages);
    /// For tests: until no pass is under way or asked for.
    void wait_until_idle();

private:
    explicit Checkpoints(Database database);
    void run();

    Database database_;  // the thread's
    std::mutex mutex_;
    std::condition_variable is_changed_;
    bool is_wanted_ = false;  // a pass is asked for, or under way
    bool is_stopping_ = false;
    int copied_ = 0;  // pages of the log as it is now, by the last pass
    std::thread thread_;
};

}  // namespace stepwell::journal
