// JSONata as an engine uses it: an expression is read once and evaluated often.
//
// It is pure: time, randomness and budgets come from the caller, and what it may look at.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/prng.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/base/work.hpp"
#include "engine/expression/jsonata/fault.hpp"

namespace stepwell::expression::jsonata {

class Tree;

/// What the language has.
struct Options {
    bool has_defaults = true;  // the operators ?? and ?:, which JSONata 2.0 has not
    bool has_eval = false;     // $eval
    /// How deep evaluations may stand in each other.
    int depth_max = 1'500;
    /// What an evaluation may make, in bytes.
    std::size_t bytes_max = 64 * 1'048'576;
};

/// A variable's value: a document, or an object of documents that need not be copied for it.
struct Given {
    const Json* value = nullptr;
    std::vector<std::pair<std::string_view, const Json*>> members;
};

/// The variables that an expression does not bind itself.
class GivenNames {
public:
    virtual ~GivenNames() = default;
    /// Asked once an evaluation for each name. What it points to outlives the evaluation.
    [[nodiscard]] virtual std::optional<Given> find(std::string_view name) const = 0;
};

/// REQUIRES: all that it refers to outlives the evaluation.
struct Environment {
    const Json* input = nullptr;  // what `$` means; null: nothing
    const GivenNames* names = nullptr;
    Prng& random;
    Work& work;
    Timestamp now{};  // $now() and $millis()
};

/// The value, or nothing where it is undefined.
using Answer = std::optional<Json>;

/// Whether the library has a function of that name.
bool is_function_name(std::string_view name);

/// What an answer is that is no JSON.
inline constexpr std::string_view kFunctionAnswer = "function";

/// Read and checked. Cheap to copy; immutable; safe to share between threads.
class Expression {
public:
    static Result<Expression, Fault> parse(std::string_view text, const Options& options = {});

    [[nodiscard]] const std::string& text() const { return *text_; }
    /// The names of the variables that it reads and does not bind everywhere, sorted, each once;
    /// functions of the library are among them.
    [[nodiscard]] std::vector<std::string> variables() const;
    /// Whether it reads `$NAME.MEMBER`, or the whole of `$NAME`.
    [[nodiscard]] bool reads(std::string_view name, std::string_view member) const;

    /// Fails with the fault, whose code is U1001 where a budget is spent. A function or a pattern
    /// as answer fails with kFunctionAnswer as its code.
    [[nodiscard]] Result<Answer, Fault> evaluate(const Environment& environment) const;

private:
    std::shared_ptr<const std::string> text_;
    std::shared_ptr<const Tree> tree_;
    Options options_;
};

}  // namespace stepwell::expression::jsonata
