// Coverage: which events the simulation has seen at which kinds of states, over
// all that this process has run. What was never seen was never tested.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/core/event.hpp"

namespace stepwell::test {

class Coverage {
public:
    /// Of this process.
    static Coverage& all();

    /// How often each pair was seen: a state's kind ("Task"), or "Execution"
    /// where no state was entered yet, and an event's name.
    using Pairs = std::map<std::pair<std::string, std::string>, std::uint64_t>;

    /// The events of one execution, in order. `kinds` remembers between calls at
    /// which kind of state each frame is.
    using Kinds = std::map<FrameId, std::string>;
    void add(const std::vector<core::Event>& events, Kinds& kinds);
    /// As far as they have come, without counting: for events that nobody was told of.
    static Kinds kinds_after(const std::vector<core::Event>& events);

    [[nodiscard]] const Pairs& pairs() const { return pairs_; }
    /// A line for each kind: its events, and how often each was seen.
    [[nodiscard]] std::string text() const;

private:
    Pairs pairs_;
};

}  // namespace stepwell::test
