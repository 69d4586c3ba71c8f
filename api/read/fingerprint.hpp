// Which failures are the same one.
#pragma once

#include "api/read/digest.hpp"

namespace stepwell::api::answers {

/// What makes two failures the same: see normalised() for the cause.
struct Fingerprint {
    std::string workflow;
    std::string path;
    std::string error;
    std::string cause;
    auto operator<=>(const Fingerprint&) const = default;

    /// A short id that stays the same: for URLs and for muting.
    [[nodiscard]] std::string id() const;
};
Fingerprint fingerprint_of(const std::string& workflow, const LeafFailure& leaf);

/// The first line of what a failure says.
std::string message_line(const LeafFailure& leaf);

}  // namespace stepwell::api::answers
