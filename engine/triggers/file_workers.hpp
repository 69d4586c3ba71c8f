// Threads that look into folders and read files for the file triggers, so that a disk that is slow
// or does not answer keeps nobody else.
//
// A trigger has one piece of work under way at most, and pieces are short where they can be: the
// triggers take turns. A thread is made where all others are busy, up to kThreadsMax of them; that
// many disks may hang before a trigger on a good one has to wait.
//
// Threads: run(), start() and stop() are the triggers' own thread's (or its starter's).
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "engine/triggers/mailbox.hpp"

namespace stepwell::triggers {

class FileWorkers {
public:
    static constexpr std::size_t kThreadsMax = 16;

    using Stop = std::atomic<bool>;
    /// What is to be done with the result, on the triggers' thread.
    using Then = std::function<void()>;
    /// Must own all that it touches, as it may outlive everything else where a disk hangs; ends
    /// soon once the flag is set.
    using Work = std::function<Then(const Stop& is_stopping)>;

    explicit FileWorkers(std::shared_ptr<Mailbox> mailbox);
    ~FileWorkers();
    FileWorkers(const FileWorkers&) = delete;
    FileWorkers& operator=(const FileWorkers&) = delete;

    /// From now on, work is done on other threads and what follows it comes by the mailbox. Until
    /// then run() does both.
    void start();
    /// Takes no more work and asks what is under way to end; waits a moment for that.
    void stop();

    void run(Work work);

private:
    struct State;
    std::shared_ptr<State> state_;  // a thread that hangs may outlive this
};

}  // namespace stepwell::triggers
