#include "engine/triggers/plan.hpp"

namespace stepwell::triggers {

Result<std::vector<WorkflowPlan>> read_plan(runtime::Reader& reader) {
    std::vector<WorkflowPlan> plans;
    const auto workflows = SW_TRY(reader.workflows());
    for (const auto& [workflow, version] : workflows) {
        auto starts = definition::starts_of(version.settings);
        if (!starts) {
            plans.push_back({workflow.name, {}, starts.error().message});
        } else if (!starts->is_empty()) {
            plans.push_back({workflow.name, std::move(*starts), ""});
        }
    }
    return plans;
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
