#include "api/live/log_stream.hpp"

#include <mutex>
#include <utility>

#include "api/live/feed_event.hpp"
#include "api/router/samples.hpp"
#include "engine/runtime/work/task_log_tail.hpp"

namespace stepwell::api {
namespace {

constexpr std::size_t kLogPartBytes = 32u << 10;
/// What the place of an `end` ends with.
constexpr char kEndMark = '!';

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
        : engine_(engine),
          end_of_run_(std::move(end_of_run)),
          tail_(logs_folder, filter.run),
          filter_(std::move(filter)) {
        runtime::Listener listener;
        listener.log = [bell = bell_, run = filter_.run](const TaskToken& token,
                                                         const std::string&) {
            if (token.execution == run) bell->ring();
        };
        subscription_ = engine.subscribe(std::move(listener));
    }

    /// False where there is nothing behind it, and nothing will come.
    bool go_on_behind(std::string_view place) {
        const bool is_end = place.ends_with(kEndMark);
        if (is_end) place.remove_suffix(1);
        must_reset_ = !tail_.go_on_behind(place);
        if (!is_end || must_reset_) return true;
        has_run_ended_ = look_for_end();
        first_ = tail_.read(kLogPartBytes, open_logs());
        return !has_run_ended_ || !first_.empty();
    }

    /// It reads files.
    [[nodiscard]] bool is_behind() const override { return true; }

    Next next(std::string& out) override {
        if (is_over_) return Next::end;
        if (std::exchange(must_reset_, false)) {
            out += sse_frame("reset", "", {{"reason", "what was told last is not known any more"}});
        }
        if (!has_run_ended_) has_run_ended_ = look_for_end();
        auto parts = std::exchange(first_, {});
        if (parts.empty()) parts = tail_.read(kLogPartBytes, open_logs());
        for (const auto& part : parts) write(part, out);
        if (!parts.empty()) return Next::more;
        if (!has_run_ended_) return Next::wait;
        out += sse_frame("end", tail_.place() + kEndMark, {{"run", value_of(filter_.run)}});
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

    [[nodiscard]] runtime::OpenLogs open_logs() const {
        runtime::OpenLogs open;
        open.are_over = has_run_ended_;
        for (const TaskToken& token : engine_.open_logs(filter_.run)) {
            open.attempts.emplace(value_of(token.frame), token.attempt);
        }
        return open;
    }

    void write(const runtime::TaskLogTail::Part& part, std::string& out) const {
        const auto& header = part.header;
        if (!filter_.state.empty() && header.state != filter_.state) return;
        for (std::size_t i = 0; i < part.lines.size(); ++i) {
            Json shown{{"state", header.state},          {"frame", header.frame},
                       {"attempt", header.attempt},      {"retry", header.retry},
                       {"line", part.first_line + i},    {"text", part.lines[i]},
                       {"started_at", header.started_at}};
            if (!header.path.empty()) shown["path"] = header.path;
            if (!filter_.shows_samples) shown = with_hidden_samples(std::move(shown));
            out += sse_frame("", part.place_behind(i), shown);
        }
    }

    runtime::Engine& engine_;
    const std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
    const std::shared_ptr<Stream> end_of_run_;
    runtime::TaskLogTail tail_;
    const LogFilter filter_;
    std::vector<runtime::TaskLogTail::Part> first_;  // read before it was asked for
    bool must_reset_ = false;
    bool has_run_ended_ = false;
    bool is_over_ = false;
    runtime::Subscription subscription_;
};

}  // namespace

Result<std::shared_ptr<Stream>> follow_logs(runtime::Engine& engine, EventFeed& feed,
                                            const std::filesystem::path& logs_folder,
                                            LogFilter filter, std::string_view behind) {
    EventFilter end;
    end.run = filter.run;
    end.types = {"ExecutionSucceeded"};  // the stream ends with the run whatever is listed
    auto end_of_run = SW_TRY(feed.open(std::move(end), std::nullopt));
    auto stream =
        std::make_shared<LogStream>(engine, std::move(end_of_run), logs_folder, std::move(filter));
    if (!behind.empty() && !stream->go_on_behind(behind)) stream.reset();
    return std::shared_ptr<Stream>(std::move(stream));
}

}  // namespace stepwell::api
