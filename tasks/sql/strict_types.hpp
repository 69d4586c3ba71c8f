// Which texts are values of which types: the one definition, for what is declared (a text that is
// not exactly a value of its type is none) and for what is read off the texts themselves.
//
// A value is never rounded, cut or shifted to fit. docs/tasks/types.md has the table.
//
// Threads: pure functions, all safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stepwell::tasks::data::strict {

__extension__ using Wide = __int128;

/// true or false, in any case. Not 1, t or yes.
std::optional<bool> boolean_of(std::string_view text);

/// Decimal digits with an optional sign; ".0" may follow, as it changes nothing. No blanks, no
/// exponent, no separators, no other base.
std::optional<Wide> integer_of(std::string_view text);

/// A decimal number with an optional exponent; the nearest double. Nothing where that would be
/// infinite or, of a number that is not zero, zero. "nan" and "inf" are no numbers.
std::optional<double> double_of(std::string_view text);

/// Whether `text` is a number without an exponent that has at most `scale` digits behind the point
/// and `width - scale` before it. Zeros at either end do not count.
bool is_decimal(std::string_view text, int width, int scale);

/// Whether double_of() has a finite value for it: what `numbers: rounded` may round.
bool is_number(std::string_view text);

/// YYYY-MM-DD, as days since 1970-01-01.
std::optional<std::int32_t> date_of(std::string_view text);

/// HH:MM, HH:MM:SS or HH:MM:SS.ffffff, as microseconds since midnight.
std::optional<std::int64_t> time_of(std::string_view text);

/// A date, or a date and a time with a blank or T between, as microseconds since 1970-01-01.
/// Nothing where there is an offset: it would be dropped.
std::optional<std::int64_t> timestamp_of(std::string_view text);

/// As timestamp_of(), with an optional offset (Z, +02, +0200, +02:00); without one: UTC.
std::optional<std::int64_t> moment_of(std::string_view text);

/// Whether `text` is a timestamp with at most `digits` (0 to 9) that count behind the second's
/// point.
bool is_timestamp(std::string_view text, int digits);

/// 8-4-4-4-12 hexadecimal digits.
bool is_uuid(std::string_view text);

/// What a text could be a value of without a change of the text, as a set of bits. The bits of all
/// texts of a column, combined with AND, say what the column is; see type_of_kinds().
///
/// "01234" is no number and "31/01/2024" no date: as text they come back as they were.
std::uint64_t kinds_of(std::string_view text);

/// The type of a column: bigint, hugeint, double, decimal(w,s), boolean, date, timestamp or
/// varchar. A double only where every number has at most 15 digits, so that its digits come back;
/// a decimal only where all numbers have as many digits behind the point.
std::string type_of_kinds(std::uint64_t kinds);

}  // namespace stepwell::tasks::data::strict
