// A whole run without the world around it: the engine's own decisions, with a clock that jumps to
// whatever is due next. Who owns it says what each task gives.
//
// Pure, like all of the core.
#pragma once

#include <optional>
#include <vector>

#include "engine/core/decide.hpp"

namespace stepwell::core {

class Rehearsal {
public:
    /// `moment.now` is when the run starts; its entropy is that of all that is drawn in it.
    /// A distributed Map runs its items as an inline one would: nothing is read, batched or written
    /// for them.
    Rehearsal(const definition::DefinitionPtr& definition, StartExecution start, Moment moment);
    Rehearsal(const Rehearsal&) = delete;
    Rehearsal& operator=(const Rehearsal&) = delete;

    /// The task that has to be answered next, the oldest of them; time passes up to there. Nothing:
    /// the run has ended.
    std::optional<StartTask> next_task();

    /// What the task gave. REQUIRES: next_task() gave it last.
    void succeed(const StartTask& task, Payload result);
    void fail(const StartTask& task, ErrorInfo failure);

    [[nodiscard]] const Execution& execution() const { return execution_; }
    [[nodiscard]] const std::vector<Event>& events() const { return events_; }
    /// What has passed on its clock.
    [[nodiscard]] Duration elapsed() const { return moment_.now - started_at_; }

private:
    void tell(const Input& input);
    std::optional<StartTask> oldest_task();
    [[nodiscard]] bool is_in_flight(const StartTask& task) const;

    definition::DefinitionPtr definition_;
    Moment moment_;
    Timestamp started_at_;
    Execution execution_;
    std::vector<Event> events_;
    std::vector<StartTask> waiting_;  // newest first; some may have ended meanwhile
};

}  // namespace stepwell::core
