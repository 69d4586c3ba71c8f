#include "tasks/http/http_client.hpp"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>

#include "engine/base/ascii.hpp"
#include "engine/base/assert.hpp"
#include "tasks/http/url.hpp"

namespace stepwell::tasks {

namespace {

using Kind = HttpFailure::Kind;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kRedirectsMax = 10;
/// Of one answer. Who sends more wants to fill our memory.
constexpr std::size_t kHeaderBytesMax = 256 * 1024;
/// How long a call sleeps where nothing happens; stop() wakes it.
constexpr int kSleepMaxMs = 1'000;

Failure<HttpFailure> refuse(Kind kind, std::string message) {
    return fail(HttpFailure{kind, std::move(message)});
}

/// As the library asks for it: once, before its first use by any thread.
void begin_curl() {
    static const CURLcode code = ::curl_global_init(CURL_GLOBAL_DEFAULT);
    SW_ASSERT(code == CURLE_OK);
}

struct EasyCloser {
    void operator()(CURL* easy) const { ::curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EasyCloser>;

struct ListCloser {
    void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListCloser>;

struct UrlCloser {
    void operator()(CURLU* url) const { ::curl_url_cleanup(url); }
};

void append(List& list, const std::string& line) {
    curl_slist* const longer = ::curl_slist_append(list.get(), line.c_str());
    SW_ASSERT(longer != nullptr);
    [[maybe_unused]] curl_slist* const same = list.release();
    list.reset(longer);
}

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return std::isalnum(byte) != 0 ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

std::string in_small_letters(std::string_view text) {
    std::string small(text);
    std::transform(small.begin(), small.end(), small.begin(), [](char c) { return lower(c); });
    return small;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// Scheme, host and port, the port also where the URL leaves it out; nothing where it has none.
std::optional<std::string> comparable_origin(const std::string& text) {
    const std::unique_ptr<CURLU, UrlCloser> url(::curl_url());
    if (!url || ::curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
        return std::nullopt;
    }
    std::string origin;
    for (const CURLUPart part : {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT}) {
        char* found = nullptr;
        if (::curl_url_get(url.get(), part, &found, CURLU_DEFAULT_PORT) != CURLUE_OK) {
            return std::nullopt;
        }
        origin += in_small_letters(found) + ' ';
        ::curl_free(found);
    }
    return origin;
}

/// Whether a header says nothing about who asks.
bool may_go_elsewhere(std::string_view name) {
    const std::string small = in_small_letters(name);
    return small.starts_with("accept") || small == "content-type" || small == "user-agent";
}

std::string words_for(CURLcode code) {
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
            return "its name is not known";
        case CURLE_COULDNT_RESOLVE_PROXY:
            return "the name of the proxy is not known";
        case CURLE_COULDNT_CONNECT:
            return "there is no connection";
        case CURLE_PROXY:
            return "the proxy refuses";
        case CURLE_PARTIAL_FILE:
            return "it closed the connection in the middle of its answer";
        case CURLE_GOT_NOTHING:
        case CURLE_RECV_ERROR:
            return "it closed the connection";
        case CURLE_SEND_ERROR:
            return "it does not take the request";
        case CURLE_SSL_CONNECT_ERROR:
            return "there is no TLS connection";
        case CURLE_PEER_FAILED_VERIFICATION:
            return "its certificate is not trusted; see ca_file";
        case CURLE_SSL_CACERT_BADFILE:
            return "the certificates of ca_file cannot be read";
        default:
            return ::curl_easy_strerror(code);
    }
}

/// Children of tasks must not inherit a connection.
curl_socket_t open_socket(void*, curlsocktype, curl_sockaddr* address) {
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/// One request and its answer, without redirects.
struct Hop {
    std::string method;
    std::string url;
    Headers headers;
    bool has_body = false;
};

bool has_header(const Headers& headers, std::string_view name) {
    return std::any_of(headers.begin(), headers.end(),
                       [&](const auto& header) { return in_small_letters(header.first) == name; });
}

List header_list(const Hop& hop) {
    List list;
    for (const auto& [name, value] : hop.headers) {
        // The library's way to say that a value is empty.
        append(list, value.empty() ? name + ";" : name + ": " + value);
    }
    if (!has_header(hop.headers, "user-agent")) append(list, "User-Agent: stepwell");
    // No type that we did not name, and no second on the chance that the server wants to refuse.
    if (!has_header(hop.headers, "content-type")) append(list, "Content-Type:");
    append(list, "Expect:");
    return list;
}

}  // namespace

class HttpCall::Impl {
public:
    explicit Impl(HttpRequest request) : request_(std::move(request)) {
        begin_curl();
        multi_ = ::curl_multi_init();
        SW_ASSERT(multi_ != nullptr);
    }
    ~Impl() { ::curl_multi_cleanup(multi_); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    Result<HttpReply, HttpFailure> run() {
        SW_TRY(check_request());
        deadline_ = steady_clock::now() + request_.timeout;
        Hop hop{request_.method, request_.url, request_.headers, !request_.body.empty()};
        for (int redirects = 0;; ++redirects) {
            HttpReply reply = SW_TRY(send(hop));
            if (next_url_.empty()) return reply;
            if (redirects == kRedirectsMax) {
                return refuse(Kind::redirect, "expected at most " + std::to_string(kRedirectsMax) +
                                                  " redirects, but " + url_origin(hop.url) +
                                                  " redirects once more");
            }
            hop = SW_TRY(redirected(std::move(hop), reply.status));
        }
    }

    void stop() {
        is_stopped_ = true;
        ::curl_multi_wakeup(multi_);
    }

private:
    Result<void, HttpFailure> check_request() const {
        if (auto fault = fault_of_url(request_.url)) return refuse(Kind::invalid, *fault);
        if (!is_token(request_.method)) {
            return refuse(Kind::invalid, "expected a method such as GET or POST");
        }
        for (const auto& [name, value] : request_.headers) {
            const bool is_line = value.find_first_of(std::string("\r\n\0", 3)) == std::string::npos;
            if (!is_token(name) || !is_line) {
                return refuse(Kind::invalid,
                              "expected header '" + name + "' to be a name and one line of text");
            }
            const std::string small = in_small_letters(name);
            if (small == "content-length" || small == "transfer-encoding") {
                return refuse(Kind::invalid,
                              "expected no header '" + name + "', which follows from the body");
            }
        }
        return {};
    }

    /// The request that answers a redirect to next_url_.
    Result<Hop, HttpFailure> redirected(Hop hop, int status) const {
        const std::string from = url_origin(hop.url);
        const std::string to = url_origin(next_url_);
        if (const auto fault = fault_of_url(next_url_)) {
            return refuse(Kind::redirect, from + " redirects to no place to ask: " + *fault);
        }
        if (hop.url.starts_with("https:") && next_url_.starts_with("http:")) {
            return refuse(Kind::redirect,
                          "expected https all the way, but " + from + " redirects to " + to);
        }
        const bool becomes_get = status == 303
                                     ? hop.method != "HEAD"
                                     : (status == 301 || status == 302) && hop.method == "POST";
        if (becomes_get) {
            hop.method = "GET";
            hop.has_body = false;
            std::erase_if(hop.headers, [](const auto& header) {
                return in_small_letters(header.first) == "content-type";
            });
        }
        if (comparable_origin(hop.url) != comparable_origin(next_url_)) {
            if (hop.has_body) {
                return refuse(Kind::redirect, "expected the body to stay at " + from +
                                                  ", but it redirects to " + to +
                                                  "; ask there, if that is meant");
            }
            std::erase_if(hop.headers,
                          [](const auto& header) { return !may_go_elsewhere(header.first); });
        }
        hop.url = next_url_;
        return hop;
    }

    Result<HttpReply, HttpFailure> send(const Hop& hop) {
        reply_ = {};
        next_url_.clear();
        received_bytes_ = 0;
        header_bytes_ = 0;
        const Easy easy(::curl_easy_init());
        SW_ASSERT(easy != nullptr);
        easy_ = easy.get();
        const List headers = header_list(hop);
        describe(hop, headers.get());
        const CURLcode code = perform();
        if (code != CURLE_OK) return fail(explain(code, hop.url));
        reply_.status = static_cast<int>(number(CURLINFO_RESPONSE_CODE));
        curl_off_t wait = 0;
        ::curl_easy_getinfo(easy_, CURLINFO_RETRY_AFTER, &wait);
        if (wait > 0) reply_.retry_after = std::chrono::seconds(wait);
        if (is_redirect()) next_url_ = text(CURLINFO_REDIRECT_URL);
        return std::move(reply_);
    }

    template <class Value>
    void set(CURLoption option, Value value) {
        const CURLcode code = ::curl_easy_setopt(easy_, option, value);
        SW_ASSERT(code == CURLE_OK);
    }

    void describe(const Hop& hop, curl_slist* headers) {
        set(CURLOPT_URL, hop.url.c_str());
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_PATH_AS_IS, 1L);
        set(CURLOPT_HTTPHEADER, headers);
        // Unpacks what comes packed, and says so to the server.
        set(CURLOPT_ACCEPT_ENCODING, "");
        set_method(hop);
        set(CURLOPT_NOSIGNAL, 1L);
        // A name that nobody resolves keeps a thread of the library's own, not us.
        set(CURLOPT_QUICK_EXIT, 1L);
        const auto left = std::chrono::ceil<milliseconds>(deadline_ - steady_clock::now());
        set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(1, left.count())));
        set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
        set(CURLOPT_HEADERFUNCTION, &on_header);
        set(CURLOPT_HEADERDATA, this);
        set(CURLOPT_WRITEFUNCTION, &on_body);
        set(CURLOPT_WRITEDATA, this);
        set_route();
    }

    void set_method(const Hop& hop) {
        const bool has_length =
            hop.has_body || hop.method == "POST" || hop.method == "PUT" || hop.method == "PATCH";
        if (has_length) {
            const std::string_view body = hop.has_body ? request_.body : std::string_view();
            set(CURLOPT_POST, 1L);
            set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
            set(CURLOPT_POSTFIELDS, body.empty() ? "" : body.data());
        }
        if (hop.method == "HEAD") set(CURLOPT_NOBODY, 1L);
        set(CURLOPT_CUSTOMREQUEST, hop.method.c_str());
    }

    void set_route() {
        const HttpRoute& route = request_.route;
        if (route.proxy) {
            set(CURLOPT_PROXY, route.proxy->c_str());
            set(CURLOPT_NOPROXY, route.no_proxy.c_str());
        }
        if (!route.ca_file.empty()) {
            set(CURLOPT_CAINFO, route.ca_file.c_str());
            set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
        }
    }

    /// Until the answer is there, or it is known that none comes.
    CURLcode perform() {
        ::curl_multi_add_handle(multi_, easy_);
        CURLcode code = CURLE_ABORTED_BY_CALLBACK;
        while (!is_stopped_) {
            int running = 0;
            SW_ASSERT(::curl_multi_perform(multi_, &running) == CURLM_OK);
            int left = 0;
            const CURLMsg* message = ::curl_multi_info_read(multi_, &left);
            if (message) {
                code = message->data.result;
                break;
            }
            ::curl_multi_poll(multi_, nullptr, 0, kSleepMaxMs, nullptr);
        }
        ::curl_multi_remove_handle(multi_, easy_);
        return code;
    }

    [[nodiscard]] long number(CURLINFO info) const {
        long value = 0;
        ::curl_easy_getinfo(easy_, info, &value);
        return value;
    }
    [[nodiscard]] std::string text(CURLINFO info) const {
        const char* value = nullptr;
        ::curl_easy_getinfo(easy_, info, &value);
        return value ? value : "";
    }
    /// Whether this answer is a way on, and none that anybody wants to see.
    [[nodiscard]] bool is_redirect() const {
        constexpr std::array<long, 5> kStatuses = {301, 302, 303, 307, 308};
        return request_.follows_redirects &&
               std::count(kStatuses.begin(), kStatuses.end(), number(CURLINFO_RESPONSE_CODE)) !=
                   0 &&
               has_header(reply_.headers, "location");
    }

    static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) {
        return static_cast<Impl*>(self)->take_header({data, size}) ? size : CURL_WRITEFUNC_ERROR;
    }
    /// False: there are too many.
    bool take_header(std::string_view line) {
        header_bytes_ += line.size();
        if (header_bytes_ > kHeaderBytesMax) return false;
        keep_header(line);
        return true;
    }
    void keep_header(std::string_view line) {
        // An answer before the answer (100 Continue) has headers of its own.
        if (line.starts_with("HTTP/")) return reply_.headers.clear();
        if (trimmed(line).empty()) return;
        const std::size_t colon = line.find(':');
        const bool goes_on = line.front() == ' ' || line.front() == '\t';
        if (goes_on && !reply_.headers.empty()) {
            reply_.headers.back().second += ' ' + std::string(trimmed(line));
        } else if (!goes_on && colon != std::string_view::npos) {
            reply_.headers.emplace_back(in_small_letters(trimmed(line.substr(0, colon))),
                                        trimmed(line.substr(colon + 1)));
        }
    }

    static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) {
        return static_cast<Impl*>(self)->take_body({data, size}) ? size : CURL_WRITEFUNC_ERROR;
    }
    bool take_body(std::string_view piece) {
        received_bytes_ += piece.size();
        is_too_large_ = received_bytes_ > request_.response_bytes_max;
        if (is_too_large_) return false;
        if (is_redirect()) return true;
        if (!request_.sink) {
            reply_.body += piece;
            return true;
        }
        is_refused_ = !request_.sink(static_cast<int>(number(CURLINFO_RESPONSE_CODE)), piece);
        return !is_refused_;
    }

    [[nodiscard]] HttpFailure explain(CURLcode code, const std::string& url) const {
        const std::string origin = url_origin(url);
        if (is_stopped_) return {Kind::stopped, "the request was stopped"};
        if (is_refused_) return {Kind::refused, "the body was not taken"};
        if (is_too_large_) {
            return {Kind::too_large, "expected at most " +
                                         std::to_string(request_.response_bytes_max) +
                                         " bytes of response from " + origin +
                                         ", but there are more; see max_response_bytes"};
        }
        if (header_bytes_ > kHeaderBytesMax) {
            return {Kind::too_large, "expected at most " + std::to_string(kHeaderBytesMax) +
                                         " bytes of headers from " + origin +
                                         ", but there are more"};
        }
        if (code == CURLE_OPERATION_TIMEDOUT) {
            return {Kind::timeout, origin + " did not answer within " +
                                       std::to_string(request_.timeout.count()) + " ms"};
        }
        const bool is_invalid = code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL;
        if (is_invalid && received_bytes_ == 0 && reply_.headers.empty() &&
            !comparable_origin(url)) {
            return {Kind::invalid, "expected a URL that can be asked, but " + origin + " is none"};
        }
        return {Kind::connection,
                "expected an answer from " + origin + ", but: " + words_for(code)};
    }

    const HttpRequest request_;
    CURLM* multi_ = nullptr;
    CURL* easy_ = nullptr;  // of the hop that is under way
    steady_clock::time_point deadline_;
    HttpReply reply_;
    std::string next_url_;  // where the answer redirects to; empty: it does not
    std::size_t received_bytes_ = 0;
    std::size_t header_bytes_ = 0;
    bool is_too_large_ = false;
    bool is_refused_ = false;
    std::atomic<bool> is_stopped_ = false;
};

HttpCall::HttpCall(HttpRequest request) : impl_(std::make_unique<Impl>(std::move(request))) {}
HttpCall::~HttpCall() = default;
Result<HttpReply, HttpFailure> HttpCall::run() {
    return impl_->run();
}
void HttpCall::stop() {
    impl_->stop();
}

}  // namespace stepwell::tasks
