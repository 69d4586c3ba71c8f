// The workflows, as the engine's thread knows them: all by name, definitions as they are needed.
//
// Changes are visible here at once and durable with the batch that they were put into; where that
// batch is given up, reload() forgets them.
//
// Threads: the engine's only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "engine/definition/inputs.hpp"
#include "engine/definition/operations.hpp"
#include "engine/journal/journal.hpp"
#include "engine/runtime/clock.hpp"
#include "engine/runtime/loop/inbox.hpp"

namespace stepwell::runtime {

/// What an execution keeps until it ends. Immutable.
struct LoadedVersion {
    journal::WorkflowRecord workflow;
    VersionId id{};
    std::string role_arn;
    definition::DefinitionPtr definition;
    definition::Operations operations;
    definition::Inputs inputs;
    [[nodiscard]] bool is_express() const { return workflow.type == "EXPRESS"; }
};
using LoadedVersionPtr = std::shared_ptr<const LoadedVersion>;

class Catalog {
public:
    Catalog(const EngineSettings& settings, journal::Journal& journal, Clock& clock);

    Result<void> load();
    /// As the journal has it: what no commit has made durable is gone.
    Result<void> reload();
    /// Calls `visit` with each workflow and its newest version.
    Result<void> visit_latest(const std::function<void(const journal::WorkflowRecord&,
                                                       const journal::VersionRecord&)>& visit);
    Result<WorkflowStatus> apply(const CreateWorkflow& message, journal::Batch& batch);
    Result<WorkflowStatus> apply(const UpdateWorkflow& message, journal::Batch& batch);
    Result<void> apply(const DeleteWorkflow& message, journal::Batch& batch);

    /// Of the newest version. Fails with `not_found`.
    Result<WorkflowStatus> status(const std::string& name);
    /// The newest version, or the one that is asked for. Fails with `not_found`.
    Result<LoadedVersionPtr> find(const std::string& name, std::optional<VersionId> version);
    /// Fails with `not_found` or `corruption`.
    Result<LoadedVersionPtr> version(VersionId id);
    /// What the executions of a Map Run are started with: a version of a workflow of their own,
    /// "NAME/LABEL", which is listed nowhere. It is made where it is not there yet.
    Result<VersionId> children_of(const LoadedVersion& parent,
                                  const definition::DistributedMap& map, journal::Batch& batch);

private:
    struct Entry {
        journal::WorkflowRecord workflow;
        std::optional<journal::VersionRecord> latest;  // read when it is needed
    };
    Result<journal::VersionRecord*> latest_of(Entry& entry);
    WorkflowStatus add_version(Entry& entry, journal::VersionRecord version,
                               definition::DefinitionPtr definition, journal::Batch& batch);
    Result<WorkflowStatus> add_workflow(const CreateWorkflow& message, journal::Batch& batch);
    Result<Entry*> children_entry(const std::string& name, const std::string& type);
    Failure<Error> no_such_workflow(const std::string& name) const;

    const EngineSettings& settings_;
    journal::Journal& journal_;
    Clock& clock_;
    journal::Counters next_;
    std::map<std::string, Entry> entries_;
    std::unordered_map<VersionId, LoadedVersionPtr> versions_;
    std::map<std::pair<std::string, std::string>, Entry> children_;  // by name and type
};

}  // namespace stepwell::runtime
