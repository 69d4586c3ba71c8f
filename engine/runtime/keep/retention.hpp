// Retention: forgets closed runs that are too old or too many, with their histories and task logs.
//
// It plans on a connection of its own and has the engine delete in small pieces, each a transaction
// among the engine's other work; between them it rests for a multiple of what the last one took.
// Open runs are never touched, a run that is redriven meanwhile stays. Which runs are being
// forgotten is a document, so that a crash leaves no log and no part of a history behind.
//
// Claims of what happened long ago go, too, in the same small pieces: those that nobody asks for
// again and whose runs are gone.
//
// Space in the file becomes free for new rows: the file stops growing, it does not shrink.
//
// Threads: one of its own. statistics() may be called from any.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "engine/runtime/engine.hpp"
#include "engine/runtime/keep/age_walk.hpp"

namespace stepwell::runtime {

/// Which claims are forgotten: of these sources, older than `kept`, beyond the newest ones, where
/// the run that they started is gone.
struct ClaimRule {
    std::vector<std::string> sources;  // what their names begin with
    Duration kept{30LL * 24 * 3'600 * 1'000};
    std::size_t newest = 20'000;   // of each source
    Duration interval{3'600'000};  // between two looks
};

struct RetentionSettings {
    definition::RetentionRule rule;
    std::filesystem::path logs_folder;  // empty: there are no task logs
    Duration interval{60'000};          // between passes
    ClaimRule claims = {};
    /// Bytes of the journal's file that retention cannot free, and which the rule does not count:
    /// those of the audit log. Empty: there are none.
    std::function<Result<std::uint64_t>(journal::JournalReader&)> bytes_apart = {};
};

struct RetentionStatistics {
    std::uint64_t by_age = 0;  // runs forgotten since the daemon began
    std::uint64_t by_count = 0;
    std::uint64_t by_bytes = 0;
    std::uint64_t bytes = 0;  // of their histories
    std::uint64_t claims = 0;
    std::optional<Timestamp> last_pass;
    std::string last_error;  // of the last pass; empty: it went well
};

class Retention {
public:
    using OpenJournal = std::function<Result<std::unique_ptr<journal::JournalReader>>()>;

    /// REQUIRES: engine and clock outlive it.
    Retention(RetentionSettings settings, Engine& engine, Clock& clock, OpenJournal open);
    /// Stops.
    ~Retention();

    void start();
    void stop();
    /// One pass, in the caller's thread. Fails where the journal cannot be read or the engine has
    /// ended. REQUIRES: start() was not called.
    Result<void> pass();

    [[nodiscard]] RetentionStatistics statistics() const;

private:
    struct Piece;
    void work();
    Result<void> pass_over(journal::JournalReader& journal);
    Result<RetentionRules> rules(journal::JournalReader& journal) const;
    Result<void> by_age(journal::JournalReader& journal, const RetentionRules& rules);
    Result<void> by_count(journal::JournalReader& journal, const RetentionRules& rules);
    Result<void> by_bytes(journal::JournalReader& journal, std::uint64_t bytes_max);
    Result<std::uint64_t> excess(journal::JournalReader& journal, std::uint64_t bytes_max) const;
    Result<void> remove_oldest(journal::JournalReader& journal, std::optional<WorkflowId> workflow,
                               std::uint64_t count);
    Result<std::size_t> remove(journal::JournalReader& journal,
                               const std::vector<journal::ExecutionRecord>& runs,
                               RetentionReason reason);
    Result<bool> remove_piece(Piece& piece, RetentionReason reason);
    Result<void> forget_claims(journal::JournalReader& journal);
    Result<void> forget_claims_of(journal::JournalReader& journal, const std::string& source);
    Result<void> finish_begun(journal::JournalReader& journal);
    Result<void> commit(Removals removals);
    void rest(std::chrono::steady_clock::duration after);
    [[nodiscard]] bool is_stopping() const;

    const RetentionSettings settings_;
    Engine& engine_;
    Clock& clock_;
    const OpenJournal open_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool is_stopping_ = false;
    RetentionStatistics statistics_;
    std::optional<Timestamp> claims_seen_at_;  // of the passes only
    AgeWalk age_walk_;                         // of the passes only
    std::thread thread_;
};

}  // namespace stepwell::runtime
