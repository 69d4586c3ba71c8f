// One state by itself: what it makes of an input, without the states around it and without waiting.
// It is the engine's own evaluation, begun at that state and left behind it.
//
// Pure, like all of the core: its owner carries out the task, or says what it gives.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "engine/core/decide.hpp"
#include "engine/core/state_probe.hpp"

namespace stepwell::core {

class Turn;

struct StateTrial {
    StateId state{};
    /// Of the execution that consists of this state alone; `facts.input` is the state's input.
    Facts facts;
    VariablesPtr variables;     // those there are when the state is entered; null: none
    std::uint32_t retries = 0;  // so many attempts are behind it, by each of its retriers
    /// Members of the context object, and members of those, in place of what the facts say.
    Json context = Json::object();
    std::optional<Payload> items;    // of a Map: what its ItemReader reads
    bool replaces_children = false;  // of a Parallel or a Map: succeed() or fail() stands for them
};

struct StateAnswer {
    enum class Status { succeeded, failed, retriable, caught };
    Status status = Status::failed;
    std::optional<Payload> output;  // iff succeeded or caught
    ErrorInfo failure;              // iff not succeeded
    std::optional<StateId> next;    // where it goes; nothing: it ends, or fails
    VariablesPtr variables;         // behind the state; null: none
    std::optional<Duration> delay;  // iff retriable: before the next attempt
    StateProbe seen;
};

/// "SUCCEEDED", "FAILED", "RETRIABLE", "CAUGHT_ERROR".
const char* name_of(StateAnswer::Status status);

class StateTest {
public:
    /// REQUIRES: trial.state is one of the definition's.
    StateTest(definition::DefinitionPtr definition, StateTrial trial, Moment moment);
    StateTest(const StateTest&) = delete;
    StateTest& operator=(const StateTest&) = delete;

    /// Begins the state's work; a Wait is over at once. To be called once.
    void begin();
    /// The task that it asks for; nothing: it asks for none, or has ended.
    [[nodiscard]] std::optional<StartTask> task() const;
    /// Whether it is a Parallel or a Map that wants to know what its children gave.
    [[nodiscard]] bool wants_children() const;

    /// Of such a Map: how many iterations it has, and whether so many of them may fail.
    [[nodiscard]] std::size_t iterations() const { return frame()->fanout->total; }
    [[nodiscard]] bool tolerates(std::size_t failures) const;

    /// What the task, or the children, gave. REQUIRES: task() or wants_children().
    void succeed(Payload result);
    void fail(ErrorInfo failure);

    /// What was seen so far.
    [[nodiscard]] const StateProbe& seen() const { return probe_; }

    /// REQUIRES: it has ended: neither task() nor wants_children().
    [[nodiscard]] StateAnswer answer() const;

private:
    [[nodiscard]] const Frame* frame() const { return execution_.find(kRootFrame); }
    [[nodiscard]] TaskToken token() const;
    void enter();
    void stand_at_state();
    void decide(const std::function<void(Turn&)>& step);
    void pick_up();
    void fail_children(ErrorInfo failure);

    definition::DefinitionPtr definition_;
    StateTrial trial_;
    Moment moment_;
    StateProbe probe_;
    Execution execution_;
    std::vector<Event> events_;
};

}  // namespace stepwell::core
