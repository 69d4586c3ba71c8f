// Requests on their way in and answers on their way out; http_connection.hpp has the picture.
#include <sys/socket.h>

#include <boost/asio/post.hpp>

#include "api/http/http_connection.hpp"
#include "api/http/writer.hpp"

namespace stepwell::api {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kReadBytes = 8u << 10;
constexpr std::size_t kLingerBytesMax = 16u << 20;
constexpr Duration kLingerTime{2'000};

unsigned status_of(const error_code& error) {
    if (error == http::error::header_limit) return 431;
    if (error == http::error::body_limit) return 413;
    return 400;
}

}  // namespace

void HttpConnection::begin() {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    expect_request();
    advance();
}

std::string_view HttpConnection::method() const {
    return text_of_beast(parser_->get().method_string());
}

std::string_view HttpConnection::header(std::string_view name) const {
    return text_of_beast(parser_->get()[boost::beast::string_view(name.data(), name.size())]);
}

void HttpConnection::defer(Work work) {
    worker_.readers.post(
        who_is(principal_) + "@" + peer_,
        [self = shared_from_this(), number = number_, work = std::move(work)](bool is_in_time) {
            self->guarded(number, [&] { work(is_in_time); });
        });
}

void HttpConnection::look_at_the_clock(Steady::time_point now) {
    if (phase_ == Phase::handling || now < deadline_) return;
    if (phase_ != Phase::streaming) return close();
    if (is_reading_ahead_) return set_deadline(worker_.settings.heartbeat_time);
    std::string text = stream_->idle();
    if (!text.empty()) return send_part(std::move(text), false);
    set_deadline(worker_.settings.heartbeat_time);
}

void HttpConnection::drain() {
    if (phase_ == Phase::reading || stream_) close();
}

void HttpConnection::close() {
    phase_ = Phase::closed;
    end_stream();
    error_code ignored;
    socket_.close(ignored);
}

void HttpConnection::expect_request() {
    give_back_bytes();
    ++number_;
    request_id_.clear();
    parser_.emplace();
    parser_->header_limit(worker_.settings.header_bytes_max);
    parser_->body_limit(worker_.settings.body_bytes_max);
    is_admitted_ = is_refused_ = false;
    listed_origin_.clear();
    phase_ = Phase::reading;
    set_deadline(buffer_.size() == 0 ? worker_.settings.idle_time : worker_.settings.header_time);
}

void HttpConnection::advance() {
    if (!parse()) return read();
    if (is_refused_) return;
    phase_ = Phase::handling;
    guarded(number_, [this] {
        worker_.handler(*this, [self = shared_from_this(), number = number_](Response response) {
            self->respond_later(number, std::move(response));
        });
    });
}

void HttpConnection::respond_later(std::uint64_t number, Response response) {
    asio::dispatch(worker_.context,
                   [self = shared_from_this(), number, response = std::move(response)]() mutable {
                       if (number == self->number_) self->respond(std::move(response));
                   });
}

bool HttpConnection::parse() {
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

bool HttpConnection::refuse(Refusal refusal) {
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

void HttpConnection::read() {
    socket_.async_read_some(buffer_.prepare(kReadBytes),
                            [self = shared_from_this()](const error_code& error, std::size_t size) {
                                self->on_read(error, size);
                            });
}

void HttpConnection::on_read(const error_code& error, std::size_t size) {
    if (phase_ == Phase::closed) return;
    if (error) return close();
    const bool is_first = buffer_.size() == 0 && !parser_->got_some();
    buffer_.commit(size);
    if (is_first && !is_admitted_) set_deadline(worker_.settings.header_time);
    advance();
}

void HttpConnection::respond(Response response) {
    if (phase_ != Phase::handling) return;
    const auto& request = parser_->get();
    keeps_alive_ = !is_refused_ && !worker_.is_draining && request.keep_alive();
    is_chunked_ = response.stream && request.version() == 11;
    if (response.stream && !is_chunked_) keeps_alive_ = false;
    if (!listed_origin_.empty()) response.headers += cors_headers(listed_origin_);
    if (request_id_.empty()) request_id_ = worker_.budget.next_request_id();
    if (response.content_type == kProblemType) add_request_id(response.body, request_id_);
    out_ =
        response_head(response, {keeps_alive_, is_chunked_, request.version() == 10, request_id_});
    const bool has_body = is_refused_ || request.method() != http::verb::head;
    if (has_body) out_ += response.body;
    if (has_body) begin_stream(std::move(response.stream));
    sent_ = 0;
    phase_ = Phase::writing;
    set_deadline(worker_.settings.write_time);
    write();
}

void HttpConnection::write() {
    error_code error;
    const std::size_t before = sent_;
    while (sent_ < out_.size()) {
        sent_ += socket_.send(asio::buffer(out_.data() + sent_, out_.size() - sent_), MSG_NOSIGNAL,
                              error);
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

void HttpConnection::linger() {
    phase_ = Phase::lingering;
    set_deadline(kLingerTime);
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    buffer_.clear();
    drop();
}

void HttpConnection::drop() {
    socket_.async_read_some(buffer_.prepare(kReadBytes),
                            [self = shared_from_this()](const error_code& error, std::size_t size) {
                                self->dropped_ += size;
                                if (self->phase_ == Phase::closed) return;
                                if (error || self->dropped_ > kLingerBytesMax) return self->close();
                                self->drop();
                            });
}

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
        const auto now = std::chrono::steady_clock::now();
        for (HttpConnection* connection : worker.connections) connection->look_at_the_clock(now);
        watch_deadlines(worker);
    });
}

void drain_connections(HttpWorker& worker) {
    for (HttpConnection* connection : worker.connections) connection->drain();
}

}  // namespace stepwell::api
