// Bindings: which local task stands for a resource that was written for somewhere else.
//
//   bindings:
//     - resource: "arn:aws:states:::glue:startJobRun.sync"   # exact, or a glob
//       match: {JobName: transform-*}                        # on parameters: exact, or globs
//       task: etl                                            # or any resource that runs here
//       parameters: {input.$: $.Arguments.input}             # over the task's own parameters
//       result: {rows.$: $.result.rows, at.$: $.input.at}    # over {"input", "result"}
//
// The first one that fits counts. Without `parameters` the task gets those of the state; without
// `result` the state gets what the bound service would answer, or the task's result.
//
// Threads: a Bindings is immutable and may be shared.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/payload.hpp"
#include "engine/expression/payload_template.hpp"
#include "tasks/registry.hpp"

namespace stepwell::tasks {

struct Binding {
    std::string place;     // "bindings[2]", for messages
    std::string resource;  // glob
    std::vector<std::pair<std::string, std::string>> match;
    std::string task;  // a resource that the catalog has
    std::optional<expression::PayloadTemplate> parameters;
    std::optional<expression::PayloadTemplate> result;
};

class Bindings {
public:
    Bindings() = default;

    /// Compiles the configuration's `bindings` (null: none); the error has all faults of all of
    /// them.
    static Result<Bindings, std::vector<std::string>> compile(
        const Json* list, const TaskCatalog& catalog = builtin_catalog());

    /// Null where none fits. The pointer lives as long as the bindings.
    [[nodiscard]] const Binding* find(std::string_view resource, const Payload& parameters) const;

    [[nodiscard]] bool is_empty() const { return bindings_.empty(); }

private:
    std::vector<Binding> bindings_;
};

/// Evaluates a template of a binding over `data`. The error says where and why.
Result<Json> evaluate_binding(const expression::PayloadTemplate& source, const Json& data);

}  // namespace stepwell::tasks
