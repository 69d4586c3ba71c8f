// What the listeners of the live events share: the ring, and who listens.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <unordered_set>

#include "api/live/event_feed.hpp"
#include "api/live/feed_event.hpp"

namespace stepwell::api {

class EventStream;

/// Holds every event of the pieces behind `from` up to `to`. Thread safety: complete.
class EventHub {
public:
    explicit EventHub(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    /// Begins anew with an empty ring behind `piece`; everybody looks for themselves.
    void begin(std::uint64_t piece);
    void end();
    [[nodiscard]] std::uint64_t to() const;
    /// The events of the pieces behind to(), up to piece `to`. Wakes whom they concern.
    void add(std::vector<FeedEvent> events, std::uint64_t to);

    /// Hands `frame` to the streams that it concerns, and wakes them.
    void tell(std::string_view subject, const std::string& frame);

    void join(EventStream& stream);
    void leave(EventStream& stream);
    [[nodiscard]] bool is_wanted() const;

    enum class Taken { elsewhere, some, all };
    /// Appends to `out` what fits the stream, and moves it on. `is_end`: the stream's run has ended
    /// by then, as far as the ring knows. `elsewhere`: it does not stand where
    /// the ring is.
    Taken take(EventStream& stream, std::string& out, std::size_t bytes_max, bool& is_end) const;

    /// Whether take() would find what the stream wants next.
    [[nodiscard]] bool holds(const EventStream& stream) const;

    /// Guards the streams' places and wakers too.
    mutable std::mutex mutex;

private:
    void trim();
    [[nodiscard]] bool is_within(const EventStream& stream) const;
    const std::size_t bytes_max_;
    bool is_active_ = false;
    std::uint64_t from_ = 0;
    std::uint64_t to_ = 0;
    std::size_t bytes_ = 0;
    std::deque<FeedEvent> events_;
    std::unordered_set<EventStream*> streams_;
};

/// One listener. The place and the waker are guarded by the hub's mutex; the rest belongs to the
/// thread that calls next().
class EventStream final : public Stream {
public:
    EventStream(std::shared_ptr<EventHub> hub, Readers& readers, EventFilter filter,
                FeedPosition place, std::uint64_t replay_max);
    ~EventStream() override;
    EventStream(const EventStream&) = delete;

    [[nodiscard]] bool is_behind() const override;
    Next next(std::string& out) override;
    std::string idle() override;
    void on_ready(std::function<void()> waker) override;

    const EventFilter filter;
    FeedPosition place;           // what lies before it has been sent, or is not wanted
    std::function<void()> waker;  // may be empty
    std::string notices;          // frames beside the feed, for the next part

private:
    Next replay(std::string& out);
    Result<Next> replay_all(std::string& out);
    Result<Next> replay_run(std::string& out);
    void send_reset(std::string& out, std::uint64_t end, std::string_view why);
    void send(const std::vector<FeedEvent>& events, std::string& out) const;
    Next finish(std::string& out);
    [[nodiscard]] FeedPosition current_place() const;
    std::string take_notices();
    void move_to(FeedPosition place);

    const std::shared_ptr<EventHub> hub_;
    Readers& readers_;
    const std::uint64_t replay_max_;
    FeedFormatter formatter_;
    std::deque<std::uint64_t> pending_;  // of one run: the pieces that it has still to be told
    std::uint64_t pending_end_ = 0;      // and where it stands then
    /// Of one run: whether it has ended before is not known yet, and the ring would not say.
    bool must_look_;
    bool has_begun_ = false;
    bool is_over_ = false;
};

}  // namespace stepwell::api
