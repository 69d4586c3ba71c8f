// Starts what the clock says. How far each schedule has come is a document that is written with the
// start, and the fire is a claim in the same transaction: it starts once, whatever happens between.
//
// Threads: the triggers' only.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/runtime/engine.hpp"
#include "engine/runtime/read/reader.hpp"
#include "engine/triggers/plan.hpp"
#include "engine/triggers/start_queue.hpp"

namespace stepwell::triggers {

/// How far a schedule has come, as it is kept.
struct ScheduleState {
    std::string fingerprint;  // of what it said then: a changed one begins anew
    Timestamp considered{};
    std::vector<Timestamp> queued;  // fires that wait for the run before them
    [[nodiscard]] std::string text() const;
    static std::optional<ScheduleState> parse(const std::string& text);
};

/// Whether people have paused a schedule, and when they let it go on.
struct SchedulePause {
    bool is_paused = false;
    Timestamp at{};
    [[nodiscard]] std::string text() const;
    static SchedulePause parse(const std::string& text);
};

std::string fingerprint_of(const schedule::ScheduleText& text);

class ScheduleRunner {
public:
    /// REQUIRES: all outlive it.
    ScheduleRunner(runtime::Engine& engine, runtime::Reader& reader, StartQueue& starts,
                   std::shared_ptr<Mailbox> mailbox);
    ~ScheduleRunner();

    /// Takes over what the files say now. Fails where the journal cannot be read; nothing changes
    /// then.
    Result<void> load(const std::vector<WorkflowPlan>& plans, Timestamp now);
    /// Reads the pauses again.
    Result<void> load_pauses();
    void tick(Timestamp now);
    [[nodiscard]] std::optional<Timestamp> next() const;

private:
    struct Entry {
        std::string workflow;
        definition::ScheduleSpec spec;
        std::optional<schedule::Schedule> schedule;
        ScheduleState state;
        std::set<Timestamp> starting;  // fires that the engine has not taken yet
        std::set<ExecutionId> running;
        std::optional<Timestamp> next;
        bool is_paused = false;
        [[nodiscard]] bool is_busy() const { return !starting.empty() || !running.empty(); }
    };
    using Entries = std::map<std::string, Entry>;  // by id

    Result<Entry> make(const std::string& id, const std::string& workflow,
                       const definition::ScheduleSpec& spec, Timestamp now);
    Result<void> find_running(const std::string& id, Entry& entry);
    void consider(const std::string& id, Entry& entry, Timestamp now);
    void take_fire(const std::string& id, Entry& entry, Timestamp fire);
    void pump(const std::string& id, Entry& entry);
    void start(const std::string& id, Entry& entry, Timestamp fire);
    void skip(const std::string& id, Entry& entry, Timestamp fire, const std::string& why);
    void stop_running(const Entry& entry, const std::string& id);
    void save(const std::string& id, const Entry& entry, std::vector<journal::Claim> claims);
    void watch_end(const std::string& id, ExecutionId run);

    runtime::Engine& engine_;
    runtime::Reader& reader_;
    StartQueue& starts_;
    std::shared_ptr<Mailbox> mailbox_;
    std::shared_ptr<ScheduleRunner*> self_;  // null once this is gone
    Entries entries_;
};

/// What a run gets to know of the fire that started it: the file's `input`, and "schedule".
Json schedule_input(const definition::ScheduleSpec& spec, const schedule::Schedule& schedule,
                    Timestamp fire);

}  // namespace stepwell::triggers
