// What the daemon tells the service manager that started it (systemd's sd_notify protocol): that it
// is ready, that it stops, and that it is alive as long as the engine answers.
//
// One datagram of text each; libsystemd would bring five libraries for it.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "engine/base/time.hpp"
#include "engine/runtime/engine.hpp"

namespace stepwell::api {

/// Does nothing where there is no service manager, or it does not listen.
class ServiceNotice {
public:
    /// `address` as NOTIFY_SOCKET says it: a path, or "@NAME" of the abstract namespace.
    explicit ServiceNotice(std::optional<std::string> address) : address_(std::move(address)) {}

    void ready(const std::string& status) const { send("READY=1\nSTATUS=" + status); }
    void stopping() const { send("STOPPING=1\nSTATUS=stopping"); }
    void alive() const { send("WATCHDOG=1"); }

private:
    void send(std::string_view text) const;
    std::optional<std::string> address_;
};

/// How often the service manager wants to hear that we are alive: WATCHDOG_USEC, unless
/// WATCHDOG_PID is another process's.
std::optional<Duration> watchdog_interval(const std::optional<std::string>& microseconds,
                                          const std::optional<std::string>& pid);

/// Says that we are alive, twice in each interval, while the engine does its turns: an engine that
/// hangs is restarted by the service manager.
class Watchdog {
public:
    /// REQUIRES: engine and notice outlive it.
    Watchdog(runtime::Engine& engine, const ServiceNotice& notice, Duration interval);
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

private:
    void run(Duration pause);

    runtime::Engine& engine_;
    const ServiceNotice& notice_;
    std::mutex mutex_;
    std::condition_variable is_over_;
    bool ends_ = false;
    std::thread thread_;
};

}  // namespace stepwell::api
