#include "engine/core/execution.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"
#include "engine/core/delta.hpp"

namespace stepwell::core {

namespace {

template <class Visit>
void each_payload(const Frame& frame, Visit visit) {
    visit(frame.input);
    if (frame.task) visit(frame.task->parameters);
    if (frame.task && frame.task->submitted) visit(*frame.task->submitted);
    if (frame.variables) {
        for (const Variable& variable : *frame.variables) visit(variable.value);
    }
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
}

void Execution::unindex(const Frame& frame) {
    if (const auto due = frame.next_due()) due_.erase({*due, frame.id});
    if (frame.is_runnable()) runnable_.erase(frame.id);
    if (frame.has_task()) --tasks_in_flight_;
    held_bytes_ -= sizeof(Frame);
}

void Execution::hold(const Payload& payload) {
    if (payload.bytes() >= kLargeFrom) {
        Holding& holding = holdings_[payload.identity()];
        if (holding.holders++ > 0) return;
        holding.payload = payload;
    }
    held_bytes_ += payload.bytes();
}

void Execution::release(const Payload& payload) {
    const std::size_t bytes = payload.bytes();  // it may go with its last holder
    if (bytes >= kLargeFrom) {
        const auto found = holdings_.find(payload.identity());
        SW_ASSERT(found != holdings_.end());
        if (--found->second.holders > 0) return;
        if (found->second.number != 0) released_.push_back(found->second.number);
        holdings_.erase(found);
    }
    held_bytes_ -= bytes;
}

void Execution::hold(const Frame& frame) {
    each_payload(frame, [this](const Payload& payload) { hold(payload); });
}

void Execution::release(const Frame& frame) {
    each_payload(frame, [this](const Payload& payload) { release(payload); });
}

/// As long as it runs: what has ended holds nothing.
void Execution::hold_facts() {
    if (holds_facts_ == is_running()) return;
    holds_facts_ = !holds_facts_;
    if (holds_facts_) {
        hold(facts_->input);
    } else {
        release(facts_->input);
    }
}

std::uint64_t Execution::number_of(const Payload& payload) const {
    const auto found = holdings_.find(payload.identity());
    return found == holdings_.end() ? 0 : found->second.number;
}

void Execution::set_number(const Payload& payload, std::uint64_t number) {
    const auto found = holdings_.find(payload.identity());
    if (found != holdings_.end()) {
        found->second.number = number;
    } else {
        released_.push_back(number);
    }
    next_number_ = std::max(next_number_, number + 1);
}

/// REQUIRES: what it holds is held.
void Execution::put(FramePtr frame) {
    FramePtr& slot = frames_[frame->id];
    if (slot) {
        unindex(*slot);
        release(*slot);
    }
    slot = std::move(frame);
    index(*slot);
}

void Execution::erase(FrameId id) {
    const auto found = frames_.find(id);
    if (found == frames_.end()) return;
    unindex(*found->second);
    release(*found->second);
    frames_.erase(found);
}

/// As long as an ended execution is not buried, nothing but its memory is left of its frames.
void Execution::clear() {
    graves_ = std::exchange(frames_, {});
    children_.clear();
    due_.clear();
    runnable_.clear();
    tasks_in_flight_ = 0;
    held_bytes_ = 0;
    holdings_.clear();
    released_.clear();
    holds_facts_ = false;
}

bool Execution::bury(std::size_t count) {
    for (; count > 0 && !graves_.empty(); --count) graves_.erase(graves_.begin());
    return !graves_.empty();
}

/// What is handed on within the delta is held by its new holder before the old one releases it:
/// otherwise it would lose its number.
void Execution::merge(Delta&& delta, const std::vector<Payload>& numbered) {
    header_ = std::move(delta.header);
    if (delta.is_cleared) clear();
    if (delta.facts) {
        SW_ASSERT(!holds_facts_ || facts_->input.is_same(delta.facts->input));
        facts_ = std::move(delta.facts);
    }
    for (const auto& [id, frame] : delta.frames) {
        if (frame) hold(*frame);
    }
    hold_facts();
    for (const Payload& payload : numbered) set_number(payload, next_number_);
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
