#include "api/cli/unknown_names.hpp"

#include <algorithm>
#include <optional>

#include "engine/base/nearest.hpp"

namespace stepwell::api::cli {
namespace {

using definition::Diagnostic;
using definition::Severity;

std::string expected(const definition::Reference& reference) {
    const bool is_secret = reference.section == "secrets";
    const std::string one = reference.section.substr(0, reference.section.size() - 1);
    return "expected a " + one + " of the configuration" +
           (is_secret ? " or the data folder, but there is no '" : ", but it has no '") +
           reference.name + "'";
}

/// Nothing where the name may well be meant.
std::optional<Diagnostic> told_of(const definition::Reference& reference,
                                  const std::vector<std::string>& names) {
    if (std::find(names.begin(), names.end(), reference.name) != names.end()) return std::nullopt;
    const auto near = nearest(reference.name, names);
    const std::string hint = near ? "did you mean '" + *near + "'?" : "";
    Diagnostic told{Severity::error,    "UNKNOWN_NAME", expected(reference),
                    reference.location, hint,           reference.position};
    if (reference.section == "pools") {
        told.severity = Severity::warning;
        told.code = "UNKNOWN_POOL";
        told.message += ": it will limit nothing";
    } else if (reference.section == "lakes") {
        if (!near) return std::nullopt;
        told.severity = Severity::warning;
        told.code = "UNKNOWN_LAKE";
        told.message += ": it will be the folder lake/" + reference.name + " of the data folder";
    } else if (reference.section == "secrets" && !near) {
        told.hint = "stepwell secrets set " + reference.name;
    }
    return told;
}

}  // namespace

std::vector<Diagnostic> unknown_names(const std::vector<definition::Reference>& references,
                                      const KnownNames& known) {
    std::vector<Diagnostic> all;
    for (const definition::Reference& reference : references) {
        const auto section = known.find(reference.section);
        if (section == known.end()) continue;
        if (auto told = told_of(reference, section->second)) all.push_back(*std::move(told));
    }
    return all;
}

}  // namespace stepwell::api::cli
