// Runs nodes in dependency order on several threads.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tasks/transform/materialize.hpp"

namespace stepwell::tasks::transform {

struct NodeResult {
    std::string status;  // success, error, skipped | pass, warn, fail, error, skipped
    std::string code;    // of an error: "E_DUPLICATE_KEY"
    std::string message;
    std::int64_t rows = 0;
    std::int64_t failures = 0;
    std::int64_t ms = 0;
    Json schema_changes = Json::array();
    [[nodiscard]] bool is_bad() const { return status == "error" || status == "fail"; }
    [[nodiscard]] bool holds_back() const { return is_bad() || status == "skipped"; }
};

struct Schedule {
    std::vector<std::vector<std::size_t>> waits;  // by node: who must have ended before
    std::vector<std::size_t> order;               // the chosen nodes
    bool fails_fast = false;
    std::function<bool()> is_cancelled;
    /// Runs one node on the worker of that number.
    std::function<NodeResult(std::size_t node, std::size_t worker)> run;
    /// Called after each node, one at a time.
    std::function<void(std::size_t node, const NodeResult&)> ended;
};

/// The results by node. A node that waits for a bad or skipped one is skipped. An exception of a
/// node is that node's error; out of memory ends the work, and is thrown from here once all threads
/// have ended.
std::vector<NodeResult> run_schedule(const Schedule& schedule, std::size_t nodes,
                                     std::size_t workers);

}  // namespace stepwell::tasks::transform
