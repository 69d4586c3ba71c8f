// What earlier validations found, in <data>/metrics/validations.sqlite: for checks that compare
// with the past, and so that a repeated run does not write the same output again.
//
// Threads: each store belongs to one task; several may be open at once.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tasks/data/data_session.hpp"

namespace stepwell::tasks::data {

/// The values of each metric in earlier successful runs, latest first.
using MetricsHistory = std::map<std::string, std::vector<double>>;

class MetricsStore {
public:
    static DataResult<MetricsStore> open(DataSession& session);

    DataResult<MetricsHistory> history(const std::string& dataset);
    /// Keeps a run's metrics; a repeat of the same run replaces them.
    DataResult<void> record(const std::string& dataset, const std::string& run_key,
                            const std::map<std::string, double>& metrics);

    /// From what an output was made, where it is still the file that was written then.
    DataResult<std::string> fingerprint_of(const InputFile& output);
    DataResult<void> record_output(const InputFile& output, const std::string& fingerprint);

    /// The result that a run came to, before it moved its input away.
    DataResult<std::optional<Json>> verdict_of(const std::string& run_key);
    DataResult<void> record_verdict(const std::string& run_key, const Json& envelope);

    /// The verdict of the last run at `place` (standing_verdict.hpp), as record_standing() was told
    /// it. At most the newest thousands of places are remembered.
    DataResult<std::optional<Json>> standing_verdict(const std::string& place);
    DataResult<void> record_standing(const std::string& place, const std::string& verdict);

private:
    explicit MetricsStore(std::unique_ptr<Connection> connection)
        : connection_(std::move(connection)) {}
    std::unique_ptr<Connection> connection_;
};

}  // namespace stepwell::tasks::data
