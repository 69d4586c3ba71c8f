// Activities: tasks that workers elsewhere ask for (GetActivityTask). Each is a document of the
// journal, by its name.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/ids.hpp"
#include "engine/base/payload.hpp"

namespace stepwell::runtime {

/// The collection of documents.
inline constexpr std::string_view kActivities = "activities";

/// "arn:aws:states:REGION:ACCOUNT:activity:NAME".
std::string activity_arn(std::string_view name, std::string_view region, std::string_view account);
/// The name in such an ARN; nothing where it is another region's, account's or thing's.
std::optional<std::string> activity_name(std::string_view arn, std::string_view region,
                                         std::string_view account);

/// Whether a task with this resource is for workers: no runner does it, and it is never handed over
/// as picked up.
bool is_for_worker(std::string_view resource);

/// So many workers may wait for one activity (AWS's limit).
inline constexpr std::size_t kWorkersMax = 1'000;

/// An activity's attempt, for its worker.
struct ActivityTask {
    TaskToken token;
    Payload input;
};

/// Where workers wait for tasks.
///
/// Threads: wait() may be called from any.
class ActivityWorkers {
public:
    virtual ~ActivityWorkers() = default;
    /// Called once, from the engine's thread or the one that waits, and must be quick. False: there
    /// is nobody any more, and the task waits for its heartbeat or timeout.
    using Give = std::function<bool(ActivityTask)>;
    /// Somebody waits for a task of the activity with this ARN, for as long as he keeps what is
    /// returned. Null where too many wait already.
    virtual std::shared_ptr<void> wait(const std::string& activity, std::string worker,
                                       Give give) = 0;
};

}  // namespace stepwell::runtime
