#include "api/read/histories.hpp"

#include "api/read/run_row.hpp"

namespace stepwell::api::answers {
namespace {

constexpr std::size_t kPagesMax = 100;  // of 1,000 runs, looked through for one answer

}  // namespace

DigestPtr DigestCache::find(ExecutionId run, std::uint64_t revision) {
    const std::lock_guard lock(mutex_);
    const auto found = by_run_.find(run);
    if (found == by_run_.end()) return nullptr;
    const auto entry = found->second;
    const runtime::ExecutionSummary& kept = entry->digest->summary;
    if (kept.revision != revision) {
        drop(entry);
        return nullptr;
    }
    entries_.splice(entries_.begin(), entries_, entry);
    return entry->digest;
}

void DigestCache::put(DigestPtr digest) {
    const std::size_t bytes = digest->bytes();
    const ExecutionId run = digest->summary.id;
    const std::lock_guard lock(mutex_);
    if (const auto found = by_run_.find(run); found != by_run_.end()) drop(found->second);
    if (bytes > bytes_max_) return;
    entries_.push_front({std::move(digest), bytes});
    by_run_[run] = entries_.begin();
    bytes_ += bytes;
    while (bytes_ > bytes_max_) drop(std::prev(entries_.end()));
}

std::size_t DigestCache::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

void DigestCache::drop(std::list<Entry>::iterator entry) {
    bytes_ -= entry->bytes;
    by_run_.erase(entry->digest->summary.id);
    entries_.erase(entry);
}

Result<DigestPtr> Histories::digest(const runtime::ExecutionSummary& summary) {
    if (auto kept = cache_.find(summary.id, summary.revision)) return kept;
    if (auto told = SW_TRY(digest_in_row(summary))) return told;
    return read_digest(summary);
}

Result<DigestPtr> Histories::read_digest(const runtime::ExecutionSummary& summary) {
    if (auto kept = cache_.find(summary.id, summary.revision)) return kept;
    if (reads_left_ == 0) {
        is_complete_ = false;
        return DigestPtr();
    }
    --reads_left_;
    return digest_of_one(summary);
}

/// Not put into the cache: what is asked for of one run is more than its row tells.
Result<DigestPtr> Histories::digest_in_row(const runtime::ExecutionSummary& summary) {
    if (summary.status == core::Status::running) return DigestPtr();
    const auto row = SW_TRY(reader_.run_row(summary.id));
    if (!row || value_of(row->revision) != summary.revision) return DigestPtr();
    auto digest = digest_in(summary, *row);
    return digest ? std::make_shared<const RunDigest>(*std::move(digest)) : DigestPtr();
}

Result<DigestPtr> Histories::digest_of_one(const runtime::ExecutionSummary& summary) {
    if (auto kept = cache_.find(summary.id, summary.revision)) return kept;
    const auto events = SW_TRY(reader_.events(summary.id));
    auto digest = std::make_shared<const RunDigest>(digest_of(summary, events));
    cache_.put(digest);
    return DigestPtr(std::move(digest));
}

Result<std::vector<runtime::ExecutionSummary>> newest_runs(runtime::Reader& reader,
                                                           std::optional<std::string> workflow,
                                                           std::optional<core::Status> status,
                                                           std::size_t limit) {
    runtime::RunQuery query;
    if (workflow) query.workflows = {*std::move(workflow)};
    if (status) query.statuses = {*status};
    query.limit = limit;
    auto page = SW_TRY(reader.search(query));
    return std::move(page.items);
}

Result<RunsInSpan> runs_in(runtime::Reader& reader, std::optional<std::string> workflow,
                           std::optional<core::Status> status, Span span, std::size_t limit) {
    RunsInSpan found;
    runtime::ListQuery query;
    query.workflow = std::move(workflow);
    query.status = status;
    query.limit = 1'000;
    for (std::size_t pages = 0;; ++pages) {
        if (pages == kPagesMax) {
            found.is_cut = true;
            return found;
        }
        auto page = SW_TRY(reader.list(query));
        for (auto& run : page.items) {
            if (run.started_at >= span.to) continue;
            if (run.started_at < span.from) return found;
            if (found.runs.size() == limit) {
                found.is_cut = true;
                return found;
            }
            found.runs.push_back(std::move(run));
        }
        if (!page.next) return found;
        query.token = std::move(page.next);
    }
}

}  // namespace stepwell::api::answers
