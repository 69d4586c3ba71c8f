#include "tasks/sql/ties.hpp"

namespace stepwell::tasks::data {
namespace {

/// One value for all of a row, which two rows share where they are alike.
std::string content_of(Dialect dialect, const std::vector<std::string>& columns) {
    if (dialect == Dialect::duckdb) return "hash(" + quoted_list(columns) + ")";
    // SQLite has no hash; quote() tells types and every digit.
    std::string content;
    for (const auto& column : columns) {
        content += (content.empty() ? "quote(" : " || ',' || quote(") + quote_identifier(column);
        content += ")";
    }
    return content;
}

}  // namespace

std::string tied_keys(Dialect dialect, const std::string& relation,
                      const std::vector<std::string>& keys,
                      const std::vector<std::string>& columns) {
    const std::string by = quoted_list(keys);
    const std::string content = content_of(dialect, columns);
    return "select " + by + ", count(*) as rows from " + relation + " group by " + by +
           " having count(*) > 1 and min(" + content + ") <> max(" + content + ") order by " + by +
           " limit 5";
}

std::string tie_message(std::string_view order) {
    return "rows with the same keys differ, and " + std::string(order) +
           " does not say which to keep";
}

}  // namespace stepwell::tasks::data
