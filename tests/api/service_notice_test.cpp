#include "api/daemon/service_notice.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "tests/runtime/stage.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {
namespace {

/// The service manager's side.
class Manager {
public:
    Manager() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        const std::string path = this->path();
        REQUIRE(path.size() < sizeof address.sun_path);
        std::memcpy(address.sun_path, path.data(), path.size());
        REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    ~Manager() { ::close(socket_); }
    [[nodiscard]] std::string path() const { return (folder_.path() / "notify").string(); }
    std::string next() {
        std::array<char, 200> text{};
        const auto size = ::recv(socket_, text.data(), text.size(), 0);
        REQUIRE(size > 0);
        return {text.data(), static_cast<std::size_t>(size)};
    }

private:
    TemporaryFolder folder_;
    int socket_;
};

}  // namespace

TEST_CASE("the service manager hears when we are ready and when we stop") {
    Manager manager;
    const api::ServiceNotice notice(manager.path());
    notice.ready("listening");
    CHECK(manager.next() == "READY=1\nSTATUS=listening");
    notice.stopping();
    CHECK(manager.next() == "STOPPING=1\nSTATUS=stopping");
    api::ServiceNotice(std::nullopt).ready("nobody listens");
    api::ServiceNotice("/nowhere/at/all").ready("nobody listens");
}

TEST_CASE("the watchdog's interval is taken when it is meant for this process") {
    const auto own = std::to_string(::getpid());
    CHECK(api::watchdog_interval("30000000", own) == Duration(30'000));
    CHECK(api::watchdog_interval("30000000", std::nullopt) == Duration(30'000));
    CHECK_FALSE(api::watchdog_interval("30000000", "1"));
    CHECK_FALSE(api::watchdog_interval(std::nullopt, own));
    CHECK_FALSE(api::watchdog_interval("soon", own));
}

TEST_CASE("the watchdog is fed by the engine's turns, and by nothing else") {
    Stage stage;
    Manager manager;
    const api::ServiceNotice notice(manager.path());
    const api::Watchdog watchdog(stage.engine(), notice, Duration(60'000));
    while (!stage.engine().step())
        std::this_thread::yield();  // the watchdog's request comes by its thread
    CHECK(manager.next() == "WATCHDOG=1");
}

}  // namespace stepwell::test
