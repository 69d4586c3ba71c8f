// Text to syntax tree. Internal to engine/expression/jsonata.
#pragma once

#include <memory>
#include <string_view>

#include "engine/base/result.hpp"
#include "engine/expression/jsonata/fault.hpp"
#include "engine/expression/jsonata/node.hpp"

namespace stepwell::expression::jsonata {

/// How deep a tree may be: much that looks at one recurses.
inline constexpr int kTreeDepthMax = 600;

struct Dialect {
    /// `??` and `?:`, which came after what Step Functions has.
    bool has_defaults = true;
};

/// The tree as it is written, its names and patterns checked. Positions of faults are in bytes.
/// Names that `around` has keep their symbols.
Result<std::unique_ptr<Tree>, Fault> parse_tree(std::string_view text, const Dialect& dialect,
                                                const Tree* around = nullptr);

/// Makes paths of steps, finds what `%` refers to and which calls need no return. Positions of
/// faults are in bytes.
Result<void, Fault> resolve(Tree& tree);

}  // namespace stepwell::expression::jsonata
