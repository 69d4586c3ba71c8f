#include "api/live/log_stream.hpp"

#include <mutex>

#include "api/live/feed_event.hpp"
#include "api/router/samples.hpp"
#include "engine/runtime/work/task_log.hpp"

namespace stepwell::api {
namespace {

constexpr std::size_t kLogPartBytes = 32u << 10;

/// Shared with the engine's threads, which may tell of a line while the stream goes.
struct Bell {
    std::mutex mutex;
    std::function<void()> waker;

    void ring() {
        const std::lock_guard lock(mutex);
        if (waker) waker();
    }
};

class LogStream final : public Stream {
public:
    LogStream(runtime::Engine& engine, std::shared_ptr<Stream> end_of_run,
              const std::filesystem::path& logs_folder, LogFilter filter)
        : end_of_run_(std::move(end_of_run)),
          tail_(logs_folder, filter.run),
          filter_(std::move(filter)) {
        runtime::Listener listener;
        listener.log = [bell = bell_, run = filter_.run](const TaskToken& token,
                                                         const std::string&) {
            if (token.execution == run) bell->ring();
        };
        subscription_ = engine.subscribe(std::move(listener));
    }

    /// It reads files.
    [[nodiscard]] bool is_behind() const override { return true; }

    Next next(std::string& out) override {
        if (is_over_) return Next::end;
        if (!has_run_ended_) has_run_ended_ = look_for_end();
        auto parts = tail_.read(kLogPartBytes);
        if (!parts) {
            out += sse_frame("trouble", "", {{"message", parts.error().message}});
            is_over_ = true;
            return Next::end;
        }
        for (const auto& part : *parts) write(part, out);
        if (!parts->empty()) return Next::more;
        if (!has_run_ended_) return Next::wait;
        out += sse_frame("end", "", {{"run", value_of(filter_.run)}});
        is_over_ = true;
        return Next::end;
    }

    std::string idle() override { return ": nothing new\n\n"; }

    void on_ready(std::function<void()> waker) override {
        {
            const std::lock_guard lock(bell_->mutex);
            bell_->waker = waker;
        }
        end_of_run_->on_ready(std::move(waker));
    }

private:
    /// All lines of a run are written before its end is durable: what is read after this is whole.
    bool look_for_end() {
        while (true) {
            std::string ignored;
            const Next next = end_of_run_->next(ignored);
            if (next != Next::more) return next == Next::end;
        }
    }

    void write(const runtime::TaskLogTail::Part& part, std::string& out) const {
        const auto& header = part.header;
        if (!filter_.state.empty() && header.state != filter_.state) return;
        const std::string log =
            std::to_string(header.frame) + "-" + std::to_string(header.attempt) + ":";
        std::uint64_t number = part.first_line;
        for (const std::string& line : part.lines) {
            Json shown{{"state", header.state},
                       {"frame", header.frame},
                       {"attempt", header.attempt},
                       {"retry", header.retry},
                       {"line", number},
                       {"text", line},
                       {"started_at", header.started_at}};
            if (!header.path.empty()) shown["path"] = header.path;
            if (!filter_.shows_samples) shown = with_hidden_samples(std::move(shown));
            out += sse_frame("", log + std::to_string(number), shown);
            ++number;
        }
    }

    const std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
    const std::shared_ptr<Stream> end_of_run_;
    runtime::TaskLogTail tail_;
    const LogFilter filter_;
    bool has_run_ended_ = false;
    bool is_over_ = false;
    runtime::Subscription subscription_;
};

}  // namespace

Result<std::shared_ptr<Stream>> follow_logs(runtime::Engine& engine, EventFeed& feed,
                                            const std::filesystem::path& logs_folder,
                                            LogFilter filter) {
    EventFilter end;
    end.run = filter.run;
    end.types = {"ExecutionSucceeded"};  // the stream ends with the run whatever is listed
    auto end_of_run = SW_TRY(feed.open(std::move(end), std::nullopt));
    return std::shared_ptr<Stream>(
        std::make_shared<LogStream>(engine, std::move(end_of_run), logs_folder, std::move(filter)));
}

}  // namespace stepwell::api
