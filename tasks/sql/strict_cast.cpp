#include "tasks/sql/strict_cast.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "tasks/sql/column_types.hpp"
#include "tasks/sql/sql_engine.hpp"

namespace stepwell::tasks::data {
namespace {

// Types that have a function of their own (strict_functions.cpp), which returns them.
constexpr std::array<std::string_view, 14> kWithFunction = {
    "boolean",   "tinyint",  "smallint", "integer", "bigint", "hugeint", "utinyint",
    "usmallint", "uinteger", "ubigint",  "float",   "double", "date",    "time"};

std::string call(std::string_view function, const std::string& argument) {
    return "stepwell_" + std::string(function) + "(" + argument + ")";
}

std::string try_cast(const std::string& value, std::string_view type) {
    return "try_cast(" + value + " as " + std::string(type) + ")";
}

std::string where(const std::string& condition, const std::string& value) {
    return "case when " + condition + " then " + value + " end";
}

/// The declared length of varchar(n); -1 where there is none.
int length_of(std::string_view type) {
    constexpr std::string_view kStart = "varchar(";
    int length = -1;
    if (type.starts_with(kStart)) {
        std::from_chars(type.data() + kStart.size(), type.data() + type.size(), length);
    }
    return length;
}

bool has_time(const std::string& format) {
    return format.find_first_of("HIMSfgpcXn") != format.npos;
}

std::string formatted(const std::string& text, const std::string& type,
                      const DeclaredType& declared) {
    const std::string moment = "try_strptime(" + text + ", " + quote_literal(declared.format) + ")";
    const bool may_lose_time =
        type == "date" && has_time(declared.format) && !declared.have_dates_times;
    const std::string value = try_cast(moment, type);
    return may_lose_time ? where(moment + " = date_trunc('day', " + moment + ")", value) : value;
}

std::string exact_text(const std::string& text, const std::string& type) {
    if (std::find(kWithFunction.begin(), kWithFunction.end(), type) != kWithFunction.end()) {
        return call(type, text);
    }
    if (type == "timestamp") return call("timestamp", text);
    if (type == "timestamptz") return call("moment", text);
    if (const auto decimal = decimal_type(type)) {
        return where("stepwell_is_decimal(" + text + ", " + std::to_string(decimal->width) + ", " +
                         std::to_string(decimal->scale) + ")",
                     try_cast(text, type));
    }
    for (const auto& [name, digits] :
         {std::pair{"timestamp_s", "0"}, {"timestamp_ms", "3"}, {"timestamp_ns", "9"}}) {
        if (type != name) continue;
        return where("stepwell_is_timestamp(" + text + ", " + digits + ")", try_cast(text, type));
    }
    if (type == "uhugeint" || type == "bignum" || type == "varint") {
        return where("stepwell_is_decimal(" + text + ", 1000, 0)", try_cast(text, type));
    }
    if (type == "uuid") return where(call("is_uuid", text), try_cast(text, type));
    if (const int length = length_of(type); length >= 0) {
        return where("length(" + text + ") <= " + std::to_string(length), text);
    }
    if (type == "varchar") return text;
    // Of a list of numbers each one may have been rounded: it must come back as it was. What
    // structs print has another form than what they were read from: there the cast decides.
    std::string cast = try_cast(text, type);
    const bool has_members = type.find("struct(") != type.npos || type.find("map(") != type.npos;
    if (!type.ends_with("]") || has_members) return cast;
    return where("replace(cast(" + cast + " as varchar), ' ', '') = replace(" + text + ", ' ', '')",
                 cast);
}

/// What only the loose forms of the declaration take.
std::string loose_text(const std::string& text, const std::string& type,
                       const DeclaredType& declared) {
    if (declared.are_numbers_rounded && is_exact_number(type)) {
        return where(call("is_number", text), try_cast(text, type));
    }
    if (declared.have_dates_times && type == "date") {
        return where(call("moment", text) + " is not null", call("date", text + "[1:10]"));
    }
    return "";
}

std::string exact_value(const std::string& value, const std::string& from,
                        const std::string& type) {
    if (wider_type(from, type) == type) return "cast(" + value + " as " + type + ")";
    const std::string cast = try_cast(value, type);
    return where(try_cast(cast, from) + " = " + value, cast);
}

bool is_cast_loosely(const std::string& type, const DeclaredType& declared) {
    return (declared.have_dates_times && type == "date") ||
           (declared.are_numbers_rounded && is_exact_number(type));
}

}  // namespace

std::string DeclaredType::display() const {
    return type + (format.empty() ? "" : " as " + format);
}

std::string strict_text(const std::string& text, const DeclaredType& declared) {
    const std::string type = canonical_type(declared.type);
    if (!declared.format.empty()) return formatted(text, type, declared);
    const std::string loose = loose_text(text, type, declared);
    const std::string exact = exact_text(text, type);
    return loose.empty() ? exact : "coalesce(" + exact + ", " + loose + ")";
}

std::string strict_value(const std::string& value, const std::string& from,
                         const DeclaredType& declared) {
    const std::string type = canonical_type(declared.type);
    if (type.empty() || from == type) return value;
    if (from == "varchar") return strict_text(value, declared);
    if (type == "varchar") return "cast(" + value + " as varchar)";
    if (length_of(type) >= 0) return exact_text("cast(" + value + " as varchar)", type);
    return is_cast_loosely(type, declared) ? try_cast(value, type) : exact_value(value, from, type);
}

std::string loosened_condition(const std::string& value, const std::string& from,
                               const DeclaredType& declared) {
    if (!declared.is_loose()) return "";
    DeclaredType exact = declared;
    exact.are_numbers_rounded = false;
    exact.have_dates_times = false;
    const std::string strict = strict_value(value, from, exact);
    const std::string loose = strict_value(value, from, declared);
    if (strict == loose) return "";
    return "(" + strict + ") is null and (" + loose + ") is not null";
}

}  // namespace stepwell::tasks::data
