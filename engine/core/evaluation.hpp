// Evaluation: what the expressions of one state see (the context object and the variables), and how
// their failures become faults of the state.
#pragma once

#include <optional>
#include <string>

#include "engine/core/fault.hpp"
#include "engine/core/state_probe.hpp"
#include "engine/core/turn.hpp"
#include "engine/expression/environment.hpp"
#include "engine/expression/query.hpp"

namespace stepwell::core {

using expression::Environment;
template <class T>
using Evaluated = expression::Evaluated<T>;

class Evaluation : public expression::ContextSource, public expression::VariableSource {
public:
    /// For the state at which `frame` is. REQUIRES: nothing is emitted while it is in use.
    Evaluation(Turn& turn, FrameId frame) : turn_(turn), frame_(turn.frame(frame)) {
        turn.begin_work_of(frame);
    }

    [[nodiscard]] const Frame& frame() const { return frame_; }
    [[nodiscard]] Work& work() const { return turn_.work(); }
    /// The JSON of `payload`, paid for; null where that is too much.
    [[nodiscard]] const Json& look_into(const Payload& payload) const;
    [[nodiscard]] const State& state() const { return turn_.definition().state(frame_.state); }

    /// `data` is what `$` means. It has to live as long as the result.
    [[nodiscard]] Environment over(const Payload& data);

    /// The same for expressions in JSONata; `data` is `$states.input`.
    [[nodiscard]] expression::QueryEnvironment queries(const Payload& data);

    /// Tells who looks at the state's data what `stage` gave.
    void show(Stage stage, const Payload& data) const {
        if (StateProbe* probe = turn_.probe()) probe->stages.insert_or_assign(stage, data);
    }

    /// What stands in place of a Map's items; null: nothing does.
    [[nodiscard]] const Payload* given_items() const {
        const StateProbe* probe = turn_.probe();
        return probe && probe->items ? &*probe->items : nullptr;
    }

    /// For ItemSelector: the iteration that is about to begin.
    void set_item(const Fanout& fanout, std::uint32_t index);
    /// Likewise, for an item of a Map Run. REQUIRES: `value` outlives this; `source` too.
    void set_item(const Json& value, std::uint64_t index, const char* source);
    /// For Parameters of tasks that wait: the token of the attempt that is about to begin.
    void set_task_token(std::string text) { task_token_ = std::move(text); }

    /// The fault that the failure of an expression is: its detail in AWS's frame of words.
    [[nodiscard]] Fault fault(const expression::Failure& failure) const;

    [[nodiscard]] const Json* find(std::string_view name) const override;
    [[nodiscard]] const Json& object() const override;

private:
    /// That of the probe; with an item, where one was set.
    [[nodiscard]] const Json& context_of(const StateProbe& probe) const;
    void fill_state(Json& context) const;
    void fill_item(Json& context) const;

    /// Those of scope's variables; null where there is none of that name.
    [[nodiscard]] const Json* find_in(const VariablesPtr& variables, std::string_view name) const;

    Turn& turn_;
    const Frame& frame_;
    const Fanout* fanout_ = nullptr;
    std::uint32_t index_ = 0;
    const Json* item_ = nullptr;
    std::uint64_t item_index_ = 0;
    const char* item_source_ = "";
    std::string task_token_;
    mutable bool is_context_filled_ = false;
    mutable Json item_context_;
};

}  // namespace stepwell::core
