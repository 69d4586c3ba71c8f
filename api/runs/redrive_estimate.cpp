#include "api/runs/redrive_estimate.hpp"

#include <algorithm>
#include <unordered_map>

namespace stepwell::api::answers {
namespace {

using definition::Definition;
using definition::State;

/// Where the estimate supposes that a run goes from here.
std::optional<StateId> likely_next(const State& state) {
    const auto* choice = std::get_if<definition::ChoiceState>(&state.body);
    if (!choice) return state.next;
    if (choice->otherwise) return choice->otherwise;
    if (choice->branches.empty()) return std::nullopt;
    return choice->branches.front().next;
}

class Estimator {
public:
    Estimator(const Definition& definition, const std::vector<core::StandingFrame>& points,
              const Usual& usual)
        : definition_(definition), usual_(usual) {
        for (const core::StandingFrame& point : points) {
            frames_[point.frame->id] = point.frame;
            if (point.frame->parent) children_[*point.frame->parent].push_back(point.frame->id);
        }
    }

    Estimate take() && {
        if (frames_.contains(kRootFrame)) estimate_.time = of_frame(*frames_.at(kRootFrame));
        return std::move(estimate_);
    }

private:
    Duration usually(StateId state) {
        const std::string path = path_of(definition_, state);
        const auto found = usual_.states.find(path);
        if (found != usual_.states.end() && found->second.count > 0) return found->second.p50;
        const auto kind = definition_.state(state).kind();
        const bool takes_time =
            kind == definition::StateKind::task || kind == definition::StateKind::map ||
            kind == definition::StateKind::parallel || kind == definition::StateKind::wait;
        if (takes_time) estimate_.unknown.insert(path);
        return Duration{};
    }

    /// The states after `state` in its scope.
    Duration after(StateId state) {
        Duration time{};
        std::set<StateId> seen{state};
        for (auto next = likely_next(definition_.state(state)); next && seen.insert(*next).second;
             next = likely_next(definition_.state(*next))) {
            time += usually(*next);
        }
        return time;
    }

    Duration of_frame(const core::Frame& frame) {
        if (frame.phase == core::Phase::finished) return Duration{};
        const bool is_lane = frame.fanout != nullptr;
        return (is_lane ? of_lane(frame) : usually(frame.state)) + after(frame.state);
    }

    /// One iteration from its beginning.
    Duration of_new_child(const State& state) {
        const auto* map = std::get_if<definition::MapState>(&state.body);
        if (!map) return Duration{};
        const StateId start = definition_.scope(map->processor).start;
        return usually(start) + after(start);
    }

    Duration of_lane(const core::Frame& frame) {
        Duration longest{};
        Duration work{};
        const auto& children = children_[frame.id];
        for (const FrameId child : children) {
            const Duration time = of_frame(*frames_.at(child));
            longest = std::max(longest, time);
            work += time;
        }
        const auto rest = static_cast<std::int64_t>(frame.fanout->total) -
                          static_cast<std::int64_t>(children.size());
        if (rest > 0) {
            const Duration time = of_new_child(definition_.state(frame.state));
            longest = std::max(longest, time);
            work += time * rest;
        }
        const std::uint32_t side_by_side = frame.fanout->concurrency_max;
        return side_by_side == 0 ? longest : std::max(longest, work / std::int64_t{side_by_side});
    }

    const Definition& definition_;
    const Usual& usual_;
    std::unordered_map<FrameId, core::FramePtr> frames_;
    std::unordered_map<FrameId, std::vector<FrameId>> children_;
    Estimate estimate_;
};

}  // namespace

std::string path_of(const definition::Definition& definition, StateId id) {
    const State& state = definition.state(id);
    const auto owner = definition.scope(state.scope).owner;
    return (owner ? path_of(definition, *owner) + "/" : "") + state.name;
}

Estimate estimate_of(const definition::Definition& definition,
                     const std::vector<core::StandingFrame>& points, const Usual& usual) {
    return Estimator(definition, points, usual).take();
}

}  // namespace stepwell::api::answers
