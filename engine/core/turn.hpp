// Turn: one decision being made. It knows the moment, collects events and commands, and holds the
// frames that still have to run. Whatever a state kind decides, it says through emit().
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "engine/base/prng.hpp"
#include "engine/base/work.hpp"
#include "engine/core/decide.hpp"
#include "engine/core/draft.hpp"

namespace stepwell::core {

using definition::Definition;
using definition::State;

struct StateProbe;

class Turn {
public:
    /// REQUIRES: all outlive it. `probe` sees what states make of their data; null: nobody does.
    Turn(const Definition& definition, const Execution& execution, const Moment& moment,
         StateProbe* probe = nullptr);

    [[nodiscard]] const Definition& definition() const { return definition_; }
    [[nodiscard]] const Draft& execution() const { return draft_; }
    [[nodiscard]] const Frame& frame(FrameId id) const { return draft_.frame(id); }
    /// The state at which the frame is.
    [[nodiscard]] const State& state_of(FrameId id) const;
    [[nodiscard]] Timestamp now() const { return moment_.now; }
    [[nodiscard]] const Limits& limits() const { return moment_.limits; }
    [[nodiscard]] std::uint64_t secret() const { return moment_.secret; }
    /// Whether a task of the state at which the frame is has to wait for somebody to take it.
    [[nodiscard]] bool has_to_wait(FrameId id) const {
        return moment_.has_to_wait && moment_.has_to_wait(state_of(id));
    }
    [[nodiscard]] bool has_activity(const std::string& arn) const {
        return !moment_.has_activity || moment_.has_activity(arn);
    }
    Prng& random() { return random_; }
    /// Null: nobody looks.
    [[nodiscard]] StateProbe* probe() const { return probe_; }

    /// The work of one state in one go: what the expressions of its evaluations pay from. `index`
    /// is of an iteration that is about to begin. The same state goes on with what it has left.
    void begin_work_of(FrameId frame, std::optional<std::uint32_t> index = std::nullopt);
    Work& work() { return work_; }
    /// Whether the turn has done so much work that what can wait does.
    [[nodiscard]] bool is_worked_out() const {
        return work_.used() >= moment_.limits.work_per_turn_max;
    }

    /// Adds an event and folds it in at once; returns its id (0 where it is internal). Without
    /// `previous`, it follows the last event of its frame.
    EventId emit(EventType type, FrameId frame, EventDetails details = {},
                 std::optional<EventId> previous = std::nullopt);
    /// Without an event: that a task lives is no fact of the history.
    void set_heartbeat_due(FrameId id, Timestamp due) { draft_.change(id).heartbeat_due = due; }
    void order(Command command) { commands_.push_back(std::move(command)); }

    /// `frame` is ready: it will be run in this turn, or in the next if this one is spent.
    void enqueue(FrameId frame) { queue_.push_back(frame); }
    /// The next frame to run that still wants to; nothing: the turn is over.
    std::optional<FrameId> next_runnable();
    /// Takes one transition out of the turn's allowance; false when that is used up, or when the
    /// history is full.
    bool spend();
    /// Whether the next step might not fit into the history any more.
    [[nodiscard]] bool is_at_event_limit() const;
    /// Whether the execution holds more than it may.
    [[nodiscard]] bool is_at_byte_limit() const;

    Decision finish() &&;

private:
    void count_bytes(const EventDetails& details);
    void count_bytes(const Payload& payload);

    const Definition& definition_;
    const Moment& moment_;
    StateProbe* const probe_;
    Draft draft_;
    Prng random_;
    std::vector<Event> events_;
    std::vector<Command> commands_;
    std::vector<FrameId> queue_;  // those before next_ have had their turn
    std::size_t next_ = 0;
    Work work_;
    std::tuple<FrameId, EventId, std::optional<std::uint32_t>> working_{};  // whose work it is
    std::uint32_t spent_ = 0;
    std::size_t bytes_ = 0;  // of the payloads that the events bring in
    Payload last_counted_;   // what is handed on unchanged counts once
};

}  // namespace stepwell::core
