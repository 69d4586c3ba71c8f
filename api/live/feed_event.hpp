// An event on its way to those who listen.
#pragma once

#include <unordered_map>
#include <vector>

#include "api/live/event_filter.hpp"
#include "engine/runtime/read/reader.hpp"

namespace stepwell::api {

struct FeedEvent {
    FeedPosition at;
    ExecutionId run{};
    std::string workflow;
    std::string type;
    bool is_end = false;  // of the run
    std::string frame;    // as it is sent: "id: ...\ndata: {...}\n\n"
};

bool fits(const FeedEvent& event, const EventFilter& filter);

/// "event: NAME\nid: ...\ndata: {...}\n\n"; `name` empty: without that line.
std::string sse_frame(std::string_view name, std::string_view id, const Json& data);

/// Makes events of the pieces of the feed. Remembers the names of runs that it met.
class FeedFormatter {
public:
    /// Appends. Fails as the reader does; a run that is gone, or that cannot be read, gives no
    /// events.
    Result<void> format(runtime::Reader& reader, const runtime::FeedChunk& chunk,
                        std::vector<FeedEvent>& out);

private:
    struct Names {
        std::string run;
        std::string workflow;
    };
    Result<Names> names_of(runtime::Reader& reader, ExecutionId id);
    std::unordered_map<ExecutionId, Names> names_;
};

}  // namespace stepwell::api
