// Events: facts of an execution, journaled in order, never renamed or reinterpreted.
//
// The visible ones are Step Functions' history events, to the letter (asl.md 18). The others carry
// what evolve() needs beyond them (which frame, which retrier, when a timer is due) and have no id.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.hpp"
#include "engine/base/json.hpp"
#include "engine/base/payload.hpp"
#include "engine/base/time.hpp"
#include "engine/definition/definition.hpp"

namespace stepwell::core {

// The event types and their details belong to the core's author; what other layers use is below.
struct Event;

/// One decision's events as bytes. A payload that occurs several times in it is stored once.
std::string encode(const std::vector<Event>& events);
/// Fails with `corruption`.
Result<std::vector<Event>> decode(std::string_view bytes);

/// The events that GetExecutionHistory shows, in its form ({"id", "previousEventId", "timestamp",
/// "type", "<x>EventDetails"}). `include_data` false leaves out inputs, outputs and parameters.
Json to_history(const std::vector<Event>& events, bool include_data);

/// One line an event for people: "Load: TaskScheduled stepwell:load". Tests, the CLI and failures
/// print the same line.
std::string trace(const Event& event);

}  // namespace stepwell::core
