#include "tasks/sql/duckdb/duckdb_values.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <memory>

#include "tasks/sql/duckdb/duckdb_types.hpp"
#include "tasks/sql/duckdb/duckdb_vectors.hpp"

namespace stepwell::tasks::data::duckdb {
namespace {

__extension__ using Wide = __int128;
__extension__ using UnsignedWide = unsigned __int128;

template <class T>
T element(Handle vector, const Api& api, Size row) {
    return static_cast<const T*>(api.vector_get_data(vector))[row];
}

bool is_null(const Api& api, Handle vector, Size row) {
    const std::uint64_t* mask = api.vector_get_validity(vector);
    return mask != nullptr && ((mask[row / 64] >> (row % 64)) & 1U) == 0;
}

std::string digits(UnsignedWide value) {
    std::string text;
    do {
        text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
        value /= 10;
    } while (value != 0);
    return text;
}

std::string text_of_wide(Wide value) {
    if (value >= 0) return digits(static_cast<UnsignedWide>(value));
    return "-" + digits(~static_cast<UnsignedWide>(value) + 1);
}

constexpr std::int64_t kFifteenDigitsMax = 999'999'999'999'999;  // a double gives them back

Json whole(Wide value) {
    if (value >= INT64_MIN && value <= INT64_MAX) return static_cast<std::int64_t>(value);
    return text_of_wide(value);
}

Json decimal(Wide value, std::uint8_t scale) {
    if (scale == 0) return whole(value);
    std::string text = text_of_wide(value < 0 ? -value : value);
    if (text.size() <= scale) text.insert(0, scale + 1U - text.size(), '0');
    text.insert(text.size() - scale, ".");
    if (value < 0) text.insert(0, "-");
    const bool is_exact = value <= kFifteenDigitsMax && value >= -kFifteenDigitsMax;
    return is_exact ? Json(std::strtod(text.c_str(), nullptr)) : Json(text);
}

Wide widened(const Api& api, Handle vector, Type internal, Size row) {
    switch (internal) {
        case Type::smallint:
            return element<std::int16_t>(vector, api, row);
        case Type::integer:
            return element<std::int32_t>(vector, api, row);
        case Type::bigint:
            return element<std::int64_t>(vector, api, row);
        default:
            break;
    }
    const auto parts = element<Hugeint>(vector, api, row);
    return (static_cast<Wide>(parts.upper) << 64) | parts.lower;
}

/// Gregorian date of a day count from 1970-01-01 (Howard Hinnant's civil-from-days formula).
std::string date_text(std::int64_t days) {
    if (days == INT32_MAX) return "infinity";
    if (days == -INT32_MAX) return "-infinity";
    days += 719'468;
    const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
    const std::int64_t day_of_era = days - era * 146'097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t month_index = (5 * day_of_year + 2) / 153;
    const std::int64_t day = day_of_year - (153 * month_index + 2) / 5 + 1;
    const std::int64_t month = month_index < 10 ? month_index + 3 : month_index - 9;
    const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%04lld-%02lld-%02lld", static_cast<long long>(year),
                  static_cast<long long>(month), static_cast<long long>(day));
    return text.data();
}

std::string time_text(std::int64_t micros) {
    const std::int64_t seconds = micros / 1'000'000;
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%02lld:%02lld:%02lld",
                  static_cast<long long>(seconds / 3600), static_cast<long long>(seconds / 60 % 60),
                  static_cast<long long>(seconds % 60));
    std::string result = text.data();
    if (const std::int64_t fraction = micros % 1'000'000; fraction != 0) {
        std::snprintf(text.data(), text.size(), ".%06lld", static_cast<long long>(fraction));
        result += text.data();
        while (result.back() == '0') result.pop_back();
    }
    return result;
}

constexpr std::int64_t kDayMicros = 86'400'000'000;

std::string timestamp_text(std::int64_t micros) {
    if (micros == INT64_MAX) return "infinity";
    if (micros == -INT64_MAX) return "-infinity";
    std::int64_t days = micros / kDayMicros;
    if (micros % kDayMicros < 0) --days;
    return date_text(days) + " " + time_text(micros - days * kDayMicros);
}

std::string nanoseconds_text(std::int64_t nanos) {
    if (nanos == INT64_MAX || nanos == -INT64_MAX) return timestamp_text(nanos);
    std::int64_t micros = nanos / 1000;
    std::int64_t rest = nanos % 1000;
    if (rest < 0) {
        rest += 1000;
        --micros;
    }
    if (rest == 0) return timestamp_text(micros);
    std::array<char, 16> digits{};
    std::int64_t fraction = micros % 1'000'000;
    if (fraction < 0) fraction += 1'000'000;
    std::snprintf(digits.data(), digits.size(), ".%06lld%03lld", static_cast<long long>(fraction),
                  static_cast<long long>(rest));
    std::string text = digits.data();
    while (text.back() == '0') text.pop_back();
    return timestamp_text(micros - fraction) + text;
}

std::string interval_text(const Interval& interval) {
    std::string text;
    if (interval.months != 0) text += std::to_string(interval.months) + " months ";
    if (interval.days != 0) text += std::to_string(interval.days) + " days ";
    if (interval.micros != 0 || text.empty()) {
        text +=
            interval.micros < 0 ? "-" + time_text(-interval.micros) : time_text(interval.micros);
    }
    if (text.back() == ' ') text.pop_back();
    return text;
}

std::string uuid_text(Hugeint value) {
    std::array<char, 40> text{};
    const std::uint64_t high = static_cast<std::uint64_t>(value.upper) ^ (1ULL << 63);
    std::snprintf(text.data(), text.size(), "%08llx-%04llx-%04llx-%04llx-%012llx",
                  static_cast<unsigned long long>(high >> 32),
                  static_cast<unsigned long long>((high >> 16) & 0xffff),
                  static_cast<unsigned long long>(high & 0xffff),
                  static_cast<unsigned long long>(value.lower >> 48),
                  static_cast<unsigned long long>(value.lower & 0xffffffffffffULL));
    return text.data();
}

std::string_view bytes_at(const Api& api, Handle vector, Size row) {
    return text_of(static_cast<const StringData*>(api.vector_get_data(vector))[row]);
}

std::string hexadecimal(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 15U];
    }
    return text;
}

/// Zeros and ones. The first byte says how many bits of the second are none.
std::string bit_text(std::string_view bytes) {
    std::string text;
    for (const char c : bytes.substr(1)) {
        for (unsigned bit = 8; bit-- > 0;) {
            text += (static_cast<unsigned char>(c) >> bit & 1U) != 0 ? '1' : '0';
        }
    }
    return text.substr(static_cast<unsigned char>(bytes[0]));
}

Json enum_value(const Api& api, Handle vector, Handle type, Size row) {
    Size index = 0;
    switch (api.enum_internal_type(type)) {
        case Type::utinyint:
            index = element<std::uint8_t>(vector, api, row);
            break;
        case Type::usmallint:
            index = element<std::uint16_t>(vector, api, row);
            break;
        default:
            index = element<std::uint32_t>(vector, api, row);
            break;
    }
    return taken(api, api.enum_dictionary_value(type, index));
}

Json struct_value(const Api& api, Handle vector, Handle type, Size row) {
    Json object = Json::object();
    for (Size i = 0; i < api.struct_type_child_count(type); ++i) {
        const TypeHandle child(api, api.struct_type_child_type(type, i));
        object[taken(api, api.struct_type_child_name(type, i))] =
            value_at(api, api.struct_vector_get_child(vector, i), child.get(), row);
    }
    return object;
}

/// A LIST, or a MAP (a list of key and value).
Json list_value(const Api& api, Handle vector, Handle type, Size row) {
    const TypeHandle child(api, api.list_type_child_type(type));
    const auto entry = element<ListEntry>(vector, api, row);
    Handle elements = api.list_vector_get_child(vector);
    Json list = Json::array();
    for (Size i = 0; i < entry.length; ++i) {
        list.push_back(value_at(api, elements, child.get(), entry.offset + i));
    }
    return list;
}

Json map_value(const Api& api, Handle vector, Handle type, Size row) {
    Json object = Json::object();
    for (auto& entry : list_value(api, vector, type, row)) {
        const Json& key = entry["key"];
        object[key.is_string() ? key.get<std::string>() : to_text(key)] = entry["value"];
    }
    return object;
}

Json array_value(const Api& api, Handle vector, Handle type, Size row) {
    const TypeHandle child(api, api.array_type_child_type(type));
    const Size length = api.array_type_array_size(type);
    Handle elements = api.array_vector_get_child(vector);
    Json list = Json::array();
    for (Size i = 0; i < length; ++i) {
        list.push_back(value_at(api, elements, child.get(), row * length + i));
    }
    return list;
}

Json floating(double value) {
    if (std::isfinite(value)) return value;
    if (std::isnan(value)) return "nan";
    return value > 0 ? "infinity" : "-infinity";
}

Json number_at(const Api& api, Handle vector, Type id, Size row) {
    switch (id) {
        case Type::tinyint:
            return element<std::int8_t>(vector, api, row);
        case Type::smallint:
            return element<std::int16_t>(vector, api, row);
        case Type::integer:
            return element<std::int32_t>(vector, api, row);
        case Type::bigint:
            return element<std::int64_t>(vector, api, row);
        case Type::utinyint:
            return element<std::uint8_t>(vector, api, row);
        case Type::usmallint:
            return element<std::uint16_t>(vector, api, row);
        case Type::uinteger:
            return element<std::uint32_t>(vector, api, row);
        case Type::ubigint:
            return element<std::uint64_t>(vector, api, row);
        case Type::float_:
            return floating(static_cast<double>(element<float>(vector, api, row)));
        case Type::double_:
            return floating(element<double>(vector, api, row));
        case Type::hugeint:
            return whole(widened(api, vector, Type::hugeint, row));
        default:
            break;
    }
    const auto parts = element<Hugeint>(vector, api, row);  // uhugeint
    const auto value =
        (static_cast<UnsignedWide>(static_cast<std::uint64_t>(parts.upper)) << 64) | parts.lower;
    return value <= UINT64_MAX ? Json(static_cast<std::uint64_t>(value)) : Json(digits(value));
}

std::string time_tz_text(std::uint64_t bits) {
    constexpr int kOffsetBits = 24;
    constexpr std::int64_t kOffsetMax = 16 * 60 * 60 - 1;
    const auto stored = static_cast<std::int64_t>(bits & ((1ULL << kOffsetBits) - 1));
    const std::int64_t offset = kOffsetMax - stored;
    const std::int64_t size = offset < 0 ? -offset : offset;
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%c%02lld:%02lld", offset < 0 ? '-' : '+',
                  static_cast<long long>(size / 3600), static_cast<long long>(size / 60 % 60));
    return time_text(static_cast<std::int64_t>(bits >> kOffsetBits)) + text.data();
}

std::string moment_at(const Api& api, Handle vector, Type id, Size row) {
    const auto count = [&] { return element<std::int64_t>(vector, api, row); };
    const auto scaled = [&](std::int64_t micros) {
        const bool is_infinite = count() == INT64_MAX || count() == -INT64_MAX;
        return timestamp_text(is_infinite ? count() : count() * micros);
    };
    switch (id) {
        case Type::date:
            return date_text(element<std::int32_t>(vector, api, row));
        case Type::time:
            return time_text(count());
        case Type::time_tz:
            return time_tz_text(element<std::uint64_t>(vector, api, row));
        case Type::timestamp_s:
            return scaled(1'000'000);
        case Type::timestamp_ms:
            return scaled(1000);
        case Type::timestamp_ns:
            return nanoseconds_text(count());
        case Type::timestamp_tz:
            return timestamp_text(count()) + "+00";
        case Type::interval:
            return interval_text(element<Interval>(vector, api, row));
        default:
            return timestamp_text(count());
    }
}

}  // namespace

Json value_at(const Api& api, Handle vector, Handle logical_type, Size row) {
    if (is_null(api, vector, row)) return nullptr;
    const Type id = api.get_type_id(logical_type);
    switch (id) {
        case Type::boolean:
            return element<bool>(vector, api, row);
        case Type::varchar:
            return std::string(bytes_at(api, vector, row));
        case Type::blob:
            return hexadecimal(bytes_at(api, vector, row));
        case Type::bit:
            return bit_text(bytes_at(api, vector, row));
        case Type::decimal:
            return decimal(widened(api, vector, api.decimal_internal_type(logical_type), row),
                           api.decimal_scale(logical_type));
        case Type::uuid:
            return uuid_text(element<Hugeint>(vector, api, row));
        case Type::enum_:
            return enum_value(api, vector, logical_type, row);
        case Type::list:
            return list_value(api, vector, logical_type, row);
        case Type::map:
            return map_value(api, vector, logical_type, row);
        case Type::array:
            return array_value(api, vector, logical_type, row);
        case Type::struct_:
            return struct_value(api, vector, logical_type, row);
        case Type::date:
        case Type::time:
        case Type::time_tz:
        case Type::timestamp:
        case Type::timestamp_s:
        case Type::timestamp_ms:
        case Type::timestamp_ns:
        case Type::timestamp_tz:
        case Type::interval:
            return moment_at(api, vector, id, row);
        case Type::sqlnull:
            return nullptr;
        default:
            return number_at(api, vector, id, row);
    }
}

}  // namespace stepwell::tasks::data::duckdb
