// Where a failure began. A Map failed because an iteration did; a Fail state was entered because
// something was caught: the reason is the state below, or before.
#include <algorithm>
#include <unordered_map>

#include "api/read/digest.hpp"

namespace stepwell::api::answers {
namespace {

class Leaves {
public:
    Leaves(const std::vector<StateRow>& rows, ExecutionId run) : rows_(rows), run_(run) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            auto& visited = frames_[rows[i].frame];
            if (visited.empty() && rows[i].parent) children_[*rows[i].parent].push_back(i);
            visited.push_back(i);
        }
    }

    /// Of the frame whose last state is why it ended.
    void add_frame(FrameId frame, std::vector<LeafFailure>& found) const {
        const auto at = frames_.find(frame);
        if (at == frames_.end()) return;
        const std::vector<std::size_t>& visited = at->second;
        const StateRow& last = rows_[visited.back()];
        if (last.outcome != "failed") return;
        if (last.kind != "Fail") return add_row(visited.back(), found);
        const auto caught = std::find_if(visited.rbegin(), visited.rend(), [&](std::size_t i) {
            return rows_[i].outcome == "caught";
        });
        if (caught == visited.rend()) return add_row(visited.back(), found);
        const std::size_t before = found.size();
        add_row(*caught, found);
        for (std::size_t i = before; i < found.size(); ++i) found[i].ended_by = last.name;
    }

    void add_row(std::size_t index, std::vector<LeafFailure>& found) const {
        const StateRow& row = rows_[index];
        const std::size_t before = found.size();
        const auto below = children_.find(index);
        if (row.is_lane() && below != children_.end()) {
            for (const std::size_t first : below->second) {
                // Those of an earlier try of the Map itself are not why it failed at last.
                if (rows_[first].wave == row.retries) add_frame(rows_[first].frame, found);
            }
        }
        if (found.size() > before) return;
        found.push_back(leaf(row));
    }

    [[nodiscard]] LeafFailure leaf(const StateRow& row) const {
        LeafFailure leaf{row.name,
                         row.path,
                         row.place,
                         row.kind,
                         row.resource,
                         {},
                         row.retries + 1,
                         row.error,
                         row.cause,
                         row.failure_event,
                         row.failed_at.value_or(row.ended_at.value_or(row.entered_at)),
                         {run_, row.frame, row.attempt},
                         row.outcome == "caught",
                         {}};
        for (const StateRow* at = &row; at->parent; at = &rows_[*at->parent]) {
            leaf.items.insert(leaf.items.begin(), {rows_[*at->parent].name, at->item});
        }
        // A state that failed without an attempt says nothing itself; what is around it does.
        for (const StateRow* at = &row; leaf.error.empty() && at->parent;) {
            at = &rows_[*at->parent];
            leaf.error = at->error;
            leaf.cause = at->cause;
            if (leaf.event == EventId{}) leaf.event = at->failure_event;
        }
        return leaf;
    }

    [[nodiscard]] const std::vector<StateRow>& rows() const { return rows_; }

private:
    const std::vector<StateRow>& rows_;
    const ExecutionId run_;
    std::unordered_map<FrameId, std::vector<std::size_t>> frames_;        // rows of a frame
    std::unordered_map<std::size_t, std::vector<std::size_t>> children_;  // first rows below a row
};

bool is_same(const LeafFailure& a, const LeafFailure& b) {
    return a.token == b.token && a.path == b.path && a.event == b.event;
}

void sort_by_event(std::vector<LeafFailure>& leaves) {
    std::stable_sort(leaves.begin(), leaves.end(), [](const LeafFailure& a, const LeafFailure& b) {
        return value_of(a.event) < value_of(b.event);
    });
}

}  // namespace

std::vector<LeafFailure> leaf_failures(const std::vector<StateRow>& rows, ExecutionId run) {
    std::vector<LeafFailure> found;
    Leaves(rows, run).add_frame(kRootFrame, found);
    sort_by_event(found);
    return found;
}

std::vector<LeafFailure> caught_failures(const std::vector<StateRow>& rows, ExecutionId run) {
    const Leaves leaves(rows, run);
    std::vector<LeafFailure> reasons;
    leaves.add_frame(kRootFrame, reasons);
    std::vector<LeafFailure> found;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].outcome == "caught") leaves.add_row(i, found);
    }
    const auto is_reason = [&](const LeafFailure& leaf) {
        return std::any_of(reasons.begin(), reasons.end(),
                           [&](const LeafFailure& reason) { return is_same(reason, leaf); });
    };
    std::erase_if(found, is_reason);
    sort_by_event(found);
    // A state that was caught in an iteration, in a Map that was caught itself, was met twice.
    found.erase(std::unique(found.begin(), found.end(), is_same), found.end());
    for (LeafFailure& leaf : found) leaf.is_caught = true;
    return found;
}

}  // namespace stepwell::api::answers
