#include "tests/tasks/http/local_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>

#include "engine/base/assert.hpp"

namespace stepwell::test {

namespace {

std::string read_until_blank(int connection, std::string& rest) {
    std::array<char, 4096> buffer{};
    while (rest.find("\r\n\r\n") == std::string::npos) {
        const ssize_t got = ::recv(connection, buffer.data(), buffer.size(), 0);
        if (got <= 0) return "";
        rest.append(buffer.data(), static_cast<std::size_t>(got));
    }
    const std::size_t end = rest.find("\r\n\r\n");
    std::string head = rest.substr(0, end + 2);
    rest.erase(0, end + 4);
    return head;
}

SeenRequest parse_head(const std::string& head) {
    SeenRequest request;
    std::size_t begin = head.find("\r\n");
    request.line = head.substr(0, begin);
    for (begin += 2; begin < head.size();) {
        const std::size_t end = head.find("\r\n", begin);
        const std::string line = head.substr(begin, end - begin);
        const std::size_t colon = line.find(':');
        std::string name = line.substr(0, colon);
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        request.headers[name] = line.substr(std::min(line.size(), colon + 2));
        begin = end + 2;
    }
    return request;
}

}  // namespace

LocalServer::LocalServer() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    SW_ASSERT(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    SW_ASSERT(::listen(listener_, 16) == 0);
    SW_ASSERT(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
}

LocalServer::~LocalServer() {
    {
        const std::lock_guard lock(mutex_);
        is_closing_ = true;
    }
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
    for (const int connection : unanswered_) ::close(connection);
}

std::string LocalServer::url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
}

void LocalServer::answer(std::string response) {
    const std::lock_guard lock(mutex_);
    answers_.push_back(std::move(response));
}

void LocalServer::answer(int status, const std::string& type, const std::string& body) {
    answer("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: " + type +
           "\r\nX-Twice: a\r\nX-Twice: b\r\nConnection: close\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body);
}

std::vector<SeenRequest> LocalServer::requests(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(60), [&] { return requests_.size() >= count; });
    return requests_;
}

void LocalServer::serve() {
    while (true) {
        const int connection = ::accept(listener_, nullptr, nullptr);
        if (connection < 0) return;
        serve_one(connection);
    }
}

void LocalServer::serve_one(int connection) {
    std::string rest;
    const std::string head = read_until_blank(connection, rest);
    if (head.empty()) {
        ::close(connection);
        return;
    }
    SeenRequest request = parse_head(head);
    const auto length = request.headers.find("content-length");
    const std::size_t wanted = length == request.headers.end() ? 0 : std::stoul(length->second);
    std::array<char, 4096> buffer{};
    while (rest.size() < wanted) {
        const ssize_t got = ::recv(connection, buffer.data(), buffer.size(), 0);
        if (got <= 0) break;
        rest.append(buffer.data(), static_cast<std::size_t>(got));
    }
    request.body = rest;
    std::string response;
    {
        const std::lock_guard lock(mutex_);
        requests_.push_back(std::move(request));
        if (!answers_.empty()) response = answers_.front();
        if (answers_.size() > 1) answers_.pop_front();
        changed_.notify_all();
        if (response.empty()) {
            unanswered_.push_back(connection);
            return;
        }
    }
    ::send(connection, response.data(), response.size(), MSG_NOSIGNAL);
    ::close(connection);
}

}  // namespace stepwell::test
