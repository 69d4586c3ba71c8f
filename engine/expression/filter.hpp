// The predicates in `[?(...)]`. Internal to engine/expression.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/expression/path_program.hpp"
#include "engine/expression/pattern.hpp"
#include "engine/expression/scanner.hpp"

namespace stepwell::expression {

enum class FilterOperator {
    equal,
    not_equal,
    same,      // === : also of one type
    not_same,  // !==
    less,
    less_equal,
    greater,
    greater_equal,
    in,
    not_in,
    contains,
    subset_of,
    any_of,
    none_of,
    size,
    empty,
    matches,  // =~ /.../
};

/// A literal, or a path below the node under test (`@`) or below the document (`$`).
struct FilterOperand {
    struct Below {
        bool is_current = true;
        std::shared_ptr<const PathProgram> program;
    };
    std::variant<Json, Below> value;
};

struct Filter {
    enum class Kind { all, any, negation, exists, comparison };
    Kind kind = Kind::exists;
    std::vector<Filter> children;    // all, any; negation: one
    FilterOperand left;              // exists, comparison
    FilterOperand right;             // comparison with anything but a pattern
    std::optional<Pattern> pattern;  // matches
    FilterOperator comparison = FilterOperator::equal;
};

/// Reads what stands between `?(` and `)`.
Result<Filter> scan_filter(Scanner& scanner);

/// Whether `node` passes. Never fails: what does not fit is no match, and neither is what comes
/// after the work is spent (whoever began the search fails then).
bool passes(const Filter& filter, const Json& node, Search& search);

}  // namespace stepwell::expression
