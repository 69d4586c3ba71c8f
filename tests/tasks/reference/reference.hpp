// What is written down for people and editors out of the declarations of the tasks' parameters.
#pragma once

#include <string>

#include "engine/base/shape.hpp"

namespace stepwell::test {

/// As JSON Schema. What is computed ("x.$") may stand for each member.
Json schema_of(const Shape& shape);

/// workflows/tasks.schema.json: all built-in tasks that declare what they take.
std::string tasks_schema();

/// docs/tasks/parameters.md.
std::string parameters_page();

}  // namespace stepwell::test
