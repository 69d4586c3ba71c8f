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
#include "api/http/connection.hpp"

#include <sys/socket.h>

#include <atomic>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "api/http/problem.hpp"
#include "api/http/writer.hpp"

namespace stepwell::api {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Steady = std::chrono::steady_clock;

constexpr std::size_t kReadBytes = 8u << 10;
constexpr std::size_t kLingerBytesMax = 16u << 20;
constexpr Duration kLingerTime{2'000};

std::string_view view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}
boost::beast::string_view view(std::string_view text) {
    return {text.data(), text.size()};
}

unsigned status_of(const error_code& error) {
    if (error == http::error::header_limit) return 431;
    if (error == http::error::body_limit) return 413;
    return 400;
}

}  // namespace

class HttpConnection final : public Request, public std::enable_shared_from_this<HttpConnection> {
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

    void begin() {
        error_code ignored;
        socket_.set_option(tcp::no_delay(true), ignored);
        socket_.non_blocking(true, ignored);
        expect_request();
        advance();
    }

    [[nodiscard]] std::string_view method() const override {
        return view(parser_->get().method_string());
    }
    [[nodiscard]] std::string_view target() const override { return view(parser_->get().target()); }
    [[nodiscard]] std::string_view header(std::string_view name) const override {
        return view(parser_->get()[view(name)]);
    }
    [[nodiscard]] const std::string& body() const override { return parser_->get().body(); }
    [[nodiscard]] const std::string& peer() const override { return peer_; }
    [[nodiscard]] const Principal& principal() const override { return principal_; }

    void defer(Work work) override {
        worker_.readers.post(
            who_is(principal_) + "@" + peer_,
            [self = shared_from_this(), number = number_, work = std::move(work)](bool is_in_time) {
                self->guarded(number, [&] { work(is_in_time); });
            });
    }

    /// Called every second.
    void look_at_the_clock(Steady::time_point now) {
        if (phase_ == Phase::handling || now < deadline_) return;
        if (phase_ != Phase::streaming) return close();
        if (is_reading_ahead_) return set_deadline(worker_.settings.heartbeat_time);
        std::string text = stream_->idle();
        if (!text.empty()) return send_part(std::move(text), false);
        set_deadline(worker_.settings.heartbeat_time);
    }
    /// Ends it, or lets its answer go out first.
    void drain() {
        if (phase_ == Phase::reading || stream_) close();
    }
    void close() {
        phase_ = Phase::closed;
        end_stream();
        error_code ignored;
        socket_.close(ignored);
    }

private:
    enum class Phase { reading, handling, writing, streaming, lingering, closed };
    using Parser = http::request_parser<http::string_body>;

    void set_deadline(Duration time) { deadline_ = Steady::now() + time; }

    void expect_request() {
        give_back_bytes();
        ++number_;
        request_id_.clear();
        parser_.emplace();
        parser_->header_limit(worker_.settings.header_bytes_max);
        parser_->body_limit(worker_.settings.body_bytes_max);
        is_admitted_ = is_refused_ = false;
        listed_origin_.clear();
        phase_ = Phase::reading;
        set_deadline(buffer_.size() == 0 ? worker_.settings.idle_time
                                         : worker_.settings.header_time);
    }

    /// Goes on with what has been read; reads more where that is not a whole request.
    void advance() {
        if (!parse()) return read();
        if (is_refused_) return;
        phase_ = Phase::handling;
        guarded(number_, [this] {
            worker_.handler(*this,
                            [self = shared_from_this(), number = number_](Response response) {
                                self->respond_later(number, std::move(response));
                            });
        });
    }

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
        asio::dispatch(worker_.context, [self = shared_from_this(), number, id] {
            if (number == self->number_) self->request_id_ = id;
        });
        respond_later(number, problem(500,
                                      "expected to answer this, but failed within; the "
                                      "daemon's log has more"));
    }

    /// From any thread. An answer to a request that has been answered does nothing.
    void respond_later(std::uint64_t number, Response response) {
        asio::dispatch(worker_.context, [self = shared_from_this(), number,
                                         response = std::move(response)]() mutable {
            if (number == self->number_) self->respond(std::move(response));
        });
    }

    /// True where a whole request is there, or was refused.
    bool parse() {
        while (!parser_->is_done()) {
            if (buffer_.size() == 0) return false;
            error_code error;
            buffer_.consume(parser_->put(buffer_.data(), error));
            if (error == http::error::need_more) return false;
            if (error) return refuse({status_of(error), error.message(), {}});
            if (parser_->is_header_done() && !is_admitted_ && !admit()) return true;
        }
        return true;
    }

    bool refuse(Refusal refusal) {
        is_refused_ = true;
        phase_ = Phase::handling;
        Response response = problem(refusal.status, refusal.message);
        if (!refusal.content_type.empty()) {
            response.content_type = refusal.content_type;
            response.body = std::move(refusal.body);
        }
        if (!refusal.headers.empty()) response.headers = std::move(refusal.headers);
        respond(std::move(response));
        return true;
    }

    /// The headers are there, the body is not yet: asks the gate, then who it is.
    bool admit() {
        Incoming incoming;
        incoming.method = method();
        incoming.target = target();
        for (const auto& field : parser_->get()) {
            switch (field.name()) {
                case http::field::host:
                    incoming.hosts.push_back(view(field.value()));
                    break;
                case http::field::transfer_encoding:
                    incoming.transfer_encodings.push_back(view(field.value()));
                    break;
                case http::field::origin:
                    incoming.origins.push_back(view(field.value()));
                    break;
                default:
                    break;
            }
        }
        incoming.fetch_site = header("Sec-Fetch-Site");
        incoming.fetch_mode = header("Sec-Fetch-Mode");
        if (auto refusal = worker_.gate.check(incoming)) {
            refuse(std::move(*refusal));
            return false;
        }
        listed_origin_ = worker_.gate.listed_origin(incoming);
        const bool is_preflight = !listed_origin_.empty() && method() == "OPTIONS" &&
                                  !header("Access-Control-Request-Method").empty();
        if (is_preflight) {
            // A browser asks without any credential, and waits for the answer on a connection of
            // its own.
            is_refused_ = true;
            phase_ = Phase::handling;
            respond({204, "", {}, preflight_headers()});
            return false;
        }
        auto principal = worker_.admission ? worker_.admission(*this) : Principal{};
        if (!principal) {
            refuse(std::move(principal).error());
            return false;
        }
        principal_ = std::move(principal).value();
        if (!admit_body()) return false;
        is_admitted_ = true;
        set_deadline(worker_.settings.body_time);
        parser_->eager(true);
        if (beast::iequals(parser_->get()[http::field::expect], "100-continue")) send_continue();
        return true;
    }

    /// What the route takes, and what there is room for among all that is in hand.
    bool admit_body() {
        const auto& settings = worker_.settings;
        const auto own = settings.body_limit ? settings.body_limit(*this) : std::nullopt;
        const std::uint64_t limit =
            std::min(own.value_or(settings.body_bytes_max), settings.body_bytes_max);
        const auto length = parser_->content_length();
        if (length && *length > limit) {
            refuse({413,
                    "expected a body of at most " + std::to_string(limit) + " bytes, but it has " +
                        std::to_string(*length),
                    {}});
            return false;
        }
        parser_->body_limit(limit);
        const std::uint64_t bytes = length ? *length : parser_->chunked() ? limit : 0;
        if (!worker_.budget.take_bytes(bytes, settings.bodies_bytes_max)) {
            refuse(
                {503, "expected fewer requests with bodies at a time; try again in a second", {}});
            return false;
        }
        bytes_taken_ = bytes;
        return true;
    }

    void give_back_bytes() { worker_.budget.give_bytes(std::exchange(bytes_taken_, 0)); }

    void send_continue() {
        constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
        error_code ignored;
        // The first bytes on a connection that waits for them: they fit, or the client is gone.
        socket_.send(asio::buffer(kContinue.data(), kContinue.size()), 0, ignored);
    }

    void read() {
        socket_.async_read_some(
            buffer_.prepare(kReadBytes),
            [self = shared_from_this()](const error_code& error, std::size_t size) {
                self->on_read(error, size);
            });
    }

    void on_read(const error_code& error, std::size_t size) {
        if (phase_ == Phase::closed) return;
        if (error) return close();
        const bool is_first = buffer_.size() == 0 && !parser_->got_some();
        buffer_.commit(size);
        if (is_first && !is_admitted_) set_deadline(worker_.settings.header_time);
        advance();
    }

    void respond(Response response) {
        if (phase_ != Phase::handling) return;
        const auto& request = parser_->get();
        keeps_alive_ = !is_refused_ && !worker_.is_draining && request.keep_alive();
        is_chunked_ = response.stream && request.version() == 11;
        if (response.stream && !is_chunked_) keeps_alive_ = false;
        if (!listed_origin_.empty()) response.headers += cors_headers(listed_origin_);
        if (request_id_.empty()) request_id_ = worker_.budget.next_request_id();
        if (response.content_type == kProblemType) add_request_id(response.body, request_id_);
        out_ = response_head(response,
                             {keeps_alive_, is_chunked_, request.version() == 10, request_id_});
        const bool has_body = is_refused_ || request.method() != http::verb::head;
        if (has_body) out_ += response.body;
        if (has_body) begin_stream(std::move(response.stream));
        sent_ = 0;
        phase_ = Phase::writing;
        set_deadline(worker_.settings.write_time);
        write();
    }

    void begin_stream(std::shared_ptr<Stream> stream) {
        stream_ = std::move(stream);
        if (!stream_) return;
        stream_->on_ready([weak = weak_from_this()] {
            const auto self = weak.lock();
            // One message under way is enough: whoever takes it asks for all there is.
            if (!self || self->is_woken_.exchange(true)) return;
            asio::post(self->worker_.context, [self] {
                self->is_woken_ = false;
                if (self->phase_ == Phase::streaming) self->pump();
            });
        });
        watch_for_hangup();
    }

    void end_stream() {
        if (!stream_) return;
        stream_->on_ready({});
        stream_.reset();
    }

    /// While nothing is written, only this tells that the client has gone. One that sends on while
    /// it is told something is no listener either.
    void watch_for_hangup() {
        socket_.async_wait(
            tcp::socket::wait_read,
            [self = shared_from_this(), stream = stream_.get()](const error_code& error) {
                if (!error && self->stream_.get() == stream) self->close();
            });
    }

    /// Sends the next part of the stream, if there is one.
    void pump() {
        is_pump_due_ = is_reading_ahead_;
        if (is_reading_ahead_) return;
        if (stream_->is_behind()) return read_ahead();
        std::string part;
        try {
            const Stream::Next next = stream_->next(part);
            go_on(next, std::move(part));
        } catch (const std::exception& error) {
            fail_stream(error.what());
        }
    }

    /// The next part takes reading: a reader makes it, behind all requests.
    void read_ahead() {
        is_reading_ahead_ = true;
        phase_ = Phase::streaming;
        set_deadline(worker_.settings.heartbeat_time);
        worker_.readers.post_replay([self = shared_from_this(), stream = stream_](bool) {
            auto part = std::make_shared<std::string>();
            auto next = Stream::Next::end;
            std::string fault;
            try {
                next = stream->next(*part);
            } catch (const std::exception& error) {
                fault = error.what();
            }
            asio::post(self->worker_.context, [self, stream, part, next, fault] {
                self->is_reading_ahead_ = false;
                if (self->phase_ != Phase::streaming || self->stream_ != stream) return;
                if (!fault.empty()) return self->fail_stream(fault);
                // What it was woken for may have come behind what it has just read.
                const bool is_due = std::exchange(self->is_pump_due_, false);
                self->go_on(is_due && next == Stream::Next::wait ? Stream::Next::more : next,
                            std::move(*part));
            });
        });
    }

    /// Cut, not ended: who listens comes back and goes on where it was.
    void fail_stream(const std::string& what) {
        if (worker_.settings.trouble) worker_.settings.trouble(what);
        close();
    }

    void go_on(Stream::Next next, std::string part) {
        if (next == Stream::Next::broken) return close();
        const bool is_end = next == Stream::Next::end;
        if (!part.empty() || is_end) return send_part(std::move(part), is_end);
        if (next == Stream::Next::more) return post_pump();
        phase_ = Phase::streaming;
        set_deadline(worker_.settings.heartbeat_time);
    }

    void post_pump() {
        phase_ = Phase::streaming;
        set_deadline(worker_.settings.heartbeat_time);
        asio::post(worker_.context, [self = shared_from_this()] {
            if (self->phase_ == Phase::streaming) self->pump();
        });
    }

    void send_part(std::string part, bool is_end) {
        if (is_chunked_) part = chunked(std::move(part), is_end);
        if (is_end) end_stream();
        out_ = std::move(part);
        sent_ = 0;
        phase_ = Phase::writing;
        set_deadline(worker_.settings.write_time);
        write();
    }

    /// Most answers fit the socket's buffer: one system call, and no way through the reactor.
    void write() {
        error_code error;
        const std::size_t before = sent_;
        while (sent_ < out_.size()) {
            sent_ += socket_.send(asio::buffer(out_.data() + sent_, out_.size() - sent_),
                                  MSG_NOSIGNAL, error);
            if (error == asio::error::would_block) {
                // Slow is not gone: what ends a connection is that nothing leaves.
                if (sent_ > before) set_deadline(worker_.settings.write_time);
                return socket_.async_wait(tcp::socket::wait_write,
                                          [self = shared_from_this()](const error_code& failed) {
                                              if (self->phase_ == Phase::closed) return;
                                              if (failed) return self->close();
                                              self->write();
                                          });
            }
            if (error) return close();
        }
        // Through the queue: a stream with much to say must not starve the others.
        if (stream_) return post_pump();
        if (!keeps_alive_) return linger();
        expect_request();
        // Through the queue: a client that pipelines must not starve the others, nor the stack.
        if (buffer_.size() == 0) return read();
        asio::post(worker_.context, [self = shared_from_this()] {
            if (self->phase_ == Phase::reading) self->advance();
        });
    }

    /// A close with unread bytes would reset the connection and may destroy the answer on its way:
    /// says that we are done, and drops what still comes.
    void linger() {
        phase_ = Phase::lingering;
        set_deadline(kLingerTime);
        error_code ignored;
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
        buffer_.clear();
        drop();
    }

    void drop() {
        socket_.async_read_some(
            buffer_.prepare(kReadBytes),
            [self = shared_from_this()](const error_code& error, std::size_t size) {
                self->dropped_ += size;
                if (self->phase_ == Phase::closed) return;
                if (error || self->dropped_ > kLingerBytesMax) return self->close();
                self->drop();
            });
    }

    HttpWorker& worker_;
    tcp::socket socket_;
    beast::flat_buffer buffer_;
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

void serve_connection(HttpWorker& worker, tcp::socket socket, std::string peer) {
    // The last who holds it may be on any thread; it belongs to its worker's, and ends there.
    const auto end = [&worker](HttpConnection* connection) {
        std::unique_ptr<HttpConnection> owned(connection);
        if (worker.context.stopped() || worker.context.get_executor().running_in_this_thread()) {
            return;
        }
        asio::post(worker.context, [owned = std::move(owned)] {});
    };
    std::shared_ptr<HttpConnection>(new HttpConnection(worker, std::move(socket), std::move(peer)),
                                    end)
        ->begin();
}

void watch_deadlines(HttpWorker& worker) {
    worker.timer.expires_after(std::chrono::seconds(1));
    worker.timer.async_wait([&worker](const error_code& error) {
        if (error) return;
        const auto now = Steady::now();
        for (HttpConnection* connection : worker.connections) connection->look_at_the_clock(now);
        watch_deadlines(worker);
    });
}

void drain_connections(HttpWorker& worker) {
    for (HttpConnection* connection : worker.connections) connection->drain();
}

}  // namespace stepwell::api
