#include "api/daemon/run_log.hpp"

#include <utility>

#include "api/cli/terminal.hpp"
#include "api/read/text.hpp"
#include "engine/core/execution.hpp"

namespace stepwell::api {
namespace {

constexpr std::size_t kMessageBytesMax = 300;
constexpr std::chrono::seconds kPause{1};

std::string run_text(const core::Execution& execution) {
    return "run " + std::to_string(value_of(execution.id())) + " of " +
           execution.facts().workflow_name;
}

/// "failed in 3.1 s: E_QUALITY: 3 rows are NULL where they must not be"
std::string end_text(const core::Execution& execution, const char* what) {
    const core::Header& header = execution.header();
    const Duration time =
        header.stopped_at.value_or(header.updated_at) - execution.facts().started_at;
    std::string text = run_text(execution) + " " + what + " in " + cli::duration_text(time);
    if (header.error) text += ": " + *header.error;
    const std::string message = header.cause ? answers::message_of(*header.cause) : "";
    if (!message.empty()) text += ": " + answers::cut(message, kMessageBytesMax);
    return cli::printable_line(text);
}

std::string count_of(std::uint64_t count, const char* what) {
    return count == 0 ? "" : std::to_string(count) + " " + what;
}

std::string joined(const std::string& a, const std::string& b) {
    return a + (a.empty() || b.empty() ? "" : ", ") + b;
}

}  // namespace

runtime::Listener RunLog::listener() {
    runtime::Listener listener;
    listener.events = [this](const core::Execution& execution,
                             const std::vector<core::Event>& events) {
        for (const core::Event& event : events) take(execution, event);
    };
    return listener;
}

void RunLog::take(const core::Execution& execution, const core::Event& event) {
    using Type = core::EventType;
    switch (event.type) {
        case Type::execution_started:
            return tell(false, left_out_.started, [&] { return run_text(execution) + " started"; });
        case Type::execution_redriven:
            return tell(false, left_out_.started,
                        [&] { return run_text(execution) + " goes on: it was redriven"; });
        case Type::execution_succeeded:
            return tell(false, left_out_.succeeded,
                        [&] { return end_text(execution, "succeeded"); });
        case Type::execution_failed:
            return tell(true, left_out_.failed, [&] { return end_text(execution, "failed"); });
        case Type::execution_timed_out:
            return tell(true, left_out_.failed, [&] { return end_text(execution, "timed out"); });
        case Type::execution_aborted:
            return tell(true, left_out_.failed, [&] { return end_text(execution, "was stopped"); });
        default:
            return;
    }
}

/// Failures have as much room again for themselves.
void RunLog::tell(bool is_failure, std::uint64_t& left_out,
                  const std::function<std::string()>& text) {
    const std::lock_guard lock(mutex_);
    const std::size_t others = lines_.size() - failures_;
    if ((is_failure ? failures_ : others) >= lines_max_) {
        ++left_out;
        return;
    }
    if (is_failure) ++failures_;
    lines_.push_back({is_failure, text()});
    if (lines_.size() == 1) something_.notify_one();
}

std::vector<RunLog::Line> RunLog::lines() {
    const std::lock_guard lock(mutex_);
    std::vector<Line> told = std::exchange(lines_, {});
    failures_ = 0;
    const Counts left = std::exchange(left_out_, {});
    if (left == Counts{}) return told;
    const std::string text =
        joined(joined(count_of(left.started, "more runs started"),
                      count_of(left.succeeded, "more succeeded")),
               count_of(left.failed, "more failed, timed out or were stopped"));
    told.push_back({left.failed > 0, text});
    return told;
}

bool RunLog::wait() {
    std::unique_lock lock(mutex_);
    // What comes within a second after something was told is told together.
    if (has_told_) something_.wait_for(lock, kPause, [this] { return is_over_; });
    something_.wait(lock, [this] { return is_over_ || !lines_.empty(); });
    has_told_ = true;
    return !is_over_;
}

void RunLog::end_waiting() {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
    something_.notify_all();
}

RunLogWriter::RunLogWriter(RunLog& log, std::function<void(const RunLog::Line&)> write)
    : log_(log), write_(std::move(write)), thread_([this] {
          while (log_.wait()) write_all();
      }) {}

RunLogWriter::~RunLogWriter() {
    log_.end_waiting();
    thread_.join();
    write_all();
}

void RunLogWriter::write_all() {
    for (const RunLog::Line& line : log_.lines()) write_(line);
}

}  // namespace stepwell::api
