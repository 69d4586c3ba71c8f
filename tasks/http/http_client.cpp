#include "tasks/http/http_client.hpp"

#include <httplib.h>

#include <algorithm>
#include <cctype>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace stepwell::tasks {

namespace {

using Kind = HttpFailure::Kind;
using std::chrono::steady_clock;

/// The longest name that DNS knows, and a port. The HTTP library matches it with a regular
/// expression that recurses with its length.
constexpr std::size_t kAuthorityBytesMax = 253 + 6;

struct Url {
    std::string origin;  // "https://host:443"
    std::string target;  // "/path?query"
};

Result<Url, HttpFailure> parse_url(const std::string& text) {
    const auto refuse = [](const std::string& message) {
        return fail(HttpFailure{Kind::invalid, message});
    };
    const std::size_t scheme_end = text.find("://");
    const std::string scheme = text.substr(0, scheme_end);
    if (scheme_end == std::string::npos || (scheme != "http" && scheme != "https")) {
        return refuse("expected a URL that begins with http:// or https://");
    }
    for (const char c : text) {
        if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F) {
            return refuse("expected a URL without blanks and control characters; encode them");
        }
    }
    const std::size_t host = scheme_end + 3;
    const std::size_t host_end = std::min(text.find_first_of("/?#", host), text.size());
    const std::string authority = text.substr(host, host_end - host);
    if (authority.empty()) return refuse("expected a URL with a host");
    if (authority.size() > kAuthorityBytesMax) {
        return refuse("expected a host of at most 253 characters, but it has " +
                      std::to_string(authority.size()));
    }
    if (authority.find('@') != std::string::npos) {
        return refuse("expected no user and password in the URL; use an Authorization header");
    }
    std::string target = text.substr(host_end, text.find('#', host_end) - host_end);
    if (target.empty() || target.front() != '/') target.insert(0, "/");
    return Url{scheme + "://" + authority, target};
}

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return std::isalnum(byte) != 0 ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

}  // namespace

class HttpCall::Impl {
public:
    explicit Impl(HttpRequest request) : request_(std::move(request)) {}

    Result<HttpReply, HttpFailure> run() {
        const Url url = SW_TRY(parse_url(request_.url));
        SW_TRY(check_headers());
        try {
            return send(url);
        } catch (const std::exception& exception) {
            return fail(HttpFailure{Kind::connection, exception.what()});
        }
    }

    void stop() {
        const std::lock_guard lock(mutex_);
        is_stopped_ = true;
        changed_.notify_all();
        if (client_) client_->stop();
    }

private:
    Result<void, HttpFailure> check_headers() const {
        if (!is_token(request_.method)) {
            return fail(HttpFailure{Kind::invalid, "expected a method such as GET or POST"});
        }
        for (const auto& [name, value] : request_.headers) {
            if (is_token(name) &&
                value.find_first_of(std::string("\r\n\0", 3)) == std::string::npos) {
                continue;
            }
            return fail(HttpFailure{
                Kind::invalid, "expected header '" + name + "' to be a name and one line of text"});
        }
        return {};
    }

    Result<HttpReply, HttpFailure> send(const Url& url) {
        httplib::Client client(url.origin);
        client.set_connection_timeout(request_.timeout);
        client.set_read_timeout(request_.timeout);
        client.set_write_timeout(request_.timeout);
        client.set_follow_location(request_.follows_redirects);
        client.set_url_encode(false);
        if (!request_.ca_file.empty()) client.set_ca_cert_path(request_.ca_file.c_str());
        std::thread watch = begin(client);
        httplib::Request request = make_request(url);
        httplib::Response response;
        httplib::Error error = httplib::Error::Success;
        const bool is_sent = client.send(request, response, error);
        finish(watch);
        if (!is_sent) return fail(explain(error, url));
        HttpReply reply;
        reply.status = response.status;
        for (const auto& [name, value] : response.headers) {
            reply.headers.emplace_back(lower(name), value);
        }
        reply.body = std::move(body_);
        return reply;
    }

    /// The library's time-outs are for single reads: the whole has a watch of its own.
    std::thread begin(httplib::Client& client) {
        const std::lock_guard lock(mutex_);
        client_ = &client;
        deadline_ = steady_clock::now() + request_.timeout;
        return std::thread([this] {
            std::unique_lock inner(mutex_);
            const auto is_over = [this] { return is_finished_ || is_stopped_; };
            if (!changed_.wait_until(inner, deadline_, is_over)) is_late_ = true;
            // A connection may be made after a stop: until the call is over, again.
            while (!is_finished_) {
                client_->stop();
                changed_.wait_for(inner, std::chrono::milliseconds(50),
                                  [this] { return is_finished_; });
            }
        });
    }

    void finish(std::thread& watch) {
        {
            const std::lock_guard lock(mutex_);
            is_finished_ = true;
            client_ = nullptr;
            changed_.notify_all();
        }
        watch.join();
    }

    httplib::Request make_request(const Url& url) {
        httplib::Request request;
        request.method = request_.method;
        request.path = url.target;
        for (const auto& [name, value] : request_.headers) request.headers.emplace(name, value);
        if (!request.has_header("User-Agent")) request.headers.emplace("User-Agent", "stepwell");
        request.body = request_.body;
        request.content_receiver = [this](const char* data, std::size_t size, std::uint64_t,
                                          std::uint64_t) {
            body_.append(data, size);
            is_too_large_ = body_.size() > request_.response_bytes_max;
            return !is_too_large_;
        };
        return request;
    }

    HttpFailure explain(httplib::Error error, const Url& url) {
        const std::lock_guard lock(mutex_);
        if (is_stopped_) return {Kind::stopped, "the request was stopped"};
        if (is_too_large_) {
            return {Kind::too_large, "expected at most " +
                                         std::to_string(request_.response_bytes_max) +
                                         " bytes of response from " + url.origin +
                                         ", but there are more; see max_response_bytes"};
        }
        const bool is_late = is_late_ || steady_clock::now() >= deadline_;
        const std::string seconds = std::to_string(request_.timeout.count()) + " ms";
        if (is_late) return {Kind::timeout, url.origin + " did not answer within " + seconds};
        return {Kind::connection,
                "expected an answer from " + url.origin + ", but: " + words(error)};
    }

    static std::string words(httplib::Error error) {
        switch (error) {
            case httplib::Error::Connection:
                return "there is no connection";
            case httplib::Error::Read:
                return "it closed the connection";
            case httplib::Error::Write:
                return "it does not take the request";
            case httplib::Error::ExceedRedirectCount:
                return "it redirects without end";
            case httplib::Error::SSLConnection:
                return "there is no TLS connection";
            case httplib::Error::SSLServerVerification:
                return "its certificate is not trusted; see ca_file";
            default:
                return httplib::to_string(error);
        }
    }

    const HttpRequest request_;
    std::string body_;
    bool is_too_large_ = false;
    std::mutex mutex_;
    std::condition_variable changed_;
    httplib::Client* client_ = nullptr;
    steady_clock::time_point deadline_;
    bool is_stopped_ = false;
    bool is_finished_ = false;
    bool is_late_ = false;
};

HttpCall::HttpCall(HttpRequest request) : impl_(std::make_unique<Impl>(std::move(request))) {}
HttpCall::~HttpCall() = default;
Result<HttpReply, HttpFailure> HttpCall::run() {
    return impl_->run();
}
void HttpCall::stop() {
    impl_->stop();
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || std::string_view("-._~").find(c) != std::string_view::npos) {
            encoded += c;
        } else {
            encoded += '%';
            encoded += kHex[byte >> 4];
            encoded += kHex[byte & 15];
        }
    }
    return encoded;
}

std::string url_origin(std::string_view url) {
    const std::size_t host = url.find("://");
    if (host == std::string_view::npos) return "?";
    std::string_view origin = url.substr(0, url.find_first_of("/?#", host + 3));
    return std::string(origin);
}

}  // namespace stepwell::tasks
