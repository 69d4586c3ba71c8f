// Which column type holds what another one holds, by DuckDB's names, and how SQLite declares it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stepwell::tasks::data {

/// DuckDB's own name of a type that users call by any of its names, in any case: "INT8" ->
/// "bigint", "Numeric(10, 2)" -> "decimal(10,2)". Others come back in lower case.
std::string canonical_type(std::string_view name);

struct DecimalType {
    int width = 18;
    int scale = 3;
};

/// Of "decimal(18,2)"; nothing for other types. REQUIRES: a canonical name.
std::optional<DecimalType> decimal_type(std::string_view type);

/// Whether values of the type are numbers without error: integers (and booleans) and decimals.
bool is_exact_number(const std::string& type);
/// double and float.
bool is_floating_type(const std::string& type);

/// The smallest type that holds all values of both: bool < int < bigint < hugeint < decimal;
/// float < double; date < timestamp. Nothing where there is none: exact numbers and floating ones
/// have none in common.
std::optional<std::string> wider_type(const std::string& a, const std::string& b);

/// DuckDB's type as SQLite declares it.
std::string sqlite_type(const std::string& type);

bool is_same_column(std::string_view a, std::string_view b);

}  // namespace stepwell::tasks::data
