#include "engine/core/draft.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"

namespace stepwell::core {

Draft::Draft(const Execution& base) : base_(base), facts_(base.facts_) {
    delta_.header = base.header_;
}

const Frame* Draft::find(FrameId id) const {
    const auto changed = delta_.frames.find(id);
    if (changed != delta_.frames.end()) return changed->second.get();
    return delta_.is_cleared ? nullptr : base_.find(id);
}

const Frame& Draft::frame(FrameId id) const {
    const Frame* found = find(id);
    SW_ASSERT(found != nullptr);
    return *found;
}

std::vector<FrameId> Draft::children_of(FrameId parent) const {
    std::vector<FrameId> ids;
    const Delta::Children* change = find_children(parent);
    const Execution::Children* before = children_before(parent);
    if (before && !(change && change->is_reset)) ids = before->ids;
    if (change) ids.insert(ids.end(), change->added.begin(), change->added.end());
    return ids;
}

std::uint32_t Draft::started_children(FrameId parent) const {
    if (const Delta::Children* change = find_children(parent)) return change->started;
    const Execution::Children* before = children_before(parent);
    return before ? static_cast<std::uint32_t>(before->ids.size()) : 0;
}

std::uint32_t Draft::running_children(FrameId parent) const {
    if (const Delta::Children* change = find_children(parent)) return change->running;
    const Execution::Children* before = children_before(parent);
    return before ? before->running : 0;
}

std::vector<FrameId> Draft::runnable(std::size_t count_max) const {
    std::vector<FrameId> ids;
    for (auto at = base_.runnable_.begin(); at != base_.runnable_.end(); ++at) {
        if (ids.size() == count_max) break;
        ids.push_back(*at);
    }
    return ids;
}

std::vector<FrameId> Draft::due(Timestamp now, std::size_t count_max) const {
    std::vector<FrameId> ids;
    for (auto at = base_.due_.begin(); at != base_.due_.end() && at->first <= now; ++at) {
        if (ids.size() == count_max) break;
        ids.push_back(at->second);
    }
    return ids;
}

void Draft::set_facts(std::shared_ptr<const Facts> facts) {
    facts_ = facts;
    delta_.facts = std::move(facts);
}

Frame& Draft::change(FrameId id) {
    auto [slot, is_new] = delta_.frames.try_emplace(id);
    if (is_new) {
        SW_ASSERT(!delta_.is_cleared);
        slot->second = std::make_shared<Frame>(*base_.frames_.at(id));
    }
    SW_ASSERT(slot->second != nullptr);
    return *slot->second;
}

void Draft::add(std::shared_ptr<Frame> frame) {
    if (frame->parent) {
        Delta::Children& children = change_children(*frame->parent);
        SW_ASSERT(frame->index == children.started);
        children.added.push_back(frame->id);
        ++children.started;
        ++children.running;
    }
    const FrameId id = frame->id;
    delta_.frames[id] = std::move(frame);
}

void Draft::child_finished(FrameId parent) {
    --change_children(parent).running;
}

void Draft::remove_descendants(FrameId id) {
    if (started_children(id) == 0) return;
    for (const FrameId child : children_of(id)) {
        remove_descendants(child);
        delta_.frames[child] = nullptr;
    }
    Delta::Children& children = change_children(id);
    children = {.is_reset = true, .added = {}, .started = 0, .running = 0};
}

void Draft::remove_all() {
    delta_.is_cleared = true;
    delta_.frames.clear();
    delta_.children.clear();
}

/// Null where it has none, as the decision found it.
const Execution::Children* Draft::children_before(FrameId parent) const {
    if (delta_.is_cleared) return nullptr;
    const auto before = base_.children_.find(parent);
    return before == base_.children_.end() ? nullptr : &before->second;
}

const Delta::Children* Draft::find_children(FrameId parent) const {
    const auto found = delta_.children.find(parent);
    return found == delta_.children.end() ? nullptr : &found->second;
}

Delta::Children& Draft::change_children(FrameId parent) {
    const auto found = delta_.children.find(parent);
    if (found != delta_.children.end()) return found->second;
    Delta::Children change{.is_reset = false,
                           .added = {},
                           .started = started_children(parent),
                           .running = running_children(parent)};
    return delta_.children.emplace(parent, std::move(change)).first->second;
}

}  // namespace stepwell::core
