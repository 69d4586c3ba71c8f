// Live events: everything that becomes durable, told to whoever listens.
//
// The journal is the queue. A thread reads what has been added to it into a ring in memory that all
// listeners share; a listener is a place in the feed and a filter. One that stands behind the ring
// (it was away, or is slow) reads the journal itself until it has caught up. So there is no gap and
// no double between old and live, and a listener costs the same however slow it is.
//
// Threads: one that reads, while there are listeners. Everything here may be called from any
// thread.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "api/http/http.hpp"
#include "api/live/event_filter.hpp"
#include "api/read/readers.hpp"
#include "engine/runtime/engine.hpp"

namespace stepwell::api {

struct FeedSettings {
    std::size_t ring_bytes_max = 8u << 20;
    Duration pause{30};  // between two looks into the journal: what comes meanwhile goes together
    Duration patience{250};  // and looks again after that, whether or not it heard of something
    /// A listener that stands further behind is not told what it missed, but that it missed it.
    std::uint64_t replay_max = 100'000;
};

class EventFeed {
public:
    /// REQUIRES: engine and readers outlive it and its streams.
    EventFeed(runtime::Engine& engine, Readers& readers, FeedSettings settings = {});
    ~EventFeed();

    /// Server-sent events behind `after`; without it, those that come from now on. Where what lies
    /// between is not there any more, the first is `event: reset`. Of a single run the last one is
    /// `event: end`, and ends the stream.
    Result<std::shared_ptr<Stream>> open(EventFilter filter, std::optional<FeedPosition> after);

    /// Tells who listens to all runs, or to those of the workflow that `subject` ("flights",
    /// "flights#daily") is about, that something changed which is no event of a run: `event:
    /// changed`. It has no place in the feed: who is away for the moment is not told.
    void tell(std::string_view kind, std::string_view subject);

    /// Ends the thread: streams get nothing more. Called before the engine stops.
    void stop();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace stepwell::api
