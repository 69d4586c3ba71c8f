// Requests and responses as handlers see them; which library speaks HTTP is http_server.cpp's
// affair.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/http/principal.hpp"
#include "engine/base/json.hpp"

namespace stepwell::api {

/// One request, admitted by the gate. Lives until its response is given.
class Request {
public:
    virtual ~Request() = default;
    [[nodiscard]] virtual std::string_view method() const = 0;
    /// As it came: path and query, still percent-encoded.
    [[nodiscard]] virtual std::string_view target() const = 0;
    /// The value of the first header of that name; empty where there is none.
    [[nodiscard]] virtual std::string_view header(std::string_view name) const = 0;
    /// Whole once the handler is called; empty before.
    [[nodiscard]] virtual const std::string& body() const = 0;
    /// The address of who sent it: "127.0.0.1".
    [[nodiscard]] virtual const std::string& peer() const = 0;
    /// Who sent it: what admission found.
    [[nodiscard]] virtual const Principal& principal() const = 0;

    /// Told false where too much waits already: then the answer is that one should come again.
    using Work = std::function<void(bool is_in_time)>;
    /// Does what takes reading, parsing or waiting on a thread that may take its time; on this one
    /// where the server has none. One work at a time, now or later, and none behind the response.
    /// What `work` throws is answered with a 500.
    virtual void defer(Work work) { work(true); }
};

/// The body of a response that comes bit by bit. The server asks for the next bit when the one
/// before has left: a client that is slow is asked for less, and nothing is kept for it.
///
/// Threads: next() and idle() are called from one thread at a time.
class Stream {
public:
    enum class Next { more, wait, end, broken };
    virtual ~Stream() = default;
    /// Whether next() would read much now: then it is called from a reader's thread.
    [[nodiscard]] virtual bool is_behind() const { return false; }
    /// Appends what there is, some ten kilobytes at most. `more`: call again when that has left;
    /// `wait`: when the waker says so; `end`: this was all; `broken`: it was not, and no more can
    /// be had: the connection is cut, so that nobody takes what has come for the whole.
    virtual Next next(std::string& out) = 0;
    /// What to say when there was nothing to say for a while: so that both sides see that the other
    /// one is still there.
    virtual std::string idle() = 0;
    /// What to call, from any thread, when there is something new after a `wait`. Another call
    /// replaces it; once on_ready({}) returns, it is not called any more.
    virtual void on_ready(std::function<void()> waker) = 0;
};

struct Response {
    unsigned status = 200;
    std::string_view content_type = "application/json";  // a literal
    std::string body;
    std::string headers;                       // further complete lines: "X-Name: value\r\n"
    std::shared_ptr<Stream> stream = nullptr;  // instead of `body`
    /// What the audit log's entry says beside the request: an object, and no part of the answer.
    Json noted = nullptr;
};

/// Gives the response: once, from any thread, at once or later. A call after the client has gone
/// does nothing.
using Responder = std::function<void(Response)>;

/// Called from the server's threads; must be quick, and may answer later.
using Handler = std::function<void(Request&, Responder)>;

/// Called when the headers are there and before the body is read: who asks, or why they may not.
using Admission = std::function<Result<Principal, Refusal>(const Request&)>;

/// How many bytes the body of a request may have; nothing: as many as the server takes.
using BodyLimit = std::function<std::optional<std::uint64_t>(const Request&)>;

}  // namespace stepwell::api
