#include "tasks/notify/delivery_worker.hpp"

#include <unistd.h>

#include <algorithm>
#include <thread>

#include "tasks/http/url.hpp"
#include "tasks/wall_clock.hpp"

namespace stepwell::tasks {

namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kDayMs = 24 * std::int64_t{3'600'000};
constexpr std::int64_t kKeepMs = 7 * kDayMs;
/// What a delivery may take beyond its channel's time-out before another host tries, too. Also how
/// long the rest of a line waits for a message whose host was killed while it sent it.
constexpr std::int64_t kLeaseMarginMs = 5'000;
/// How long a message of another host, or a locked file, may wait for us.
constexpr milliseconds kRestMax{1'000};
constexpr milliseconds kRestMin{10};
constexpr std::int64_t kBackoffMaxMs = 300'000;

bool is_taken(int status) {
    return status >= 200 && status <= 299;
}

/// In the daemon's log, which is the host's standard error; at once, for others write there, too.
void tell(const std::string& text) {
    const std::string line = "stepwell: " + text + "\n";
    [[maybe_unused]] const ssize_t ignored = ::write(STDERR_FILENO, line.data(), line.size());
}

/// What came of an attempt that was not taken.
struct Refusal {
    std::string error;
    bool is_final = false;
    std::int64_t wait_ms = 0;  // what the server asks for
};

/// Nothing where it was taken.
std::optional<Refusal> send(const Channel& channel, const HttpRoute& route,
                            const Message& message) {
    HttpRequest request = delivery_request(channel, message, wall_clock_ms() / 1'000);
    request.route = route;
    HttpCall call(std::move(request));
    const auto reply = call.run();
    if (!reply) {
        const bool is_final = reply.error().kind == HttpFailure::Kind::invalid;
        return Refusal{reply.error().message, is_final, 0};
    }
    if (is_taken(reply->status)) return std::nullopt;
    Refusal refusal{url_origin(channel.url) + " answered " + std::to_string(reply->status),
                    is_final_status(reply->status), 0};
    if (reply->retry_after) refusal.wait_ms = milliseconds(*reply->retry_after).count();
    return refusal;
}

/// Delivers to one channel. Belongs to one thread.
class ChannelDelivery {
public:
    ChannelDelivery(std::string name, const Channel* channel, HttpRoute route)
        : name_(std::move(name)), channel_(channel), route_(std::move(route)) {}

    /// Tries the message whose turn it is; false where nothing is to be done now.
    bool try_next(Outbox& outbox) {
        if (wall_clock_ms() < not_before_ms_) return false;
        const std::int64_t timeout = channel_ ? channel_->timeout.count() : 0;
        const auto claimed = outbox.claim(name_, wall_clock_ms(), timeout + kLeaseMarginMs);
        if (!claimed || !*claimed) return false;
        const Outbox::Claimed& message = **claimed;
        const auto refusal = attempt(message.message);
        if (!refusal) {
            [[maybe_unused]] const auto ignored = outbox.delivered(message.row, wall_clock_ms());
        } else {
            keep(outbox, message, *refusal);
        }
        return true;
    }

    /// How long nothing is due.
    milliseconds patience(Outbox& outbox) const {
        const auto due = outbox.next_due_ms(name_);
        if (!due || !*due) return kRestMax;
        const std::int64_t next = std::max(**due, not_before_ms_);
        return std::clamp(milliseconds(next - wall_clock_ms()), kRestMin, kRestMax);
    }

private:
    [[nodiscard]] std::optional<Refusal> attempt(const Message& message) const {
        if (channel_) return send(*channel_, route_, message);
        return Refusal{"there is no channel '" + name_ + "' any more", false, 0};
    }

    void keep(Outbox& outbox, const Outbox::Claimed& claimed, const Refusal& refusal) {
        const std::int64_t now = wall_clock_ms();
        const std::int64_t wait = std::max(backoff_ms(claimed.attempts), refusal.wait_ms);
        if (refusal.wait_ms > 0) not_before_ms_ = now + refusal.wait_ms;
        const bool is_old = now - claimed.message.created_ms > kDayMs;
        std::optional<std::int64_t> due;
        if (!is_old && !refusal.is_final) due = now + wait;
        const std::string& about = claimed.message.workflow;
        tell("message " + claimed.message.id + (about.empty() ? "" : " of " + about) + " to '" +
             name_ + "' was not delivered (attempt " + std::to_string(claimed.attempts) +
             "): " + refusal.error + "; " +
             (due ? "again in " + std::to_string(wait / 1'000) + " s" : "it is given up"));
        [[maybe_unused]] const auto ignored = outbox.failed(claimed.row, due, refusal.error);
    }

    const std::string name_;
    const Channel* const channel_;  // null: it is not in the configuration any more
    const HttpRoute route_;
    std::int64_t not_before_ms_ = 0;  // as the server wishes
};

}  // namespace

std::int64_t backoff_ms(std::int64_t attempts) {
    const std::int64_t doublings = std::clamp<std::int64_t>(attempts - 1, 0, 20);
    return std::min<std::int64_t>(kBackoffMaxMs, std::int64_t{1'000} << doublings);
}

bool is_final_status(int status) {
    const bool is_passing = status == 408 || status == 425 || status == 429;
    return status >= 400 && status <= 499 && !is_passing;
}

DeliveryWorker& delivery_worker() {
    static auto* const worker = new DeliveryWorker;
    return *worker;
}

void DeliveryWorker::begin(const HostSettings& settings) {
    const std::lock_guard lock(mutex_);
    if (has_begun_) return;
    has_begun_ = true;
    std::thread([this, &settings] { watch(settings); }).detach();
}

void DeliveryWorker::wake() {
    const std::lock_guard lock(mutex_);
    ++changes_;
    changed_.notify_all();
}

void DeliveryWorker::await_change(milliseconds patience) {
    await_change_after(changes(), patience);
}

std::uint64_t DeliveryWorker::changes() {
    const std::lock_guard lock(mutex_);
    return changes_;
}

void DeliveryWorker::await_change_after(std::uint64_t known, milliseconds patience) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return changes_ != known; });
}

/// One that cannot be opened now (locked, a full disk) is tried again: messages wait in it.
std::unique_ptr<Outbox> DeliveryWorker::open_outbox(const HostSettings& settings) {
    std::string told;
    while (true) {
        auto outbox = Outbox::open(settings.data_folder);
        if (outbox) return std::move(*outbox);
        if (outbox.error().message != told) {
            told = outbox.error().message;
            tell("no message can be delivered: " + told + "; it is tried again");
        }
        await_change_after(changes(), kRestMax);
    }
}

void DeliveryWorker::watch(const HostSettings& settings) {
    const std::unique_ptr<Outbox> outbox = open_outbox(settings);
    [[maybe_unused]] const auto ignored = outbox->forget_before(wall_clock_ms() - kKeepMs);
    std::set<std::string> served;
    while (true) {
        const std::uint64_t known = changes();
        if (const auto channels = outbox->waiting_channels()) {
            for (const std::string& channel : *channels) {
                if (!served.insert(channel).second) continue;
                std::thread([this, &settings, channel] { serve(settings, channel); }).detach();
            }
        }
        await_change_after(known, kRestMax);
    }
}

void DeliveryWorker::serve(const HostSettings& settings, const std::string& channel) {
    const auto notifications = Notifications::read(find(settings.configuration, "notifications"));
    auto route = HttpRoute::read(find(settings.configuration, "http"));
    // The daemon does not start with such a configuration, and tasks meet the same faults.
    if (!notifications || !route) return;
    ChannelDelivery delivery(channel, notifications->find(channel), std::move(*route));
    const std::unique_ptr<Outbox> outbox = open_outbox(settings);
    while (true) {
        const std::uint64_t known = changes();
        if (delivery.try_next(*outbox)) {
            wake();
        } else {
            await_change_after(known, delivery.patience(*outbox));
        }
    }
}

}  // namespace stepwell::tasks
