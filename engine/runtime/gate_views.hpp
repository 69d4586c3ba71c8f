// What the gate shows: who works, who waits, and for what.
//
// Threads: GateViews may be asked from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/time.hpp"

namespace stepwell::runtime {

/// As many waiting tasks and runs are listed; beyond that they are only counted.
inline constexpr std::size_t kGateListMax = 100;

struct GateTask {
    enum class Stage { waiting_for_place, waiting_for_slot, working };
    TaskToken token;
    std::string workflow;
    std::string run;  // its name
    std::string state;
    std::string pool;  // empty: none
    std::int32_t priority = 0;
    Timestamp since;  // its state was entered
    Stage stage = Stage::working;
    std::size_t place = 0;  // in the queue that it waits in, from 1
};

struct GateHolder {
    ExecutionId execution{};
    std::string run;  // its name; empty where it is not known
};

struct GatePool {
    std::string name;
    std::uint32_t slots = 0;
    std::vector<GateTask> working;
    std::vector<GateTask> waiting;  // the next ones first; at most kGateListMax
    std::size_t waiting_count = 0;
};

struct GateRun {
    bool has_place = false;
    std::vector<GateTask> tasks;  // by token
};

struct GateWorkflow {
    std::uint32_t concurrency = 0;  // 0: no limit
    std::int32_t priority = 0;
    std::vector<GateHolder> holders;
    std::vector<GateHolder> waiting;  // oldest first; at most kGateListMax
    std::size_t waiting_count = 0;
    std::vector<std::string> unknown_pools = {};  // that it names, but the configuration does not
};

class GateViews {
public:
    virtual ~GateViews() = default;
    [[nodiscard]] virtual std::vector<GatePool> pools() const = 0;
    [[nodiscard]] virtual GateRun run(ExecutionId id) const = 0;
    /// Nothing holds or waits where the workflow is not known.
    [[nodiscard]] virtual GateWorkflow workflow(const std::string& name) const = 0;
};

}  // namespace stepwell::runtime
