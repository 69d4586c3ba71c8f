#include "tasks/validate/validate_semantics.hpp"

#include <cmath>

namespace stepwell::tasks::data {
namespace {

struct Semantic {
    const char* name;
    const char* pattern;
};

constexpr Semantic kSemantics[] = {
    {"email", "[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+"},
    {"url", "(https?|ftp)://[^\\s/?#]+[^\\s]*"},
    {"uuid", "[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"},
    {"ipv4", "((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\\.){3}(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"},
    {"phone", "\\+?[0-9][0-9 ()./-]{5,20}[0-9]"},
    {"country_code", "[A-Z]{2}"},
    {"currency_code", "[A-Z]{3}"},
    {"date", "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"},
};

constexpr std::size_t kPastMin = 3;

}  // namespace

std::string semantic_pattern(const std::string& name) {
    for (const auto& semantic : kSemantics) {
        if (name == semantic.name) return semantic.pattern;
    }
    return {};
}

std::vector<std::string> semantic_names() {
    std::vector<std::string> names;
    for (const auto& semantic : kSemantics) names.emplace_back(semantic.name);
    return names;
}

std::optional<Metric> parse_metric(const std::string& text) {
    if (text == "row_count") return Metric{text, ""};
    const auto open = text.find('(');
    if (open == text.npos || text.back() != ')') return std::nullopt;
    Metric metric{text.substr(0, open), text.substr(open + 1, text.size() - open - 2)};
    if (metric.column.empty() || metric_expression(metric.function, "x").empty()) {
        return std::nullopt;
    }
    return metric;
}

std::string metric_expression(const std::string& function, const std::string& column) {
    if (function == "row_count") return "count(*)";
    if (function == "null_rate") {
        return "count(*) filter (where " + column + " is null) / nullif(count(*), 0)::double";
    }
    if (function == "distinct_count") return "count(distinct " + column + ")";
    if (function == "mean") return "avg(" + column + ")";
    if (function == "stddev") return "stddev_samp(" + column + ")";
    if (function == "sum" || function == "min" || function == "max") {
        return function + "(" + column + ")::double";
    }
    return {};
}

Verdict judge_anomaly(const Json& value, const std::vector<double>& past, double sigma) {
    Verdict verdict;
    verdict.observed = value;
    if (!value.is_number()) {
        verdict.skipped = "the metric has no value";
        return verdict;
    }
    if (past.size() < kPastMin) {
        verdict.skipped = "there are only " + std::to_string(past.size()) +
                          " earlier successful results, and at least 3 are needed";
        return verdict;
    }
    double sum = 0;
    for (const double old : past) sum += old;
    const double mean = sum / static_cast<double>(past.size());
    double squares = 0;
    for (const double old : past) squares += (old - mean) * (old - mean);
    const double deviation = std::sqrt(squares / static_cast<double>(past.size() - 1));
    const double distance = std::abs(value.get<double>() - mean);
    verdict.is_passed = distance <= sigma * deviation + 1e-9 * std::abs(mean);
    verdict.expected = Json(mean).dump() + " +- " + Json(sigma * deviation).dump();
    return verdict;
}

}  // namespace stepwell::tasks::data
