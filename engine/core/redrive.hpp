// Redrive: an execution that failed, timed out or was stopped goes on where it stood.
//
// Its frames are gone from what is stored, and the events of the failure removed them. They are
// found again in its history: it is folded once more, but stops before the failure spreads from the
// state where it began up to the end. What is to run again is decided here, and the event carries
// the result, so that a replay never asks.
//
// Pure, like all of the core.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/core/event.hpp"
#include "engine/core/execution.hpp"

namespace stepwell::core {

/// Fails with `conflict` unless the execution has ended otherwise than well.
Result<void> check_redrivable(const Execution& execution);

/// Folds the history of an execution, decision by decision, oldest first.
class Rebuilding {
public:
    explicit Rebuilding(ExecutionId id) : execution_(id) {}

    /// `events`: those of one decision, all of them.
    void take(const std::vector<Event>& events);

    /// The execution as its history leaves it.
    [[nodiscard]] const Execution& execution() const { return execution_; }
    /// Its frames, by id, as they stood before its last end; what RedriveExecution wants to know.
    [[nodiscard]] const std::vector<FramePtr>& frames() const { return frames_; }

private:
    Execution execution_;
    std::vector<FramePtr> frames_;
};

/// What an execution that stood like this goes on with. States that were left, branches and
/// iterations that were finished stay so; every other state that was entered begins its work again
/// with the input it had, its retries counted from zero. A Parallel or Map goes on with those of
/// its children that were not finished, unless they all were: then it begins again.
///
/// `redriven`: the id of the ExecutionRedriven, which the next events of the frames follow.
std::vector<StandingFrame> restart_points(const std::vector<FramePtr>& frames, EventId redriven);

/// When the client with this token has redriven the execution; nothing: not lately.
std::optional<Timestamp> redriven_by(const Header& header, const std::string& client_token,
                                     Timestamp now);

}  // namespace stepwell::core
