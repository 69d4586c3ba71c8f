// Which tasks of open runs wait for somebody to say how they end.
#pragma once

#include <optional>
#include <string>

#include "api/read/readers.hpp"
#include "engine/runtime/engine.hpp"

namespace stepwell::api {

/// So many open runs are looked into for one list.
inline constexpr std::size_t kRunsLookedInto = 2'000;

/// {"items": those of the newest runs first, `needed` or some more where there are so many,
/// "complete": false where there are more runs than were looked into, "as_of"}. An item never has
/// the token.
///
/// Waits for the engine: not for its own thread. Fails with `not_found` for an unknown workflow.
Result<Json> waiting_tasks(runtime::Engine& engine, Readers& readers,
                           const std::optional<std::string>& workflow, std::size_t needed);

/// An attempt as lists call it: "12.0.3", of run, frame and attempt. Fails with `not_found` where
/// it is none.
Result<TaskToken> attempt_in(std::string_view id);

/// The item of one attempt, where it waits so in what the engine says of its run.
std::optional<Json> waiting_task_at(const runtime::Inspection& open, const core::Frame& frame,
                                    ExecutionId run);

}  // namespace stepwell::api
