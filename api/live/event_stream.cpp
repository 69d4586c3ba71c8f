// A listener: from the ring while it keeps up, else from the journal.
#include <utility>

#include "api/live/event_hub.hpp"

namespace stepwell::api {
namespace {

constexpr std::size_t kEventPartBytes = 64u << 10;
constexpr std::size_t kReplayPieces = 100;

/// Whether the pieces follow each other without a gap, the first one behind `place`.
bool is_complete(const std::vector<runtime::FeedChunk>& pieces, const FeedPosition& place) {
    std::uint64_t want = place.index == FeedPosition::kWhole ? place.piece + 1 : place.piece;
    for (const runtime::FeedChunk& piece : pieces) {
        if (piece.number != want++) return false;
    }
    return true;
}

}  // namespace

EventStream::EventStream(std::shared_ptr<EventHub> hub, Readers& readers, EventFilter filter_,
                         FeedPosition place_, std::uint64_t replay_max)
    : filter(std::move(filter_)),
      place(place_),
      hub_(std::move(hub)),
      readers_(readers),
      replay_max_(replay_max),
      must_look_(filter.run.has_value()) {
    hub_->join(*this);
}

EventStream::~EventStream() {
    hub_->leave(*this);
}

void EventStream::on_ready(std::function<void()> waker_) {
    const std::lock_guard lock(hub_->mutex);
    waker = std::move(waker_);
}

FeedPosition EventStream::current_place() const {
    const std::lock_guard lock(hub_->mutex);
    return place;
}

void EventStream::move_to(FeedPosition place_) {
    const std::lock_guard lock(hub_->mutex);
    place = std::max(place, place_);
}

std::string EventStream::take_notices() {
    const std::lock_guard lock(hub_->mutex);
    return std::exchange(notices, {});
}

/// With the place, so that one who comes back after a long quiet need not be told much.
std::string EventStream::idle() {
    return ": nothing new\nid: " + current_place().text() + "\n\n";
}

bool EventStream::is_behind() const {
    return !is_over_ && (must_look_ || !pending_.empty() || !hub_->holds(*this));
}

Stream::Next EventStream::next(std::string& out) {
    if (is_over_) return Next::end;
    // At once: a client that is cut off before the first event knows where to go on.
    if (!std::exchange(has_begun_, true)) out += idle();
    out += take_notices();
    bool is_end = false;
    const bool is_replaying = must_look_ || !pending_.empty();
    const auto taken =
        is_replaying ? EventHub::Taken::elsewhere : hub_->take(*this, out, kEventPartBytes, is_end);
    if (is_end) {
        // An end that a redrive follows is none: the journal says how it stands now.
        must_look_ = true;
        return Next::more;
    }
    if (taken == EventHub::Taken::elsewhere) return replay(out);
    return taken == EventHub::Taken::some ? Next::more : Next::wait;
}

Stream::Next EventStream::replay(std::string& out) {
    auto result = filter.run ? replay_run(out) : replay_all(out);
    if (result) return *result;
    // What has just been read is sent; a client that comes back goes on from there. Not "error":
    // that is EventSource's own event.
    out += sse_frame("trouble", "", {{"message", result.error().message}});
    is_over_ = true;
    return Next::end;
}

Result<Stream::Next> EventStream::replay_all(std::string& out) {
    const FeedPosition from = current_place();
    auto reader = SW_TRY(readers_.take());
    const std::uint64_t end = SW_TRY(reader->feed_end());
    if (from.piece > end || end - from.piece > replay_max_) {
        send_reset(out, end,
                   from.piece > end ? "the journal is another one" : "too much came since");
        return Next::more;
    }
    const bool is_within = from.index != FeedPosition::kWhole && from.piece > 0;
    const auto pieces =
        SW_TRY(reader->feed(is_within ? from.piece - 1 : from.piece, kReplayPieces));
    if (!is_complete(pieces, from)) {
        send_reset(out, end, "some of what came since has been removed");
        return Next::more;
    }
    std::vector<FeedEvent> events;
    for (const auto& piece : pieces) SW_TRY(formatter_.format(*reader, piece, events));
    send(events, out);
    const bool is_there = pieces.empty() || pieces.back().number == from.piece;
    if (!pieces.empty()) move_to({pieces.back().number, FeedPosition::kWhole});
    return is_there ? Next::wait : Next::more;
}

Result<Stream::Next> EventStream::replay_run(std::string& out) {
    const FeedPosition from = current_place();
    auto reader = SW_TRY(readers_.take());
    if (pending_.empty()) {
        // The end first: what becomes durable after it is found twice rather than never.
        pending_end_ = SW_TRY(reader->feed_end());
        if (from.piece > pending_end_) {
            send_reset(out, pending_end_, "the journal is another one");
            return Next::more;
        }
        const bool is_within = from.index != FeedPosition::kWhole && from.piece > 0;
        const auto numbers =
            SW_TRY(reader->feed_of(*filter.run, is_within ? from.piece - 1 : from.piece));
        pending_.assign(numbers.begin(), numbers.end());
    }
    std::uint64_t last = from.piece;
    std::vector<FeedEvent> events;
    for (std::size_t i = 0; i < kReplayPieces && !pending_.empty(); ++i) {
        last = pending_.front();
        const auto piece = SW_TRY(reader->feed_chunk(*filter.run, last));
        SW_TRY(formatter_.format(*reader, piece, events));
        pending_.pop_front();
    }
    send(events, out);
    if (!pending_.empty()) {
        move_to({last, FeedPosition::kWhole});
        return Next::more;
    }
    move_to({std::max(last, pending_end_), FeedPosition::kWhole});
    must_look_ = false;
    const auto run = SW_TRY(reader->summary(*filter.run));
    // It has ended, and there is nothing behind what has been sent.
    const bool is_closed = run.status != core::Status::running &&
                           SW_TRY(reader->feed_of(*filter.run, current_place().piece)).empty();
    if (is_closed) return finish(out);
    return out.empty() ? Next::wait : Next::more;
}

void EventStream::send(const std::vector<FeedEvent>& events, std::string& out) const {
    const FeedPosition from = current_place();
    for (const FeedEvent& event : events) {
        if (event.at > from && fits(event, filter)) out += event.frame;
    }
}

void EventStream::send_reset(std::string& out, std::uint64_t end, std::string_view why) {
    const FeedPosition here{end, FeedPosition::kWhole};
    out += sse_frame("reset", here.text(), {{"reason", why}});
    const std::lock_guard lock(hub_->mutex);
    place = here;
}

Stream::Next EventStream::finish(std::string& out) {
    // With its place: who comes back with it has everything.
    out += sse_frame("end", current_place().text(), {{"run", value_of(*filter.run)}});
    is_over_ = true;
    return Next::end;
}

}  // namespace stepwell::api
