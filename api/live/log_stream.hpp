// The logs of a run's tasks while they are written.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "api/live/event_feed.hpp"

namespace stepwell::api {

struct LogFilter {
    ExecutionId run{};
    std::string state;          // empty: of all states
    bool shows_samples = true;  // of data, where a line has some; see api/router/samples.hpp
};

/// Server-sent events: every line there is, then those that come, until the run has ended; then
/// `event: end`. A line's id is its place in all logs of the run: with it as `behind` a stream goes
/// on with the line after it. Where `behind` is no such place, `event: reset` comes first, and then
/// everything. Null: `behind` is that of an `end`, and nothing has come since.
///
/// REQUIRES: engine and feed outlive the stream.
Result<std::shared_ptr<Stream>> follow_logs(runtime::Engine& engine, EventFeed& feed,
                                            const std::filesystem::path& logs_folder,
                                            LogFilter filter, std::string_view behind);

}  // namespace stepwell::api
