// What starts a workflow by itself, and by when it must have: the members `schedules`, `triggers`
// and `deadlines` of a workflow file, checked.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/definition/report.hpp"
#include "engine/schedule/machine.hpp"

namespace stepwell::definition {

struct ScheduleSpec {
    std::string name;  // as given, else its number in the file, from 0
    schedule::ScheduleText when;
    schedule::CatchupPolicy catchup;
    using Overlap = schedule::Overlap;
    Overlap overlap = Overlap::allow;
    Json input = Json::object();  // texts may hold {{ scheduled_date }} and {{ scheduled_time }}
    bool is_enabled = true;
};

struct FileTriggerSpec {
    std::string name;
    std::vector<std::string> files;                                     // globs
    std::vector<std::string> ignore = {"*.tmp", "*.part", ".*", "_*"};  // of the file's name
    Duration stable_for{10'000};
    std::string done_marker;  // "{path}.done": the file that says that one is whole; may be empty
    Duration poll{30'000};
    enum class Identity { content, mtime_size, path };
    Identity identity = Identity::content;
    enum class OnModified { new_run, ignore, error };
    OnModified on_modified = OnModified::new_run;
    bool is_batch = false;
    std::size_t files_max = 100;  // of a batch
    Duration wait{60'000};        // of a batch, for files that are still being written
    Json input = Json::object();  // texts may hold {{ file.uri }} and its relatives
    bool is_enabled = true;
    bool operator==(const FileTriggerSpec&) const = default;
};

struct WebhookSpec {
    std::string name;   // of POST /hooks/NAME
    std::string token;  // a reference: "${secret:NAME}", "${env:NAME}", "${file:PATH}"; or empty
    std::string hmac_secret;  // likewise; one of the two is there
    std::string signature_header = "X-Stepwell-Signature";
    std::string timestamp_header = "X-Stepwell-Timestamp";  // empty: the body alone is signed
    Duration tolerance{300'000};
    std::string idempotency_header = "Idempotency-Key";
    bool is_enabled = true;
};

struct DeadlineSpec {
    enum class Kind { start_by, finish_by, file_by };
    Kind kind = Kind::finish_by;
    std::string name;
    schedule::ScheduleText when;  // each fire is a deadline
    Duration window{86'400'000};  // how long before it what is wanted may have happened
    std::string trigger;          // of file_by: the name of a file trigger
};

struct Starts {
    std::vector<ScheduleSpec> schedules;
    std::vector<FileTriggerSpec> files;
    std::vector<WebhookSpec> webhooks;
    std::vector<DeadlineSpec> deadlines;
    [[nodiscard]] bool is_empty() const {
        return schedules.empty() && files.empty() && webhooks.empty() && deadlines.empty();
    }
};

/// "start_by", "finish_by", "file_by".
const char* name_of(DeadlineSpec::Kind kind);

/// Reads the members of a workflow file and reports every fault in them. What is faulty may be in
/// the result or not: it is of use only where nothing was reported.
Starts read_starts(const Json& root, Report& report);

/// The same from the settings of a workflow's version, where the file has passed the checks before.
/// Fails with `invalid` where it has not.
Result<Starts> starts_of(const std::string& settings);

/// `value` with each "{{ NAME }}" in its texts replaced by what `values` (an object of texts) has.
Json with_placeholders(const Json& value, const Json& values);

}  // namespace stepwell::definition
