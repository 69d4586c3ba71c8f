// How results say how many rows failed: the same words in every task.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace stepwell::tasks::data {

/// "502,259".
std::string with_separators(std::int64_t number);

/// "37 of 502,259"
std::string part_text(std::int64_t part, std::int64_t whole);

/// A share in percent with two digits that count: "0.0074%", "33.33%", "60%". One that is not 0 is
/// never written as 0, and one that is not all never as 100.
std::string share_text(std::int64_t part, std::int64_t whole);

/// ", such as 'a', 'b' and 'c'": at most three of them; empty where there is none.
std::string examples_text(const std::vector<std::string>& examples);

}  // namespace stepwell::tasks::data
