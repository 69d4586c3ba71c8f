// What the workflows want, as the newest versions of their files say it.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/definition/starts.hpp"
#include "engine/runtime/read/reader.hpp"

namespace stepwell::triggers {

struct WorkflowPlan {
    std::string workflow;
    definition::Starts starts;
    std::string fault;  // why its members cannot be used; else empty
};

/// The plans of all workflows. A change costs what has changed: the others are kept.
/// Threads: changed() and is_outdated() may be called from any.
class Plans {
public:
    /// A workflow was made, changed or deleted.
    void changed(const std::string& workflow);
    /// Whether there is something to read.
    [[nodiscard]] bool is_outdated() const;
    /// Reads what has changed, the first time all. By the workflows' names; those that want nothing
    /// are left out. Where it fails, what was to be read still is.
    Result<std::vector<WorkflowPlan>> read(runtime::Reader& reader);

private:
    Result<void> read_all(runtime::Reader& reader);
    Result<void> read_one(runtime::Reader& reader, const std::string& workflow);
    void put(const std::string& workflow, const std::string& settings);

    std::vector<WorkflowPlan> plans_;
    bool is_read_ = false;
    mutable std::mutex mutex_;
    std::set<std::string> changed_;
    bool is_new_ = true;  // nothing was read yet
};

/// All of them, once.
Result<std::vector<WorkflowPlan>> read_plan(runtime::Reader& reader);

/// "WORKFLOW#NAME": what a schedule, a trigger or a deadline is called in the journal and the API.
std::string id_of(const std::string& workflow, const std::string& name);

// Where things are kept in the journal.
inline constexpr const char* kSchedules = "schedules";     // how far a schedule has come
inline constexpr const char* kPauses = "schedule_pauses";  // whether people have stopped it
inline constexpr const char* kDeadlines = "deadlines";     // what was late
std::string schedule_source(const std::string& id);
std::string files_source(const std::string& id);
std::string hook_source(const std::string& name);
std::string deadline_source(const std::string& id);
/// What the sources begin with whose old claims may be forgotten. Not those of files: the same
/// bytes must start nothing again, whenever they come. A schedule asks for the claims of at most as
/// many fires as it catches up with (10,000), a webhook's caller repeats a call soon or never.
std::vector<std::string> forgettable_sources();

}  // namespace stepwell::triggers
