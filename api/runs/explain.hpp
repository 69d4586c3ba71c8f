// Why a run or a workflow does what it does, or does not: reasons with stable codes.
//
// Pure: a snapshot in, JSON out. The codes are part of the API: none is renamed.
//   of a run       ENDED RUNNING POOL_FULL WORKFLOW_LIMIT WAITING_TIMER WAITING_RETRY
//                  WAITING_CALLBACK WAITING_CHILD WAITING_MAP_RUN QUARANTINED
//   of a workflow  RUNNING PAUSED DISK_FULL WORKFLOW_LIMIT NEXT_FIRE SCHEDULE_PAUSED WAITING_FILE
//                  TRIGGER_FAULT TRIGGER_DISABLED WAITING_WEBHOOK NO_SCHEDULE LAST_RUNS_FAILED
//   of both        POOL_UNKNOWN, behind all others
//   passed         NOT_PAUSED DISK_HAS_ROOM HAS_PLACE HAS_SLOT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/runtime/engine_types.hpp"
#include "engine/runtime/gate_views.hpp"
#include "engine/runtime/pause.hpp"
#include "engine/runtime/read/reader.hpp"

namespace stepwell::api::operations {

struct RunSnapshot {
    runtime::ExecutionSummary run;
    runtime::Inspection open;  // empty where it has ended
    runtime::GateRun gate;
    runtime::GateWorkflow workflow;
    std::vector<runtime::GatePool> pools;
    Timestamp now;
};

struct WorkflowSnapshot {
    std::string name;
    std::optional<runtime::Pause> pause;
    bool has_room = true;
    std::vector<runtime::ExecutionSummary> running;  // newest first; some
    std::vector<runtime::ExecutionSummary> ended;    // newest first; some
    runtime::GateWorkflow gate;
    Json schedules = Json::array();  // as GET /api/v1/schedules has them, of this workflow
    Json triggers = Json::array();   // as GET /api/v1/triggers
    Timestamp now;
};

/// {"subject": "run", "run", "name", "workflow", "code": the first reason's, "reasons": [{"code",
/// "text", and what belongs to it: "state", "count", "since", "until", "pool", "slots", "limit",
/// "priority", "place", "waiting", "holders": [{"run", "name", "workflow", "state", "since"}],
/// "child"}], "passed": [{"code", "text"}], "at"}. What keeps the run waiting stands first.
Json explain_run(const RunSnapshot& snapshot);
/// The same with {"subject": "workflow", "workflow"}.
Json explain_workflow(const WorkflowSnapshot& snapshot);

/// {"pools": [{"name", "slots", "working": [tasks], "waiting": [tasks, the next first; 100 at
/// most], "waiting_count"}]}; a task: {"run", "name", "workflow", "state", "since", "priority",
/// "place"}.
Json pools_view(const std::vector<runtime::GatePool>& pools);

}  // namespace stepwell::api::operations
