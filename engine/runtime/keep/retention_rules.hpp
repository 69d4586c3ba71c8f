// Which closed run has to go, and by which rule. Pure: no clock, no journal.
#pragma once

#include <map>
#include <optional>

#include "engine/definition/operations.hpp"
#include "engine/journal/records.hpp"

namespace stepwell::runtime {

enum class RetentionReason { age, count, bytes };

/// "age", "count", "bytes".
const char* name_of(RetentionReason reason);

class RetentionRules {
public:
    explicit RetentionRules(definition::RetentionRule all) : all_(all) {}
    /// What the workflow says of its own runs; the rest is as for all.
    void set(WorkflowId workflow, const definition::RetentionRule& own) { own_[workflow] = own; }

    bool operator==(const RetentionRules&) const = default;

    /// Up to when the run is kept. REQUIRES: it has ended.
    [[nodiscard]] Timestamp due(const journal::ExecutionRecord& run) const;
    /// Whether the run is older than its kind is kept. One that runs never is.
    [[nodiscard]] bool is_too_old(const journal::ExecutionRecord& run, Timestamp now) const;
    /// No run that was started after this can be too old; nothing: no run ever is.
    [[nodiscard]] std::optional<Timestamp> youngest_due(Timestamp now) const;

    [[nodiscard]] const definition::RetentionRule& all() const { return all_; }
    [[nodiscard]] const std::map<WorkflowId, definition::RetentionRule>& own() const {
        return own_;
    }

private:
    [[nodiscard]] Duration kept(const journal::ExecutionRecord& run) const;

    definition::RetentionRule all_;
    std::map<WorkflowId, definition::RetentionRule> own_;
};

}  // namespace stepwell::runtime
