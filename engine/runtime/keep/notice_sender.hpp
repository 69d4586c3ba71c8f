// Has notices told: hands each to the task stepwell:notify, and forgets it once that task has put
// it into the outbox, from where it is delivered.
//
//   journal ("notices") --noticed--> NoticeSender --start--> runner
//   engine <--remove the document--- NoticeSender <-report-- runner      other reports pass through
//
// Its attempts have execution number 0, which no execution has. One that fails is tried again after
// a pause that doubles, up to five minutes, until it is taken; one whose parameters are wrong is
// logged and forgotten. Those of one workflow are handed over one after the other, in the order of
// what they tell: one that rests holds those behind it.
//
// Threads: noticed() comes from the engine's thread, reports from any; start() begins one of its
// own, which hands over again what has rested.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "engine/runtime/engine.hpp"
#include "engine/runtime/notice.hpp"
#include "engine/runtime/task_runner.hpp"
#include "engine/runtime/work_observer.hpp"

namespace stepwell::runtime {

class NoticeSender final : public WorkObserver, public TaskSink {
public:
    /// REQUIRES: the engine outlives it.
    NoticeSender(Engine& engine, Clock& clock) : engine_(engine), clock_(clock) {}
    /// Stops.
    ~NoticeSender() override;

    /// Who runs tasks; its sink is this. REQUIRES: called before the first notice.
    void forward_to(TaskRunner& runner) { runner_ = &runner; }
    /// What earlier daemons have not had told. REQUIRES: the engine is not started yet.
    Result<void> resume(journal::JournalReader& journal);

    void noticed(const std::string& key, const std::string& value) override;
    /// Hands over again what rests, each when its pause is over, until stop().
    void start();
    void stop();
    /// Hands over again what has rested long enough; how long until the next one has, if
    /// any rests.
    std::optional<Duration> try_again();
    /// Whether all that was noticed is in the outbox, given up, or was refused several times.
    [[nodiscard]] bool is_idle() const;

    void submitted(const TaskToken& token, Payload output) override;
    void heartbeat(const TaskToken& token) override;
    void succeeded(const TaskToken& token, Payload output) override;
    void failed(const TaskToken& token, std::string error,
                std::optional<std::string> cause) override;
    void progress(const TaskToken& token, Json progress) override;
    void log(const TaskToken& token, std::string line) override;

private:
    struct Sending {
        std::string key;
        Notice notice;
        int attempts = 0;
    };
    struct Resting {
        Sending sending;
        Duration until{};  // of the steady clock
    };
    std::optional<Notice> read(const std::string& key, const std::string& value);
    void enqueue(Sending sending);
    void send(Sending sending);
    std::optional<Sending> take(const TaskToken& token);
    void go_on(const std::string& workflow);
    void rest(Sending sending, const std::string& reason);
    void forget(const std::string& key);
    void work();

    Engine& engine_;
    Clock& clock_;
    TaskRunner* runner_ = nullptr;
    mutable std::mutex mutex_;
    std::map<TaskToken, Sending> sending_;
    std::map<std::string, std::deque<Sending>> lines_;  // by workflow, behind the one that is sent
    std::map<std::string, Resting> resting_;            // by workflow: the first of its line
    std::uint32_t last_frame_ = 0;
    std::condition_variable wake_;
    bool is_stopping_ = false;
    std::thread thread_;
};

}  // namespace stepwell::runtime
