// What an expression may look at, and how it fails.
//
// Expressions are pure: no host objects, no clock, no I/O. Randomness (UUID, MathRandom) comes from
// a generator that the caller seeded.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/json.hpp"
#include "engine/base/payload.hpp"
#include "engine/base/prng.hpp"
#include "engine/base/work.hpp"

namespace stepwell::expression {

/// Why an evaluation failed, as a state machine sees it.
struct Failure {
    std::string error;   // "States.Runtime", "States.IntrinsicFailure", ...
    std::string detail;  // the text without the wrapper "An error occurred while executing ..."
    std::string location = {};  // of a JSONata expression: "Output/a"
};

template <class T>
using Evaluated = Result<T, Failure>;

/// What an evaluation fails with that has spent its work; `what` says what it was about.
Failure work_failure(const Work& work, const std::string& what);

/// The variables that a state sees: its own scope's and those of the scopes around it.
class VariableSource {
public:
    virtual ~VariableSource() = default;
    /// Null where no such variable is assigned. The pointer lives as long as the source.
    [[nodiscard]] virtual const Json* find(std::string_view name) const = 0;
};

/// The context object, made only when an expression asks for it.
class ContextSource {
public:
    virtual ~ContextSource() = default;
    /// The reference lives as long as the source.
    [[nodiscard]] virtual const Json& object() const = 0;
};

/// A document that may yet have to be parsed, which is done when somebody looks into it. REQUIRES:
/// what it was made of outlives it.
class LazyDocument {
public:
    LazyDocument(const Json& json) : json_(&json) {}              // NOLINT(*-explicit-*)
    LazyDocument(const Payload& payload) : payload_(&payload) {}  // NOLINT(*-explicit-*)

    /// Pays for the parsing. Null, the JSON value, where the work is spent: whoever evaluates asks
    /// before it gives a result.
    [[nodiscard]] const Json& json(Work& work) const;

private:
    const Json* json_ = nullptr;
    const Payload* payload_ = nullptr;
};

/// REQUIRES: all that it refers to outlives the evaluation.
struct Environment {
    LazyDocument data;  // what `$` means
    const ContextSource& context;
    const VariableSource& variables;
    Prng& random;
    Work& work;
    /// The state's input, which messages quote even where `$` is something else.
    LazyDocument state_input;

    /// For messages.
    [[nodiscard]] std::string state_input_text() const { return to_text(state_input.json(work)); }
};

}  // namespace stepwell::expression
