// The table of intrinsic functions. Internal to engine/expression.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/prng.hpp"
#include "engine/base/work.hpp"

namespace stepwell::expression {

/// What one call is given. Its values live as long as the call.
struct Arguments {
    std::span<const Json* const> values;
    Prng& random;
    Work& work;

    [[nodiscard]] std::size_t count() const { return values.size(); }
    const Json& operator[](std::size_t i) const { return *values[i]; }
};

/// The value, or what was wrong with the arguments. Where the work is spent, it does not matter:
/// the call fails with that.
using Answer = Result<Json, std::string>;

struct IntrinsicFunction {
    std::string_view name;  // without "States."
    std::size_t arguments_min;
    std::size_t arguments_max;
    bool gives_string;  // may stand in ErrorPath and CausePath
    Answer (*call)(const Arguments& arguments);
};

/// "As many as there are".
inline constexpr std::size_t kAnyCount = SIZE_MAX;

/// Null where there is no such function.
const IntrinsicFunction* find_intrinsic(std::string_view name);
/// "Format, StringToJson, ...": for hints.
const std::string& intrinsic_names();

/// A whole number out of any number, halves rounded up as Java's Math.round does; in the range of
/// 32 bits.
Result<std::int64_t, std::string> integer_argument(const Arguments& arguments, std::size_t i);
Result<std::string_view, std::string> string_argument(const Arguments& arguments, std::size_t i);
Result<const Json*, std::string> array_argument(const Arguments& arguments, std::size_t i);

/// Pays; a failure where that is too much, so that the function ends. Every function pays for what
/// it looks at, before it does; its result is paid for by the call.
Result<void, std::string> pay(const Arguments& arguments, std::uint64_t units);
/// For looking at the whole of an argument, and making something of it.
Result<void, std::string> pay_for(const Arguments& arguments, std::size_t i);

/// Results larger than this fail: a call that doubles its argument can be nested.
inline constexpr std::size_t kIntrinsicBytesMax = 4'194'304;

/// Says where the braces of a Format text do not pair; nothing where they do.
std::string format_fault(std::string_view text);

namespace intrinsic {

Answer format(const Arguments& arguments);
Answer string_to_json(const Arguments& arguments);
Answer json_to_string(const Arguments& arguments);
Answer json_merge(const Arguments& arguments);
Answer string_split(const Arguments& arguments);
Answer base64_encode(const Arguments& arguments);
Answer base64_decode(const Arguments& arguments);
Answer hash(const Arguments& arguments);
Answer uuid(const Arguments& arguments);

Answer array(const Arguments& arguments);
Answer array_partition(const Arguments& arguments);
Answer array_contains(const Arguments& arguments);
Answer array_range(const Arguments& arguments);
Answer array_get_item(const Arguments& arguments);
Answer array_length(const Arguments& arguments);
Answer array_unique(const Arguments& arguments);

Answer math_random(const Arguments& arguments);
Answer math_add(const Arguments& arguments);

}  // namespace intrinsic
}  // namespace stepwell::expression
