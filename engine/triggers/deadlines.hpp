// Deadlines: by a time of day a workflow must have been started, must have succeeded, or a file
// must have come. Where it has not, that is told once, as soon as it is late; and once more when
// what was late has come after all. What was told is a document, so that a restart does not tell it
// again.
//
// Threads: the triggers' only; the callback is called on them.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/runtime/engine.hpp"
#include "engine/runtime/read/reader.hpp"
#include "engine/triggers/plan.hpp"

namespace stepwell::triggers {

struct Lateness {
    std::string id;  // "WORKFLOW#NAME"
    std::string workflow;
    definition::DeadlineSpec::Kind kind{};
    Timestamp due;        // by when it should have happened
    bool is_met = false;  // false: it is late now; true: it has come, late
};

/// As it is kept: the deadline that was looked at last.
struct DeadlineState {
    Timestamp considered{};
    std::optional<Timestamp> late_due;  // what is late, or was
    std::optional<Timestamp> met_at;
    [[nodiscard]] std::string text(const std::string& workflow,
                                   definition::DeadlineSpec::Kind kind) const;
    static DeadlineState parse(const std::string& text);
    [[nodiscard]] bool is_late() const { return late_due && !met_at; }
};

/// Workflows that are waited for, and whether a run of theirs has started or succeeded since that
/// was asked last. Threads: complete.
class AwaitedWorkflows {
public:
    /// Those and no others. A new one counts as one that has moved.
    void set(const std::set<std::string>& workflows);
    void moved(const std::string& workflow);
    /// Those that have moved, each once.
    std::set<std::string> take_moved();
    [[nodiscard]] bool are_none() const { return are_none_; }

private:
    std::atomic<bool> are_none_{true};
    std::mutex mutex_;
    std::map<std::string, bool> has_moved_;
};

class Deadlines {
public:
    using Tell = std::function<void(const Lateness&)>;

    /// REQUIRES: engine and reader outlive it.
    Deadlines(runtime::Engine& engine, runtime::Reader& reader, Tell tell);

    Result<void> load(const std::vector<WorkflowPlan>& plans, Timestamp now);
    void tick(Timestamp now);
    [[nodiscard]] std::optional<Timestamp> next() const;
    /// What has happened in a run. From any thread.
    void saw(const core::Execution& run, const std::vector<core::Event>& events);

private:
    struct Entry {
        std::string workflow;
        definition::DeadlineSpec spec;
        std::optional<schedule::Schedule> schedule;
        DeadlineState state;
        std::optional<Timestamp> next;
    };
    void consider(const std::string& id, Entry& entry, Timestamp now);
    void look_again(const std::string& id, Entry& entry, Timestamp now);
    /// Whether it happened within the window before `due`, or since. Where that cannot be read it
    /// is asked again.
    [[nodiscard]] bool has_happened(const Entry& entry, Timestamp due);
    void await_late_ones();
    void save(const std::string& id, const Entry& entry, std::optional<Lateness> told);

    runtime::Engine& engine_;
    runtime::Reader& reader_;
    Tell tell_;
    std::map<std::string, Entry> entries_;
    Timestamp looked_at_{};
    AwaitedWorkflows awaited_;
};

}  // namespace stepwell::triggers
