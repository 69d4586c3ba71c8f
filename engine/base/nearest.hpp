// What somebody may have meant who has typed a word that is not known.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stepwell {

/// The name in `candidates` that is nearest to `word`, where one is near enough to be meant.
std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates);

}  // namespace stepwell
