#include "engine/runtime/loop/catalog.hpp"

#include <utility>

#include "engine/base/uuid.hpp"
#include "engine/runtime/definition_text.hpp"
#include "engine/runtime/names.hpp"

namespace stepwell::runtime {
namespace {

/// Beyond it, versions that no execution holds in memory are dropped and read again when needed.
constexpr std::size_t kVersionsLoadedMax = 1'000;
constexpr std::int64_t kExpressSecondsMax = 300;

WorkflowStatus status_of(const journal::WorkflowRecord& workflow,
                         const journal::VersionRecord& version) {
    WorkflowStatus status;
    status.id = workflow.id;
    status.version = version.id;
    status.number = version.number;
    status.arn = workflow.arn;
    status.revision_id = version.revision_id;
    status.created_at = workflow.created_at;
    status.updated_at = version.created_at;
    return status;
}

/// As AWS bounds them: runs of an Express machine take five minutes at most.
definition::DefinitionPtr bounded(definition::DefinitionPtr definition) {
    const auto seconds = definition->timeout_seconds;
    if (seconds && *seconds <= kExpressSecondsMax) return definition;
    auto copy = std::make_shared<definition::Definition>(*definition);
    copy->timeout_seconds = kExpressSecondsMax;
    return copy;
}

LoadedVersionPtr loaded(const journal::WorkflowRecord& workflow,
                        const journal::VersionRecord& version,
                        definition::DefinitionPtr definition) {
    if (workflow.type == "EXPRESS") definition = bounded(std::move(definition));
    return std::make_shared<const LoadedVersion>(LoadedVersion{
        workflow, version.id, version.role_arn, std::move(definition),
        definition::operations_of(version.settings), definition::inputs_of(version.settings)});
}

WorkflowStatus stale(WorkflowStatus newest) {
    newest.is_stale = true;
    return newest;
}

template <class Id>
Id take_next(Id& next) {
    const Id id = next;
    next = static_cast<Id>(value_of(next) + 1);
    return id;
}

}  // namespace

Catalog::Catalog(const EngineSettings& settings, journal::Journal& journal, Clock& clock)
    : settings_(settings), journal_(journal), clock_(clock) {}

Result<void> Catalog::load() {
    next_ = SW_TRY(journal_.counters());
    for (auto& workflow : SW_TRY(journal_.workflows())) {
        std::string name = workflow.name;
        entries_.emplace(std::move(name), Entry{std::move(workflow), std::nullopt});
    }
    return {};
}

Result<void> Catalog::reload() {
    entries_.clear();
    children_.clear();
    SW_TRY(load());
    std::erase_if(versions_, [&](const auto& entry) { return entry.first >= next_.version; });
    return {};
}

Result<void> Catalog::visit_latest(
    const std::function<void(const journal::WorkflowRecord&, const journal::VersionRecord&)>&
        visit) {
    for (const auto& [name, entry] : entries_) {
        const auto version = SW_TRY(journal_.latest_version(entry.workflow.id));
        if (version) visit(entry.workflow, *version);
    }
    return {};
}

Result<WorkflowStatus> Catalog::apply(const CreateWorkflow& message, journal::Batch& batch) {
    const WorkflowSpec& spec = message.spec;
    const auto at = entries_.find(spec.name);
    if (at == entries_.end()) {
        const bool is_missed = spec.replaces && *spec.replaces != VersionId{};
        return is_missed ? stale({}) : add_workflow(message, batch);
    }
    Entry& entry = at->second;
    const journal::VersionRecord& latest = *SW_TRY(latest_of(entry));
    if (spec.replaces && *spec.replaces != latest.id) {
        return stale(status_of(entry.workflow, latest));
    }
    const bool is_same = latest.definition == spec.definition && latest.settings == spec.settings &&
                         entry.workflow.type == spec.type;
    if (message.existing == CreateWorkflow::Existing::refuse) {
        if (is_same) return status_of(entry.workflow, latest);
        return fail(ErrorCode::conflict,
                    "State Machine Already Exists: '" + entry.workflow.arn + "'");
    }
    if (entry.workflow.type != spec.type) {
        return fail(ErrorCode::conflict, "workflow '" + spec.name +
                                             "': expected its type to stay " + entry.workflow.type +
                                             ", but got " + spec.type);
    }
    if (is_same && latest.role_arn == spec.role_arn) return status_of(entry.workflow, latest);
    journal::VersionRecord next = latest;
    next.definition = spec.definition;
    next.settings = spec.settings;
    next.role_arn = spec.role_arn;
    return add_version(entry, std::move(next), message.definition, batch);
}

Result<WorkflowStatus> Catalog::apply(const UpdateWorkflow& message, journal::Batch& batch) {
    const auto at = entries_.find(message.name);
    if (at == entries_.end()) return no_such_workflow(message.name);
    Entry& entry = at->second;
    const journal::VersionRecord& latest = *SW_TRY(latest_of(entry));
    journal::VersionRecord next = latest;
    next.definition = message.update.definition.value_or(latest.definition);
    next.role_arn = message.update.role_arn.value_or(latest.role_arn);
    next.settings = message.update.settings.value_or(latest.settings);
    if (next.definition == latest.definition && next.role_arn == latest.role_arn &&
        next.settings == latest.settings) {
        return status_of(entry.workflow, latest);
    }
    if (!message.definition) {
        const LoadedVersionPtr loaded = SW_TRY(version(latest.id));
        return add_version(entry, std::move(next), loaded->definition, batch);
    }
    const bool is_express = entry.workflow.type == "EXPRESS";
    const ParsedDefinition& parsed = *message.definition;
    auto definition =
        SW_TRY(Result<definition::DefinitionPtr>(is_express ? parsed.express : parsed.standard));
    return add_version(entry, std::move(next), std::move(definition), batch);
}

Result<void> Catalog::apply(const DeleteWorkflow& message, journal::Batch& batch) {
    const auto at = entries_.find(message.name);
    if (at == entries_.end()) return {};
    batch.add(journal::WorkflowDeletion{at->second.workflow.id});
    entries_.erase(at);
    return {};
}

Result<WorkflowStatus> Catalog::add_workflow(const CreateWorkflow& message, journal::Batch& batch) {
    const WorkflowSpec& spec = message.spec;
    Entry entry;
    entry.workflow.id = take_next(next_.workflow);
    entry.workflow.name = spec.name;
    entry.workflow.arn = workflow_arn_of(settings_.region, settings_.account, spec.name);
    entry.workflow.type = spec.type;
    entry.workflow.created_at = clock_.now();
    batch.add(entry.workflow);
    journal::VersionRecord version;
    version.workflow = entry.workflow.id;
    version.definition = spec.definition;
    version.role_arn = spec.role_arn;
    version.settings = spec.settings;
    Entry& kept = entries_[spec.name] = std::move(entry);
    return add_version(kept, std::move(version), message.definition, batch);
}

WorkflowStatus Catalog::add_version(Entry& entry, journal::VersionRecord version,
                                    definition::DefinitionPtr definition, journal::Batch& batch) {
    version.id = take_next(next_.version);
    version.number += 1;
    version.created_at = clock_.now();
    if (version.number > 1) {
        Prng random(clock_.entropy());
        version.revision_id = uuid4(random);
    }
    batch.add(version);
    versions_[version.id] = loaded(entry.workflow, version, std::move(definition));
    entry.latest = std::move(version);
    WorkflowStatus status = status_of(entry.workflow, *entry.latest);
    status.is_changed = true;
    return status;
}

Result<journal::VersionRecord*> Catalog::latest_of(Entry& entry) {
    if (!entry.latest) {
        entry.latest = SW_TRY(journal_.latest_version(entry.workflow.id));
        if (!entry.latest) {
            return fail(ErrorCode::corruption,
                        "workflow '" + entry.workflow.name +
                            "': expected a version of it, but there is none");
        }
    }
    return &*entry.latest;
}

Result<WorkflowStatus> Catalog::status(const std::string& name) {
    const auto at = entries_.find(name);
    if (at == entries_.end()) return no_such_workflow(name);
    return status_of(at->second.workflow, *SW_TRY(latest_of(at->second)));
}

Result<LoadedVersionPtr> Catalog::find(const std::string& name, std::optional<VersionId> wanted) {
    const auto at = entries_.find(name);
    if (at == entries_.end()) return no_such_workflow(name);
    const VersionId latest = SW_TRY(latest_of(at->second))->id;
    LoadedVersionPtr found = SW_TRY(version(wanted.value_or(latest)));
    if (found->workflow.id != at->second.workflow.id) return no_such_workflow(name);
    return found;
}

Result<LoadedVersionPtr> Catalog::version(VersionId id) {
    if (const auto at = versions_.find(id); at != versions_.end()) return at->second;
    const auto record = SW_TRY(journal_.version(id));
    const std::string place = "version " + std::to_string(value_of(id));
    if (!record)
        return fail(ErrorCode::not_found, place + ": expected it to exist, but it does not");
    const auto workflow = SW_TRY(journal_.workflow(record->workflow));
    if (!workflow) return fail(ErrorCode::corruption, place + " belongs to no workflow");
    auto definition = reload_definition(record->definition);
    if (!definition) return fail(std::move(definition).error().within(place));
    if (versions_.size() >= kVersionsLoadedMax) {
        std::erase_if(versions_, [](const auto& entry) { return entry.second.use_count() == 1; });
    }
    return versions_[id] = loaded(*workflow, *record, *definition);
}

/// Null where there is none yet.
Result<Catalog::Entry*> Catalog::children_entry(const std::string& name, const std::string& type) {
    const std::pair key(name, type);
    if (const auto at = children_.find(key); at != children_.end()) return &at->second;
    for (auto& workflow : SW_TRY(journal_.workflows_named(name))) {
        if (workflow.type != type) continue;
        if (children_.size() >= kVersionsLoadedMax) children_.clear();
        return &(children_[key] = Entry{std::move(workflow), std::nullopt});
    }
    return static_cast<Entry*>(nullptr);
}

/// It is deleted as soon as it is made: its executions are all that is ever asked for.
Result<VersionId> Catalog::children_of(const LoadedVersion& parent,
                                       const definition::DistributedMap& map,
                                       journal::Batch& batch) {
    const std::string& around = parent.workflow.name;
    const std::string name = around.substr(0, around.find('/')) + "/" + map.label;
    const std::string type = map.is_express ? "EXPRESS" : "STANDARD";
    Entry* entry = SW_TRY(children_entry(name, type));
    journal::VersionRecord version;
    if (entry == nullptr) {
        Entry made;
        made.workflow.id = take_next(next_.workflow);
        made.workflow.name = name;
        made.workflow.arn = workflow_arn_of(settings_.region, settings_.account, name);
        made.workflow.type = type;
        made.workflow.created_at = clock_.now();
        batch.add(made.workflow);
        batch.add(journal::WorkflowDeletion{made.workflow.id});
        version.workflow = made.workflow.id;
        version.settings = "{}";
        entry = &(children_[{name, type}] = std::move(made));
    } else {
        version = *SW_TRY(latest_of(*entry));
        const bool is_it =
            version.definition == map.processor && version.role_arn == parent.role_arn;
        if (is_it) return version.id;
    }
    version.definition = map.processor;
    version.role_arn = parent.role_arn;
    auto definition = SW_TRY(reload_definition(map.processor));
    return add_version(*entry, std::move(version), std::move(definition), batch).version;
}

Failure<Error> Catalog::no_such_workflow(const std::string& name) const {
    return fail(ErrorCode::not_found,
                "State Machine Does Not Exist: '" +
                    workflow_arn_of(settings_.region, settings_.account, name) + "'");
}

}  // namespace stepwell::runtime
