// The HTTP/1.1 server: keep-alive, pipelining, limits, time-outs. Every request passes the gate and
// the admission as soon as its headers are there, then goes to the one handler.
//
// Threads: a few, each with its own connections; nothing is shared between them. The handler runs
// on them; responders may be called from anywhere.
#pragma once

#include <memory>
#include <string>

#include "api/http/gate.hpp"
#include "api/http/http.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace stepwell::api {

struct ServerSettings {
    ListenAddress address;
    unsigned threads = 2;
    std::uint32_t header_bytes_max = 16u << 10;
    std::uint64_t body_bytes_max = 2u << 20;
    std::size_t connections_max = 8'192;
    Duration header_time{10'000};  // from the first byte of a request to the end of its headers
    Duration body_time{60'000};
    Duration idle_time{75'000};  // between requests
    Duration write_time{30'000};
    Duration heartbeat_time{15'000};  // a stream that has had nothing to say says idle()
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
