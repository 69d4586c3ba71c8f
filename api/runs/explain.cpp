#include "api/runs/explain.hpp"

#include <algorithm>
#include <map>

#include "api/read/views.hpp"

namespace stepwell::api::operations {
namespace {

using runtime::GateTask;

constexpr std::size_t kHoldersMax = 20;

Json to_json(const GateTask& task) {
    Json out{{"run", value_of(task.token.execution)},
             {"name", task.run},
             {"workflow", task.workflow},
             {"state", task.state},
             {"since", to_iso8601(task.since)},
             {"priority", task.priority}};
    if (task.place > 0) out["place"] = task.place;
    return out;
}

Json to_json(const std::vector<GateTask>& tasks, std::size_t count_max = SIZE_MAX) {
    Json list = Json::array();
    for (const GateTask& task : tasks) {
        if (list.size() == count_max) break;
        list.push_back(to_json(task));
    }
    return list;
}

Json to_json(const std::vector<runtime::GateHolder>& holders) {
    Json list = Json::array();
    for (const auto& holder : holders) {
        if (list.size() == kHoldersMax) break;
        Json one{{"run", value_of(holder.execution)}};
        if (!holder.run.empty()) one["name"] = holder.run;
        list.push_back(std::move(one));
    }
    return list;
}

/// Collects reasons: what waits, what works, and what keeps nothing waiting.
class Explanation {
public:
    /// `running_rank`: how far behind other reasons it stands that it runs.
    explicit Explanation(Timestamp now, int running_rank = 1)
        : now_(now), running_rank_(running_rank) {}

    void add(const std::string& code, const std::string& text, Json details = Json::object()) {
        Json reason{{"code", code}, {"text", text}};
        for (const auto& [key, value] : details.items()) reason[key] = value;
        reasons_.push_back(std::move(reason));
    }
    void passed(const std::string& code, const std::string& text) {
        passed_.push_back({{"code", code}, {"text", text}});
    }
    [[nodiscard]] bool is_empty() const { return reasons_.empty(); }

    Json finish(Json out) && {
        std::stable_sort(reasons_.begin(), reasons_.end(),
                         [&](const Json& a, const Json& b) { return rank_of(a) < rank_of(b); });
        out["code"] = reasons_.empty() ? Json("RUNNING") : reasons_.front()["code"];
        out["reasons"] = reasons_;
        out["passed"] = std::move(passed_);
        out["at"] = to_iso8601(now_);
        return out;
    }

private:
    [[nodiscard]] int rank_of(const Json& reason) const {
        // What is out of service keeps only itself from starting: others may fire meanwhile.
        const Json& code = reason["code"];
        if (code == "POOL_UNKNOWN") return 4;
        if (code == "LAST_RUNS_FAILED") return 3;
        if (code == "SCHEDULE_PAUSED" || code == "TRIGGER_DISABLED") return 2;
        return code == "RUNNING" ? running_rank_ : 0;
    }

    Timestamp now_;
    int running_rank_;
    std::vector<Json> reasons_;
    Json passed_ = Json::array();
};

/// Frames of one state that wait for the same thing.
struct Group {
    std::string code;
    std::string state;
    const GateTask* task = nullptr;  // the first one, where the gate knows it
    const core::Frame* frame = nullptr;
    std::size_t count = 0;
};

std::string code_of_task(const core::Frame& frame, const definition::State& state,
                         const GateTask* task) {
    if (task && task->stage == GateTask::Stage::waiting_for_place) return "WORKFLOW_LIMIT";
    if (task && task->stage == GateTask::Stage::waiting_for_slot) return "POOL_FULL";
    const auto& resource = std::get<definition::TaskState>(state.body).resource;
    using Pattern = definition::Resource::Pattern;
    if (resource.pattern == Pattern::wait_for_task_token && frame.task && frame.task->submitted) {
        return "WAITING_CALLBACK";
    }
    if (resource.kind == definition::Resource::Kind::activity) return "WAITING_CALLBACK";
    const bool is_sync = resource.pattern == Pattern::sync || resource.pattern == Pattern::sync2;
    if (resource.service == "states" && is_sync) return "WAITING_CHILD";
    return "RUNNING";
}

std::string code_of(const core::Frame& frame, const definition::State& state,
                    const GateTask* task) {
    switch (frame.phase) {
        case core::Phase::awaiting_task:
        case core::Phase::awaiting_pickup:
            return code_of_task(frame, state, task);
        case core::Phase::awaiting_timer:
            return "WAITING_TIMER";
        case core::Phase::awaiting_retry:
            return "WAITING_RETRY";
        case core::Phase::awaiting_map_run:
            return "WAITING_MAP_RUN";
        case core::Phase::ready:
        case core::Phase::entered:
        case core::Phase::starting_children:
        case core::Phase::redriven:
            return "RUNNING";
        case core::Phase::awaiting_children:
        case core::Phase::finished:
            return "";  // its children, or its siblings, say it
    }
    return "";
}

bool comes_before(const Group& group, const core::Frame& frame, const GateTask* task) {
    if (group.task && task && group.task->place > 0) return task->place < group.task->place;
    return frame.due && group.frame->due && *frame.due < *group.frame->due;
}

std::vector<Group> groups_of(const RunSnapshot& snapshot) {
    std::map<TaskToken, const GateTask*> tasks;
    for (const GateTask& task : snapshot.gate.tasks) tasks[task.token] = &task;
    std::map<std::pair<std::string, std::string>, Group> groups;
    for (const core::FramePtr& frame : snapshot.open.frames) {
        if (frame->phase == core::Phase::finished) continue;
        const definition::State& state = snapshot.open.definition->state(frame->state);
        const auto found = tasks.find({snapshot.run.id, frame->id, frame->attempt});
        const GateTask* task = found == tasks.end() ? nullptr : found->second;
        const std::string code = code_of(*frame, state, task);
        if (code.empty()) continue;
        Group& group = groups[{code, state.name}];
        if (group.count == 0) group = {code, state.name, task, frame.get(), 0};
        if (comes_before(group, *frame, task)) {
            group.task = task;
            group.frame = frame.get();
        }
        ++group.count;
    }
    std::vector<Group> all;
    for (auto& [key, group] : groups) all.push_back(std::move(group));
    return all;
}

/// " by run 12 ('Load' of shop), run 13 (...) and 3 more"; nothing where nobody is known.
std::string holders_text(const Json& holders, std::size_t count) {
    constexpr std::size_t kNamedMax = 3;
    std::string text;
    std::size_t named = 0;
    for (const Json& holder : holders) {
        if (named == kNamedMax) break;
        const std::string state = string_or(holder, "state", "");
        text += (named++ == 0 ? "" : ", ") + ("run " + to_text(holder["run"]));
        if (!state.empty())
            text += " ('" + state + "' of " + string_or(holder, "workflow", "") + ")";
    }
    if (named == 0) return "";
    if (count > named) text += " and " + std::to_string(count - named) + " more";
    return " by " + text;
}

void add_pool(const Group& group, const RunSnapshot& snapshot, Json& details, std::string& text) {
    const auto pool = std::find_if(snapshot.pools.begin(), snapshot.pools.end(),
                                   [&](const auto& one) { return one.name == group.task->pool; });
    details["pool"] = group.task->pool;
    details["priority"] = group.task->priority;
    details["place"] = group.task->place;
    if (pool == snapshot.pools.end()) return;
    details["slots"] = pool->slots;
    details["waiting"] = pool->waiting_count;
    details["holders"] = to_json(pool->working, kHoldersMax);
    text += "waits for a slot of the pool '" + pool->name + "': all " +
            std::to_string(pool->slots) + " are taken" +
            holders_text(details["holders"], pool->working.size()) + "; it is number " +
            std::to_string(group.task->place) + " of " + std::to_string(pool->waiting_count);
}

void add_limit(const Group& group, const RunSnapshot& snapshot, Json& details, std::string& text) {
    details["limit"] = snapshot.workflow.concurrency;
    details["place"] = group.task->place;
    details["waiting"] = snapshot.workflow.waiting_count;
    details["holders"] = to_json(snapshot.workflow.holders);
    text += "waits for a place: the workflow's concurrency is " +
            std::to_string(snapshot.workflow.concurrency) + ", and all places are taken" +
            holders_text(details["holders"], snapshot.workflow.holders.size()) + "; it is number " +
            std::to_string(group.task->place) + " of " +
            std::to_string(snapshot.workflow.waiting_count);
}

std::string text_of_wait(const Group& group) {
    const std::string until =
        group.frame->due ? " until " + to_iso8601(*group.frame->due) : std::string();
    if (group.code == "WAITING_TIMER") return "waits" + until;
    if (group.code == "WAITING_RETRY") {
        return "has failed and is tried again" +
               (group.frame->due ? " at " + to_iso8601(*group.frame->due) : "");
    }
    if (group.code == "WAITING_CALLBACK") {
        const bool is_taken = group.frame->phase == core::Phase::awaiting_task;
        return is_taken ? "waits for somebody to return its task token"
                        : "waits for a worker to take it";
    }
    if (group.code == "WAITING_MAP_RUN") return "waits for the runs of its items";
    if (group.code == "WAITING_CHILD") return "waits for the run that it has started";
    return group.frame->phase == core::Phase::awaiting_task ? "is at work" : "is about to begin";
}

void add_group(const Group& group, const RunSnapshot& snapshot, Explanation& out) {
    Json details{{"state", group.state},
                 {"count", group.count},
                 {"since", to_iso8601(group.frame->entered_at)}};
    std::string text = "'" + group.state + "' ";
    if (group.code == "POOL_FULL") {
        add_pool(group, snapshot, details, text);
    } else if (group.code == "WORKFLOW_LIMIT") {
        add_limit(group, snapshot, details, text);
    } else {
        text += text_of_wait(group);
    }
    const bool is_waiting = group.code == "WAITING_TIMER" || group.code == "WAITING_RETRY";
    if (is_waiting && group.frame->due) details["until"] = to_iso8601(*group.frame->due);
    if (group.code == "WAITING_RETRY") details["retries"] = group.frame->retries;
    if (group.code == "WAITING_CHILD" && group.frame->task && group.frame->task->submitted) {
        const std::string child =
            string_or(group.frame->task->submitted->json(), "ExecutionArn", "");
        if (!child.empty()) details["child"] = child;
    }
    if (group.code == "WAITING_MAP_RUN" && group.frame->task) {
        details["map_run"] = string_or(group.frame->task->parameters.json(), "MapRunArn", "");
    }
    if (group.count > 1) text += " (and " + std::to_string(group.count - 1) + " more like it)";
    out.add(group.code, text, std::move(details));
}

void add_passed(const RunSnapshot& snapshot, Explanation& out) {
    if (snapshot.workflow.concurrency > 0 && snapshot.gate.has_place) {
        out.passed("HAS_PLACE", "it is one of the " +
                                    std::to_string(snapshot.workflow.concurrency) +
                                    " runs of its workflow that may work");
    }
    const auto working = std::count_if(
        snapshot.gate.tasks.begin(), snapshot.gate.tasks.end(), [](const GateTask& task) {
            return task.stage == GateTask::Stage::working && !task.pool.empty();
        });
    if (working > 0) {
        out.passed("HAS_SLOT", std::to_string(working) + " of its tasks hold slots of pools");
    }
}

/// It keeps nothing waiting, but somebody believes that it does.
void add_unknown_pools(const runtime::GateWorkflow& workflow, Explanation& out) {
    for (const std::string& pool : workflow.unknown_pools) {
        out.add("POOL_UNKNOWN",
                "the workflow names the pool '" + pool +
                    "', which the configuration does not have: it limits nothing",
                {{"pool", pool}});
    }
}

void add_schedules(const WorkflowSnapshot& snapshot, Explanation& out) {
    for (const Json& schedule : snapshot.schedules) {
        const std::string id = string_or(schedule, "id", "");
        const Json* paused = find(schedule, "paused");
        const Json* enabled = find(schedule, "enabled");
        const bool is_stopped = (paused && *paused == true) || (enabled && *enabled == false);
        if (is_stopped) {
            out.add("SCHEDULE_PAUSED", "the schedule '" + id + "' is stopped", {{"schedule", id}});
            continue;
        }
        const Json* next = find(schedule, "next_fires");
        if (!next || !next->is_array() || next->empty()) continue;
        const Json& at = next->front();
        out.add("NEXT_FIRE",
                "the schedule '" + id + "' fires next at " +
                    (at.is_string() ? at.get<std::string>() : to_text(at)),
                {{"schedule", id}, {"until", at}});
    }
}

void add_triggers(const WorkflowSnapshot& snapshot, Explanation& out) {
    for (const Json& trigger : snapshot.triggers) {
        const std::string id = string_or(trigger, "id", "");
        const std::string fault = string_or(trigger, "fault", "");
        const Json* enabled = find(trigger, "enabled");
        if (enabled && *enabled == false) {
            out.add("TRIGGER_DISABLED", "the trigger '" + id + "' is switched off",
                    {{"trigger", id}});
        } else if (!fault.empty()) {
            out.add("TRIGGER_FAULT", "the trigger '" + id + "' cannot work: " + fault,
                    {{"trigger", id}});
        } else if (string_or(trigger, "kind", "") == "webhook") {
            out.add("WAITING_WEBHOOK", "the trigger '" + id + "' waits for a call",
                    {{"trigger", id}});
        } else {
            Json details{{"trigger", id}};
            if (const Json* files = find(trigger, "files")) details["files"] = *files;
            if (const Json* waiting = find(trigger, "waiting")) details["waiting"] = *waiting;
            out.add("WAITING_FILE", "the trigger '" + id + "' waits for files", std::move(details));
        }
    }
}

void add_obstacles(const WorkflowSnapshot& snapshot, Explanation& out) {
    if (snapshot.pause) {
        const auto& pause = *snapshot.pause;
        Json details{{"since", to_iso8601(pause.at)}};
        if (pause.until) details["until"] = to_iso8601(*pause.until);
        if (!pause.note.empty()) details["note"] = pause.note;
        if (!pause.by.empty()) details["by"] = pause.by;
        out.add("PAUSED",
                "it is paused" + (pause.by.empty() ? "" : " by " + pause.by) +
                    (pause.until ? " until " + to_iso8601(*pause.until) : "") +
                    (pause.note.empty() ? "" : ": " + pause.note),
                std::move(details));
    } else {
        out.passed("NOT_PAUSED", "it is not paused");
    }
    if (snapshot.has_room) {
        out.passed("DISK_HAS_ROOM", "the journal's disk has room");
    } else {
        out.add("DISK_FULL", "the journal's disk is nearly full: no run is started");
    }
    if (snapshot.gate.waiting_count > 0) {
        out.add("WORKFLOW_LIMIT",
                std::to_string(snapshot.gate.waiting_count) +
                    " runs wait for a place, as its concurrency is " +
                    std::to_string(snapshot.gate.concurrency),
                {{"limit", snapshot.gate.concurrency},
                 {"waiting", snapshot.gate.waiting_count},
                 {"holders", to_json(snapshot.gate.holders)}});
    }
}

/// What runs now is what somebody who asks wants to know before what will start.
void add_running(const WorkflowSnapshot& snapshot, Explanation& out) {
    if (snapshot.running.empty()) return;
    Json runs = Json::array();
    for (const auto& run : snapshot.running) {
        if (runs.size() == kHoldersMax) break;
        runs.push_back(
            {{"run", value_of(run.id)}, {"name", run.name}, {"since", to_iso8601(run.started_at)}});
    }
    out.add("RUNNING", "it has open runs", {{"holders", std::move(runs)}});
}

/// It keeps nothing from starting, but is what somebody who asks wants to know.
void add_failures(const WorkflowSnapshot& snapshot, Explanation& out) {
    const auto& ended = snapshot.ended;
    const auto is_well = [](const runtime::ExecutionSummary& run) {
        return run.status == core::Status::succeeded;
    };
    const auto well = std::find_if(ended.begin(), ended.end(), is_well);
    const auto count = static_cast<std::size_t>(well - ended.begin());
    if (count == 0) return;
    const runtime::ExecutionSummary& last = ended.front();
    // The list is cut: there may be more.
    const bool is_all = well == ended.end();
    const std::string runs =
        count == 1 ? "its last run" : "its last " + std::to_string(count) + " runs";
    const std::string id = std::to_string(value_of(last.id));
    out.add("LAST_RUNS_FAILED",
            runs + (is_all && count > 1 ? " or more" : "") + " did not go well; run " + id + ": " +
                core::name_of(last.status) + (last.error.empty() ? "" : " with " + last.error),
            {{"run", value_of(last.id)}, {"count", count}, {"status", status_word(last.status)}});
}

}  // namespace

Json explain_run(const RunSnapshot& snapshot) {
    const runtime::ExecutionSummary& run = snapshot.run;
    Explanation out(snapshot.now);
    if (run.status != core::Status::running) {
        Json details{{"status", status_word(run.status)}};
        if (run.stopped_at) details["since"] = to_iso8601(*run.stopped_at);
        if (!run.error.empty()) details["error"] = run.error;
        out.add("ENDED",
                std::string("it has ended: ") + core::name_of(run.status) +
                    (run.error.empty() ? "" : " with " + run.error),
                std::move(details));
    } else if (snapshot.open.is_quarantined) {
        out.add(
            "QUARANTINED",
            "it cannot be read, or deciding about it went wrong, so it is put aside: stop it, or "
            "start the daemon again to let it try once more; the daemon's log says why");
    } else {
        for (const Group& group : groups_of(snapshot)) add_group(group, snapshot, out);
        if (out.is_empty()) out.add("RUNNING", "it goes on at once");
        add_unknown_pools(snapshot.workflow, out);
        add_passed(snapshot, out);
    }
    return std::move(out).finish({{"subject", "run"},
                                  {"run", value_of(run.id)},
                                  {"name", run.name},
                                  {"workflow", run.workflow_name}});
}

Json explain_workflow(const WorkflowSnapshot& snapshot) {
    Explanation out(snapshot.now, 0);
    add_obstacles(snapshot, out);
    add_running(snapshot, out);
    add_schedules(snapshot, out);
    add_triggers(snapshot, out);
    if (snapshot.schedules.empty() && snapshot.triggers.empty()) {
        out.add("NO_SCHEDULE",
                "it has neither schedule nor trigger: it starts only when somebody starts it");
    }
    add_failures(snapshot, out);
    add_unknown_pools(snapshot.gate, out);
    return std::move(out).finish({{"subject", "workflow"}, {"workflow", snapshot.name}});
}

Json pools_view(const std::vector<runtime::GatePool>& pools) {
    Json list = Json::array();
    for (const auto& pool : pools) {
        list.push_back({{"name", pool.name},
                        {"slots", pool.slots},
                        {"working", to_json(pool.working)},
                        {"waiting", to_json(pool.waiting)},
                        {"waiting_count", pool.waiting_count}});
    }
    return {{"items", std::move(list)}};
}

}  // namespace stepwell::api::operations
