#include "api/daemon/signals.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>

#include "engine/base/assert.hpp"

namespace stepwell::api {

Signals::Signals() {
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    SW_ASSERT(pthread_sigmask(SIG_BLOCK, &wanted, nullptr) == 0);
    // A client that goes away while we write to it is no reason to die.
    std::signal(SIGPIPE, SIG_IGN);
    // Nor is a terminal that is closed; there is nothing to read again.
    std::signal(SIGHUP, SIG_IGN);
    signals_ = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    SW_ASSERT(signals_ >= 0 && wake_ >= 0);
}

Signals::~Signals() {
    ::close(signals_);
    ::close(wake_);
}

std::optional<int> Signals::wait() {
    std::array<pollfd, 2> wanted{{{signals_, POLLIN, 0}, {wake_, POLLIN, 0}}};
    while (true) {
        if (poll(wanted.data(), wanted.size(), -1) < 0) continue;  // EINTR
        std::uint64_t count = 0;
        if (wanted[1].revents != 0 && ::read(wake_, &count, sizeof count) > 0) return std::nullopt;
        signalfd_siginfo info{};
        if (wanted[0].revents != 0 && ::read(signals_, &info, sizeof info) > 0) {
            return static_cast<int>(info.ssi_signo);
        }
    }
}

void Signals::wake() {
    const std::uint64_t one = 1;
    SW_ASSERT(::write(wake_, &one, sizeof one) == sizeof one);
}

}  // namespace stepwell::api
