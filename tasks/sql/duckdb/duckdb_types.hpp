// The library's logical types, and how SQL calls them.
#pragma once

#include <string>

#include "tasks/sql/duckdb/duckdb_api.hpp"

namespace stepwell::tasks::data::duckdb {

/// Owns a logical type.
class TypeHandle {
public:
    TypeHandle(const Api& api, Handle handle) : api_(api), handle_(handle) {}
    ~TypeHandle() { api_.destroy_logical_type(&handle_); }
    TypeHandle(const TypeHandle&) = delete;
    TypeHandle& operator=(const TypeHandle&) = delete;
    [[nodiscard]] Handle get() const { return handle_; }

private:
    const Api& api_;
    Handle handle_;
};

/// A text of the library's, which is let go of.
inline std::string taken(const Api& api, char* text) {
    std::string copy = text == nullptr ? "" : text;
    api.free(text);
    return copy;
}

/// "bigint", "decimal(18,2)", "varchar[]", "struct(a integer, b varchar)".
std::string type_name(const Api& api, Handle logical_type);

/// Whether value_at() (duckdb_values.hpp) knows the type and all in it.
bool is_readable(const Api& api, Handle logical_type);

}  // namespace stepwell::tasks::data::duckdb
