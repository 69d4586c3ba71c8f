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

namespace stepwell::expression {

/// Why an evaluation failed, as a state machine sees it.
struct Failure {
    std::string error;   // "States.Runtime", "States.IntrinsicFailure", ...
    std::string detail;  // the text without the wrapper "An error occurred while executing ..."
};

template <class T>
using Evaluated = Result<T, Failure>;

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

    [[nodiscard]] const Json& json() const { return json_ ? *json_ : payload_->json(); }

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
    /// The state's input, which messages quote even where `$` is something else.
    LazyDocument state_input;
};

}  // namespace stepwell::expression
