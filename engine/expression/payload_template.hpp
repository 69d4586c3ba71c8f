// Payload templates (Parameters, ResultSelector, ItemSelector, Assign, ...) and the intrinsic
// functions in them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/expression/environment.hpp"
#include "engine/expression/path.hpp"

namespace stepwell::expression {

struct CallNode;      // intrinsic_call.cpp only
struct TemplateNode;  // payload_template.cpp only

/// One `States.Name(...)` call, checked: name, number of arguments, nesting up to 10.
class IntrinsicCall {
public:
    /// Fails with `invalid`; the message says at which character and what was expected.
    static Result<IntrinsicCall> parse(std::string_view text);
    [[nodiscard]] const std::string& text() const;
    /// Whether the outermost function gives a string: what ErrorPath and CausePath take.
    [[nodiscard]] bool gives_string() const;
    /// The names of the variables that it reads, sorted, each once.
    [[nodiscard]] std::vector<std::string> variables() const;
    /// Fails with States.IntrinsicFailure, also where an argument's path finds nothing.
    [[nodiscard]] Evaluated<Json> evaluate(const Environment& environment) const;

private:
    std::shared_ptr<const CallNode> root_;
};

/// A fault in a template: where (a JSON pointer below the template's root) and what.
struct TemplateFault {
    std::string pointer;  // "/a/b.$"
    std::string key;      // "b.$"
    std::string message;
};

/// A checked payload template. Cheap to copy; immutable; safe to share between threads.
class PayloadTemplate {
public:
    /// Compiles `source`; collects every fault instead of stopping at the first.
    static Result<PayloadTemplate, std::vector<TemplateFault>> compile(const Json& source);

    /// Whether nothing in it is computed: then evaluate() gives `source` again.
    [[nodiscard]] bool is_literal() const;
    /// The names of the variables that it reads, sorted, each once.
    [[nodiscard]] std::vector<std::string> variables() const;

    /// Where evaluate() puts strings of the template itself, as it was written, that `matches`
    /// holds for: JSON pointers into its result. What was computed is never among them.
    [[nodiscard]] std::vector<std::string> literals_where(
        const std::function<bool(std::string_view)>& matches) const;

    /// A missing path fails with States.Runtime and the text "The JSONPath '$.x' specified for the
    /// field 'k.$' could not be found in the input '<state input>'" (asl.md 15.4).
    [[nodiscard]] Evaluated<Json> evaluate(const Environment& environment) const;

private:
    std::shared_ptr<const TemplateNode> root_;
};

}  // namespace stepwell::expression
