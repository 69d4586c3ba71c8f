// What a schedule does: a pure machine. Ticks of the clock and what became of its starts come in,
// what is to be carried out comes out; the shell (engine/triggers) carries it out and keeps the
// state, one document that nobody else writes.
//
//   due fire ──▶ asked ──Accepted──▶ running ──Closed──▶ (gone)
//       │          └───Refused────▶ written off
//       ├──▶ queued ──(nothing before it goes on)──▶ asked
//       └──▶ written off: overlap, queue_full, too_many_waiting
//
// Invariants:
//   (1) A fire that was considered is in the state until it runs, or is written off with a reason:
//       a state that is written and read again at any point forgets none.
//   (2) No fire is asked for twice by one state, whichever way the clock is set; the claim that a
//       start takes excludes it for two states of which one was lost in a crash.
//   (3) With `skip` and `queue` nothing is asked for while something is asked for or runs.
//
// Pure: time comes in, nothing is read or written.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/schedule/schedule.hpp"

namespace stepwell::schedule {

/// What a fire does while a run of the same schedule goes on.
enum class Overlap { allow, skip, queue, cancel_running };

/// The run of a fire; id 0 where the state was written with the start itself, which does not know
/// its number yet: the fire's claim tells it.
struct FiredRun {
    Timestamp fire;
    ExecutionId id{};
    bool operator==(const FiredRun&) const = default;
};

struct ScheduleState {
    std::string fingerprint;        // of what it said then: a changed one counts from its change
    Timestamp considered{};         // fires up to here are decided
    Timestamp resumed{};            // of the last pause that was taken note of
    std::vector<Timestamp> asked;   // for which a start was asked that is not accepted yet
    std::vector<Timestamp> queued;  // that wait until nothing before them goes on
    std::vector<FiredRun> running;
    /// Read from a document of a release that did not keep the runs.
    bool is_without_runs = false;

    [[nodiscard]] bool is_busy() const { return !asked.empty() || !running.empty(); }
    [[nodiscard]] std::string text() const;
    /// Nothing where it is no state.
    static std::optional<ScheduleState> parse(const std::string& text);
    bool operator==(const ScheduleState&) const = default;
};

/// "The clock shows `now`." `is_taken` tells whether a fire has its claim already.
struct Tick {
    Timestamp now;
    std::function<bool(Timestamp fire)> is_taken;
};
/// The state was read after a restart: what is asked for has to be asked for again.
struct Restarted {};
/// People let it go on at `at`: what fell into the pause is not made up for.
struct Resumed {
    Timestamp at;
    Timestamp now;
};
/// It says something else from `now` on.
struct Changed {
    std::string fingerprint;
    Timestamp now;
};
struct Accepted {
    Timestamp fire;
    ExecutionId run;
};
/// For good; `reason` is one word, for the ledger.
struct Refused {
    Timestamp fire;
    std::string reason;
};
struct Closed {
    ExecutionId run;
};
using ScheduleEvent = std::variant<Tick, Restarted, Resumed, Changed, Accepted, Refused, Closed>;

struct Ask {
    Timestamp fire;
};
/// The fire starts nothing, and the ledger is to say why.
struct WriteOff {
    Timestamp fire;
    std::string reason;
};
struct StopRun {
    ExecutionId run;
};
/// Tell when it has closed.
struct WatchRun {
    ExecutionId run;
};
/// Fires after `after` and up to `until` that nobody was there for, and that are not made up for.
struct Missed {
    Timestamp after;
    Timestamp until;
    std::size_t count = 0;
};
/// The clock stood at `from` before, and has been set back.
struct ClockSetBack {
    Timestamp from;
};
/// The state has changed and is to be kept.
struct Keep {};
using ScheduleEffect = std::variant<Ask, WriteOff, StopRun, WatchRun, Missed, ClockSetBack, Keep>;

struct Rules {
    const Schedule& schedule;
    CatchupPolicy catchup;
    Overlap overlap = Overlap::allow;
};

struct Step {
    ScheduleState next;
    std::vector<ScheduleEffect> effects;  // in this order
};

Step step(ScheduleState state, const Rules& rules, const ScheduleEvent& event);

/// The state as it is written in the transaction that starts the run of `fire`.
ScheduleState with_accepted(ScheduleState state, Timestamp fire);

/// Whether a tick has anything to do but let what is queued go on; `next` is the first fire after
/// what is considered.
bool is_due(const ScheduleState& state, const CatchupPolicy& policy, std::optional<Timestamp> next,
            Timestamp now);

}  // namespace stepwell::schedule
