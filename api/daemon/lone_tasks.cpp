#include "api/daemon/lone_tasks.hpp"

#include <algorithm>
#include <utility>

namespace stepwell::api {
namespace {

/// Executions of the engine are numbered from 1; these are not among them.
constexpr std::uint64_t kFirstExecution = std::uint64_t{1} << 62;
constexpr std::int64_t kSecondsMax = 300;
/// A test is asked for by a person: more at once would take the hosts from the runs.
constexpr std::size_t kAtOnceMax = 16;

bool is_lone(const TaskToken& token) {
    return static_cast<std::uint64_t>(token.execution) >= kFirstExecution;
}

}  // namespace

std::optional<TaskToken> LoneTasks::admit(const runtime::TaskRequest& request,
                                          aws::TaskDone& done) {
    const std::lock_guard lock(mutex_);
    if (is_closed_ || running_.size() >= kAtOnceMax) return std::nullopt;
    const auto seconds = std::min(request.timeout_seconds.value_or(kSecondsMax), kSecondsMax);
    const TaskToken token{ExecutionId{kFirstExecution + next_++}, kRootFrame, 1};
    running_[token] = {std::move(done),
                       std::chrono::steady_clock::now() + std::chrono::seconds(seconds)};
    if (!watcher_.joinable()) watcher_ = std::thread([this] { watch(); });
    changed_.notify_all();
    return token;
}

void LoneTasks::run(runtime::TaskRequest request, aws::TaskDone done) {
    const auto token = admit(request, done);
    if (!token) {
        return done(core::ErrorInfo{"States.Runtime",
                                    "expected fewer than " + std::to_string(kAtOnceMax) +
                                        " tests of tasks at once; try again when one has ended"});
    }
    request.token = *token;
    runner_->start(std::move(request));
}

void LoneTasks::end(const TaskToken& token, aws::TaskEnd end) {
    aws::TaskDone done;
    {
        const std::lock_guard lock(mutex_);
        const auto found = running_.find(token);
        if (found == running_.end()) return;
        done = std::move(found->second.done);
        running_.erase(found);
    }
    done(std::move(end));
}

/// Those whose time is over, one at a time.
std::optional<TaskToken> LoneTasks::take_overdue(aws::TaskDone& done) {
    std::unique_lock lock(mutex_);
    while (!is_closed_) {
        const auto first = std::min_element(
            running_.begin(), running_.end(),
            [](const auto& a, const auto& b) { return a.second.due < b.second.due; });
        if (first == running_.end()) {
            changed_.wait(lock);
        } else if (first->second.due > std::chrono::steady_clock::now()) {
            changed_.wait_until(lock, std::chrono::steady_clock::time_point(first->second.due));
        } else {
            const TaskToken token = first->first;
            done = std::move(first->second.done);
            running_.erase(first);
            return token;
        }
    }
    return std::nullopt;
}

void LoneTasks::watch() {
    aws::TaskDone done;
    while (const auto token = take_overdue(done)) {
        runner_->cancel(*token);
        done(core::ErrorInfo{"States.Timeout", std::nullopt});
    }
}

void LoneTasks::close() {
    std::map<TaskToken, Running> left;
    {
        const std::lock_guard lock(mutex_);
        is_closed_ = true;
        left.swap(running_);
        changed_.notify_all();
    }
    if (watcher_.joinable()) watcher_.join();
    for (auto& [token, running] : left) {
        running.done(core::ErrorInfo{"States.Runtime", "the daemon is being stopped"});
    }
}

void LoneTasks::submitted(const TaskToken& token, Payload output) {
    if (!is_lone(token)) engine_.submitted(token, std::move(output));
}
void LoneTasks::heartbeat(const TaskToken& token) {
    if (!is_lone(token)) engine_.heartbeat(token);
}
void LoneTasks::succeeded(const TaskToken& token, Payload output) {
    if (!is_lone(token)) return engine_.succeeded(token, std::move(output));
    end(token, std::move(output));
}
void LoneTasks::failed(const TaskToken& token, std::string error,
                       std::optional<std::string> cause) {
    if (!is_lone(token)) return engine_.failed(token, std::move(error), std::move(cause));
    end(token, core::ErrorInfo{std::move(error), std::move(cause)});
}
void LoneTasks::progress(const TaskToken& token, Json progress) {
    if (!is_lone(token)) engine_.progress(token, std::move(progress));
}
void LoneTasks::log(const TaskToken& token, std::string line) {
    if (!is_lone(token)) engine_.log(token, std::move(line));
}

}  // namespace stepwell::api
