// Which node comes after which, and which nodes a selection means.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "tasks/transform/rendering.hpp"

namespace stepwell::tasks::transform {

/// Renders every node once without running, fills in what config() says, refs and sources, and
/// links parents. Fails with E_CONFIG: refs and sources that are missing or disabled, models that
/// are one table, cycles; all of them.
DataResult<void> link(Project& project, const Renderer& renderer);

struct Selected {
    std::set<std::size_t> nodes;         // positions
    std::vector<std::string> unmatched;  // terms of `select` and `exclude` that no node fits
};

/// What `select` and `exclude` mean ("" = all, none). Grammar: terms separated
/// by blanks (union), each of parts separated by commas (intersection); a part is
/// [@][N]+METHOD:VALUE+[N] with the methods tag, path, name, fqn, source, config.KEY, test_type,
/// resource_type; without a method a path or a name. `*` stands for anything. Tests come with the
/// models that they test. Fails with E_CONFIG for a method that is not known.
DataResult<Selected> select_nodes(const Project& project, const std::string& select,
                                  const std::string& exclude);

/// The order of work of the chosen nodes: for each, the nearest chosen ones that must have ended
/// before; those further up follow from them. `gates`: models wait for the tests of what is before
/// them (command build).
std::vector<std::vector<std::size_t>> waits(const Project& project,
                                            const std::set<std::size_t>& chosen, bool gates);

}  // namespace stepwell::tasks::transform
