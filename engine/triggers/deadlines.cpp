#include "engine/triggers/deadlines.hpp"

#include <algorithm>
#include <utility>

namespace stepwell::triggers {
namespace {

using Kind = definition::DeadlineSpec::Kind;

constexpr Duration kLookPause{5'000};
/// The newest runs that are looked through.
constexpr std::size_t kRunsMax = 100;

runtime::NoticeWrite late_notice(const Lateness& late) {
    const std::string due = to_iso8601(late.due);
    runtime::Notice notice;
    notice.event = "late";
    notice.workflow = late.workflow;
    notice.at = late.due;
    notice.since = late.due;
    notice.text = "The deadline " + late.id + " of " + due + " has passed";
    return {std::move(notice), "late." + late.id + "." + due};
}

}  // namespace

void AwaitedWorkflows::set(const std::set<std::string>& workflows) {
    if (workflows.empty() && are_none_) return;
    const std::lock_guard lock(mutex_);
    std::erase_if(has_moved_, [&](const auto& one) { return !workflows.contains(one.first); });
    for (const std::string& workflow : workflows) has_moved_.try_emplace(workflow, true);
    are_none_ = workflows.empty();
}

void AwaitedWorkflows::moved(const std::string& workflow) {
    const std::lock_guard lock(mutex_);
    const auto found = has_moved_.find(workflow);
    if (found != has_moved_.end()) found->second = true;
}

std::set<std::string> AwaitedWorkflows::take_moved() {
    const std::lock_guard lock(mutex_);
    std::set<std::string> workflows;
    for (auto& [workflow, has_moved] : has_moved_) {
        if (std::exchange(has_moved, false)) workflows.insert(workflow);
    }
    return workflows;
}

std::string DeadlineState::text(const std::string& workflow, Kind kind) const {
    Json out{{"workflow", workflow},
             {"kind", definition::name_of(kind)},
             {"considered_at", to_ms(considered)},
             {"state", is_late() ? "late" : "met"}};
    if (late_due) out["late_due"] = to_ms(*late_due);
    if (met_at) out["met_at"] = to_ms(*met_at);
    return to_text(out);
}

DeadlineState DeadlineState::parse(const std::string& text) {
    DeadlineState state;
    const auto document = parse_json(text);
    if (!document) return state;
    state.considered = time_in(*document, "considered_at").value_or(Timestamp{});
    state.late_due = time_in(*document, "late_due");
    state.met_at = time_in(*document, "met_at");
    return state;
}

Deadlines::Deadlines(runtime::Engine& engine, runtime::Reader& reader, Tell tell)
    : engine_(engine), reader_(reader), tell_(std::move(tell)) {}

Result<void> Deadlines::load(const std::vector<WorkflowPlan>& plans, Timestamp now) {
    std::map<std::string, Entry> entries;
    for (const WorkflowPlan& plan : plans) {
        for (const definition::DeadlineSpec& spec : plan.starts.deadlines) {
            const std::string id = id_of(plan.workflow, spec.name);
            Entry entry;
            entry.workflow = plan.workflow;
            entry.spec = spec;
            entry.schedule = SW_TRY(schedule::Schedule::make(spec.when));
            const auto old = entries_.find(id);
            if (old != entries_.end()) {
                entry.state = old->second.state;
            } else if (const auto kept = SW_TRY(reader_.document(kDeadlines, id))) {
                entry.state = DeadlineState::parse(*kept);
            } else {
                entry.state.considered = now;
                save(id, entry, std::nullopt);
            }
            entry.next = entry.schedule->next_fire(entry.state.considered);
            entries.emplace(id, std::move(entry));
        }
    }
    entries_ = std::move(entries);
    return {};
}

std::optional<Timestamp> Deadlines::next() const {
    std::optional<Timestamp> first;
    for (const auto& [id, entry] : entries_) {
        if (entry.next && (!first || *entry.next < *first)) first = entry.next;
        if (entry.state.is_late()) {
            const Timestamp again = looked_at_ + kLookPause;
            first = first ? std::min(*first, again) : again;
        }
    }
    return first;
}

/// A file is one row to look for; for a run there is something to look for only once one of that
/// workflow has moved.
void Deadlines::tick(Timestamp now) {
    const bool looks_again = now - looked_at_ >= kLookPause || now < looked_at_;
    std::set<std::string> moved;
    if (looks_again) {
        looked_at_ = now;
        moved = awaited_.take_moved();
    }
    for (auto& [id, entry] : entries_) {
        const bool may_be_met = entry.spec.kind == Kind::file_by || moved.contains(entry.workflow);
        if (looks_again && may_be_met && entry.state.is_late()) look_again(id, entry, now);
        if (entry.next && *entry.next <= now) consider(id, entry, now);
    }
    await_late_ones();
}

void Deadlines::await_late_ones() {
    std::set<std::string> workflows;
    for (const auto& [id, entry] : entries_) {
        if (entry.state.is_late() && entry.spec.kind != Kind::file_by) {
            workflows.insert(entry.workflow);
        }
    }
    awaited_.set(workflows);
}

void Deadlines::saw(const core::Execution& run, const std::vector<core::Event>& events) {
    if (awaited_.are_none()) return;
    const bool has_moved = std::any_of(events.begin(), events.end(), [](const core::Event& event) {
        return event.type == core::EventType::execution_started ||
               event.type == core::EventType::execution_succeeded;
    });
    if (has_moved) awaited_.moved(run.facts().workflow_name);
}

void Deadlines::consider(const std::string& id, Entry& entry, Timestamp now) {
    // Of several that went by unseen only the last one still matters.
    std::size_t count = 0;
    const auto fires = entry.schedule->last_fires_between(entry.state.considered, now, 1, count);
    entry.state.considered = now;
    entry.next = entry.schedule->next_fire(now);
    std::optional<Lateness> late;
    if (!fires.empty() && !has_happened(entry, fires.back())) {
        entry.state.late_due = fires.back();
        entry.state.met_at.reset();
        late = Lateness{id, entry.workflow, entry.spec.kind, fires.back(), false};
    }
    save(id, entry, late);
}

void Deadlines::look_again(const std::string& id, Entry& entry, Timestamp now) {
    const Timestamp due = *entry.state.late_due;
    if (!has_happened(entry, due)) return;
    entry.state.met_at = now;
    save(id, entry, Lateness{id, entry.workflow, entry.spec.kind, due, true});
}

bool Deadlines::has_happened(const Entry& entry, Timestamp due) {
    const Timestamp since = due - entry.spec.window;
    if (entry.spec.kind == Kind::file_by) {
        journal::ClaimQuery query;
        query.source = files_source(id_of(entry.workflow, entry.spec.trigger));
        query.limit = 1;
        const auto claims = reader_.claims(query);
        return claims && !claims->empty() && claims->front().record.at > since;
    }
    const bool is_end = entry.spec.kind == Kind::finish_by;
    runtime::ListQuery query;
    query.workflow = entry.workflow;
    query.limit = is_end ? kRunsMax : 1;  // the newest has started last
    if (is_end) query.status = core::Status::succeeded;
    const auto runs = reader_.list(query);
    if (!runs) {
        awaited_.moved(entry.workflow);
        return false;
    }
    return std::any_of(runs->items.begin(), runs->items.end(), [&](const auto& run) {
        return is_end ? run.stopped_at && *run.stopped_at > since : run.started_at > since;
    });
}

void Deadlines::save(const std::string& id, const Entry& entry, std::optional<Lateness> told) {
    runtime::Writes writes;
    writes.documents.push_back({kDeadlines, id, entry.state.text(entry.workflow, entry.spec.kind)});
    if (told && !told->is_met) {
        writes.claims.push_back({deadline_source(id), to_iso8601(told->due), "{}"});
        writes.notices.push_back(late_notice(*told));
    }
    // Told once it is durable: a claim that is taken has been told before.
    engine_.write(std::move(writes),
                  [tell = tell_, told = std::move(told)](const Result<void>& done) {
                      if (done && told && tell) tell(*told);
                  });
}

}  // namespace stepwell::triggers
