// Which column type holds what another one holds, by DuckDB's names, and how SQLite declares it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stepwell::tasks::data {

/// The smallest type that holds all values of both: bool < int < bigint < hugeint < decimal <
/// double; date < timestamp. Nothing where there is none.
std::optional<std::string> wider_type(const std::string& a, const std::string& b);

/// DuckDB's type as SQLite declares it.
std::string sqlite_type(const std::string& type);

bool is_same_column(std::string_view a, std::string_view b);

}  // namespace stepwell::tasks::data
