// What tasks came to, in words for the terminal: their result envelopes are for programs.
#pragma once

#include <string>
#include <vector>

#include "engine/base/json.hpp"

namespace stepwell::api::cli {

/// The sentence in a failure's cause, without control characters.
std::string cause_sentence(const std::string& cause);

/// What stands behind the sentence in a result envelope: a line for each failed check, with what
/// was found and up to three examples; at most ten, the last of which says how many more there are.
/// Empty for other causes.
std::vector<std::string> cause_details(const std::string& cause);

/// What a data task did, from its envelope: "5,000 read, 4,990 good, 10 rejected", "unchanged", and
/// what it warns of. Empty where there is nothing to say.
std::string result_text(const Json& envelope);

}  // namespace stepwell::api::cli
