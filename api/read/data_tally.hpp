// What the data tasks at one state said of their data in one run, taken together over the items of
// a Map: small enough for a run row.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/time.hpp"

namespace stepwell::api::answers {

/// A check, by its name, over all results.
struct CheckTally {
    std::string name;
    std::string column;  // may be empty
    std::uint32_t passed = 0;
    std::uint32_t warned = 0;
    std::uint32_t failed = 0;
    std::uint32_t skipped = 0;
    std::int64_t violations = 0;  // rows that broke it

    /// "fail", "warn", "pass", "skipped": the most severe.
    [[nodiscard]] std::string status() const;
};

/// A table or a place that was written.
struct OutputTally {
    std::string uri;
    std::int64_t rows = 0;
    Timestamp at;  // the last time
};

struct DataTally {
    std::map<std::string, std::int64_t> rows;       // "read", "rejected", ...
    std::map<std::string, std::uint32_t> statuses;  // "success" to how many results
    std::vector<CheckTally> checks;                 // at most kDataChecksMax
    std::vector<OutputTally> outputs;               // at most kDataOutputsMax
    std::string task;                               // "validate"
    bool is_whole = true;                           // false: there was more
    bool is_known = true;                           // false: an older Stepwell did not note it

    /// Adds what one result envelope says.
    void add(const Json& envelope, Timestamp at);
    /// "failed", "warn", "success", "skipped": the most severe.
    [[nodiscard]] std::string status() const;
};

inline constexpr std::size_t kDataChecksMax = 100;
inline constexpr std::size_t kDataOutputsMax = 50;

/// For a row's details; times relative to `started_at`.
Json to_details(const DataTally& tally, Timestamp started_at);
DataTally data_tally_in(const Json& details, Timestamp started_at);

}  // namespace stepwell::api::answers
