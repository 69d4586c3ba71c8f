// A load generator: StartExecution over keep-alive connections, one request in flight on each.
//
//   http_bench --port P --machine ARN [--clients N] [--seconds S | --count N]
//
// Prints one JSON line: {"clients", "requests", "failed", "seconds", "per_second", "p50_ms",
// "p99_ms", "max_ms"}. One thread with epoll, so that it takes little from what it measures.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
    std::uint16_t port = 0;
    std::string machine;
    std::size_t clients = 16;
    double seconds = 5;
    std::size_t count = 0;  // 0: as many as fit the time
};

struct Connection {
    int socket = -1;
    std::string received;
    Clock::time_point sent_at;
};

[[noreturn]] void give_up(const std::string& message) {
    std::fprintf(stderr, "http_bench: %s\n", message.c_str());
    std::exit(1);
}

class Load {
public:
    explicit Load(Options options) : options_(std::move(options)), epoll_(epoll_create1(0)) {
        const std::string body =
            R"({"stateMachineArn":")" + options_.machine + R"(","input":"{}"})";
        request_ = "POST / HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(options_.port) +
                   "\r\nContent-Type: application/x-amz-json-1.0\r\n"
                   "X-Amz-Target: AWSStepFunctions.StartExecution\r\nContent-Length: " +
                   std::to_string(body.size()) + "\r\n\r\n" + body;
    }

    void run() {
        connections_.resize(options_.clients);
        for (std::size_t i = 0; i < connections_.size(); ++i) open(i);
        begin_ = Clock::now();
        for (std::size_t i = 0; i < connections_.size(); ++i) send(connections_[i]);
        std::array<epoll_event, 256> events{};
        while (in_flight_ > 0) {
            const int ready = epoll_wait(epoll_, events.data(), events.size(), 10'000);
            if (ready == 0) give_up("no answer within 10 s");
            for (int i = 0; i < ready; ++i) {
                receive(connections_[events[static_cast<std::size_t>(i)].data.u64]);
            }
        }
        report();
    }

private:
    void open(std::size_t index) {
        Connection& connection = connections_[index];
        connection.socket = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(options_.port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(connection.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) !=
            0) {
            give_up("nobody listens on port " + std::to_string(options_.port));
        }
        const int on = 1;
        ::setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        epoll_event wanted{};
        wanted.events = EPOLLIN;
        wanted.data.u64 = index;
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &wanted);
    }

    [[nodiscard]] bool is_over() const {
        if (options_.count > 0) return sent_ >= options_.count;
        return Clock::now() - begin_ >= std::chrono::duration<double>(options_.seconds);
    }

    void send(Connection& connection) {
        if (is_over()) return;
        connection.sent_at = Clock::now();
        const auto size = ::send(connection.socket, request_.data(), request_.size(), MSG_NOSIGNAL);
        if (size != static_cast<ssize_t>(request_.size())) give_up("the daemon does not take more");
        ++sent_;
        ++in_flight_;
    }

    void receive(Connection& connection) {
        std::array<char, 4'096> buffer{};
        const auto size = ::recv(connection.socket, buffer.data(), buffer.size(), 0);
        if (size <= 0) give_up("the daemon closed a connection");
        connection.received.append(buffer.data(), static_cast<std::size_t>(size));
        if (!is_complete(connection.received)) return;
        if (connection.received.compare(0, 12, "HTTP/1.1 200") != 0) ++failed_;
        connection.received.clear();
        --in_flight_;
        latencies_ms_.push_back(
            std::chrono::duration<double, std::milli>(Clock::now() - connection.sent_at).count());
        send(connection);
    }

    static bool is_complete(const std::string& answer) {
        const std::size_t end = answer.find("\r\n\r\n");
        if (end == std::string::npos) return false;
        constexpr std::string_view kLength = "Content-Length: ";
        const std::size_t at = answer.find(kLength);
        if (at == std::string::npos) give_up("an answer without a length");
        return answer.size() >= end + 4 + std::stoul(answer.substr(at + kLength.size(), 20));
    }

    void report() {
        const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
        std::sort(latencies_ms_.begin(), latencies_ms_.end());
        const auto quantile = [&](double q) {
            const auto last = static_cast<double>(latencies_ms_.size() - 1);
            return latencies_ms_[static_cast<std::size_t>(q * last)];
        };
        std::printf(
            R"({"clients": %zu, "requests": %zu, "failed": %zu, "seconds": %.3f, "per_second": %.1f, )"
            R"("p50_ms": %.3f, "p99_ms": %.3f, "max_ms": %.3f})"
            "\n",
            options_.clients, sent_, failed_, seconds, static_cast<double>(sent_) / seconds,
            quantile(0.5), quantile(0.99), latencies_ms_.back());
        if (failed_ > 0) std::exit(1);
    }

    const Options options_;
    std::string request_;
    int epoll_;
    std::vector<Connection> connections_;
    Clock::time_point begin_;
    std::vector<double> latencies_ms_;
    std::size_t sent_ = 0;
    std::size_t failed_ = 0;
    std::size_t in_flight_ = 0;
};

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i];
        const char* value = argv[i + 1];
        if (name == "--port") {
            options.port = static_cast<std::uint16_t>(std::atoi(value));
        } else if (name == "--machine") {
            options.machine = value;
        } else if (name == "--clients") {
            options.clients = static_cast<std::size_t>(std::atoll(value));
        } else if (name == "--seconds") {
            options.seconds = std::atof(value);
        } else if (name == "--count") {
            options.count = static_cast<std::size_t>(std::atoll(value));
        } else {
            give_up("expected --port, --machine, --clients, --seconds or --count, but got '" +
                    std::string(name) + "'");
        }
    }
    if (options.port == 0 || options.machine.empty() || options.clients == 0) {
        give_up("expected --port P and --machine ARN");
    }
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    Load(parse(argc, argv)).run();
    return 0;
}
