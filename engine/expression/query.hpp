// JSONata in definitions: strings that begin with `{%` and end with `%}`, at any depth of a value.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/expression/environment.hpp"
#include "engine/expression/jsonata/expression.hpp"
#include "engine/expression/payload_template.hpp"

namespace stepwell::expression {

/// REQUIRES: all that it refers to outlives the evaluation.
struct QueryEnvironment {
    LazyDocument input;  // $states.input
    std::optional<LazyDocument> result;
    std::optional<LazyDocument> error_output;
    const ContextSource& context;
    const VariableSource& variables;
    Prng& random;
    Work& work;
    Timestamp now;
};

/// What a field takes.
enum class QueryType { any, array, boolean, integer, number, string };

/// One expression. Cheap to copy; immutable; safe to share between threads.
class Query {
public:
    /// Whether `text` is one, or was meant to be: it begins with `{%`.
    static bool is_query(std::string_view text) { return text.starts_with("{%"); }
    /// The message says what is wrong with the expression, in the reference's words.
    static Result<Query> parse(std::string_view text);

    /// What stands between `{%` and `%}`, without blanks.
    [[nodiscard]] const std::string& text() const { return expression_.text(); }
    /// The names of the variables that it reads, sorted, each once; `states` and functions are
    /// none.
    [[nodiscard]] std::vector<std::string> variables() const;
    /// Whether it reads `$states.MEMBER`.
    [[nodiscard]] bool reads(std::string_view member) const {
        return expression_.reads("states", member);
    }

    /// Fails with States.QueryEvaluationError; `field` is how messages call where it stands.
    [[nodiscard]] Evaluated<Json> evaluate(const QueryEnvironment& environment,
                                           const std::string& field,
                                           QueryType type = QueryType::any) const;

private:
    jsonata::Expression expression_;
};

struct QueryNode;

/// A value with expressions in it. Cheap to copy; immutable; safe to share between threads.
class QueryTemplate {
public:
    /// Compiles `source`; collects every fault instead of stopping at the first.
    static Result<QueryTemplate, std::vector<TemplateFault>> compile(const Json& source);

    [[nodiscard]] bool is_literal() const;
    /// The names of the variables that it reads, sorted, each once.
    [[nodiscard]] std::vector<std::string> variables() const;
    /// Whether any of its expressions reads `$states.MEMBER`.
    [[nodiscard]] bool reads(std::string_view member) const;
    /// As PayloadTemplate::literals_where().
    [[nodiscard]] std::vector<std::string> literals_where(
        const std::function<bool(std::string_view)>& matches) const;

    /// Messages call an expression in it "FIELD/member/0". The type is that of the whole value.
    [[nodiscard]] Evaluated<Json> evaluate(const QueryEnvironment& environment,
                                           const std::string& field,
                                           QueryType type = QueryType::any) const;

private:
    std::shared_ptr<const QueryNode> root_;
};

}  // namespace stepwell::expression
