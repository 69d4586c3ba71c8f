// The results of a Map Run that become files: they are put together out of the journal, a few in a
// step, into one that a task takes them from. It is made anew after a restart.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "engine/core/fault.hpp"
#include "engine/runtime/loop/loop.hpp"
#include "engine/runtime/loop/map_results.hpp"
#include "engine/runtime/map_run_documents.hpp"
#include "engine/runtime/read/journal_walk.hpp"

namespace stepwell::runtime {
namespace {

constexpr std::size_t kRowsAtOnce = 128;
constexpr std::size_t kRecordsPerStep = 8;
/// To read one out of the journal, in units of base/work.hpp.
constexpr std::uint64_t kWorkPerRecordRead = 5'000;

bool is_aside(const core::MapRun& run, ExecutionId child) {
    return std::find(run.aside.begin(), run.aside.end(), child) != run.aside.end();
}

}  // namespace

/// As it is kept for the result of the state.
std::string Loop::result_text(const OpenMapRun& open, const Slot& child) const {
    const core::Header& header = child.execution.header();
    const bool is_record = string_or(open.run.plan.writer, "Transformation", "") == "NONE";
    if (!is_record) return header.output->text();
    const core::Facts& facts = child.execution.facts();
    Closed closed;
    closed.status = header.status;
    closed.started_at = facts.started_at;
    closed.stopped_at = now_;
    closed.arn = facts.arn;
    closed.name = facts.name;
    closed.workflow_arn = facts.workflow_arn;
    closed.input = facts.input;
    closed.output = header.output;
    return to_text(result_record(closed, header.redrive ? header.redrive->count : 0));
}

Result<void> Loop::begin_writing(OpenMapRun& open) {
    open.run.task = core::MapRunTask::writing;
    open.is_task_ordered = false;
    open.results_to_write.reset();
    open.results_from_turn = turns_ + 1;
    map_runs_.changed(open);
    return {};
}

/// Some more of them; true: all are there.
Result<bool> Loop::gather_results(OpenMapRun& open) {
    if (!open.results_to_write) {
        const auto folder = map_runs_.folder_of(open.run.token);
        std::error_code failed;
        std::filesystem::create_directories(folder, failed);
        open.results_to_write.emplace();
        open.results_to_write->file.open(folder / kResultsFile, std::ios::trunc);
        open.results_to_write->pending_at = open.run.next_item_at;
    }
    for (std::size_t i = 0; i < kRecordsPerStep; ++i) {
        if (SW_TRY(gather_row(open))) continue;
        if (!open.results_to_write->has_all_rows) return false;
        if (SW_TRY(gather_pending(open))) continue;
        open.results_to_write->file.close();
        const bool is_written = !open.results_to_write->file.fail();
        open.results_to_write.reset();
        if (is_written) return true;
        core::end_writing(open.run);
        SW_TRY(fail_map_run(open, {core::errors::kResultWriterFailed,
                                   "expected to write the results below the data folder, but "
                                   "that failed (is the disk full?)"}));
        return false;
    }
    return false;
}

Result<void> Loop::ask_for_rows(OpenMapRun& open) {
    ResultGathering& gathering = *open.results_to_write;
    journal::ExecutionQuery query;
    query.parent = open.run.token.execution;
    query.after = gathering.after;
    query.is_oldest_first = true;
    query.limit = kRowsAtOnce;
    for (auto& row : SW_TRY(journal_.executions(query))) {
        gathering.after = row.id;
        const bool is_of_run = row.origin == kMapOrigin && row.parent->token == open.run.token;
        if (is_of_run) gathering.rows.push_back(std::move(row));
    }
    return {};
}

/// False: there is none now; the journal may not have all of them yet.
Result<bool> Loop::gather_row(OpenMapRun& open) {
    ResultGathering& gathering = *open.results_to_write;
    if (gathering.has_all_rows) return false;
    const ExecutionId before = gathering.after;
    if (gathering.rows.empty()) SW_TRY(ask_for_rows(open));
    if (gathering.rows.empty()) {
        gathering.has_all_rows = gathering.after == before;
        return false;
    }
    const journal::ExecutionRecord row = gathering.rows.front();
    const bool has_ended = row.status != core::Status::running;
    if (!has_ended && !is_aside(open.run, row.id)) {
        // Its end is in this very turn.
        gathering.after = ExecutionId{value_of(row.id) - 1};
        gathering.rows.clear();
        return false;
    }
    gathering.rows.pop_front();
    turn_work_ += kWorkPerRecordRead;
    if (!has_ended) return true;
    const auto closed = closed_of(journal_, row);
    if (!closed) return true;  // what is damaged is shown by its own page
    gathering.file << to_text(result_record(*closed, row.redrives)) << '\n';
    turn_work_ += cost_to_copy(closed->input.bytes());
    return true;
}

Result<bool> Loop::gather_pending(OpenMapRun& open) {
    ResultGathering& gathering = *open.results_to_write;
    const core::MapRun& run = open.run;
    const std::uint64_t index = run.next_item + gathering.pending;
    if (index >= *run.total) return false;
    ++gathering.pending;
    if (!run.plan.reader.is_null()) {
        const auto line = item_line(open, gathering.pending_at);
        if (!line) {
            spdlog::warn("{}; they are not among the results", line.error().message);
            return false;
        }
        gathering.file << to_text(pending_record(std::string(*line))) << '\n';
        gathering.pending_at += line->size() + 1;
        return true;
    }
    const Slot* parent = SW_TRY(this->open(run.token.execution));
    const core::Frame* frame = parent ? parent->execution.find(run.token.frame) : nullptr;
    if (!frame || !frame->fanout) return false;  // it was given up, and its input with it
    gathering.file << to_text(pending_record(to_text(frame->fanout->items.json()[index]))) << '\n';
    return true;
}

}  // namespace stepwell::runtime
