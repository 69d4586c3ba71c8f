// Carries out what the machine of each schedule (engine/schedule/machine.hpp) says. Its state is a
// document that is written with each start, and the fire is a claim in the same transaction: it
// starts once, whatever happens between.
//
// Threads: the triggers' only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/runtime/engine.hpp"
#include "engine/runtime/read/reader.hpp"
#include "engine/schedule/machine.hpp"
#include "engine/triggers/plan.hpp"
#include "engine/triggers/start_queue.hpp"

namespace stepwell::triggers {

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
    using Log = std::function<void(const std::string& line)>;

    /// REQUIRES: all outlive it.
    ScheduleRunner(runtime::Engine& engine, runtime::Reader& reader, StartQueue& starts,
                   std::shared_ptr<Mailbox> mailbox, Log log);
    ~ScheduleRunner();
    ScheduleRunner(const ScheduleRunner&) = delete;
    ScheduleRunner& operator=(const ScheduleRunner&) = delete;

    /// Takes over what the files say now. Fails where the journal cannot be read; nothing changes
    /// then.
    Result<void> load(const std::vector<WorkflowPlan>& plans, Timestamp now);
    /// Reads the pauses again.
    Result<void> load_pauses(Timestamp now);
    void tick(Timestamp now);
    [[nodiscard]] std::optional<Timestamp> next() const;

private:
    struct Entry {
        std::string workflow;
        definition::ScheduleSpec spec;
        std::optional<schedule::Schedule> schedule;
        schedule::ScheduleState state;
        std::optional<Timestamp> next;
        bool is_paused = false;
        bool is_unkept = false;              // the state is to be written
        std::vector<journal::Claim> claims;  // to be written with it: fires that start nothing
    };
    using Entries = std::map<std::string, Entry>;  // by id

    Result<Entry> make(const std::string& id, const std::string& workflow,
                       const definition::ScheduleSpec& spec, Timestamp now);
    Result<void> find_runs_of_old_release(const std::string& id, Entry& entry);
    Result<void> find_runs(const std::string& id, Entry& entry);
    void feed(const std::string& id, Entry& entry, const schedule::ScheduleEvent& event);
    void feed(const std::string& id, const schedule::ScheduleEvent& event);

    void carry_out(const std::string& id, Entry& entry, const schedule::Ask& effect);
    void carry_out(const std::string& id, Entry& entry, const schedule::WriteOff& effect);
    void carry_out(const std::string& id, Entry& entry, const schedule::StopRun& effect);
    void carry_out(const std::string& id, Entry& entry, const schedule::WatchRun& effect);
    void carry_out(const std::string& id, Entry& entry, const schedule::Missed& effect);
    void carry_out(const std::string& id, Entry& entry, const schedule::ClockSetBack& effect);
    void carry_out(const std::string& id, Entry& entry, const schedule::Keep& effect);

    [[nodiscard]] bool is_taken(const std::string& id, Timestamp fire) const;
    void started(const std::string& id, Timestamp fire, const Result<runtime::Started>& started);
    void keep(const std::string& id, Entry& entry);
    void kept(const std::string& id, std::vector<journal::Claim> claims, const Result<void>& done);
    void watch(const std::string& id, ExecutionId run);
    void watched(const std::string& id, ExecutionId run, const Result<runtime::Closed>& closed);

    runtime::Engine& engine_;
    runtime::Reader& reader_;
    StartQueue& starts_;
    std::shared_ptr<Mailbox> mailbox_;
    Log log_;
    std::shared_ptr<ScheduleRunner*> self_;  // null once this is gone
    Entries entries_;
    std::vector<std::pair<std::string, ExecutionId>> unwatched_;  // could not be asked about
    Timestamp now_{};
    Timestamp again_{};  // before, nothing that was refused is repeated
};

/// What a run gets to know of the fire that started it: the file's `input`, and "schedule".
Json schedule_input(const definition::ScheduleSpec& spec, const schedule::Schedule& schedule,
                    Timestamp fire);

}  // namespace stepwell::triggers
