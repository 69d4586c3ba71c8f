// A connection goes round in
//
//   reading ──▶ handling ──▶ writing ──▶ reading
//      │                       ▲  ▼
//      │                     streaming    a body that comes bit by bit, waiting for the next
//      └── refused ──▶ writing ──▶ lingering ──▶ closed
//
// and is touched by its worker's thread only; a responder posts to that thread. Requests that came
// pipelined wait in the buffer until the one before is answered. Deadlines are kept as plain times
// that a timer of the worker looks through: a timer for each connection would cost more than the
// request it guards.
//
// Includes Boost: only the files of this class include this one.
#pragma once

#include <atomic>
#include <boost/asio/dispatch.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "api/http/connection.hpp"
#include "api/http/problem.hpp"

namespace stepwell::api {

inline std::string_view text_of_beast(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

class HttpConnection final : public Request, public std::enable_shared_from_this<HttpConnection> {
    using tcp = boost::asio::ip::tcp;
    using error_code = boost::system::error_code;
    using Steady = std::chrono::steady_clock;

public:
    HttpConnection(HttpWorker& worker, tcp::socket socket, std::string peer)
        : worker_(worker), socket_(std::move(socket)), peer_(std::move(peer)) {
        worker_.connections.insert(this);
    }
    ~HttpConnection() override {
        end_stream();
        give_back_bytes();
        worker_.budget.give_connection(peer_);
        worker_.connections.erase(this);
    }

    void begin();
    [[nodiscard]] std::string_view method() const override;
    [[nodiscard]] std::string_view target() const override {
        return text_of_beast(parser_->get().target());
    }
    [[nodiscard]] std::string_view header(std::string_view name) const override;
    [[nodiscard]] const std::string& body() const override { return parser_->get().body(); }
    [[nodiscard]] const std::string& peer() const override { return peer_; }
    [[nodiscard]] const Principal& principal() const override { return principal_; }

    void defer(Work work) override;

    /// Called every second.
    void look_at_the_clock(Steady::time_point now);

    /// Ends it, or lets its answer go out first.
    void drain();
    void close();

private:
    enum class Phase { reading, handling, writing, streaming, lingering, closed };
    using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

    void set_deadline(Duration time) { deadline_ = Steady::now() + time; }

    void expect_request();

    /// Goes on with what has been read; reads more where that is not a whole request.
    void advance();

    /// The one door that nothing thrown goes through: from any thread.
    template <class Work>
    void guarded(std::uint64_t number, const Work& work) {
        std::string what;
        try {
            return work();
        } catch (const std::exception& error) {
            what = error.what();
        } catch (...) {
            what = "something that is no std::exception";
        }
        const std::string id = worker_.budget.next_request_id();
        if (worker_.settings.trouble) worker_.settings.trouble("request " + id + ": " + what);
        boost::asio::dispatch(worker_.context, [self = shared_from_this(), number, id] {
            if (number == self->number_) self->request_id_ = id;
        });
        respond_later(number, problem(500,
                                      "expected to answer this, but failed within; the "
                                      "daemon's log has more"));
    }

    /// From any thread. An answer to a request that has been answered does nothing.
    void respond_later(std::uint64_t number, Response response);

    /// True where a whole request is there, or was refused.
    bool parse();
    bool refuse(Refusal refusal);

    /// The headers are there, the body is not yet: asks the gate, then who it is.
    bool admit();

    /// What the route takes, and what there is room for among all that is in hand.
    bool admit_body();
    void give_back_bytes() { worker_.budget.give_bytes(std::exchange(bytes_taken_, 0)); }

    void send_continue();
    void read();
    void on_read(const error_code& error, std::size_t size);
    void respond(Response response);
    void begin_stream(std::shared_ptr<Stream> stream);
    void end_stream();

    /// While nothing is written, only this tells that the client has gone. One that sends on while
    /// it is told something is no listener either.
    void watch_for_hangup();

    /// Sends the next part of the stream, if there is one.
    void pump();

    /// The next part takes reading: a reader makes it, behind all requests.
    void read_ahead();

    /// Cut, not ended: who listens comes back and goes on where it was.
    void fail_stream(const std::string& what);
    void go_on(Stream::Next next, std::string part);
    void post_pump();
    void send_part(std::string part, bool is_end);

    /// Most answers fit the socket's buffer: one system call, and no way through the reactor.
    void write();

    /// A close with unread bytes would reset the connection and may destroy the answer on its way:
    /// says that we are done, and drops what still comes.
    void linger();
    void drop();
    HttpWorker& worker_;
    tcp::socket socket_;
    boost::beast::flat_buffer buffer_;
    std::optional<Parser> parser_;
    const std::string peer_;
    Principal principal_;
    std::uint64_t number_ = 0;       // of the request, on this connection
    std::string request_id_;         // once it is needed
    std::string listed_origin_;      // of the page that asks, where it is a listed one
    std::uint64_t bytes_taken_ = 0;  // for its body
    std::string out_;
    std::size_t sent_ = 0;
    std::size_t dropped_ = 0;
    Steady::time_point deadline_;
    Phase phase_ = Phase::reading;
    std::shared_ptr<Stream> stream_;  // the rest of the body
    std::atomic<bool> is_woken_{false};
    bool is_reading_ahead_ = false;
    bool is_pump_due_ = false;  // it was woken meanwhile
    bool is_chunked_ = false;
    bool is_admitted_ = false;
    bool is_refused_ = false;
    bool keeps_alive_ = true;
};

}  // namespace stepwell::api
