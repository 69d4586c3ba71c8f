#include "api/live/event_feed.hpp"

#include <spdlog/spdlog.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "api/live/event_hub.hpp"

namespace stepwell::api {
namespace {

constexpr std::size_t kPiecesAtOnce = 500;

}  // namespace

class EventFeed::Impl {
public:
    Impl(runtime::Engine& engine, Readers& readers, FeedSettings settings)
        : settings_(settings),
          engine_(engine),
          readers_(readers),
          hub_(std::make_shared<EventHub>(settings.ring_bytes_max)),
          thread_([this] { run(); }) {}
    ~Impl() { stop(); }

    Result<std::shared_ptr<Stream>> open(EventFilter filter, std::optional<FeedPosition> after) {
        if (!after) {
            auto reader = SW_TRY(readers_.take());
            after = FeedPosition{SW_TRY(reader->feed_end()), FeedPosition::kWhole};
        }
        auto stream = std::make_shared<EventStream>(hub_, readers_, std::move(filter), *after,
                                                    settings_.replay_max);
        poke();
        return std::shared_ptr<Stream>(std::move(stream));
    }

    void tell(std::string_view kind, std::string_view subject) {
        hub_->tell(subject, sse_frame("changed", "", {{"kind", kind}, {"subject", subject}}));
    }

    void stop() {
        {
            const std::lock_guard lock(mutex_);
            if (is_stopping_) return;
            is_stopping_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }

private:
    void poke() {
        {
            const std::lock_guard lock(mutex_);
            is_poked_ = true;
        }
        changed_.notify_one();
    }

    /// The engine tells only of turns that began after we subscribed, and the journal may not
    /// answer at once: as long as somebody listens we look again by ourselves.
    void wait_for_poke(std::unique_lock<std::mutex>& lock) {
        const auto is_over = [this] { return is_poked_ || is_stopping_; };
        if (hub_->is_wanted()) {
            changed_.wait_for(lock, settings_.patience, is_over);
        } else {
            changed_.wait(lock, is_over);
        }
    }

    void run() {
        std::unique_lock lock(mutex_);
        while (!is_stopping_) {
            wait_for_poke(lock);
            is_poked_ = false;
            lock.unlock();
            follow();
            lock.lock();
            changed_.wait_for(lock, settings_.pause, [this] { return is_stopping_; });
        }
        lock.unlock();
        unsubscribe();
    }

    void unsubscribe() {
        subscription_.reset();
        is_subscribed_ = false;
    }

    /// Reads on while somebody listens. The engine keeps events for its listeners, so that we are
    /// one only as long as it is of use.
    void follow() {
        if (!hub_->is_wanted()) {
            unsubscribe();
            hub_->end();
            return;
        }
        if (!is_subscribed_ && !begin()) return;
        while (pull()) {
        }
    }

    bool begin() {
        runtime::Listener listener;
        listener.events = [this](const core::Execution&, const std::vector<core::Event>&) {
            poke();
        };
        subscription_ = engine_.subscribe(std::move(listener));
        is_subscribed_ = true;
        auto reader = readers_.take();
        const auto end = reader ? (*reader)->feed_end() : fail(reader.error());
        if (!end) {
            unsubscribe();
            return false;
        }
        hub_->begin(*end);
        return true;
    }

    /// Moves what has been added to the journal to the ring. True where there may be more.
    bool pull() {
        auto reader = readers_.take();
        if (!reader) return false;
        const auto pieces = (*reader)->feed(hub_->to(), kPiecesAtOnce);
        if (!pieces || pieces->empty()) return false;
        std::uint64_t to = hub_->to();
        std::vector<FeedEvent> events;
        for (const runtime::FeedChunk& piece : *pieces) {
            // Something was removed before we saw it: those who listen find out by themselves.
            if (piece.number != to + 1) {
                hub_->begin(piece.number - 1);
                events.clear();
            }
            if (piece.damage) {
                spdlog::error("{}; nobody who listens is told of it", piece.damage->message);
            }
            if (!formatter_.format(**reader, piece, events)) return false;
            to = piece.number;
        }
        hub_->add(std::move(events), to);
        return pieces->size() == kPiecesAtOnce;
    }

    const FeedSettings settings_;
    runtime::Engine& engine_;
    Readers& readers_;
    const std::shared_ptr<EventHub> hub_;
    FeedFormatter formatter_;             // of the thread
    runtime::Subscription subscription_;  // of the thread; null even where there is one
    bool is_subscribed_ = false;          // of the thread
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_poked_ = false;
    bool is_stopping_ = false;
    std::thread thread_;  // last: it uses the others
};

EventFeed::EventFeed(runtime::Engine& engine, Readers& readers, FeedSettings settings)
    : impl_(std::make_unique<Impl>(engine, readers, settings)) {}
EventFeed::~EventFeed() = default;

Result<std::shared_ptr<Stream>> EventFeed::open(EventFilter filter,
                                                std::optional<FeedPosition> after) {
    return impl_->open(std::move(filter), after);
}

void EventFeed::tell(std::string_view kind, std::string_view subject) {
    impl_->tell(kind, subject);
}

void EventFeed::stop() {
    impl_->stop();
}

}  // namespace stepwell::api
