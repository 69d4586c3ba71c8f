// The steps of an etl task: each is compiled to one SELECT from `this`, the relation before it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tasks/etl/pipeline.hpp"
#include "tasks/support/parameters.hpp"

namespace stepwell::tasks::etl {

/// How a step treats the number of rows, which decides how they are counted.
enum class RowEffect {
    keeps,    // as many out as in
    changes,  // cheap to count by running again
    heavy,    // dear to run twice (windows, joins, free SQL): its result is kept
};

struct Step {
    std::string type;
    std::string name;   // given, or the type
    std::string place;  // "steps[2].filter"
    Json argument;
};

struct CompiledStep {
    std::string sql;
    /// Run first and kept, where the check below and `sql` both need it.
    std::string prelude = {};
    RowEffect effect = RowEffect::keeps;
    bool is_rejecting = false;  // rows that it drops are rejected ones
    /// A query over `this` as it is before `sql` that must give no row; else the step fails
    /// with this code and message ("" = no such check).
    std::string must_be_empty = {};
    /// Columns, and conditions over `this` before `sql`: values that only a loose form takes.
    std::vector<std::pair<std::string, std::string>> loose = {};
    std::string error_code = {};
    std::string error_message = {};
};

/// REQUIRES: checked by step_shape(), where they are to be compiled.
std::vector<Step> read_steps(const Json& steps);
/// Of all steps that there are.
std::vector<std::string> step_names();

/// Fails with E_CONFIG (arguments), E_SCHEMA (a column that is not there).
DataResult<CompiledStep> compile_step(const Step& step, Pipeline& pipeline);

}  // namespace stepwell::tasks::etl
