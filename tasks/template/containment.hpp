// What may become a part of what. Lists, dicts and namespaces are shared and counted: one that
// held itself would never be freed, and one nested without end could not be.
//
// Threads: as Value.
#pragma once

#include "tasks/template/value.hpp"

namespace stepwell::tasks::jinja {

/// Levels that a value may have before it is stored in a list, a dict or a namespace.
inline constexpr int kNestingMax = 500;

/// An object that templates may put values into.
class Container : public Object {
public:
    [[nodiscard]] virtual const Dict& parts() const = 0;
};

/// Fails where `container` (a list, a dict or an object) is `value` or a part of it, or where
/// `value` has too many levels. Looks at each of its parts once.
Outcome<void> check_part(const Value& value, const void* container);
/// The same of several.
Outcome<void> check_parts(const List& values, const void* container);

}  // namespace stepwell::tasks::jinja
