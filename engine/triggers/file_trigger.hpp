// One file trigger: watches what its globs name, waits until a file has come to rest, tells one
// version of it from another, and starts runs. The ledger is the journal's claims: (trigger, file
// and identity) is taken in the transaction of the start.
//
//   seen -> stable (unchanged for a time) -> identified (its bytes hashed) -> claimed and started
//
// Folders are looked at and files are read by the workers; a trigger has one scan and one slice of
// hashing under way at most, and each of them tells what it found to the next tick.
//
// Threads: the triggers' only.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/runtime/read/reader.hpp"
#include "engine/triggers/file_scan.hpp"
#include "engine/triggers/file_workers.hpp"
#include "engine/triggers/folder_watch.hpp"
#include "engine/triggers/hashing.hpp"
#include "engine/triggers/plan.hpp"
#include "engine/triggers/start_queue.hpp"

namespace stepwell::triggers {

/// What file triggers work with.
struct FileTools {
    runtime::Engine& engine;
    runtime::Reader& reader;
    StartQueue& starts;
    FileWorkers& workers;
    std::shared_ptr<FolderWatch> watch;
    std::size_t slice_bytes;  // that are hashed before others have their turn
};

class FileTrigger {
public:
    /// REQUIRES: the tools outlive it.
    FileTrigger(std::string workflow, definition::FileTriggerSpec spec, const FileTools& tools);
    ~FileTrigger();
    FileTrigger(const FileTrigger&) = delete;
    FileTrigger& operator=(const FileTrigger&) = delete;

    /// Reads the ledger. Fails where the journal cannot be read; a glob that is wrong is a fault().
    Result<void> open(const FilePlaces& places);

    /// Has the folders looked at where that is due, and moves the files on. Waits for no disk.
    void tick(Timestamp now);
    /// Something has changed in a folder of it.
    void touch() { is_touched_ = true; }
    [[nodiscard]] Timestamp next() const;
    [[nodiscard]] bool is_scanning() const { return scanning_since_.has_value(); }

    [[nodiscard]] const std::string& id() const { return id_; }
    [[nodiscard]] const std::set<std::filesystem::path>& folders() const { return folders_; }
    [[nodiscard]] const definition::FileTriggerSpec& spec() const { return spec_; }
    /// Files that are there and have not started a run yet.
    [[nodiscard]] std::size_t waiting() const { return candidates_.size(); }
    /// What keeps it from working; else empty.
    [[nodiscard]] const std::string& fault() const {
        if (!start_fault_.empty()) return start_fault_;
        return slow_fault_.empty() ? fault_ : slow_fault_;
    }

private:
    struct Known {
        std::string identity;
        std::uint64_t size = 0;
        std::int64_t modified_ns = 0;
        std::int64_t changed_ns = 0;  // 0: written by a release that did not ask
        std::uint64_t inode = 0;
        [[nodiscard]] bool is(const FoundFile& file) const;
    };
    enum class Step { seen, identified, starting };
    struct Candidate {
        FoundFile file;
        Timestamp since;  // unchanged since then, as far as we saw
        Step step = Step::seen;
        std::string identity;
    };
    using Candidates = std::map<std::string, Candidate>;  // by uri
    void begin_scan(Timestamp now);
    void take_scan(Timestamp now);
    void meet(FoundFile file, Timestamp now);
    /// Unchanged for long enough when the folders were looked at last.
    [[nodiscard]] bool is_stable(const Candidate& candidate) const;
    void identify();
    void begin_hashing(std::vector<FoundFile> files);
    void take_hashed(Timestamp now);
    void identified(const std::string& uri, std::string identity);
    void note_slow(Timestamp now);
    /// False where this version needs no run.
    bool is_wanted(const Candidate& candidate);
    void note_unwanted(const Candidate& candidate, const std::string& why);
    void start_ready(Timestamp now);
    void start(const std::vector<Candidate*>& files);
    void started(const std::vector<std::string>& uris, const Result<runtime::Started>& result);
    void remember(const Candidate& candidate);
    [[nodiscard]] journal::Claim claim_of(const Candidate& candidate, const char* skipped) const;
    [[nodiscard]] Json input_of(const std::vector<Candidate*>& files) const;

    std::string id_;
    std::string workflow_;
    definition::FileTriggerSpec spec_;
    const FileTools tools_;
    std::shared_ptr<FileTrigger*> self_;  // null once this is gone
    std::shared_ptr<const ScanPlan> plan_;
    std::set<std::filesystem::path> folders_;
    std::unordered_map<std::string, Known> known_;  // by uri: the newest version in the ledger
    Candidates candidates_;
    std::optional<Scan> scanned_;      // to be taken in the tick
    std::optional<HashSlice> hashed_;  // likewise
    std::shared_ptr<HalfHashed> half_;
    std::optional<Timestamp> scanning_since_;
    bool is_hashing_ = false;
    std::optional<Timestamp> batch_since_;  // the first of the batch was ready then
    Timestamp next_scan_{};
    Timestamp last_scan_{};  // when it began
    bool is_touched_ = false;
    std::string fault_;
    std::string slow_fault_;
    std::string start_fault_;
};

}  // namespace stepwell::triggers
