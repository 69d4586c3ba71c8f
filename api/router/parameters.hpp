// Reads the parameters of a query, and says what is wrong with them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/problem.hpp"
#include "api/router/route.hpp"

namespace stepwell::api {

/// Appends to `faults` what is unknown, missing, given twice, or not as declared.
Call::Values read_query(std::string_view query, const std::vector<Parameter>& declared,
                        std::vector<Fault>& faults);

/// Appends to `faults` what is not as declared.
void check_headers(const Request& request, const std::vector<Parameter>& declared,
                   std::vector<Fault>& faults);

/// What a parameter of a path may be long, in characters.
inline constexpr std::size_t kPathParameterMax = 512;

std::optional<std::int64_t> parse_integer(std::string_view text);
std::optional<Timestamp> parse_time(std::string_view text);
std::vector<std::string> split_list(std::string_view text);

/// JSON Schema of the parameter's value.
Json schema_of(const Parameter& parameter);

}  // namespace stepwell::api
