// In which order steps are run. What they give is what they give in the order in which they are
// told: only what need not be computed for rows that go away is computed later.
#pragma once

#include <cstddef>
#include <vector>

#include "tasks/etl/steps.hpp"

namespace stepwell::tasks::etl {

/// Whether a step makes each row's values out of that row's alone: trim, lower, upper, and derive
/// without windows, subqueries and lists that are taken apart.
bool is_of_single_rows(const Step& step);

/// The places of the steps as they are run. A dedupe that takes any of several rows goes before
/// steps of single rows right ahead of it, where it looks at none of the columns that they make.
std::vector<std::size_t> run_order(const std::vector<Step>& steps);

}  // namespace stepwell::tasks::etl
