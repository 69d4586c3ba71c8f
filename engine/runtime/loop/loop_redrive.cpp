// The loop's redrives: a closed execution becomes an open one again.
#include "engine/runtime/loop/loop.hpp"

namespace stepwell::runtime {
namespace {

Failure<Error> not_redrivable(std::string reason) {
    return stepwell::fail(ErrorCode::conflict, std::move(reason));
}

/// The answer to a client that asks for what it has asked for before.
std::optional<Redriven> repeated(const core::Execution& execution, const std::string& client_token,
                                 Timestamp now) {
    const core::Header& header = execution.header();
    const auto at = core::redriven_by(header, client_token, now);
    if (!at) return std::nullopt;
    return Redriven{*at, header.redrive->count, false};
}

}  // namespace

void Loop::on(const Redrive& message) {
    auto redriven = redrive(message.request);
    reply(message.answer, std::move(redriven));
}

Result<Redriven> Loop::redrive(const RedriveRequest& request) {
    if (const Slot* slot = SW_TRY(open(request.id))) {
        if (const auto before = repeated(slot->execution, request.client_token, now_)) {
            return *before;
        }
        // It may have ended in this turn; but nobody has been told so yet.
        return not_redrivable("Execution is RUNNING and cannot be redriven");
    }
    const auto row = SW_TRY(journal_.execution(request.id));
    if (!row) {
        return stepwell::fail(ErrorCode::not_found, "expected an execution with the number " +
                                                        std::to_string(value_of(request.id)) +
                                                        ", but there is none");
    }
    const bool is_fresh = request.rebuilt && request.rebuilt->last_chunk == row->last_chunk &&
                          request.rebuilt->state.execution().id() == row->id;
    const RebuiltPtr rebuilt = is_fresh ? request.rebuilt : SW_TRY(rebuild(journal_, *row));
    return reopen(request, *row, *rebuilt);
}

Result<Redriven> Loop::reopen(const RedriveRequest& request, const journal::ExecutionRecord& row,
                              const Rebuilt& rebuilt) {
    const core::Execution& execution = rebuilt.state.execution();
    if (const auto before = repeated(execution, request.client_token, now_)) return *before;
    LoadedVersionPtr version = SW_TRY(catalog_.version(row.version));
    if (version->is_express()) {
        return not_redrivable("Execution is of an EXPRESS state machine and cannot be redriven");
    }
    const auto workflow = SW_TRY(journal_.workflow(row.workflow));
    RedrivePolicy policy = settings_.redrive;
    policy.events_max = settings_.limits.events_max;
    std::string refusal =
        redrive_refusal({row.status, !workflow || workflow->is_deleted, execution.header().events,
                         row.started_at, row.stopped_at},
                        policy, now_);
    if (!refusal.empty()) return not_redrivable(std::move(refusal));
    SW_TRY(check_room());
    if (!map_runs_.of(row.id).empty()) {
        return not_redrivable("Execution still stops what its Map Runs have started.");
    }
    const Slot* kept = SW_TRY(open_again(row, rebuilt, std::move(version), request.client_token));
    return Redriven{now_, kept->execution.header().redrive->count, true};
}

Result<Slot*> Loop::open_again(const journal::ExecutionRecord& row, const Rebuilt& rebuilt,
                               LoadedVersionPtr version, const std::string& client_token) {
    auto slot = std::make_unique<Slot>(row.id);
    slot->execution = rebuilt.state.execution();
    slot->version = std::move(version);
    slot->given_name = row.name;
    slot->last_chunk = row.last_chunk;
    slot->parent = row.parent;
    SW_TRY(decide(*slot, core::RedriveExecution{rebuilt.state.frames(), client_token}));
    return &cache_.add(std::move(slot));
}

}  // namespace stepwell::runtime
