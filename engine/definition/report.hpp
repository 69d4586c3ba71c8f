// Collecting the faults of one document, each with its place.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/definition/document.hpp"

namespace stepwell::definition {

inline constexpr const char* kSchemaFailed = "SCHEMA_VALIDATION_FAILED";
inline constexpr const char* kMissingTarget = "MISSING_TRANSITION_TARGET";

/// A value of the document and where it stands, going down together.
struct Spot {
    const Json* value;
    const SourceNode* source;
    // Each gives false, and stays, where there is no such element.
    bool into(std::string_view name);
    bool into(std::size_t index);
};

/// A value's place in the document, as a chain of steps from the root that lives on the stack.
/// REQUIRES: the parent and the name outlive it.
class Place {
public:
    Place() = default;
    [[nodiscard]] Place member(std::string_view name) const { return {this, name, 0, false}; }
    [[nodiscard]] Place item(std::size_t index) const { return {this, {}, index, true}; }

    /// "/States/Load/Retry[0]"; "/" for the root.
    [[nodiscard]] std::string location() const;
    /// The nearest enclosing place where it is not in the document.
    [[nodiscard]] Spot find(const Document& document) const;

private:
    Place(const Place* parent, std::string_view name, std::size_t index, bool is_item)
        : parent_(parent), name_(name), index_(index), is_item_(is_item) {}

    const Place* parent_ = nullptr;
    std::string_view name_;
    std::size_t index_ = 0;
    bool is_item_ = false;
};

struct Fault {
    std::string message;
    std::string hint = "";
    std::string code = kSchemaFailed;
    Severity severity = Severity::error;
    bool is_rule = false;
};

/// A fault against a rule that says what is accepted, and nothing of how it would run: what was
/// accepted once goes on without it (ParseOptions::Purpose).
inline Fault rule(Fault fault) {
    fault.is_rule = true;
    return fault;
}

/// Which location a fault below a place gives: AWS says templates' faults of their roots.
enum class Said { of_root, of_itself };

/// A document with more faults than this is told so; a hostile one may have a fault a byte.
inline constexpr std::size_t kDiagnosticsMax = 500;

class Report {
public:
    /// Faults against rules are warnings where `keeps_rules` is false.
    explicit Report(const Document& document, bool keeps_rules = true)
        : document_(document), keeps_rules_(keeps_rules) {}

    /// At the value.
    void add(const Place& place, Fault fault);
    /// At the name of the member: for fields that should not be there, or lack something inside.
    void add_at_name(const Place& place, Fault fault);
    enum class At { value, name };
    /// At what `pointer` (a JSON pointer below the place) names.
    void add_below(const Place& place, std::string_view pointer, Fault fault, Said said,
                   At at = At::value);
    void add(Diagnostic diagnostic);
    /// Notes that the value below the place is a name of that section of the configuration.
    void refer(const Place& place, std::string_view pointer, std::string section, std::string name);

    [[nodiscard]] bool has_errors() const { return has_errors_; }
    /// Whether further faults are only counted: then hints need not be looked for.
    [[nodiscard]] bool is_full() const { return diagnostics_.size() >= kDiagnosticsMax; }
    /// All of them, in the order of their positions.
    std::vector<Diagnostic> take();
    std::vector<Reference> take_references() { return std::move(references_); }

private:
    /// Whether the fault is to be placed and kept; weighs it, and notes its severity, in either
    /// case.
    bool takes(Fault& fault);

    const Document& document_;
    const bool keeps_rules_;
    /// Where `pointer` leads from the place, as far as it is there; its location.
    std::pair<Spot, std::string> below(const Place& place, std::string_view pointer) const;

    std::vector<Diagnostic> diagnostics_;
    std::vector<Reference> references_;
    std::size_t left_out_ = 0;
    bool has_errors_ = false;
};

/// "/a/b~1c" as {"a", "b/c"}.
std::vector<std::string> pointer_steps(std::string_view pointer);

/// "'a', 'b' and 'c'".
std::string quoted_list(const std::vector<std::string>& names);

/// "did you mean 'X'?", or nothing where no candidate is near.
std::string suggest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace stepwell::definition
