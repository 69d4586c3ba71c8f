#include "engine/triggers/plan.hpp"

#include <algorithm>

namespace stepwell::triggers {

void Plans::changed(const std::string& workflow) {
    const std::lock_guard lock(mutex_);
    changed_.insert(workflow);
}

bool Plans::is_outdated() const {
    const std::lock_guard lock(mutex_);
    return is_new_ || !changed_.empty();
}

Result<std::vector<WorkflowPlan>> Plans::read(runtime::Reader& reader) {
    std::set<std::string> changed;
    {
        const std::lock_guard lock(mutex_);
        changed.swap(changed_);
    }
    const auto done = [&]() -> Result<void> {
        if (!is_read_) return read_all(reader);
        for (const std::string& workflow : changed) SW_TRY(read_one(reader, workflow));
        return {};
    }();
    const std::lock_guard lock(mutex_);
    if (!done) {
        changed_.merge(changed);
        return fail(done.error());
    }
    is_read_ = true;
    is_new_ = false;
    return plans_;
}

Result<void> Plans::read_all(runtime::Reader& reader) {
    for (const auto& [workflow, version] : SW_TRY(reader.workflows())) {
        put(workflow.name, version.settings);
    }
    return {};
}

Result<void> Plans::read_one(runtime::Reader& reader, const std::string& workflow) {
    const auto found = reader.workflow(workflow);
    if (!found && found.error().code != ErrorCode::not_found) return fail(found.error());
    put(workflow, found ? found->version.settings : "{}");
    return {};
}

void Plans::put(const std::string& workflow, const std::string& settings) {
    auto at = std::lower_bound(
        plans_.begin(), plans_.end(), workflow,
        [](const WorkflowPlan& plan, const std::string& name) { return plan.workflow < name; });
    if (at != plans_.end() && at->workflow == workflow) at = plans_.erase(at);
    auto starts = definition::starts_of(settings);
    if (!starts) {
        plans_.insert(at, {workflow, {}, starts.error().message});
    } else if (!starts->is_empty()) {
        plans_.insert(at, {workflow, std::move(*starts), ""});
    }
}

Result<std::vector<WorkflowPlan>> read_plan(runtime::Reader& reader) {
    return Plans().read(reader);
}

std::string id_of(const std::string& workflow, const std::string& name) {
    return workflow + "#" + name;
}

std::string schedule_source(const std::string& id) {
    return "schedule:" + id;
}

std::string files_source(const std::string& id) {
    return "files:" + id;
}

std::string hook_source(const std::string& name) {
    return "hook:" + name;
}

std::string deadline_source(const std::string& id) {
    return "deadline:" + id;
}

std::vector<std::string> forgettable_sources() {
    return {schedule_source(""), hook_source(""), deadline_source("")};
}

}  // namespace stepwell::triggers
