// The ids that several layers share. Each is its own type: one cannot be passed for another.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace stepwell {

/// An execution, numbered by the journal in the order of starts; never reused.
enum class ExecutionId : std::uint64_t {};
/// A thread of control in an execution: 0 is the root, then the branches of Parallel states and the
/// iterations of Map states in the order in which they began. Never reused within an execution.
enum class FrameId : std::uint32_t {};
/// A state of a definition: its position in Definition::states.
enum class StateId : std::uint32_t {};
/// A scope of a definition (the machine, a branch, a Map's processor): its position in
/// Definition::scopes; 0 is the machine.
enum class ScopeId : std::uint32_t {};
/// An event of one execution's history, from 1 without a gap; 0 means "none".
enum class EventId : std::uint64_t {};
/// A workflow (the AWS API: a state machine), numbered by the journal.
enum class WorkflowId : std::uint64_t {};
/// A version of a workflow's definition, numbered by the journal over all workflows.
enum class VersionId : std::uint64_t {};

template <class Id>
constexpr auto value_of(Id id) {
    return static_cast<std::underlying_type_t<Id>>(id);
}

inline constexpr FrameId kRootFrame{0};
inline constexpr ScopeId kRootScope{0};

/// Names one attempt at one task: the fencing token that every report of it carries. A report whose
/// token is not the one in flight is refused.
struct TaskToken {
    ExecutionId execution{};
    FrameId frame{};
    std::uint32_t attempt = 0;  // counts all attempts of the frame, over all its states, from 1
    auto operator<=>(const TaskToken&) const = default;

    /// "12.0.3": execution, frame, attempt.
    [[nodiscard]] std::string text() const {
        return std::to_string(value_of(execution)) + "." + std::to_string(value_of(frame)) + "." +
               std::to_string(attempt);
    }
};

}  // namespace stepwell

template <>
struct std::hash<stepwell::TaskToken> {
    std::size_t operator()(const stepwell::TaskToken& token) const noexcept {
        auto h = static_cast<std::size_t>(token.execution) * 0x9E3779B97F4A7C15ull;
        h ^= (static_cast<std::size_t>(token.frame) << 32 | token.attempt) + (h >> 29);
        return h * 0xBF58476D1CE4E5B9ull;
    }
};
