// One HTTP request, for tasks. Behind it is cpp-httplib, which stays in http_client.cpp.
//
// Threads: an HttpCall belongs to one thread; stop() may be called from any.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"

namespace stepwell::tasks {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
    std::string method = "GET";
    std::string url;  // http or https, without user and password
    Headers headers;
    std::string body;
    std::chrono::milliseconds timeout{30'000};  // for all of it
    bool follows_redirects = false;
    std::size_t response_bytes_max = 1u << 20;
    std::string ca_file;  // empty: the system's
};

struct HttpReply {
    int status = 0;
    Headers headers;  // names in lower case
    std::string body;
};

struct HttpFailure {
    enum class Kind { invalid, connection, timeout, too_large, stopped };
    Kind kind = Kind::connection;
    std::string message;
};

class HttpCall {
public:
    explicit HttpCall(HttpRequest request);
    ~HttpCall();
    /// REQUIRES: called once.
    Result<HttpReply, HttpFailure> run();
    /// Ends run() as soon as possible.
    void stop();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// For a query or a form: everything but letters, digits and "-._~" as %XX.
std::string percent_encode(std::string_view text);

/// The scheme, host and port of a URL, for messages: the rest may hold secrets.
std::string url_origin(std::string_view url);

}  // namespace stepwell::tasks
