// Digests of runs, read when first asked for and kept within a bound of memory.
//
// An answer over many runs must not read a whole journal: Histories has an allowance of histories
// that it reads for one answer; what is kept from earlier costs nothing.
//
// Threads: DigestCache may be used from any; a Histories is one answer's own.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "api/read/digest.hpp"
#include "api/read/span.hpp"

namespace stepwell::api::answers {

using DigestPtr = std::shared_ptr<const RunDigest>;

class DigestCache {
public:
    explicit DigestCache(std::size_t bytes_max = 64u << 20) : bytes_max_(bytes_max) {}

    /// Null where it is not here, or the run's history has grown since.
    DigestPtr find(ExecutionId run, std::uint64_t revision);
    void put(DigestPtr digest);
    [[nodiscard]] std::size_t bytes() const;

private:
    struct Entry {
        DigestPtr digest;
        std::size_t bytes = 0;
    };
    void drop(std::list<Entry>::iterator entry);

    const std::size_t bytes_max_;
    mutable std::mutex mutex_;
    std::size_t bytes_ = 0;
    std::list<Entry> entries_;  // the one used last is in front
    std::unordered_map<ExecutionId, std::list<Entry>::iterator> by_run_;
};

class Histories {
public:
    /// REQUIRES: both outlive it.
    Histories(runtime::Reader& reader, DigestCache& cache, std::size_t reads_max)
        : reader_(reader), cache_(cache), reads_left_(reads_max) {}

    /// What its run row tells (no failures, no children), else all of it. Null where it has no row
    /// and the allowance is used up.
    Result<DigestPtr> digest(const runtime::ExecutionSummary& summary);
    /// All of it, also where a run row tells some. Null where the allowance is used up.
    Result<DigestPtr> read_digest(const runtime::ExecutionSummary& summary);
    /// The same for a run that the answer is about: it is read in any case.
    Result<DigestPtr> digest_of_one(const runtime::ExecutionSummary& summary);
    /// Whether every digest asked for was given.
    [[nodiscard]] bool is_complete() const { return is_complete_; }
    [[nodiscard]] runtime::Reader& reader() { return reader_; }

private:
    Result<DigestPtr> digest_in_row(const runtime::ExecutionSummary& summary);

    runtime::Reader& reader_;
    DigestCache& cache_;
    std::size_t reads_left_;
    bool is_complete_ = true;
};

/// The newest runs that fit, at most `limit`, among the newest twenty thousand of the workflow.
Result<std::vector<runtime::ExecutionSummary>> newest_runs(runtime::Reader& reader,
                                                           std::optional<std::string> workflow,
                                                           std::optional<core::Status> status,
                                                           std::size_t limit);

/// Runs that started in `span`, newest first; at most `limit`, and `is_cut` where there were more.
struct RunsInSpan {
    std::vector<runtime::ExecutionSummary> runs;
    bool is_cut = false;
};
Result<RunsInSpan> runs_in(runtime::Reader& reader, std::optional<std::string> workflow,
                           std::optional<core::Status> status, Span span, std::size_t limit);

}  // namespace stepwell::api::answers
