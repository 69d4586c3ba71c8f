// What the HTTP server's two files share: a worker, and what can be asked of its connections.
// Includes Boost: no other file includes this one.
//
// Threads: a worker's own, but for its construction and `context`.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>
#include <unordered_set>

#include "api/http/gate.hpp"
#include "api/http/server.hpp"

namespace stepwell::api {

class HttpConnection;

/// What all connections share, and where one thread keeps its own.
struct HttpWorker {
    HttpWorker(const ServerSettings& settings_, const Gate& gate_, const Handler& handler_,
               const Admission& admission_)
        : settings(settings_), gate(gate_), handler(handler_), admission(admission_) {}

    const ServerSettings& settings;
    const Gate& gate;
    const Handler& handler;
    const Admission& admission;
    /// Outlives `context`, whose end destroys them.
    std::unordered_set<HttpConnection*> connections;
    bool is_draining = false;
    boost::asio::io_context context{1};
    boost::asio::steady_timer timer{context};
    std::thread thread;
};

/// Makes a connection of the socket; it lives until its client or the worker ends it.
void serve_connection(HttpWorker& worker, boost::asio::ip::tcp::socket socket);
/// Looks through the deadlines of all connections, now and every second.
void watch_deadlines(HttpWorker& worker);
/// Ends the connections that have nothing in hand, and lets the answers of the others go out first.
void drain_connections(HttpWorker& worker);

}  // namespace stepwell::api
