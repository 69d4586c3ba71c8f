// Neighbours: what stands around an engine in a daemon besides its journal and
// its tasks, in one of its lives: the gate with its places and slots, the
// triggers, and retention.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/runtime/engine.hpp"
#include "engine/runtime/work/task_gate.hpp"
#include "engine/triggers/triggers.hpp"
#include "tests/sim/sim_disk.hpp"

namespace stepwell::test {

struct Surroundings {
    std::uint32_t concurrency = 0;  // 0: no limit
    std::uint32_t slots = 0;        // of the one pool; 0: there is none
    std::string overlap;            // of the schedule; empty: there is none
    std::string catchup = "last";
    std::optional<std::uint64_t> runs_kept;  // nothing: retention forgets none
};

class Neighbours {
public:
    /// REQUIRES: all but the engine outlive it; `tasks` is who works.
    Neighbours(Surroundings surroundings, SimDisk& disk, runtime::Clock& clock,
               runtime::TaskRunner& tasks);

    /// The gate, before the engine starts: it is the engine's runner.
    runtime::TaskRunner& join(runtime::Engine& engine);
    /// After it has started. REQUIRES: the engine outlives them, or leave() was
    /// called.
    void open_triggers(runtime::Engine& engine);
    /// Before the engine goes.
    void leave();

    /// What the workflow's version says of all that; without its schedule once
    /// that has ended.
    [[nodiscard]] std::string settings(bool has_schedule) const;

    /// One round of the triggers.
    void tick();
    /// Starts that the engine refused and that will be asked for again.
    [[nodiscard]] std::size_t starting() const;
    /// One pass of retention, while this thread turns the engine.
    void forget(runtime::Engine& engine);

    [[nodiscard]] const Surroundings& surroundings() const { return surroundings_; }
    [[nodiscard]] const runtime::TaskGate& gate() const { return *gate_; }

private:
    const Surroundings surroundings_;
    SimDisk& disk_;
    runtime::Clock& clock_;
    std::unique_ptr<runtime::TaskGate> gate_;
    std::unique_ptr<journal::JournalReader> journal_;  // of the triggers
    std::unique_ptr<triggers::Triggers> triggers_;
};

}  // namespace stepwell::test
