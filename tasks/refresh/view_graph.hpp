// The views that refresh keeps as tables: their definitions, what they are made of, and the order
// in which they depend on each other.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tasks/data/data_session.hpp"

namespace stepwell::tasks::data {

struct StoredView {
    std::string name;  // "analytics.mv_daily", as registered
    std::string sql;
    std::set<std::string> inputs;  // names of tables and views in the SQL, as the catalog has them
    std::string versions;  // of the base tables at the last refresh, as JSON text; "" = never
};

/// Creates `_stepwell_views` where it is not there.
DataResult<void> make_view_table(Connection& connection);
DataResult<std::map<std::string, StoredView>> read_views(Connection& connection);
/// Adds or redefines a view; a redefined one counts as never refreshed.
DataResult<void> define_view(Connection& connection, const std::string& name,
                             const std::string& sql);
DataResult<void> record_refresh(Connection& connection, const StoredView& view,
                                const std::string& versions);

/// The catalog's tables and views: name -> SQL of a plain view, "" for a table.
DataResult<std::map<std::string, std::string>> read_catalog(Connection& connection);

/// Which of `names` the SQL mentions, by whole identifiers; quoted ones count, texts do not.
std::set<std::string> mentioned(const std::string& sql, const std::set<std::string>& names);

/// The views of `wanted` in an order in which each comes after those that it is made of. Fails with
/// E_CONFIG, naming the circle.
DataResult<std::vector<std::string>> order_of(const std::map<std::string, StoredView>& views,
                                              const std::set<std::string>& wanted);

/// What is recorded where nobody asked, or nobody can tell, of what a view was made.
inline constexpr const char* kUnknownVersions = "?";

/// The state of everything that the view is made of, through plain views down to tables: row
/// counts and sums of row hashes, as JSON text; managed views count as tables. Nothing where it
/// cannot be told from tables: files, clocks, chance, what is in no catalog. Reads all of it.
DataResult<std::optional<std::string>> input_versions(
    Connection& connection, const StoredView& view,
    const std::map<std::string, std::string>& catalog);

}  // namespace stepwell::tasks::data
