#include "tasks/notify/delivery_worker.hpp"

#include <unistd.h>

#include <algorithm>
#include <thread>

#include "tasks/http/url.hpp"
#include "tasks/wall_clock.hpp"

namespace stepwell::tasks {

namespace {

constexpr std::int64_t kDayMs = 24 * std::int64_t{3'600'000};
constexpr std::int64_t kKeepMs = 7 * kDayMs;
/// What a delivery may take beyond its channel's time-out before another host tries, too.
constexpr std::int64_t kLeaseMarginMs = 60'000;
/// How long a message of another host, or a locked file, may wait for us.
constexpr std::chrono::milliseconds kRestMax{1'000};
constexpr std::int64_t kBackoffMaxMs = 300'000;

bool is_taken(int status) {
    return status >= 200 && status <= 299;
}

/// Says in the daemon's log, which is the host's standard error, that somebody still waits for a
/// message. `wait`: until it is tried again; nothing: it is given up.
void tell_undelivered(const Outbox::Claimed& claimed, const std::string& error,
                      std::optional<std::int64_t> wait_ms) {
    const std::string about = claimed.message.workflow;
    const std::string line =
        "stepwell: message " + claimed.message.id + (about.empty() ? "" : " of " + about) +
        " to '" + claimed.message.channel + "' was not delivered (attempt " +
        std::to_string(claimed.attempts) + "): " + error + "; " +
        (wait_ms ? "again in " + std::to_string(*wait_ms / 1'000) + " s" : "it is given up") + "\n";
    // At once: others write there, too.
    [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

std::int64_t backoff_ms(std::int64_t attempts) {
    const std::int64_t doublings = std::clamp<std::int64_t>(attempts - 1, 0, 20);
    return std::min<std::int64_t>(kBackoffMaxMs, std::int64_t{1'000} << doublings);
}

DeliveryWorker& delivery_worker() {
    static auto* const worker = new DeliveryWorker;
    return *worker;
}

void DeliveryWorker::begin(const HostSettings& settings) {
    const std::lock_guard lock(mutex_);
    if (has_begun_) return;
    has_begun_ = true;
    std::thread([this, &settings] { work(settings); }).detach();
}

void DeliveryWorker::wake() {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
    changed_.notify_all();
}

void DeliveryWorker::await_change(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    const std::uint64_t before = changes_;
    changed_.wait_for(lock, patience, [&] { return changes_ != before; });
}

void DeliveryWorker::work(const HostSettings& settings) {
    auto notifications = Notifications::read(find(settings.configuration, "notifications"));
    auto outbox = Outbox::open(settings.data_folder);
    // Tasks meet the same faults and report them; here is nobody to tell.
    if (!notifications || !outbox) return;
    [[maybe_unused]] const auto ignored = (*outbox)->forget_before(wall_clock_ms() - kKeepMs);
    while (true) {
        deliver_due(**outbox, *notifications);
        rest(**outbox);
    }
}

void DeliveryWorker::deliver_due(Outbox& outbox, const Notifications& notifications) {
    while (true) {
        const auto claimed = outbox.claim(wall_clock_ms(), kLeaseMarginMs);
        if (!claimed || !*claimed) return;
        deliver(outbox, notifications, **claimed);
        const std::lock_guard lock(mutex_);
        ++changes_;
        changed_.notify_all();
    }
}

void DeliveryWorker::deliver(Outbox& outbox, const Notifications& notifications,
                             const Outbox::Claimed& claimed) {
    const std::int64_t now = wall_clock_ms();
    std::string error;
    if (const Channel* channel = notifications.find(claimed.message.channel)) {
        HttpCall call(delivery_request(*channel, claimed.message, now / 1000));
        const auto reply = call.run();
        if (reply && is_taken(reply->status)) {
            [[maybe_unused]] const auto ignored = outbox.delivered(claimed.row, wall_clock_ms());
            return;
        }
        error = reply ? url_origin(channel->url) + " answered " + std::to_string(reply->status)
                      : reply.error().message;
    } else {
        error = "there is no channel '" + claimed.message.channel + "' any more";
    }
    std::optional<std::int64_t> wait_ms = backoff_ms(claimed.attempts);
    if (now - claimed.message.created_ms > kDayMs) wait_ms.reset();
    tell_undelivered(claimed, error, wait_ms);
    std::optional<std::int64_t> due;
    if (wait_ms) due = wall_clock_ms() + *wait_ms;
    [[maybe_unused]] const auto ignored = outbox.failed(claimed.row, due, error);
}

void DeliveryWorker::rest(Outbox& outbox) {
    const auto due = outbox.next_due_ms();
    std::chrono::milliseconds patience = kRestMax;
    if (due && *due) {
        const auto left = std::chrono::milliseconds(**due - wall_clock_ms());
        patience = std::clamp(left, std::chrono::milliseconds(1), kRestMax);
    }
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [this] { return is_woken_; });
    is_woken_ = false;
}

}  // namespace stepwell::tasks
