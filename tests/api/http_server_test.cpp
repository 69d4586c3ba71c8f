#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "api/auth/guarded_stream.hpp"
#include "api/http/server.hpp"

using namespace stepwell;
using namespace stepwell::api;

namespace {

/// A plain socket: what it sends is exactly what is written here.
class Client {
public:
    explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        SW_ASSERT(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        const timeval patience{20, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    ~Client() { ::close(socket_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    Client& send(const std::string& bytes) {
        ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        return *this;
    }
    /// All that comes until the server closes.
    std::string rest() {
        while (receive()) {
        }
        return std::exchange(received_, {});
    }
    /// What comes up to `end`, with it.
    std::string until(const std::string& end) {
        while (received_.find(end) == std::string::npos && receive()) {
        }
        const auto at = received_.find(end);
        const std::string text =
            received_.substr(0, at == std::string::npos ? at : at + end.size());
        received_.erase(0, text.size());
        return text;
    }
    /// One answer, by its Content-Length.
    std::string answer() {
        std::size_t end = 0;
        while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
            if (!receive()) return std::exchange(received_, {});
        }
        const std::string name = "Content-Length: ";
        const std::size_t at = received_.find(name) + name.size();
        const std::size_t size = end + 4 + std::stoul(received_.substr(at));
        while (received_.size() < size && receive()) {
        }
        const std::string whole = received_.substr(0, size);
        received_.erase(0, size);
        return whole;
    }

private:
    bool receive() {
        char buffer[4096];
        const auto got = ::recv(socket_, buffer, sizeof buffer, 0);
        if (got <= 0) return false;
        received_.append(buffer, static_cast<std::size_t>(got));
        return true;
    }
    int socket_;
    std::string received_;
};

/// Answers with what it was asked.
void echo(Request& request, const Responder& respond) {
    Response response;
    response.content_type = "text/plain";
    response.body = std::string(request.method()) + " " + std::string(request.target()) + " " +
                    std::string(request.header("X-Word")) + " " + request.body();
    respond(std::move(response));
}

std::unique_ptr<HttpServer> server(Handler handler, ServerSettings settings = {}) {
    settings.address = {"127.0.0.1", 0};
    auto started = HttpServer::start(settings, Gate({}), std::move(handler));
    SW_ASSERT(started.has_value());
    return std::move(started).value();
}

std::string request(const std::string& target, const std::string& body = "") {
    return "POST " + target + " HTTP/1.1\r\nHost: localhost\r\nX-Word: w\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string body_of(const std::string& answer) {
    const auto end = answer.find("\r\n\r\n");
    return end == std::string::npos ? "" : answer.substr(end + 4);
}

}  // namespace

TEST_CASE("a connection takes one request after the other") {
    const auto http = server(echo);
    Client client(http->port());
    for (int i = 0; i < 3; ++i) {
        const std::string n = std::to_string(i);
        CHECK(body_of(client.send(request("/" + n, n)).answer()) == "POST /" + n + " w " + n);
    }
}

TEST_CASE("pipelined requests are answered in their order") {
    const auto http = server(echo);
    Client client(http->port());
    std::string all;
    for (int i = 0; i < 50; ++i) all += request("/" + std::to_string(i));
    client.send(all);
    for (int i = 0; i < 50; ++i) {
        CHECK(body_of(client.answer()) == "POST /" + std::to_string(i) + " w ");
    }
}

TEST_CASE("an answer may come later and from another thread") {
    std::mutex mutex;
    std::vector<Responder> waiting;
    const auto http = server([&](Request&, Responder respond) {
        const std::lock_guard lock(mutex);
        waiting.push_back(std::move(respond));
    });
    Client first(http->port());
    Client second(http->port());
    first.send(request("/a"));
    second.send(request("/b"));
    const auto are_both_there = [&] {
        const std::lock_guard lock(mutex);
        return waiting.size() == 2;
    };
    while (!are_both_there()) std::this_thread::yield();
    std::thread([&] {
        for (Responder& respond : waiting) respond({200, "text/plain", "late", {}});
    }).join();
    CHECK(body_of(first.answer()) == "late");
    CHECK(body_of(second.answer()) == "late");
    waiting.clear();  // responders end before their server
}

TEST_CASE("a chunked body comes whole") {
    const auto http = server(echo);
    Client client(http->port());
    client.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send("3\r\nabc\r\n").send("2;x=y\r\nde\r\n0\r\n\r\n");
    CHECK(body_of(client.answer()) == "POST /  abcde");
}

TEST_CASE("what is not exactly HTTP is refused, once, and the connection ends") {
    struct Case {
        std::string name;
        std::string bytes;
        std::string want;  // the status
    };
    const std::string host = "Host: localhost\r\n";
    // clang-format off
    const Case cases[] = {
        {"two lengths", "POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", "400"},
        {"length and chunked", "POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
        {"unknown coding", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + request("/smuggled"), "400"},
        {"bare LF", "GET / HTTP/1.1\nHost: localhost\n\n", "400"},
        {"no Host", "GET / HTTP/1.1\r\n\r\n", "400"},
        {"foreign Host", "GET / HTTP/1.1\r\nHost: attacker.example\r\n\r\n", "403"},
        {"foreign Origin", "GET / HTTP/1.1\r\n" + host + "Origin: http://attacker.example\r\n\r\n", "403"},
        {"too much header", "GET / HTTP/1.1\r\n" + host + "A: " + std::string(20'000, 'a') + "\r\n\r\n", "431"},
        {"too much body", "POST / HTTP/1.1\r\n" + host + "Content-Length: 3000000\r\n\r\n", "413"},
        {"not HTTP", std::string("\x16\x03\x01\x02\x00\x01\r\n\r\n", 10), "400"},
    };
    // clang-format on
    const auto http = server(echo);
    for (const Case& c : cases) {
        CAPTURE(c.name);
        const std::string answer = Client(http->port()).send(c.bytes).rest();
        CHECK(answer.substr(0, 12) == "HTTP/1.1 " + c.want);
        CHECK(answer.find("HTTP/1.1", 1) == std::string::npos);
        CHECK(answer.find("Connection: close") != std::string::npos);
    }
}

TEST_CASE("a request that comes too slowly loses its connection") {
    ServerSettings settings;
    settings.header_time = Duration(100);
    const auto http = server(echo, settings);
    Client client(http->port());
    client.send("POST / HTTP/1.1\r\nHost: loc");
    CHECK(client.rest().empty());
}

TEST_CASE("HEAD has no body, and HTTP/1.0 closes") {
    const auto http = server(echo);
    const std::string head =
        Client(http->port())
            .send("HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .rest();
    CHECK(head.find("Content-Length: 8\r\n") != std::string::npos);
    CHECK(body_of(head).empty());
    const std::string old =
        Client(http->port()).send("GET /x HTTP/1.0\r\nHost: localhost\r\n\r\n").rest();
    CHECK(body_of(old) == "GET /x  ");
}

TEST_CASE("stopping lets the answers in hand go out") {
    std::mutex mutex;
    std::vector<Responder> waiting;
    const auto http = server([&](Request&, Responder respond) {
        const std::lock_guard lock(mutex);
        waiting.push_back(std::move(respond));
    });
    Client client(http->port());
    client.send(request("/"));
    const auto is_there = [&] {
        const std::lock_guard lock(mutex);
        return !waiting.empty();
    };
    while (!is_there()) std::this_thread::yield();
    std::thread stopper([&] { http->stop(); });
    waiting.front()({200, "text/plain", "done", {}});
    CHECK(body_of(client.rest()) == "done");
    stopper.join();
    waiting.clear();  // responders end before their server
}

TEST_CASE("a taken address is said to be taken") {
    const auto http = server(echo);
    ServerSettings settings;
    settings.address = {"127.0.0.1", http->port()};
    const auto second = HttpServer::start(settings, Gate({}), echo);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == ErrorCode::conflict);
}

namespace {

/// Says what it is told to say.
class Script final : public Stream {
public:
    Next next(std::string& out) override {
        const std::lock_guard lock(mutex_);
        out.swap(text_);
        return is_over_ ? end_ : Next::wait;
    }
    std::string idle() override { return "idle"; }
    void on_ready(std::function<void()> waker) override {
        const std::lock_guard lock(mutex_);
        waker_ = std::move(waker);
        has_listener_ = waker_ != nullptr;
    }
    void break_off() {
        const std::lock_guard lock(mutex_);
        end_ = Next::broken;
        is_over_ = true;
        if (waker_) waker_();
    }
    void say(const std::string& text, bool is_over = false) {
        const std::lock_guard lock(mutex_);
        text_ += text;
        is_over_ = is_over;
        if (waker_) waker_();
    }
    bool has_listener() {
        const std::lock_guard lock(mutex_);
        return has_listener_;
    }

private:
    std::mutex mutex_;
    std::string text_;
    std::function<void()> waker_;
    bool is_over_ = false;
    Next end_ = Next::end;
    bool has_listener_ = false;
};

struct Theatre {
    std::shared_ptr<Script> script = std::make_shared<Script>();
    std::unique_ptr<HttpServer> http;
    explicit Theatre(ServerSettings settings = {}) {
        http = server(
            [this](Request& request, const Responder& respond) {
                if (request.target() == "/plain") return respond({200, "text/plain", "plain", {}});
                Response response;
                response.content_type = "text/event-stream";
                response.stream = script;
                respond(std::move(response));
            },
            settings);
    }
};

}  // namespace

TEST_CASE("a stream comes in chunks as it is said, and the connection goes on after its end") {
    Theatre theatre;
    Client client(theatre.http->port());
    client.send(request("/")).until("\r\n\r\n");
    theatre.script->say("one");
    CHECK(client.until("one\r\n") == "3\r\none\r\n");
    theatre.script->say("twelve chars");
    CHECK(client.until("chars\r\n") == "c\r\ntwelve chars\r\n");
    theatre.script->say("", true);
    CHECK(client.until("0\r\n\r\n") == "0\r\n\r\n");
    CHECK_FALSE(theatre.script->has_listener());
    CHECK(body_of(client.send(request("/plain")).answer()) == "plain");
}

TEST_CASE("a stream to HTTP/1.0 ends with the connection, and HEAD gets none") {
    Theatre theatre;
    Client old(theatre.http->port());
    old.send("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n").until("\r\n\r\n");
    theatre.script->say("all", true);
    CHECK(old.rest() == "all");

    Theatre second;
    Client head(second.http->port());
    const std::string got =
        head.send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n").until("\r\n\r\n");
    CHECK(got.find("Transfer-Encoding: chunked") != std::string::npos);
    CHECK(body_of(head.send(request("/plain")).answer()) == "plain");
}

TEST_CASE("a stream that breaks off cuts the connection, and has no end that looks like one") {
    Theatre theatre;
    Client client(theatre.http->port());
    client.send(request("/")).until("\r\n\r\n");
    theatre.script->say("half");
    CHECK(client.until("half\r\n") == "4\r\nhalf\r\n");
    theatre.script->break_off();
    CHECK(client.rest().empty());
}

TEST_CASE("what is streamed goes on as long as its credential, and is as far behind as it is") {
    struct Deep final : Stream {
        [[nodiscard]] bool is_behind() const override { return true; }
        Next next(std::string& out) override {
            out += "x";
            return Next::more;
        }
        std::string idle() override { return ""; }
        void on_ready(std::function<void()>) override {}
    };
    bool is_in = true;
    GuardedStream guarded(
        std::make_shared<Deep>(), [&] { return is_in; }, Stream::Next::broken);
    CHECK(guarded.is_behind());
    std::string out;
    CHECK(guarded.next(out) == Stream::Next::more);
    is_in = false;
    CHECK(guarded.next(out) == Stream::Next::broken);
    CHECK(out == "x");
}

TEST_CASE("a quiet stream says that it is there") {
    ServerSettings settings;
    settings.heartbeat_time = Duration(1);
    Theatre theatre(settings);
    Client client(theatre.http->port());
    client.send(request("/")).until("\r\n\r\n");
    CHECK(client.until("idle\r\n") == "4\r\nidle\r\n");
}

TEST_CASE("a stream whose client has gone is let go, and so is one when the server stops") {
    Theatre theatre;
    {
        Client client(theatre.http->port());
        client.send(request("/")).until("\r\n\r\n");
        while (!theatre.script->has_listener()) std::this_thread::yield();
    }
    while (theatre.script->has_listener()) std::this_thread::yield();

    Client other(theatre.http->port());
    other.send(request("/")).until("\r\n\r\n");
    theatre.http->stop();
    CHECK(other.rest().empty());
    CHECK_FALSE(theatre.script->has_listener());
}

TEST_CASE("every answer tells browsers not to guess, keep or frame it") {
    const auto up = server([](Request& request, const Responder& respond) {
        Response response;
        if (request.target() == "/own") {
            response.headers = "Cache-Control: max-age=60\r\n";
        }
        respond(std::move(response));
    });
    for (const std::string target : {"/", "/own"}) {
        CAPTURE(target);
        const std::string answer = Client(up->port()).send(request(target)).answer();
        for (const std::string header :
             {"X-Content-Type-Options: nosniff\r\n", "Referrer-Policy: no-referrer\r\n",
              "Cross-Origin-Resource-Policy: same-origin\r\n", "frame-ancestors 'none'\r\n"}) {
            CHECK(answer.find(header) != std::string::npos);
        }
        const bool is_kept = answer.find("Cache-Control: no-store\r\n") == std::string::npos;
        CHECK(is_kept == (target == "/own"));
    }
    // What is refused, too.
    const std::string refused = Client(up->port()).send("nonsense\r\n\r\n").rest();
    CHECK(refused.find("nosniff\r\n") != std::string::npos);
}

TEST_CASE("what is deferred keeps nobody waiting, however long it takes") {
    std::promise<void> release;
    const std::shared_future<void> released = release.get_future().share();
    ServerSettings settings;
    settings.threads = 1;
    const auto up = server(
        [released](Request& request, const Responder& respond) {
            if (request.target() != "/slow") return echo(request, respond);
            request.defer([&request, respond, released](bool) {
                released.wait();
                echo(request, respond);
            });
        },
        settings);
    Client slow(up->port());
    slow.send(request("/slow"));
    Client quick(up->port());
    CHECK(body_of(quick.send(request("/quick")).answer()) == "POST /quick w ");
    release.set_value();
    CHECK(body_of(slow.answer()) == "POST /slow w ");
}

TEST_CASE("what a handler throws is a 500, and the connection goes on") {
    std::mutex mutex;
    std::vector<std::string> troubles;
    ServerSettings settings;
    settings.trouble = [&](const std::string& what) {
        const std::lock_guard lock(mutex);
        troubles.push_back(what);
    };
    const auto up = server(
        [](Request& request, const Responder& respond) {
            if (request.target() == "/here") throw std::bad_alloc();
            if (request.target() == "/there") {
                return request.defer([](bool) { throw std::runtime_error("no luck"); });
            }
            echo(request, respond);
        },
        settings);
    Client client(up->port());
    const std::string here = client.send(request("/here")).answer();
    CHECK(here.substr(0, 12) == "HTTP/1.1 500");
    CHECK(client.send(request("/there")).answer().substr(0, 12) == "HTTP/1.1 500");
    CHECK(body_of(client.send(request("/on")).answer()) == "POST /on w ");
    const std::lock_guard lock(mutex);
    REQUIRE(troubles.size() == 2);
    // By the same id as the answer's.
    const auto id_of = [](const std::string& text, const std::string& before, char end) {
        const auto at = text.find(before) + before.size();
        return text.substr(at, text.find(end, at) - at);
    };
    CHECK(id_of(troubles[0], "request ", ':') == id_of(here, "X-Request-Id: ", '\r'));
    CHECK(id_of(troubles[0], "request ", ':') == id_of(here, R"("request_id":")", '"'));
    CHECK(troubles[0].ends_with("std::bad_alloc"));
    CHECK(troubles[1].ends_with("no luck"));
}

TEST_CASE("a body is as long as its route allows, whether or not it says so before") {
    ServerSettings settings;
    settings.body_limit = [](const Request& asked) -> std::optional<std::uint64_t> {
        if (asked.target() == "/small") return 4;
        return std::nullopt;
    };
    const auto up = server(echo, settings);
    const std::string chunked =
        "POST /small HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nhello\r\n0\r\n\r\n";
    CHECK(Client(up->port()).send(request("/small", "hello")).rest().substr(0, 12) ==
          "HTTP/1.1 413");
    CHECK(Client(up->port()).send(chunked).rest().substr(0, 12) == "HTTP/1.1 413");
    CHECK(body_of(Client(up->port()).send(request("/small", "fits")).answer()) ==
          "POST /small w fits");
    CHECK(body_of(Client(up->port()).send(request("/large", "hello")).answer()) ==
          "POST /large w hello");
}

TEST_CASE("all bodies together have a limit, and what is answered gives its share back") {
    ServerSettings settings;
    settings.threads = 1;
    settings.bodies_bytes_max = 1'000;
    const auto up = server(echo, settings);
    const std::string half = request("/a", std::string(800, 'x'));
    Client first(up->port());
    first.send(
        "POST /a HTTP/1.1\r\nHost: localhost\r\nX-Word: w\r\nContent-Length: 800\r\n"
        "Expect: 100-continue\r\n\r\n");
    first.until("Continue\r\n\r\n");
    const std::string refused = Client(up->port()).send(half).rest();
    CHECK(refused.find("Retry-After: 1\r\n") != std::string::npos);
    CHECK(body_of(first.send(std::string(800, 'x')).answer()).size() == 10 + 800);
    CHECK(body_of(Client(up->port()).send(half).answer()).size() == 10 + 800);
}

TEST_CASE("one address has no more connections than its share") {
    ServerSettings settings;
    settings.peer_connections_max = 2;
    const auto up = server(echo, settings);
    auto first = std::make_unique<Client>(up->port());
    CHECK(first->send(request("/1")).answer() != "");
    Client second(up->port());
    CHECK(second.send(request("/2")).answer() != "");
    CHECK(Client(up->port()).send(request("/3")).rest() == "");
}
