// The functions of the library. Internal to engine/expression/jsonata.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/expression/jsonata/evaluator.hpp"

namespace stepwell::expression::jsonata {

/// What `$string` makes of a value, at the end of `out`; nothing of nothing.
Result<void, Raised> add_text(Evaluator& evaluator, const Value& value, std::string& out,
                              bool is_pretty = false);

namespace library {

// library_text.cpp
std::span<const Builtin> texts();
// library_patterns.cpp
std::span<const Builtin> patterns();
// library_encodings.cpp
std::span<const Builtin> encodings();
// library_numbers.cpp
std::span<const Builtin> numbers();
// library_lists.cpp
std::span<const Builtin> lists();
// library_objects.cpp
std::span<const Builtin> objects();
// library_callbacks.cpp
std::span<const Builtin> callbacks();
// library_times.cpp
std::span<const Builtin> times();

}  // namespace library
}  // namespace stepwell::expression::jsonata
