// Folds what the engine leaves: run rows of histories that are too long for its thread, and of runs
// that an older Stepwell ended, the newest first.
//
// It reads on a connection of its own and has the engine write, in small pieces.
//
// Threads: one of its own.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "engine/runtime/engine.hpp"

namespace stepwell::runtime {

class RowKeeper {
public:
    using OpenJournal = std::function<Result<std::unique_ptr<journal::JournalReader>>()>;

    /// REQUIRES: the engine outlives it, or stop() was called.
    RowKeeper(FoldRun fold, Engine& engine, OpenJournal open, Duration interval = Duration(1'000))
        : fold_(std::move(fold)), engine_(engine), open_(std::move(open)), interval_(interval) {}
    /// Stops.
    ~RowKeeper();

    void start();
    void stop();
    /// One piece, in the caller's thread; false: there is nothing left to do. REQUIRES: start() was
    /// not called.
    Result<bool> pass(journal::JournalReader& journal);

private:
    void work();
    Result<bool> pass_again();
    Result<bool> fold_waiting(journal::JournalReader& journal);
    Result<bool> fold_older(journal::JournalReader& journal);
    std::optional<journal::RunRow> row_of(journal::JournalReader& journal,
                                          const journal::ExecutionRecord& run);
    [[nodiscard]] bool is_stopping();

    const FoldRun fold_;
    Engine& engine_;
    const OpenJournal open_;
    const Duration interval_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool is_stopping_ = false;
    std::unique_ptr<journal::JournalReader> journal_;
    std::thread thread_;
};

}  // namespace stepwell::runtime
