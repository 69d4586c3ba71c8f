#include "api/live/event_hub.hpp"

#include <algorithm>

namespace stepwell::api {

void EventHub::begin(std::uint64_t piece) {
    const std::lock_guard lock(mutex);
    is_active_ = true;
    from_ = to_ = piece;
    events_.clear();
    bytes_ = 0;
    for (EventStream* stream : streams_) {
        if (stream->waker) stream->waker();
    }
}

void EventHub::end() {
    const std::lock_guard lock(mutex);
    is_active_ = false;
    events_.clear();
    bytes_ = 0;
}

std::uint64_t EventHub::to() const {
    const std::lock_guard lock(mutex);
    return to_;
}

void EventHub::add(std::vector<FeedEvent> events, std::uint64_t to) {
    const std::lock_guard lock(mutex);
    const FeedPosition before{to_, FeedPosition::kWhole};
    to_ = to;
    for (EventStream* stream : streams_) {
        const bool is_concerned =
            std::any_of(events.begin(), events.end(), [&](const FeedEvent& event) {
                return fits(event, stream->filter) || stream->filter.run == event.run;
            });
        if (!is_concerned && stream->place >= before) {
            stream->place = std::max(stream->place, {to, FeedPosition::kWhole});
        } else if (stream->waker) {
            stream->waker();
        }
    }
    for (FeedEvent& event : events) {
        bytes_ += event.frame.size();
        events_.push_back(std::move(event));
    }
    trim();
}

namespace {

/// Of one stream that does not ask for its part; beyond it what comes is not told.
constexpr std::size_t kNoticeBytesMax = 16u << 10;

bool is_about(std::string_view subject, const EventFilter& filter) {
    if (filter.run || !filter.types.empty()) return false;
    return !filter.workflow || subject.substr(0, subject.find_first_of("#:")) == *filter.workflow;
}

}  // namespace

void EventHub::tell(std::string_view subject, const std::string& frame) {
    const std::lock_guard lock(mutex);
    for (EventStream* stream : streams_) {
        const bool has_room = stream->notices.size() + frame.size() <= kNoticeBytesMax;
        if (!has_room || !is_about(subject, stream->filter)) continue;
        stream->notices += frame;
        if (stream->waker) stream->waker();
    }
}

/// Whole pieces go: the ring never begins within one.
void EventHub::trim() {
    while (bytes_ > bytes_max_ && !events_.empty()) {
        from_ = events_.front().at.piece;
        while (!events_.empty() && events_.front().at.piece == from_) {
            bytes_ -= events_.front().frame.size();
            events_.pop_front();
        }
    }
}

void EventHub::join(EventStream& stream) {
    const std::lock_guard lock(mutex);
    streams_.insert(&stream);
}

void EventHub::leave(EventStream& stream) {
    const std::lock_guard lock(mutex);
    streams_.erase(&stream);
}

bool EventHub::is_wanted() const {
    const std::lock_guard lock(mutex);
    return !streams_.empty();
}

bool EventHub::is_within(const EventStream& stream) const {
    return is_active_ && stream.place >= FeedPosition{from_, FeedPosition::kWhole} &&
           stream.place <= FeedPosition{to_, FeedPosition::kWhole};
}

bool EventHub::holds(const EventStream& stream) const {
    const std::lock_guard lock(mutex);
    return is_within(stream);
}

EventHub::Taken EventHub::take(EventStream& stream, std::string& out, std::size_t bytes_max,
                               bool& is_end) const {
    const std::lock_guard lock(mutex);
    if (!is_within(stream)) return Taken::elsewhere;
    auto at = std::upper_bound(
        events_.begin(), events_.end(), stream.place,
        [](const FeedPosition& place, const FeedEvent& event) { return place < event.at; });
    for (; at != events_.end(); ++at) {
        if (out.size() >= bytes_max) return Taken::some;
        stream.place = at->at;
        if (stream.filter.run == at->run) {
            is_end = at->is_end || (is_end && at->type != "ExecutionRedriven");
        }
        if (fits(*at, stream.filter)) out += at->frame;
    }
    stream.place = std::max(stream.place, {to_, FeedPosition::kWhole});
    return Taken::all;
}

}  // namespace stepwell::api
