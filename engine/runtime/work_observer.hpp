// Who governs the work wants to know what has become of it.
//
// Everything is told after it is durable, from the engine's thread, in the order in which it
// happened, together with the orders to the TaskRunner. Nothing is told twice, except that what an
// earlier daemon told is told again where this one recovers it.
#pragma once

#include <string>

#include "engine/base/ids.hpp"

namespace stepwell::runtime {

class WorkObserver {
public:
    virtual ~WorkObserver() = default;
    /// The attempt is in flight no more, however it ended.
    virtual void finished(const TaskToken&) {}
    /// The execution has ended.
    virtual void closed(ExecutionId) {}
    /// The workflow has a new version in force; at the engine's start: the one that it has.
    virtual void version_changed(const std::string& /*workflow*/, const std::string& /*settings*/) {
    }
    /// The execution has begun to work on tasks and has not ended. Told at the engine's start,
    /// before any task is started, and when the workflow gets a limit; only of workflows that have
    /// one.
    virtual void has_begun(ExecutionId, const std::string& /*workflow*/,
                           const std::string& /*name*/) {}
    /// Somebody is to be told something (notice.hpp): `value` was written under `key`.
    virtual void noticed(const std::string& /*key*/, const std::string& /*value*/) {}
    /// All of the turn has been told and ordered. What has become free may be given away.
    virtual void turn_over() {}
};

}  // namespace stepwell::runtime
