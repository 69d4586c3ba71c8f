// The verdict of an earlier run that stands: the same parameters, files and references, and what
// that run wrote is there as it was. Then the files are not read again, and nothing is written.
//
// Only what is certain stands. What asks the clock, the past or a database beyond its references,
// writes to a table or moves its input is validated each time.
//
// Threads: belongs to the task's thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tasks/validate/metrics_store.hpp"
#include "tasks/validate/validate_parameters.hpp"

namespace stepwell::tasks::data {

struct KeptVerdict {
    Json envelope;
    std::map<std::string, double> metrics;
    std::string run_key;  // of the run that came to it
};

class StandingVerdict {
public:
    /// Looks at the files and the references, not at rows. Where something cannot be told, or is
    /// not there, nothing will stand; who validates says what is wrong.
    static StandingVerdict of(DataSession& session, const ValidateParameters& parameters,
                              const Json& raw_parameters);

    /// Whether a verdict may stand at all.
    [[nodiscard]] bool is_certain() const { return !key_.empty(); }
    /// Those that the key tells. REQUIRES: is_certain().
    [[nodiscard]] const std::vector<InputFile>& files() const { return files_; }
    /// The same for the same files with the same contents; "" where that is not certain.
    [[nodiscard]] const std::string& files_version() const { return files_version_; }

    /// The kept verdict, if there is one and it stands.
    [[nodiscard]] DataResult<std::optional<KeptVerdict>> find(MetricsStore& store) const;

    /// Keeps the verdict for the next run, in the place of an older one; unless a file or a
    /// reference has changed since of(), or one of `outputs` is not what was written.
    DataResult<void> keep(MetricsStore& store, const KeptVerdict& verdict,
                          const std::vector<InputFile>& outputs) const;

    /// The result of a run for which the verdict stands.
    [[nodiscard]] Json unchanged_result(const KeptVerdict& verdict) const;

private:
    StandingVerdict(DataSession& session, const ValidateParameters& parameters)
        : session_(session), parameters_(parameters) {}
    DataResult<void> look_at_files();
    [[nodiscard]] DataResult<std::string> references_version() const;
    [[nodiscard]] bool is_as_it_was() const;

    DataSession& session_;
    const ValidateParameters& parameters_;
    std::string place_;  // who asks for what: one verdict is kept of each
    std::string key_;    // of all that the verdict depends on; "" = it is not certain
    std::vector<InputFile> files_;
    std::vector<std::string> versions_;  // of files_
    std::string files_version_;
    std::string references_version_;
};

}  // namespace stepwell::tasks::data
