// What the HTTP server's two files share: a worker, and what can be asked of its connections.
// Includes Boost: no other file includes this one.
//
// Threads: a worker's own, but for its construction and `context`.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "api/http/gate.hpp"
#include "api/http/server.hpp"

namespace stepwell::api {

class HttpConnection;

/// What is counted over all threads. Thread safety: complete.
class HttpBudget {
public:
    /// `name` is how the ids of requests begin.
    explicit HttpBudget(std::string name) : name_(std::move(name)) {}

    /// False where the address has as many connections as it may.
    bool take_connection(const std::string& peer, std::size_t max) {
        const std::lock_guard lock(mutex_);
        std::size_t& count = connections_[peer];
        if (count >= max) return false;
        ++count;
        return true;
    }
    void give_connection(const std::string& peer) {
        const std::lock_guard lock(mutex_);
        const auto at = connections_.find(peer);
        if (at != connections_.end() && --at->second == 0) connections_.erase(at);
    }
    /// False where the bodies in hand have as many bytes as they may.
    bool take_bytes(std::uint64_t bytes, std::uint64_t max) {
        if (bytes_.fetch_add(bytes) + bytes <= max) return true;
        bytes_ -= bytes;
        return false;
    }
    void give_bytes(std::uint64_t bytes) { bytes_ -= bytes; }

    /// The name of one request, for its answer and the log: no other of this daemon has it.
    std::string next_request_id() {
        return name_ + "-" + std::to_string(requests_.fetch_add(1) + 1);
    }

private:
    const std::string name_;
    std::atomic<std::uint64_t> requests_{0};
    std::mutex mutex_;
    std::unordered_map<std::string, std::size_t> connections_;
    std::atomic<std::uint64_t> bytes_{0};
};

/// What all connections share, and where one thread keeps its own.
struct HttpWorker {
    HttpWorker(const ServerSettings& settings_, const Gate& gate_, const Handler& handler_,
               const Admission& admission_, ReaderPool& readers_, HttpBudget& budget_)
        : settings(settings_),
          gate(gate_),
          handler(handler_),
          admission(admission_),
          readers(readers_),
          budget(budget_) {}

    const ServerSettings& settings;
    const Gate& gate;
    const Handler& handler;
    const Admission& admission;
    ReaderPool& readers;
    HttpBudget& budget;
    /// Outlives `context`, whose end destroys them.
    std::unordered_set<HttpConnection*> connections;
    bool is_draining = false;
    boost::asio::io_context context{1};
    boost::asio::steady_timer timer{context};
    std::thread thread;
};

/// Makes a connection of the socket; it lives until its client or the worker ends it. `peer` has
/// been taken from the budget, and is given back with the connection.
void serve_connection(HttpWorker& worker, boost::asio::ip::tcp::socket socket, std::string peer);
/// Looks through the deadlines of all connections, now and every second.
void watch_deadlines(HttpWorker& worker);
/// Ends the connections that have nothing in hand, and lets the answers of the others go out first.
void drain_connections(HttpWorker& worker);

}  // namespace stepwell::api
