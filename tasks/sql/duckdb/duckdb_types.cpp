#include "tasks/sql/duckdb/duckdb_types.hpp"

namespace stepwell::tasks::data::duckdb {
namespace {

std::string struct_name(const Api& api, Handle type) {
    std::string text = "struct(";
    for (Size i = 0; i < api.struct_type_child_count(type); ++i) {
        const TypeHandle child(api, api.struct_type_child_type(type, i));
        text += (i > 0 ? ", \"" : "\"") + taken(api, api.struct_type_child_name(type, i)) + "\" " +
                type_name(api, child.get());
    }
    return text + ")";
}

/// Of a MAP, which is a list of a STRUCT of key and value.
std::string map_name(const Api& api, Handle type) {
    const TypeHandle entry(api, api.list_type_child_type(type));
    const TypeHandle key(api, api.struct_type_child_type(entry.get(), 0));
    const TypeHandle value(api, api.struct_type_child_type(entry.get(), 1));
    return "map(" + type_name(api, key.get()) + ", " + type_name(api, value.get()) + ")";
}

std::string simple_name(Type id) {
    switch (id) {
        case Type::boolean:
            return "boolean";
        case Type::tinyint:
            return "tinyint";
        case Type::smallint:
            return "smallint";
        case Type::integer:
            return "integer";
        case Type::bigint:
            return "bigint";
        case Type::utinyint:
            return "utinyint";
        case Type::usmallint:
            return "usmallint";
        case Type::uinteger:
            return "uinteger";
        case Type::ubigint:
            return "ubigint";
        case Type::float_:
            return "float";
        case Type::double_:
            return "double";
        case Type::timestamp:
            return "timestamp";
        case Type::date:
            return "date";
        case Type::time:
            return "time";
        case Type::interval:
            return "interval";
        case Type::hugeint:
            return "hugeint";
        case Type::uhugeint:
            return "uhugeint";
        case Type::varchar:
            return "varchar";
        case Type::blob:
            return "blob";
        case Type::timestamp_s:
            return "timestamp_s";
        case Type::timestamp_ms:
            return "timestamp_ms";
        case Type::timestamp_ns:
            return "timestamp_ns";
        case Type::timestamp_tz:
            return "timestamptz";
        case Type::time_tz:
            return "timetz";
        case Type::uuid:
            return "uuid";
        case Type::bit:
            return "bit";
        case Type::enum_:
            return "varchar";  // its values are what other tables can hold
        case Type::union_:
            return "union";
        case Type::bignum:
            return "bignum";
        case Type::time_ns:
            return "time_ns";
        case Type::geometry:
            return "geometry";
        case Type::variant:
            return "variant";
        default:
            return "varchar";
    }
}

}  // namespace

std::string type_name(const Api& api, Handle logical_type) {
    const Type id = api.get_type_id(logical_type);
    if (id == Type::decimal) {
        return "decimal(" + std::to_string(api.decimal_width(logical_type)) + "," +
               std::to_string(api.decimal_scale(logical_type)) + ")";
    }
    if (id == Type::list) {
        const TypeHandle child(api, api.list_type_child_type(logical_type));
        return type_name(api, child.get()) + "[]";
    }
    if (id == Type::array) {
        const TypeHandle child(api, api.array_type_child_type(logical_type));
        return type_name(api, child.get()) + "[" +
               std::to_string(api.array_type_array_size(logical_type)) + "]";
    }
    if (id == Type::map) return map_name(api, logical_type);
    if (id == Type::struct_) return struct_name(api, logical_type);
    return simple_name(id);
}

bool is_readable(const Api& api, Handle logical_type) {
    const Type id = api.get_type_id(logical_type);
    const auto is_child_readable = [&](Handle child) {
        return is_readable(api, TypeHandle(api, child).get());
    };
    if (id == Type::list || id == Type::map) {
        return is_child_readable(api.list_type_child_type(logical_type));
    }
    if (id == Type::array) return is_child_readable(api.array_type_child_type(logical_type));
    if (id == Type::struct_) {
        for (Size i = 0; i < api.struct_type_child_count(logical_type); ++i) {
            if (!is_child_readable(api.struct_type_child_type(logical_type, i))) return false;
        }
        return true;
    }
    return id == Type::sqlnull ||
           (id >= Type::boolean && id <= Type::uhugeint && id != Type::union_);
}

}  // namespace stepwell::tasks::data::duckdb
