// Simulation: an engine, its disk, the clock and the world around it, without
// chance. The world starts executions and runs their tasks; the disk may fail
// at any commit, which ends the engine's life; the next one boots from what the
// disk holds.
//
// What must hold, and is checked as it goes: no task is started that the
// journal does not know of; no more runs of a workflow have begun than it has
// places; replaying the history gives what is stored; every execution ends, and
// then nothing of it is left in the open tables; a fire starts one run. At no
// commit does an attempt know of no execution that it has started, nor the other
// way round; none starts two; a task for a worker is given to one; whoever waits waits for an open
// one, and an open one that was waited for is not left behind.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/base/prng.hpp"
#include "engine/runtime/engine.hpp"
#include "tests/sim/coverage.hpp"
#include "tests/sim/neighbours.hpp"
#include "tests/sim/sim_disk.hpp"
#include "tests/support/fake_clock.hpp"

namespace stepwell::test {

/// What is to be run.
struct Scenario {
    std::uint64_t seed = 1;  // of how tasks end, and when
    std::string definition;
    std::string child;                // what some of its tasks start; empty: there is none
    std::vector<std::string> inputs;  // one execution each
    std::uint32_t transitions_per_turn_max = 1'000;
    std::size_t loaded_executions_max = 4'096;
    int redrives = 0;         // of each execution that does not end well, at most
    bool is_hostile = false;  // tasks give back whatever JSON can be
    bool is_bursty = false;   // clients do not wait for each other
    /// Nothing: the engine alone.
    std::optional<Surroundings> surroundings;
};

/// What goes wrong.
struct Faults {
    struct Crash {
        std::uint64_t commit = 0;  // counted from the crash before, from 1
        Cut cut = Cut::before_durable;
    };
    std::vector<Crash> crashes;
    /// Repeated, late, wrong and reordered reports, lost ones, and stops; with
    /// surroundings also bursts, a clock that is set, and retention. Seeded.
    std::optional<std::uint64_t> noise;
};

class Simulation final : private runtime::TaskRunner {
public:
    Simulation(Scenario scenario, Faults faults, std::unique_ptr<SimDisk> disk = memory_disk());
    ~Simulation() override;

    /// Until every execution has ended.
    void run();

    /// The histories of all executions, a line an event.
    [[nodiscard]] std::string trace();
    [[nodiscard]] std::uint64_t commits() const { return disk_->commits(); }
    [[nodiscard]] int lives() const { return lives_; }

private:
    struct Task {
        Timestamp ends_at;
        Prng chance;               // how it ends
        bool is_reported = false;  // in this life
        /// Somebody outside will tell how it ended, whatever becomes of the daemon.
        bool is_callback = false;
    };
    struct Client {
        std::string name;
        Payload input;
        bool is_asked = false;  // in this life
        bool is_answered = false;
        ExecutionId id{};
        int redrives = 0;
    };

    void start(runtime::TaskRequest request) override;
    void cancel(const TaskToken& token) override;

    void boot();
    runtime::TaskRunner& runner();
    void hear(ExecutionId id, const std::vector<core::Event>& events);
    void settle();
    void turn();
    void put_workflows();
    void put_workflow(const std::string& name, const std::string& definition);
    void ask();
    void post_start(Client& client);
    bool redrive_some();
    void redrive(Client& client);
    bool report_next();
    void report(const TaskToken& token, Prng& random);
    void report_end(const TaskToken& token, core::Input said);
    void put_activity();
    void offer(const runtime::TaskRequest& request);
    void make_noise();
    void disturb();
    void burst();
    void calm_down();
    bool pass_time();
    void check_disk();
    void check_end();
    void check_runs();
    void check_places();
    void check_links();
    void check_waits(const core::Execution& execution, const journal::ExecutionRecord& row);
    std::vector<journal::ExecutionRecord> all_runs();
    void check_fires(const std::vector<runtime::ExecutionSummary>& runs);
    bool is_journaled(const TaskToken& token);
    Prng chance_of(const runtime::TaskRequest& request) const;
    std::vector<core::Event> events_of(ExecutionId id);

    Scenario scenario_;
    Faults faults_;
    Prng noise_;
    std::unique_ptr<SimDisk> disk_;
    FakeClock clock_;
    std::unique_ptr<journal::Journal> journal_;
    std::unique_ptr<Neighbours> neighbours_;  // null: the engine alone
    std::unique_ptr<runtime::Engine> engine_;
    runtime::Subscription subscription_;
    std::map<ExecutionId, Coverage::Kinds> kinds_;
    std::set<ExecutionId> begun_;  // of which a task was handed over, and that have not ended since
    std::map<TaskToken, Task> tasks_;
    std::vector<TaskToken> past_;  // every token there ever was
    std::set<TaskToken> known_;    // the same
    std::vector<Client> clients_;
    bool is_dead_ = false;
    bool has_workflow_ = false;
    bool is_calm_ = false;  // the noise is over
    std::size_t next_crash_ = 0;
    int lives_ = 0;
};

}  // namespace stepwell::test
