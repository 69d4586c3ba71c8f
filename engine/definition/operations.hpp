// How the runs of a workflow are operated: the members `concurrency`, `priority`, `pool`,
// `retention` and `notify` of a workflow file.
//
//   concurrency: 2                      # runs that may have tasks at work
//   priority: 10                        # -1000 to 1000; higher goes first
//   pool: warehouse                     # or {"Load flights": warehouse, "*": general}
//   retention: {succeeded: 7d, failed: 60d, runs: 500}    # or "7d"
//   notify: {failed: [ops], recovered: [ops], late: [ops]}
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/time.hpp"

namespace stepwell::definition {

/// How long closed runs are kept; what is absent is as the configuration says.
struct RetentionRule {
    std::optional<Duration> succeeded;   // Duration::max(): for ever
    std::optional<Duration> failed;      // and timed out and aborted ones
    std::optional<std::uint64_t> runs;   // closed ones; the oldest go first
    std::optional<std::uint64_t> bytes;  // of the journal; in the configuration only
    bool operator==(const RetentionRule&) const = default;
};

struct Operations {
    std::uint32_t concurrency = 0;  // 0: no limit
    std::int32_t priority = 0;
    std::map<std::string, std::string> pools;  // by the state's name; "*": of all others
    RetentionRule retention;
    std::map<std::string, std::vector<std::string>> notify;  // channels, by event

    /// Empty where the state belongs to none.
    [[nodiscard]] const std::string& pool_of(const std::string& state) const;
};

/// Told each fault: a JSON pointer below the members, and what was expected.
using MemberFault = std::function<void(const std::string& pointer, const std::string& message)>;

/// Reads what is right, and tells `fault` (which may be empty) of the rest.
Operations read_operations(const Json& members, const MemberFault& fault);
/// As above, out of the settings of a version; all defaults where there are none.
Operations operations_of(const std::string& settings);

/// `retention` alone; `pointer` is where it stands. `has_bytes`: whether `bytes` may be given.
RetentionRule read_retention(const Json& value, const std::string& pointer, bool has_bytes,
                             const MemberFault& fault);

}  // namespace stepwell::definition
