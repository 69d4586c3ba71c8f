// Draft: the working copy of an execution inside one decision (or one replay).
//
// It reads through to the execution and copies a frame when it first changes it, so that its cost
// is what it changes. Only evolve() calls what is not const.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/core/delta.hpp"
#include "engine/core/execution.hpp"

namespace stepwell::core {

class Draft {
public:
    /// REQUIRES: `base` outlives it and does not change meanwhile.
    explicit Draft(const Execution& base);

    [[nodiscard]] ExecutionId id() const { return base_.id(); }
    [[nodiscard]] bool is_fresh() const { return facts_ == nullptr; }
    [[nodiscard]] bool is_running() const {
        return !is_fresh() && delta_.header.status == Status::running;
    }
    [[nodiscard]] const Facts& facts() const { return *facts_; }
    [[nodiscard]] const Header& header() const { return delta_.header; }
    [[nodiscard]] const Execution& base() const { return base_; }

    /// Null where there is none. The pointer holds until that frame is changed or removed.
    [[nodiscard]] const Frame* find(FrameId id) const;
    /// REQUIRES: it is there.
    [[nodiscard]] const Frame& frame(FrameId id) const;

    /// In the order of their indexes.
    [[nodiscard]] std::vector<FrameId> children_of(FrameId parent) const;
    [[nodiscard]] std::uint32_t started_children(FrameId parent) const;
    [[nodiscard]] std::uint32_t running_children(FrameId parent) const;
    /// Runnable and due frames of the execution as the decision found it, in the order of ids; the
    /// first of them, as there may be many more than a turn gets to.
    [[nodiscard]] std::vector<FrameId> runnable(std::size_t count_max) const;
    [[nodiscard]] std::vector<FrameId> due(Timestamp now, std::size_t count_max) const;

    Header& change_header() { return delta_.header; }
    void set_facts(std::shared_ptr<const Facts> facts);
    /// They are to be stored again: their record went with the execution's end.
    void keep_facts() { delta_.facts = facts_; }
    Frame& change(FrameId id);
    void add(std::shared_ptr<Frame> frame);
    void child_finished(FrameId parent);
    void remove_descendants(FrameId id);
    void remove_all();

    [[nodiscard]] Delta take() && { return std::move(delta_); }

private:
    const Delta::Children* find_children(FrameId parent) const;
    [[nodiscard]] const Execution::Children* children_before(FrameId parent) const;
    Delta::Children& change_children(FrameId parent);

    const Execution& base_;
    std::shared_ptr<const Facts> facts_;
    Delta delta_;
};

}  // namespace stepwell::core
