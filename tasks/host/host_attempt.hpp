// One attempt that a host runs: what its task sees of the world.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "tasks/host/host_connection.hpp"
#include "tasks/task.hpp"

namespace stepwell::tasks {

/// What the log of one attempt takes; the rest is counted and dropped.
inline constexpr std::size_t kLogBytesMax = 8u << 20;

class HostAttempt final : public TaskContext, public std::enable_shared_from_this<HostAttempt> {
public:
    /// REQUIRES: all that is referred to outlives it.
    HostAttempt(const TaskType& type, HostStart start, const HostSettings& settings,
                HostConnection& connection);

    /// Runs the task, unless it was cancelled before it began. The frame that tells of its end.
    std::string run();
    /// From another thread. Once.
    void cancel();

    [[nodiscard]] const runtime::TaskRequest& request() const override { return request_; }
    [[nodiscard]] const HostSettings& settings() const override {
        return own_settings_ ? *own_settings_ : settings_;
    }
    void log(std::string line) override;
    void progress(Json progress) override;
    void heartbeat() override;
    void submitted(Json what) override;
    [[nodiscard]] bool is_cancelled() const override { return is_cancelled_; }
    [[nodiscard]] std::shared_ptr<void> on_cancel(std::function<void()> stop) override;

private:
    TaskText run_guarded();
    TaskText run_task();
    [[nodiscard]] std::string end_frame(const TaskText& result) const;

    const TaskType& type_;
    const runtime::TaskRequest request_;
    const HostSettings& settings_;
    std::optional<HostSettings> own_settings_;  // where the attempt was granted secrets
    HostConnection& connection_;
    std::atomic<bool> is_cancelled_ = false;
    std::atomic<bool> is_submitted_ = false;
    std::atomic<std::size_t> logged_bytes_ = 0;
    std::mutex stops_mutex_;  // held while a stop runs, so that its guard waits for it
    std::map<int, std::function<void()>> stops_;
    int next_stop_ = 0;
};

}  // namespace stepwell::tasks
