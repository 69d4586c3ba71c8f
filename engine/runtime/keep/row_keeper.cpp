#include "engine/runtime/keep/row_keeper.hpp"

#include <spdlog/spdlog.h>

#include <iterator>

#include "engine/runtime/read/journal_walk.hpp"
#include "engine/runtime/run_fold.hpp"

namespace stepwell::runtime {
namespace {

constexpr std::size_t kLongAtOnce = 8;
constexpr std::size_t kOlderAtOnce = 128;
/// Results of tasks that are kept of a history, together; beyond, only small ones are.
constexpr std::size_t kResultsBytesMax = 16u << 20;
constexpr std::size_t kSmallResultBytes = 1'024;

/// A history may have any number of large results, and is in memory at one time.
void forget_payloads(core::Event& event, std::size_t& bytes) {
    const std::size_t kept = keep_result_only(event);
    bytes += kept;
    if (bytes <= kResultsBytesMax || kept <= kSmallResultBytes) return;
    std::get<core::TaskInfo>(event.details).output.reset();
}

Result<std::vector<core::Event>> history_of(journal::JournalReader& journal,
                                            const journal::ExecutionRecord& run) {
    std::vector<core::Event> events;
    std::size_t bytes = 0;
    for (const journal::ChunkId id : SW_TRY(chunks_of(journal, run))) {
        auto some = SW_TRY(events_of(journal, id));
        for (core::Event& event : some) forget_payloads(event, bytes);
        std::move(some.begin(), some.end(), std::back_inserter(events));
    }
    return events;
}

void identify(journal::RunRow& row, const journal::ExecutionRecord& run) {
    row.is_folded = true;
    row.id = run.id;
    row.workflow = run.workflow;
    row.started_at = run.started_at;
    row.revision = run.last_chunk;
}

journal::RunRow empty_row(const journal::ExecutionRecord& run) {
    journal::RunRow row;
    identify(row, run);
    return row;
}

}  // namespace

RowKeeper::~RowKeeper() {
    stop();
}

void RowKeeper::start() {
    thread_ = std::thread([this] { work(); });
}

void RowKeeper::stop() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

bool RowKeeper::is_stopping() {
    const std::lock_guard lock(mutex_);
    return is_stopping_;
}

void RowKeeper::work() {
    while (!is_stopping()) {
        auto more = pass_again();
        if (!more) {
            spdlog::warn("run rows: {}", more.error().message);
            journal_.reset();
        }
        // Also while there is more: the engine has other things to do.
        const auto pause = more && *more ? std::chrono::milliseconds(20)
                                         : std::chrono::milliseconds(interval_.count());
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, pause, [this] { return is_stopping_; });
    }
}

Result<bool> RowKeeper::pass_again() {
    if (!journal_) journal_ = SW_TRY(open_());
    return pass(*journal_);
}

Result<bool> RowKeeper::pass(journal::JournalReader& journal) {
    if (SW_TRY(fold_waiting(journal))) return true;
    return fold_older(journal);
}

Result<bool> RowKeeper::fold_waiting(journal::JournalReader& journal) {
    const auto waiting = SW_TRY(journal.unfolded_rows(kLongAtOnce));
    FoldedRows folded;
    for (const journal::RunRow& row : waiting) {
        const auto run = SW_TRY(journal.execution(row.id));
        if (!run || run->status == core::Status::running) continue;
        folded.rows.push_back(row_of(journal, *run).value_or(empty_row(*run)));
    }
    if (folded.rows.empty()) return false;
    SW_TRY(engine_.put_rows_now(std::move(folded)));
    return true;
}

Result<bool> RowKeeper::fold_older(journal::JournalReader& journal) {
    journal::ExecutionQuery query;
    query.before = SW_TRY(journal.rows_from());
    if (value_of(*query.before) <= 1) return false;
    query.limit = kOlderAtOnce;
    const auto runs = SW_TRY(journal.executions(query));
    FoldedRows folded;
    folded.rows_from = runs.size() < query.limit ? ExecutionId{1} : runs.back().id;
    for (const journal::ExecutionRecord& run : runs) {
        if (run.status == core::Status::running) continue;
        if (auto row = row_of(journal, run)) folded.rows.push_back(*std::move(row));
    }
    SW_TRY(engine_.put_rows_now(std::move(folded)));
    return true;
}

/// What cannot be read or folded is not tried for ever: it gets an empty row.
std::optional<journal::RunRow> RowKeeper::row_of(journal::JournalReader& journal,
                                                 const journal::ExecutionRecord& run) {
    std::optional<journal::RunRow> row = empty_row(run);
    try {
        const auto events = history_of(journal, run);
        if (events) {
            row = fold_(run, *events);
        } else {
            spdlog::warn("execution {}: its row: {}", value_of(run.id), events.error().message);
        }
    } catch (const std::exception& e) {
        spdlog::warn("execution {}: its row: {}", value_of(run.id), e.what());
    }
    if (row) identify(*row, run);
    return row;
}

}  // namespace stepwell::runtime
