// A stable merge sort whose comparison may fail. Internal to engine/expression/jsonata.
#pragma once

#include <functional>
#include <vector>

#include "engine/expression/jsonata/evaluator.hpp"

namespace stepwell::expression::jsonata {

/// `is_after(a, b)`: whether `a`, which comes first, has to come behind `b`.
using IsAfter = std::function<Result<bool, Raised>(const Value& a, const Value& b)>;

Result<void, Raised> sort_values(std::vector<Value>& items, const IsAfter& is_after);

}  // namespace stepwell::expression::jsonata
