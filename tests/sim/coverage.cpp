#include "tests/sim/coverage.hpp"

#include "engine/core/event_type.hpp"

namespace stepwell::test {
namespace {

/// "Task" of a "TaskStateEntered"; empty of other events.
std::string kind_entered(const core::Event& event) {
    const std::string name = core::name_of(event.type);
    const std::size_t at = name.find("StateEntered");
    return at == name.npos ? std::string() : name.substr(0, at);
}

}  // namespace

Coverage& Coverage::all() {
    static Coverage coverage;
    return coverage;
}

void Coverage::add(const std::vector<core::Event>& events, Kinds& kinds) {
    for (const core::Event& event : events) {
        std::string entered = kind_entered(event);
        if (!entered.empty()) kinds[event.frame] = std::move(entered);
        const auto kind = kinds.find(event.frame);
        const std::string at = kind == kinds.end() ? "Execution" : kind->second;
        ++pairs_[{at, core::name_of(event.type)}];
    }
}

Coverage::Kinds Coverage::kinds_after(const std::vector<core::Event>& events) {
    Kinds kinds;
    for (const core::Event& event : events) {
        std::string entered = kind_entered(event);
        if (!entered.empty()) kinds[event.frame] = std::move(entered);
    }
    return kinds;
}

std::string Coverage::text() const {
    std::string text;
    std::string kind;
    for (const auto& [pair, count] : pairs_) {
        if (pair.first != kind) text += (text.empty() ? "" : "\n") + pair.first + ":";
        kind = pair.first;
        text += " " + pair.second + " " + std::to_string(count);
    }
    return text;
}

}  // namespace stepwell::test
