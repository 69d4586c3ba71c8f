// The loop's beginning: what a start asks of names, claims, pauses and room, and the execution it
// makes.
#include "engine/runtime/loop/loop.hpp"
#include "engine/runtime/pause.hpp"
#include "engine/runtime/read/journal_walk.hpp"

namespace stepwell::runtime {
namespace {

Started started_of(const core::Execution& execution) {
    const core::Facts& facts = execution.facts();
    return {execution.id(), facts.arn, facts.name, facts.started_at, false};
}

/// The input as its run has it: with what the version's parameters say of what it does not give.
Result<Payload> completed(const LoadedVersion& version, const Payload& given) {
    if (version.inputs.is_empty()) return given;
    Json whole = SW_TRY(version.inputs.complete(given.json()));
    if (whole == given.json()) return given;  // as it was written
    Payload input(std::move(whole));
    if (input.is_within_limits()) return input;
    return stepwell::fail(ErrorCode::invalid,
                          "expected the input to have at most " + std::to_string(kPayloadBytesMax) +
                              " bytes with the defaults of the workflow's parameters");
}

/// Whether a run of the version whose input is `input` may have been given `given`. What can no
/// longer be loaded fills nothing in.
bool is_given(const Result<LoadedVersionPtr>& version, const Payload& given, const Payload& input) {
    if (input == given) return true;
    if (!version) return false;
    const auto whole = completed(**version, given);
    return whole && *whole == input;
}

}  // namespace

Result<Started> Loop::start(const StartRequest& request) {
    if (auto before = SW_TRY(started_by_claims(request))) return *std::move(before);
    if (!request.qualifier.empty()) return start(SW_TRY(resolved(request)));
    LoadedVersionPtr version = SW_TRY(catalog_.find(request.workflow, request.version));
    if (request.name && !version->is_express()) {
        auto there = SW_TRY(existing(request, *version));
        if (there) return *std::move(there);
    }
    SW_TRY(check_room());
    SW_TRY(check_pause(request));
    SW_TRY(ledger_.check(request.documents, request.claims));
    return begin(request, std::move(version));
}

Result<void> Loop::check_pause(const StartRequest& request) {
    if (request.origin != "schedule" && request.origin != "file") return {};
    const auto pause = pause_in(SW_TRY(journal_.document(kPaused, request.workflow)), now_);
    if (!pause) return {};
    return stepwell::fail(ErrorCode::unavailable,
                          "expected workflow '" + request.workflow +
                              "' to start by itself, but it is paused" +
                              (pause->until ? " until " + to_iso8601(*pause->until) : "") +
                              (pause->note.empty() ? "" : ": " + pause->note));
}

/// What the request's claims have started before, where one execution holds all of them.
Result<std::optional<Started>> Loop::started_by_claims(const StartRequest& request) {
    std::optional<ExecutionId> holder;
    for (const journal::Claim& claim : request.claims) {
        const auto by = SW_TRY(ledger_.holder(claim));
        const bool is_first = &claim == &request.claims.front();
        if (!is_first && by != holder) return std::optional<Started>();
        holder = by;
    }
    if (!holder || value_of(*holder) == 0) return std::optional<Started>();
    if (request.claims_are_exact) SW_TRY(check_same_start(*holder, request));
    return std::optional(SW_TRY(started_before(*holder)));
}

/// What has been removed since is taken for the same.
Result<void> Loop::check_same_start(ExecutionId id, const StartRequest& request) {
    const auto is_same = [&](const core::Facts& facts, const Result<LoadedVersionPtr>& version) {
        return facts.workflow_name == request.workflow &&
               is_given(version, request.input, facts.input);
    };
    bool is_good = true;
    if (const Slot* slot = SW_TRY(open(id))) {
        is_good = is_same(slot->execution.facts(), slot->version);
    } else if (const auto row = SW_TRY(journal_.execution(id))) {
        is_good = is_same(*SW_TRY(facts_of(journal_, *row)), catalog_.version(row->version));
    }
    if (is_good) return {};
    return stepwell::fail(ErrorCode::conflict,
                          "expected the same workflow and input as before: run " +
                              std::to_string(value_of(id)) + " was started under that key");
}

Result<Started> Loop::started_before(ExecutionId id) {
    if (const Slot* slot = SW_TRY(open(id))) return started_of(slot->execution);
    const auto row = SW_TRY(journal_.execution(id));
    if (!row) return Started{id, "", "", {}, false};  // long ended, and removed since
    const auto facts = SW_TRY(facts_of(journal_, *row));
    return Started{id, facts->arn, facts->name, row->started_at, false};
}

/// Whoever has the name: it was given it, or it was made for it.
Result<std::optional<journal::ExecutionRecord>> Loop::holder_of(WorkflowId workflow,
                                                                const std::string& name) {
    if (auto named = SW_TRY(journal_.execution_named(workflow, name))) return named;
    const auto id = names_.id_of(name);
    if (!id) return std::optional<journal::ExecutionRecord>();
    auto made = SW_TRY(journal_.execution(*id));
    const bool has_it = made && made->name.empty() && made->workflow == workflow;
    if (!has_it) made.reset();
    return made;
}

Result<std::optional<Started>> Loop::existing(const StartRequest& request,
                                              const LoadedVersion& version) {
    const auto clash = [&] {
        return stepwell::fail(ErrorCode::conflict,
                              "Execution Already Exists: '" +
                                  execution_arn_of(version.workflow.arn, *request.name) + "'");
    };
    std::optional<ExecutionId> id;
    const auto in_turn = names_started_.find({version.workflow.id, *request.name});
    if (in_turn != names_started_.end()) {
        id = in_turn->second;
    } else if (auto row = SW_TRY(holder_of(version.workflow.id, *request.name))) {
        id = row->id;
        if (row->status != core::Status::running) {
            if (!request.adopts_existing) return clash();
            const auto facts = SW_TRY(facts_of(journal_, *row));
            const auto ran = catalog_.version(row->version);
            if (!is_given(ran, request.input, facts->input)) return clash();
            return std::optional(Started{row->id, facts->arn, facts->name, row->started_at, false});
        }
    }
    if (!id) return std::optional<Started>();
    const Slot* slot = SW_TRY(open(*id));
    const bool is_same =
        slot && is_given(slot->version, request.input, slot->execution.facts().input);
    if (!is_same) return clash();
    const bool is_wanted = slot->execution.is_running() || request.adopts_existing;
    if (!is_wanted) return clash();
    return std::optional(started_of(slot->execution));
}

Result<Started> Loop::begin(const StartRequest& request, LoadedVersionPtr version) {
    if (poisonous_versions_.contains(version->id)) return poisonous_error(*version);
    const ExecutionId id = next_execution_;
    const std::string generated = names_.name_of(id);
    const journal::WorkflowRecord& workflow = version->workflow;

    core::StartExecution input;
    input.name = request.name.value_or(generated);
    input.arn = version->is_express() ? express_arn_of(workflow.arn, input.name, generated)
                                      : execution_arn_of(workflow.arn, input.name);
    input.workflow_arn = workflow.arn;
    input.workflow_name = workflow.name;
    input.role_arn = version->role_arn;
    input.version_arn = request.version_arn;
    input.alias_arn = request.alias_arn;
    input.input = SW_TRY(completed(*version, request.input));

    auto slot = std::make_unique<Slot>(id);
    slot->given_name = version->is_express() ? "" : request.name.value_or("");
    slot->version = std::move(version);
    slot->origin = request.origin;
    slot->principal = request.principal;
    // Not in the cache before it is decided: where that fails, nobody will have seen it.
    SW_TRY(decide(*slot, input));
    next_execution_ = static_cast<ExecutionId>(value_of(id) + 1);
    ledger_.add(request.documents, request.claims, id, now_, batch_);
    const Slot& kept = cache_.add(std::move(slot));
    if (!kept.given_name.empty()) {
        names_started_[{kept.version->workflow.id, kept.given_name}] = id;
    }
    Started started = started_of(kept.execution);
    started.is_new = true;
    return started;
}

}  // namespace stepwell::runtime
