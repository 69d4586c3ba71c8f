// What a plain YAML scalar means: YAML 1.1's types without its traps.
#pragma once

#include <optional>
#include <string>

#include "engine/base/json.hpp"

namespace stepwell::definition {

/// null: ~, null, empty. Booleans: true, false, yes, no, on, off (as written, Capitalised or in
/// CAPITALS). Integers: decimal and 0x; `_` may group digits. Floats: with point or exponent.
/// All else is a string; among it 017 (an octal 15 to some, 17 to others), 12:30 (a number in base
/// 60 to some), y, n and dates. Nothing for .inf, .nan and 1e400, which JSON cannot
/// say.
std::optional<Json> plain_scalar(const std::string& text);

/// The scalar under an explicit tag ("tag:yaml.org,2002:int", ...); nothing where it does not fit
/// or the tag is unknown.
std::optional<Json> tagged_scalar(const std::string& tag, const std::string& text);

/// Whether tagged_scalar() knows the tag at all.
bool is_known_tag(const std::string& tag);

}  // namespace stepwell::definition
