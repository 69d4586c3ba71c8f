// The data flow of JSONPath states (asl.md 7):
//
//   raw input ─InputPath─▶ effective input ─Parameters─▶ work ─▶ result
//   result ─Assign─▶ variables;  result ─ResultSelector─ResultPath (into the raw
//   input)─OutputPath─▶ output
//
// A payload that a step only passes on is neither parsed nor copied.
#pragma once

#include "engine/core/evaluation.hpp"

namespace stepwell::core {

/// After InputPath.
Evaluated<Payload> effective_input(Evaluation& at);
/// After InputPath and Parameters.
Evaluated<Payload> work_input(Evaluation& at);

/// What a state hands on.
struct Outcome {
    Payload output;
    VariablesPtr assigned;  // null: nothing
};

/// Of a state that did work: Assign, ResultSelector, ResultPath, OutputPath, and the size limit.
Evaluated<Outcome> outcome_of(Evaluation& at, const Payload& result);

using Assign = std::optional<definition::PayloadTemplate>;

/// Of a state without a result (Choice, Wait, Succeed): OutputPath over its effective input.
Evaluated<Outcome> outcome_of_input(Evaluation& at, const Payload& input, const Assign& assign);

using QueryShape = std::optional<definition::QueryTemplate>;

/// The same of a state, or of a Choice's rule, in JSONata: Output and Assign, neither of which sees
/// the other; without an Output the input.
Evaluated<Outcome> outcome_of_queries(Evaluation& at, const QueryShape& output,
                                      const QueryShape& assign, const std::string& field = "");

/// Of a catcher: the error output put into the raw input.
Evaluated<Outcome> outcome_of_catch(Evaluation& at, const definition::Catcher& catcher,
                                    const ErrorInfo& info);

/// The failure of a path in a field such as InputPath: "Invalid path '$.x' : No results for ...".
expression::Failure path_failure(const definition::Path& path, const expression::Failure& failure);

/// What a *Path field with a number refers to, as text for messages: strings bare, else JSON.
std::string quoted_value(const Json& value);
/// An integer, or a string that spells one.
std::optional<std::int64_t> as_integer(const Json& value);

}  // namespace stepwell::core
