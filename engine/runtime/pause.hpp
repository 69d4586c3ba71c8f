// A paused workflow: its schedules and file triggers start nothing until it is resumed. They keep
// what they were to start and try again. What people, programs and webhooks start goes on.
//
// It is a document ("paused", WORKFLOW), which the engine looks at when something starts by itself.
#pragma once

#include <optional>
#include <string>

#include "engine/journal/records.hpp"

namespace stepwell::runtime {

inline constexpr const char* kPaused = "paused";

struct Pause {
    std::optional<Timestamp> until;  // nothing: until it is resumed
    std::string note;
    std::string by;
    Timestamp at;
};

journal::DocumentWrite to_write(const Pause& pause, std::string workflow);
journal::DocumentWrite end_of_pause(std::string workflow);

/// What the document says; nothing where it is over at `now`.
std::optional<Pause> pause_in(const std::optional<std::string>& document, Timestamp now);

}  // namespace stepwell::runtime
