// JSONPath in the Jayway dialect, as Step Functions uses it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/expression/environment.hpp"

namespace stepwell::expression {

struct PathProgram;  // parsed segments; path.cpp only

/// A checked path: `$...` (the data), `$$...` (the context object) or `$name...` (a variable).
/// Cheap to copy; immutable; safe to share between threads.
class Path {
public:
    enum class Source { data, context, variable };

    /// Fails with `invalid`; the message says at which character and what was expected.
    static Result<Path> parse(std::string_view text);

    [[nodiscard]] const std::string& text() const;
    [[nodiscard]] Source source() const;
    /// The variable's name; empty unless source() is variable.
    [[nodiscard]] const std::string& variable() const;
    /// Names one place: no wildcard, slice, union, filter, descent or function.
    [[nodiscard]] bool is_definite() const;
    /// Only `.name`, `['name']` and `[n]`: what ResultPath and most *Path fields take.
    [[nodiscard]] bool is_reference() const;
    /// `$` alone.
    [[nodiscard]] bool is_root() const;

    /// The value at the path. An indefinite path gives an array of its matches, `[]` for none.
    ///
    /// Where a definite path finds nothing: the detail is the library's own words, "No results for
    /// path: $['a']" or "Missing property in path $['a']" (asl.md 8); callers wrap them.
    [[nodiscard]] Evaluated<Json> evaluate(const Environment& environment) const;

    /// As evaluate(), without a copy where the path is definite. Null where there is nothing, or
    /// where the work is spent.
    /// REQUIRES: is_definite().
    [[nodiscard]] const Json* find(const Environment& environment) const;

    /// For ResultPath: puts `value` at this place of `document`, making the objects between.
    ///
    /// Fails with States.ResultPathMatchFailure where a scalar or a missing array element is in
    /// the way, and with States.DataLimitExceeded where the document would become deeper than
    /// kJsonDepthMax; then it is unchanged. REQUIRES: is_reference() and source() is data.
    Result<void, Failure> assign(Json& document, Json value) const;

private:
    std::shared_ptr<const PathProgram> program_;
};

}  // namespace stepwell::expression
