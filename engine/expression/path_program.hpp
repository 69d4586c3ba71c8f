// A parsed path, and how it is matched against a document. Internal to engine/expression.
//
// Indefinite paths are matched the way Jayway does it: depth first, in document order, and a match
// that lacks the next step drops out silently.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/expression/environment.hpp"
#include "engine/expression/path.hpp"
#include "engine/expression/scanner.hpp"

namespace stepwell::expression {

struct Filter;  // filter.hpp

enum class PathFunction { length, size, keys, min, max, avg, sum, stddev, first, last, index };

/// One step from a node to others.
struct Step {
    enum class Kind { name, index, names, indices, slice, wildcard, filter, function };
    Kind kind = Kind::name;
    bool is_descent = false;            // after `..`: from every node below, and this one
    std::vector<std::string> names;     // name: one; names: several
    std::vector<std::int64_t> indices;  // index: one; indices: several; function: index()'s
    std::optional<std::int64_t> from;   // slice
    std::optional<std::int64_t> to;     // slice
    std::shared_ptr<const Filter> filter;
    PathFunction function = PathFunction::length;

    [[nodiscard]] bool is_definite() const {
        return !is_descent && (kind == Kind::name || kind == Kind::index);
    }
};

struct PathProgram {
    std::string text;
    Path::Source source = Path::Source::data;
    std::string variable;
    std::vector<Step> steps;  // a function stands only at the end
    bool is_definite = true;
    bool is_reference = true;
    /// The last step makes a value (a function, or an object of several members) of one node.
    bool is_computed = false;
};

/// More steps than this are refused.
inline constexpr std::size_t kPathStepsMax = 256;
/// More nodes than this are not visited for one path: `$..*..*` grows with the power of its steps.
inline constexpr std::size_t kPathVisitsMax = 1'000'000;

/// Reads a path up to the first character that cannot belong to it.
Result<PathProgram> scan_path(Scanner& scanner);
/// The steps alone: what comes after `$`, or after `@` in a filter.
Result<std::vector<Step>> scan_steps(Scanner& scanner);
/// Fills in what follows from the steps.
void classify(PathProgram& program);

/// Looking at a large value, or copying it, counts as so many visits as it has bytes by this.
inline constexpr std::size_t kBytesPerVisit = 16;

/// What the matching of one path, with all filters in it, may still visit.
struct VisitBudget {
    std::size_t visits = kPathVisitsMax;
    /// False once nothing is left.
    bool take(std::size_t count = 1) {
        visits -= std::min(visits, count);
        return visits > 0;
    }
};

/// The node of a definite program, null where there is none.
const Json* find_node(const PathProgram& program, const Json& root);

/// What Jayway says where find_node() finds nothing. REQUIRES: it finds nothing.
std::string missing_detail(const PathProgram& program, const Json& root);

/// The value of any program: see Path::evaluate(). `document` is what `$` means in filters.
Evaluated<Json> match(const PathProgram& program, const Json& root, const Json& document,
                      VisitBudget& budget);

/// The element, counted from the end where negative; null where there is none.
const Json* element_at(const Json& array, std::int64_t index);

}  // namespace stepwell::expression
