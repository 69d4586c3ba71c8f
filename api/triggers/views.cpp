#include "api/triggers/views.hpp"

#include <algorithm>
#include <charconv>

#include "engine/triggers/schedule_runner.hpp"

namespace stepwell::api {
namespace {

using definition::FileTriggerSpec;
using definition::ScheduleSpec;
using schedule::Schedule;
using triggers::WorkflowPlan;

const char* name_of(schedule::ScheduleText::Kind kind) {
    switch (kind) {
        case schedule::ScheduleText::Kind::cron:
            return "cron";
        case schedule::ScheduleText::Kind::rate:
            return "rate";
        case schedule::ScheduleText::Kind::at:
            return "at";
    }
    return "";
}

const char* name_of(schedule::Catchup catchup) {
    switch (catchup) {
        case schedule::Catchup::none:
            return "none";
        case schedule::Catchup::last:
            return "last";
        case schedule::Catchup::all:
            return "all";
    }
    return "";
}

const char* name_of(ScheduleSpec::Overlap overlap) {
    switch (overlap) {
        case ScheduleSpec::Overlap::allow:
            return "allow";
        case ScheduleSpec::Overlap::skip:
            return "skip";
        case ScheduleSpec::Overlap::queue:
            return "queue";
        case ScheduleSpec::Overlap::cancel_running:
            return "cancel_running";
    }
    return "";
}

const char* name_of(FileTriggerSpec::Identity identity) {
    switch (identity) {
        case FileTriggerSpec::Identity::content:
            return "content";
        case FileTriggerSpec::Identity::mtime_size:
            return "mtime_size";
        case FileTriggerSpec::Identity::path:
            return "path";
    }
    return "";
}

std::string canonical(std::string_view id) {
    std::string text(id);
    std::replace(text.begin(), text.end(), ':', '#');
    return text;
}

Json to_json(const journal::ClaimRecord& record, bool is_file) {
    Json out{{"key", record.claim.key}, {"at", to_iso8601(record.at)}};
    if (value_of(record.execution) != 0) out["run"] = value_of(record.execution);
    const auto details = parse_json(record.claim.details);
    if (details) {
        for (const char* name : {"skipped", "size", "mtime", "scheduled_time"}) {
            if (const Json* value = find(*details, name)) out[name] = *value;
        }
    }
    const std::size_t bar = record.claim.key.rfind('|');
    if (is_file && bar != std::string::npos) {
        out["uri"] = record.claim.key.substr(0, bar);
        out["identity"] = record.claim.key.substr(bar + 1);
    }
    return out;
}

/// Adds "last": the newest claim, where there is one.
Result<void> add_last(runtime::Reader& reader, const std::string& source, bool is_file, Json& out) {
    journal::ClaimQuery query;
    query.source = source;
    query.limit = 1;
    const auto newest = SW_TRY(reader.claims(query));
    if (!newest.empty()) out["last"] = to_json(newest.front().record, is_file);
    return {};
}

Result<Json> to_json(runtime::Reader& reader, const WorkflowPlan& plan, const ScheduleSpec& spec,
                     Timestamp now, std::size_t next_count) {
    const std::string id = triggers::id_of(plan.workflow, spec.name);
    const auto kept_pause = SW_TRY(reader.document(triggers::kPauses, id));
    const auto kept_state = SW_TRY(reader.document(triggers::kSchedules, id));
    const auto pause =
        kept_pause ? triggers::SchedulePause::parse(*kept_pause) : triggers::SchedulePause{};
    const auto state = kept_state ? schedule::ScheduleState::parse(*kept_state) : std::nullopt;
    const Schedule schedule = SW_TRY(Schedule::make(spec.when));
    Json out{{"id", id},
             {"workflow", plan.workflow},
             {"name", spec.name},
             {"kind", name_of(spec.when.kind)},
             {"expression", spec.when.text},
             {"timezone", spec.when.timezone},
             {"catchup", name_of(spec.catchup.catchup)},
             {"overlap", name_of(spec.overlap)},
             {"enabled", spec.is_enabled},
             {"paused", pause.is_paused},
             {"queued", state ? state->queued.size() : 0},
             {"next_fires", Json::array()}};
    if (pause.is_paused) out["paused_at"] = to_iso8601(pause.at);
    const bool is_off = pause.is_paused || !spec.is_enabled;
    const Timestamp end = now + std::chrono::hours(24 * 366 * 50);
    for (const Timestamp fire : schedule.fires_between(now, end, is_off ? 0 : next_count)) {
        out["next_fires"].push_back(schedule.local_time(fire));
    }
    SW_TRY(add_last(reader, triggers::schedule_source(id), false, out));
    return out;
}

Result<Json> to_json(runtime::Reader& reader, const WorkflowPlan& plan, const FileTriggerSpec& spec,
                     const triggers::Status* status) {
    const std::string id = triggers::id_of(plan.workflow, spec.name);
    Json out{{"id", id},
             {"workflow", plan.workflow},
             {"name", spec.name},
             {"kind", "files"},
             {"enabled", spec.is_enabled},
             {"files", spec.files},
             {"stable_for_ms", spec.stable_for.count()},
             {"identity", name_of(spec.identity)}};
    if (status != nullptr) {
        for (const triggers::FileTriggerStatus& each : status->files) {
            if (each.id != id) continue;
            out["waiting"] = each.waiting;
            if (!each.fault.empty()) out["fault"] = each.fault;
        }
    }
    SW_TRY(add_last(reader, triggers::files_source(id), true, out));
    return out;
}

Result<Json> to_json(runtime::Reader& reader, const WorkflowPlan& plan,
                     const definition::WebhookSpec& spec) {
    Json out{{"id", triggers::id_of(plan.workflow, spec.name)},
             {"workflow", plan.workflow},
             {"name", spec.name},
             {"kind", "webhook"},
             {"enabled", spec.is_enabled},
             {"url", "/hooks/" + spec.name},
             {"authentication", spec.hmac_secret.empty() ? "token" : "hmac"}};
    SW_TRY(add_last(reader, triggers::hook_source(spec.name), false, out));
    return out;
}

struct Ledger {
    std::string id;
    std::string source;
    bool is_file = false;
};

Result<Ledger> find_ledger(runtime::Reader& reader, std::string_view trigger) {
    const std::string wanted = canonical(trigger);
    for (const WorkflowPlan& plan : SW_TRY(triggers::read_plan(reader))) {
        for (const auto& spec : plan.starts.files) {
            const std::string id = triggers::id_of(plan.workflow, spec.name);
            if (id == wanted) return Ledger{id, triggers::files_source(id), true};
        }
        for (const auto& spec : plan.starts.webhooks) {
            const std::string id = triggers::id_of(plan.workflow, spec.name);
            if (id == wanted) return Ledger{id, triggers::hook_source(spec.name), false};
        }
        for (const auto& spec : plan.starts.schedules) {
            const std::string id = triggers::id_of(plan.workflow, spec.name);
            if (id == wanted) return Ledger{id, triggers::schedule_source(id), false};
        }
    }
    return fail(ErrorCode::not_found,
                "expected a trigger WORKFLOW#NAME, but there is no '" + wanted + "'");
}

}  // namespace

Result<Json> schedules_view(runtime::Reader& reader, Timestamp now, std::size_t next_count) {
    Json list = Json::array();
    const auto plans = SW_TRY(triggers::read_plan(reader));
    for (const WorkflowPlan& plan : plans) {
        for (const ScheduleSpec& spec : plan.starts.schedules) {
            list.push_back(SW_TRY(to_json(reader, plan, spec, now, next_count)));
        }
    }
    return Json{{"items", std::move(list)}};
}

Result<Json> triggers_view(runtime::Reader& reader, const triggers::Status* status) {
    Json list = Json::array();
    const auto plans = SW_TRY(triggers::read_plan(reader));
    for (const WorkflowPlan& plan : plans) {
        for (const FileTriggerSpec& spec : plan.starts.files) {
            list.push_back(SW_TRY(to_json(reader, plan, spec, status)));
        }
        for (const definition::WebhookSpec& spec : plan.starts.webhooks) {
            list.push_back(SW_TRY(to_json(reader, plan, spec)));
        }
    }
    Json out{{"items", std::move(list)}};
    if (status != nullptr) out["starting"] = status->starting;
    if (status != nullptr && !status->trouble.empty()) out["trouble"] = status->trouble;
    return out;
}

Result<Json> ledger_view(runtime::Reader& reader, std::string_view trigger, std::size_t limit,
                         const std::optional<std::string>& after) {
    const Ledger ledger = SW_TRY(find_ledger(reader, trigger));
    journal::ClaimQuery query;
    query.source = ledger.source;
    query.limit = limit + 1;
    if (after) {
        std::int64_t row = 0;
        const auto [end, error] =
            std::from_chars(after->data(), after->data() + after->size(), row);
        if (error != std::errc{} || end != after->data() + after->size()) {
            return fail(
                ErrorCode::invalid,
                "expected 'after' to be 'next' of the page before, but got '" + *after + "'");
        }
        query.before = row;
    }
    auto claims = SW_TRY(reader.claims(query));
    const bool has_more = claims.size() > limit;
    if (has_more) claims.pop_back();
    Json out{{"trigger", ledger.id}, {"items", Json::array()}};
    for (const auto& listed : claims)
        out["items"].push_back(to_json(listed.record, ledger.is_file));
    if (has_more) out["next"] = std::to_string(claims.back().row);
    return out;
}

Result<Json> deadlines_view(runtime::Reader& reader, Timestamp now) {
    Json list = Json::array();
    const auto plans = SW_TRY(triggers::read_plan(reader));
    for (const WorkflowPlan& plan : plans) {
        for (const definition::DeadlineSpec& spec : plan.starts.deadlines) {
            const std::string id = triggers::id_of(plan.workflow, spec.name);
            const auto kept = SW_TRY(reader.document(triggers::kDeadlines, id));
            const auto state =
                kept ? triggers::DeadlineState::parse(*kept) : triggers::DeadlineState{};
            const Schedule schedule = SW_TRY(Schedule::make(spec.when));
            Json out{{"id", id},
                     {"workflow", plan.workflow},
                     {"kind", definition::name_of(spec.kind)},
                     {"expression", spec.when.text},
                     {"timezone", spec.when.timezone},
                     {"status", !state.late_due ? "waiting"
                                : state.met_at  ? "met"
                                                : "late"}};
            if (const auto next = schedule.next_fire(now)) {
                out["next_due"] = schedule.local_time(*next);
            }
            if (state.late_due) out["late_due"] = schedule.local_time(*state.late_due);
            if (state.met_at) out["met_at"] = schedule.local_time(*state.met_at);
            list.push_back(std::move(out));
        }
    }
    return Json{{"items", std::move(list)}};
}

Result<std::string> find_schedule(runtime::Reader& reader, std::string_view id) {
    const std::string wanted = canonical(id);
    const auto plans = SW_TRY(triggers::read_plan(reader));
    for (const WorkflowPlan& plan : plans) {
        for (const ScheduleSpec& spec : plan.starts.schedules) {
            if (triggers::id_of(plan.workflow, spec.name) == wanted) return wanted;
        }
    }
    return fail(ErrorCode::not_found,
                "expected a schedule WORKFLOW#NAME, but there is no '" + wanted + "'");
}

}  // namespace stepwell::api
