// Whether a text is a row: one JSON object as RFC 8259 has it, whose members have different names.
// Stricter than DuckDB's json_valid, which takes NaN, Infinity and commas at the end.
//
// Threads: pure functions, all safe.
#pragma once

#include <string>
#include <string_view>

namespace stepwell::tasks::data {

/// Why it is none, as reasons of rejected rows say it ("the line is not JSON"); empty where it is
/// one. Members of objects within it are not looked at for their names: they stay as written.
/// Linear but for the sorting of names, and does not recurse.
std::string json_object_fault(std::string_view line);

}  // namespace stepwell::tasks::data
