// Which node comes after which, and which nodes a selection means.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tasks/transform/rendering.hpp"

namespace stepwell::tasks::transform {

/// Renders every node once without running, fills in what config() says, refs and sources, and
/// links parents. Fails with E_CONFIG: missing refs and sources, cycles; all of them.
DataResult<void> link(Project& project, const Renderer& renderer);

/// What `select` and `exclude` mean ("" = all, none): positions of nodes. Grammar: terms separated
/// by blanks (union), each of parts separated by commas (intersection); a part is
/// [@][N]+METHOD:VALUE+[N] with the methods tag, path, name, fqn, source, config.KEY, test_type,
/// resource_type; without a method a path or a name. `*` stands for anything. Tests come with the
/// models that they test. Fails with E_CONFIG for a method that is not known.
DataResult<std::set<std::size_t>> select_nodes(const Project& project, const std::string& select,
                                               const std::string& exclude);

/// The order of work of the chosen nodes: for each, the chosen ones that must have ended before.
/// `gates`: models wait for the tests of their parents (command build).
std::vector<std::vector<std::size_t>> waits(const Project& project,
                                            const std::set<std::size_t>& chosen, bool gates);

}  // namespace stepwell::tasks::transform
