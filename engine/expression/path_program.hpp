// A parsed path, and how it is matched against a document. Internal to engine/expression.
//
// Indefinite paths are matched the way Jayway does it: depth first, in document order, and a match
// that lacks the next step drops out silently.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/expression/environment.hpp"
#include "engine/expression/path.hpp"
#include "engine/expression/scanner.hpp"
#include "engine/expression/value_set.hpp"

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

/// Reads a path up to the first character that cannot belong to it.
Result<PathProgram> scan_path(Scanner& scanner);
/// The steps alone: what comes after `$`, or after `@` in a filter.
Result<std::vector<Step>> scan_steps(Scanner& scanner);
/// Fills in what follows from the steps.
void classify(PathProgram& program);

/// One evaluation of a path: the work that is left, what `$` means in its filters, and what these
/// have found out that is the same for every node they look at.
class Search {
public:
    /// REQUIRES: both outlive it.
    Search(const Json& document, Work& work) : document_(document), work_(work) {}

    [[nodiscard]] const Json& document() const { return document_; }
    [[nodiscard]] Work& work() { return work_; }

    /// What `program` finds below the document, evaluated once. Null where there is nothing.
    const Json* below_document(const PathProgram& program);
    /// The elements of `list`. REQUIRES: the list is a literal or came from below_document().
    const ValueSet& elements_of(const Json& list);

private:
    struct Found {
        Json made;
        const Json* value = nullptr;
    };

    const Json& document_;
    Work& work_;
    std::unordered_map<const PathProgram*, Found> found_;
    std::unordered_map<const Json*, ValueSet> elements_;
};

/// The node of a definite program, null where there is none or where the work is spent.
const Json* find_node(const PathProgram& program, const Json& root, Work& work);

/// What Jayway says where find_node() finds nothing. REQUIRES: it finds nothing.
std::string missing_detail(const PathProgram& program, const Json& root);

/// The value of any program: see Path::evaluate(). Where the work is spent, it says so.
Evaluated<Json> match(const PathProgram& program, const Json& root, Search& search);

/// The element, counted from the end where negative; null where there is none.
const Json* element_at(const Json& array, std::int64_t index);

}  // namespace stepwell::expression
