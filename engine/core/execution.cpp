#include "engine/core/execution.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"
#include "engine/core/delta.hpp"

namespace stepwell::core {

namespace {

/// Smaller payloads are counted for each holder: that costs less than to know them again.
constexpr std::size_t kSharedFrom = 4'096;

/// Variables are left out: an Assign is bounded, and the scopes are few.
template <class Visit>
void each_payload(const Frame& frame, Visit visit) {
    visit(frame.input);
    if (frame.task) visit(frame.task->parameters);
    if (frame.task && frame.task->submitted) visit(*frame.task->submitted);
    if (!frame.fanout) return;
    visit(frame.fanout->items);
    visit(frame.fanout->selector_input);
}

}  // namespace

const char* name_of(Status status) {
    switch (status) {
        case Status::running:
            return "RUNNING";
        case Status::succeeded:
            return "SUCCEEDED";
        case Status::failed:
            return "FAILED";
        case Status::timed_out:
            return "TIMED_OUT";
        case Status::aborted:
            return "ABORTED";
    }
    return "?";
}

std::optional<Timestamp> Execution::machine_due() const {
    return header_.redrive ? header_.redrive->due : facts_->due;
}

std::optional<Timestamp> Execution::next_due() const {
    if (!is_running()) return std::nullopt;
    // The time of its last event may be in the future, where the clock was set back since.
    if (!runnable_.empty()) return Timestamp{};
    std::optional<Timestamp> due = machine_due();
    if (!due_.empty() && (!due || due_.begin()->first < *due)) due = due_.begin()->first;
    return due;
}

const Frame* Execution::find(FrameId id) const {
    const auto found = frames_.find(id);
    return found == frames_.end() ? nullptr : found->second.get();
}

std::vector<FramePtr> Execution::frames() const {
    std::vector<FramePtr> all;
    all.reserve(frames_.size());
    for (const auto& [id, frame] : frames_) all.push_back(frame);
    std::sort(all.begin(), all.end(),
              [](const FramePtr& a, const FramePtr& b) { return a->id < b->id; });
    return all;
}

void Execution::index(const Frame& frame) {
    if (const auto due = frame.next_due()) due_.emplace(*due, frame.id);
    if (frame.is_runnable()) runnable_.insert(frame.id);
    if (frame.has_task()) ++tasks_in_flight_;
    held_bytes_ += sizeof(Frame);
    each_payload(frame, [this](const Payload& payload) { hold(payload); });
}

void Execution::unindex(const Frame& frame) {
    if (const auto due = frame.next_due()) due_.erase({*due, frame.id});
    if (frame.is_runnable()) runnable_.erase(frame.id);
    if (frame.has_task()) --tasks_in_flight_;
    held_bytes_ -= sizeof(Frame);
    each_payload(frame, [this](const Payload& payload) { release(payload); });
}

void Execution::hold(const Payload& payload) {
    const bool is_first = payload.bytes() < kSharedFrom || ++holders_[payload.identity()] == 1;
    if (is_first) held_bytes_ += payload.bytes();
}

void Execution::release(const Payload& payload) {
    if (payload.bytes() >= kSharedFrom) {
        const auto found = holders_.find(payload.identity());
        SW_ASSERT(found != holders_.end());
        if (--found->second > 0) return;
        holders_.erase(found);
    }
    held_bytes_ -= payload.bytes();
}

void Execution::put(FramePtr frame) {
    FramePtr& slot = frames_[frame->id];
    if (slot) unindex(*slot);
    slot = std::move(frame);
    index(*slot);
}

void Execution::erase(FrameId id) {
    const auto found = frames_.find(id);
    if (found == frames_.end()) return;
    unindex(*found->second);
    frames_.erase(found);
}

void Execution::merge(Delta&& delta) {
    header_ = std::move(delta.header);
    if (delta.facts) facts_ = std::move(delta.facts);
    for (auto& [id, frame] : delta.frames) {
        if (frame) {
            put(std::move(frame));
        } else {
            erase(id);
        }
    }
    for (auto& [parent, change] : delta.children) {
        if (change.started == 0) {
            children_.erase(parent);
            continue;
        }
        Children& children = children_[parent];
        if (change.is_reset) children.ids.clear();
        children.ids.insert(children.ids.end(), change.added.begin(), change.added.end());
        children.running = change.running;
    }
    const bool sleeps = runnable_.empty() && tasks_in_flight_ == 0;
    if (sleeps) context_.reset();
}

bool Execution::operator==(const Execution& other) const {
    if (id_ != other.id_ || header_ != other.header_ || frames_.size() != other.frames_.size()) {
        return false;
    }
    if (is_fresh() || other.is_fresh()) return is_fresh() == other.is_fresh();
    if (*facts_ != *other.facts_) return false;
    return std::all_of(frames_.begin(), frames_.end(), [&](const auto& entry) {
        const Frame* twin = other.find(entry.first);
        return twin != nullptr && *entry.second == *twin;
    });
}

}  // namespace stepwell::core
