#include "tasks/data/type_inference.hpp"

#include "tasks/sql/column_types.hpp"

namespace stepwell::tasks::data {
namespace {

struct Candidate {
    const char* type;
    const char* pattern;  // of the whole text
};

// In order: the first that all values are. A cast has the last word (2001-02-30 is no date).
constexpr Candidate kCandidates[] = {
    {"bigint", "-?(0|[1-9][0-9]{0,18})"},
    {"double", "-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?"},
    {"boolean", "true|false"},
    {"date", "[0-9]{4}-[0-9]{2}-[0-9]{2}"},
    {"timestamp", "[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,6})?"},
};

bool is_declared(const InputSpec& spec, const std::string& name) {
    for (const auto& [key, ignored] : spec.columns.items()) {
        if (is_same_column(key, name)) return true;
    }
    return false;
}

}  // namespace

DataResult<void> infer_types(Connection& connection, const Input& input, InputSpec& spec) {
    std::vector<std::string> names;
    std::string select;
    for (const auto& column : input.columns) {
        if (is_declared(spec, column.name)) continue;
        names.push_back(column.name);
        const std::string text = text_expression(spec, column.name);
        for (const auto& candidate : kCandidates) {
            select += std::string(select.empty() ? "" : ", ") + "bool_and(" + text +
                      " is null or (regexp_full_match(" + text + ", " +
                      quote_literal(candidate.pattern) + ") and try_cast(" + text + " as " +
                      candidate.type + ") is not null)) and count(" + text + ") > 0";
        }
    }
    if (names.empty()) return {};
    const Rows rows = SW_TRY(connection.query("select " + select + " from " + input.relation +
                                              " where _sw_fault is null"));
    std::size_t at = 0;
    for (const auto& name : names) {
        std::string type = "varchar";
        for (const auto& candidate : kCandidates) {
            const bool is_all = rows.rows[0][at++] == true;
            if (is_all && type == "varchar") type = candidate.type;
        }
        spec.columns[name] = type;
    }
    return {};
}

}  // namespace stepwell::tasks::data
