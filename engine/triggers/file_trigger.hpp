// One file trigger: watches what its globs name, waits until a file has come to rest, tells one
// version of it from another, and starts runs. The ledger is the journal's claims: (trigger, file
// and identity) is taken in the transaction of the start.
//
//   seen -> stable (unchanged for a time) -> identified (its bytes hashed) -> claimed and started
//
// Threads: the triggers' only.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/digest.hpp"
#include "engine/runtime/read/reader.hpp"
#include "engine/triggers/file_scan.hpp"
#include "engine/triggers/plan.hpp"
#include "engine/triggers/start_queue.hpp"

namespace stepwell::triggers {

class FileTrigger {
public:
    /// REQUIRES: engine, reader and starts outlive it.
    FileTrigger(std::string workflow, definition::FileTriggerSpec spec, runtime::Engine& engine,
                runtime::Reader& reader, StartQueue& starts);
    ~FileTrigger();
    FileTrigger(const FileTrigger&) = delete;
    FileTrigger& operator=(const FileTrigger&) = delete;

    /// Reads the ledger. Fails where the journal cannot be read; a glob that is wrong is a fault().
    Result<void> open(const FilePlaces& places);

    /// Looks at the folders where that is due, and moves the files on. Hashes about `budget` bytes
    /// at most, and takes that off it.
    void tick(Timestamp now, std::size_t& budget);
    /// Something has changed in a folder of it.
    void touch() { is_touched_ = true; }
    [[nodiscard]] Timestamp next() const;

    [[nodiscard]] const std::string& id() const { return id_; }
    [[nodiscard]] const std::set<std::filesystem::path>& folders() const { return folders_; }
    [[nodiscard]] const definition::FileTriggerSpec& spec() const { return spec_; }
    /// Files that are there and have not started a run yet.
    [[nodiscard]] std::size_t waiting() const { return candidates_.size(); }
    /// What keeps it from working; else empty.
    [[nodiscard]] const std::string& fault() const {
        return start_fault_.empty() ? fault_ : start_fault_;
    }

private:
    struct Known {
        std::string identity;
        std::uint64_t size = 0;
        std::int64_t modified_ns = 0;
    };
    enum class Step { seen, identified, starting };
    struct Candidate {
        FoundFile file;
        Timestamp since;  // unchanged since then, as far as we saw
        Step step = Step::seen;
        std::string identity;
    };
    using Candidates = std::map<std::string, Candidate>;  // by uri
    struct Hashing {
        std::string uri;
        FoundFile file;
        int descriptor = -1;
        Sha256 digest;
    };

    void scan(Timestamp now);
    void meet(FoundFile file, Timestamp now);
    [[nodiscard]] bool is_stable(const Candidate& candidate, Timestamp now) const;
    [[nodiscard]] bool is_marked(const FoundFile& file) const;
    void identify(Timestamp now, std::size_t& budget);
    /// Nothing where the budget is used up, or the file changed meanwhile.
    std::optional<std::string> identity_of(Candidate& candidate, Timestamp now,
                                           std::size_t& budget);
    std::optional<std::string> content_of(Candidate& candidate, Timestamp now, std::size_t& budget);
    void close_hashing();
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
    runtime::Engine& engine_;
    runtime::Reader& reader_;
    StartQueue& starts_;
    std::shared_ptr<FileTrigger*> self_;  // null once this is gone
    std::vector<FileGlob> globs_;
    std::set<std::filesystem::path> folders_;
    std::unordered_map<std::string, Known> known_;  // by uri: the newest version in the ledger
    Candidates candidates_;
    std::optional<Hashing> hashing_;
    std::optional<Timestamp> batch_since_;  // the first of the batch was ready then
    Timestamp next_scan_{};
    Timestamp last_scan_{};
    bool is_touched_ = false;
    bool is_identifying_ = false;  // hashing goes on in the next tick
    std::string fault_;
    std::string start_fault_;
};

}  // namespace stepwell::triggers
