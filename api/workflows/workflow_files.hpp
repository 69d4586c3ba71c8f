// What is known of workflow files, as facts that can be asked for: which are good, which have
// faults, which are gone; and the text that each version of a workflow was made from.
//
// The texts, and which file a workflow has, are documents: a file that goes while no daemon runs is
// missed by the next one. The rest is what the folders say now, and is told anew by each daemon.
//
// Thread safety: complete.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/read/readers.hpp"
#include "engine/definition/diagnostic.hpp"
#include "engine/runtime/clock.hpp"
#include "engine/runtime/confidentiality.hpp"
#include "engine/runtime/engine.hpp"

namespace stepwell::api {

/// The text of a version, by "WORKFLOW/VERSION"; the file of a workflow, by its name.
inline constexpr const char* kWorkflowSources = "workflow_source";
inline constexpr const char* kWorkflowHomes = "workflow_file";

/// [{"severity", "line", "column", "pointer", "code", "message", "hint"}]; what there is nothing of
/// is absent.
Json faults_view(const std::vector<definition::Diagnostic>& faults);

/// What a version was made from.
struct WorkflowSource {
    std::string workflow;
    std::uint32_t version = 0;
    std::string file;    // empty: it came through the API
    std::string format;  // "yaml", "json"
    std::string text;
};

/// What keeps the source. Where it came through the API, which file the workflow has stays as it
/// is.
std::vector<journal::DocumentWrite> to_writes(const WorkflowSource& source);
/// The source of a version; nothing where it was not kept, as through the AWS API.
Result<std::optional<WorkflowSource>> source_of(runtime::Reader& reader, std::string_view workflow,
                                                std::uint32_t version);

class WorkflowFiles {
public:
    /// REQUIRES: they outlive it. `secrets` may be null.
    WorkflowFiles(runtime::Engine& engine, Readers& readers, runtime::Clock& clock,
                  runtime::Confidentiality* secrets = nullptr)
        : engine_(engine), readers_(readers), clock_(clock), secrets_(secrets) {}

    /// Remembers which files there were. First of all; fails as the journal does.
    Result<void> open();

    /// The file is good, and has made or is the workflow. Warnings may remain. Its text is kept
    /// with the next flush().
    void is_good(WorkflowSource source, std::vector<definition::Diagnostic> warnings);
    void is_faulty(const std::string& file, std::vector<definition::Diagnostic> faults);
    /// Gives the workflow that it leaves, empty where it was none's.
    std::string is_gone(const std::string& file);
    /// The workflow is deleted: that its file went is nobody's concern any more. Gives what has to
    /// be written, so that the next daemon misses nothing either.
    [[nodiscard]] journal::DocumentWrite leave(const std::string& workflow);
    /// Keeps what has come, and waits until it is durable. Fails as the journal does; the next call
    /// tries again. REQUIRES: one thread calls it.
    Result<void> flush();
    /// Whether the file has been a workflow's, or is one with faults.
    [[nodiscard]] bool is_known(const std::string& file) const;

    /// {"path", "status": "good" | "faulty" | "gone", "workflow", "since", "faults"} of the
    /// workflow's file; nothing where it never had one.
    [[nodiscard]] std::optional<Json> of_workflow(const std::string& workflow) const;
    /// {"items"}: all of them, by path; those that never became a workflow, too.
    [[nodiscard]] Json list() const;

private:
    struct Fact {
        bool is_good = false;
        std::string workflow;  // empty: it never became one
        std::vector<definition::Diagnostic> faults;
        Timestamp since;
    };
    struct Home {
        std::string file;
        Timestamp left;  // since when the file is not the workflow's any more, where it is not
    };

    void note(const std::string& file, Fact fact);
    [[nodiscard]] std::string workflow_of(const std::string& file) const;
    [[nodiscard]] Json gone_view(const std::string& workflow, const Home& home) const;
    [[nodiscard]] std::optional<Home> home_of(const std::string& workflow) const;
    [[nodiscard]] bool has_its_file(const std::string& workflow, const Home& home) const;
    /// What differs from what is kept.
    Result<std::vector<journal::DocumentWrite>> writes_of(runtime::Reader& reader,
                                                          const WorkflowSource& source) const;

    runtime::Engine& engine_;
    Readers& readers_;
    runtime::Clock& clock_;
    runtime::Confidentiality* const secrets_;
    mutable std::mutex mutex_;
    std::map<std::string, Fact> facts_;  // by file; of those that are there
    std::map<std::string, Home> homes_;  // by workflow
    std::vector<WorkflowSource> unkept_;
};

}  // namespace stepwell::api
