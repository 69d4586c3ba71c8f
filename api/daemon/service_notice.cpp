#include "api/daemon/service_notice.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstring>

namespace stepwell::api {
namespace {

std::optional<std::int64_t> number_in(const std::optional<std::string>& text) {
    std::int64_t number = 0;
    if (!text) return std::nullopt;
    const char* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, number);
    return error == std::errc{} && stop == end ? std::optional(number) : std::nullopt;
}

}  // namespace

void ServiceNotice::send(std::string_view text) const {
    sockaddr_un to{};
    if (!address_ || address_->size() < 2 || address_->size() >= sizeof to.sun_path) return;
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, address_->data(), address_->size());
    if (address_->front() == '@') to.sun_path[0] = '\0';
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return;
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_->size());
    // Who does not hear it restarts us, or shows no status; there is nobody else to tell.
    [[maybe_unused]] const auto sent = ::sendto(socket, text.data(), text.size(), MSG_NOSIGNAL,
                                                reinterpret_cast<const sockaddr*>(&to), size);
    ::close(socket);
}

std::optional<Duration> watchdog_interval(const std::optional<std::string>& microseconds,
                                          const std::optional<std::string>& pid) {
    const auto interval = number_in(microseconds);
    if (!interval || *interval < 2'000) return std::nullopt;
    if (pid && number_in(pid) != static_cast<std::int64_t>(::getpid())) return std::nullopt;
    return Duration(*interval / 1'000);
}

Watchdog::Watchdog(runtime::Engine& engine, const ServiceNotice& notice, Duration interval)
    : engine_(engine), notice_(notice), thread_([this, interval] { run(interval / 2); }) {}

Watchdog::~Watchdog() {
    {
        const std::lock_guard lock(mutex_);
        ends_ = true;
    }
    is_over_.notify_all();
    thread_.join();
}

void Watchdog::run(Duration pause) {
    std::unique_lock lock(mutex_);
    while (!ends_) {
        lock.unlock();
        // Answered by a turn of the engine, after the disk has taken what that turn wrote.
        engine_.write({}, [notice = notice_](const Result<void>& done) {
            if (done) notice.alive();
        });
        lock.lock();
        is_over_.wait_for(lock, pause, [this] { return ends_; });
    }
}

}  // namespace stepwell::api
