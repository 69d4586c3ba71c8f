// The HTTP/1.1 server: keep-alive, pipelining, limits, time-outs. Every request passes the gate and
// the admission as soon as its headers are there, then goes to the one handler.
//
// Threads: a few, each with its own connections. The handler runs on them and must be quick; what
// takes time it hands to the readers (Request::defer). Responders may be called from anywhere.
#pragma once

#include <memory>
#include <string>

#include "api/http/gate.hpp"
#include "api/http/http.hpp"
#include "api/http/reader_pool.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace stepwell::api {

struct ServerSettings {
    ListenAddress address;
    unsigned threads = 2;
    std::uint32_t header_bytes_max = 16u << 10;
    std::uint64_t body_bytes_max = 2u << 20;
    std::uint64_t bodies_bytes_max = 64u << 20;  // of all requests that are in hand
    std::size_t connections_max = 8'192;
    std::size_t peer_connections_max = 4'096;  // from one address
    Duration header_time{10'000};  // from the first byte of a request to the end of its headers
    Duration body_time{60'000};
    Duration idle_time{75'000};       // between requests
    Duration write_time{30'000};      // without any progress
    Duration heartbeat_time{15'000};  // a stream that has had nothing to say says idle()
    ReaderPoolSettings readers = {};
    BodyLimit body_limit = {};  // by route
    std::string name = "r";     // how ids of requests begin; another one after each start
    /// Told of what a handler threw.
    std::function<void(const std::string&)> trouble = {};
};

class HttpServer {
public:
    /// Listens. Fails with `conflict` where the address is taken, `invalid` where it is none.
    /// Without an admission everybody may come.
    static Result<std::unique_ptr<HttpServer>> start(const ServerSettings& settings, Gate gate,
                                                     Handler handler, Admission admission = {});
    /// Stops. REQUIRES: no responder is called from then on, or outlives it.
    ~HttpServer();

    /// The actual port, where 0 was asked for.
    [[nodiscard]] std::uint16_t port() const;

    /// Takes no more requests, waits up to two seconds for the answers to those in hand, and ends
    /// the threads.
    void stop();

private:
    class Impl;
    explicit HttpServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace stepwell::api
