// One HTTP request of a task, with the redirects that it may follow. Behind it is libcurl, whose
// header only http_client.cpp sees.
//
// What holds whatever the server does:
//   (1) A reply is whole: where the time-out, the limit of bytes, a stop or the connection's end
//       cuts its body, run() fails. (A body of no stated length ends with the connection.)
//   (2) One time-out covers all: looking names up, proxies, redirects, the body.
//   (3) A redirect never leads from https to http. At another origin (scheme, host, port) of all
//   the
//       request's headers only Accept*, Content-Type and User-Agent are sent, and never its body.
//   (4) stop() and the time-out end run() at once, also while a name is looked up.
//
// Threads: an HttpCall belongs to one thread; stop() may be called from any while it lives.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/result.hpp"

namespace stepwell::tasks {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// How requests leave the machine: the configuration's `http`.
struct HttpRoute {
    /// Nothing: what HTTPS_PROXY, http_proxy, ALL_PROXY and NO_PROXY of this process say. Empty: no
    /// proxy.
    std::optional<std::string> proxy;
    std::string no_proxy;  // hosts without proxy, separated by commas
    std::string ca_file;   // certificates to trust; empty: the system's

    /// {proxy: URL or none, no_proxy: [HOST, ...], ca_file: FILE}; null is none of them. The error
    /// has all faults.
    static Result<HttpRoute> read(const Json* section);
};

struct HttpRequest {
    std::string method = "GET";
    std::string url;  // see fault_of_url()
    Headers headers;
    std::string body;
    std::chrono::milliseconds timeout{30'000};
    bool follows_redirects = false;
    std::size_t response_bytes_max = 1u << 20;  // of the body, unpacked
    HttpRoute route;
    /// Takes the body, piece by piece, instead of HttpReply::body; false ends the call with
    /// Kind::refused. Called in run()'s thread.
    std::function<bool(int status, std::string_view piece)> sink;
};

struct HttpReply {
    int status = 0;
    Headers headers;  // names in lower case, in the order in which they came
    std::string body;
    /// What Retry-After asks for, as a span from now; nothing where it is missing or zero.
    std::optional<std::chrono::seconds> retry_after;
};

struct HttpFailure {
    enum class Kind { invalid, connection, timeout, too_large, redirect, stopped, refused };
    Kind kind = Kind::connection;
    std::string message;
};

class HttpCall {
public:
    explicit HttpCall(HttpRequest request);
    ~HttpCall();
    HttpCall(const HttpCall&) = delete;
    HttpCall& operator=(const HttpCall&) = delete;

    /// REQUIRES: called once.
    Result<HttpReply, HttpFailure> run();
    /// Ends run(), which fails with Kind::stopped; before run(): as soon as it is called.
    void stop();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace stepwell::tasks
