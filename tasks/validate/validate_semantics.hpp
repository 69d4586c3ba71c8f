// What validate knows by name: kinds of texts (email, uuid, ...) and metrics with a history.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tasks/validate/validate_parameters.hpp"

namespace stepwell::tasks::data {

/// The regular expression for the whole text; "" for a name that is not known.
std::string semantic_pattern(const std::string& name);
std::vector<std::string> semantic_names();

/// "null_rate(email)" -> {"null_rate", "email"}; "row_count" has no column.
struct Metric {
    std::string function;
    std::string column;
};
std::optional<Metric> parse_metric(const std::string& text);
/// The aggregate; `column`: quoted.
std::string metric_expression(const std::string& function, const std::string& column);

/// Whether `value` is further from the mean of `past` than `sigma` standard deviations. With fewer
/// than three past values nothing can be told.
Verdict judge_anomaly(const Json& value, const std::vector<double>& past, double sigma);

}  // namespace stepwell::tasks::data
