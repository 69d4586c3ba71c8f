// Bodies that come bit by bit.
#include <boost/asio/post.hpp>

#include "api/http/http_connection.hpp"
#include "api/http/writer.hpp"

namespace stepwell::api {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

}  // namespace

void HttpConnection::begin_stream(std::shared_ptr<Stream> stream) {
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

void HttpConnection::end_stream() {
    if (!stream_) return;
    stream_->on_ready({});
    stream_.reset();
}

void HttpConnection::watch_for_hangup() {
    socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this(),
                                                stream = stream_.get()](const error_code& error) {
        if (!error && self->stream_.get() == stream) self->close();
    });
}

void HttpConnection::pump() {
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

void HttpConnection::read_ahead() {
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

void HttpConnection::fail_stream(const std::string& what) {
    if (worker_.settings.trouble) worker_.settings.trouble(what);
    close();
}

void HttpConnection::go_on(Stream::Next next, std::string part) {
    if (next == Stream::Next::broken) return close();
    const bool is_end = next == Stream::Next::end;
    if (!part.empty() || is_end) return send_part(std::move(part), is_end);
    if (next == Stream::Next::more) return post_pump();
    phase_ = Phase::streaming;
    set_deadline(worker_.settings.heartbeat_time);
}

void HttpConnection::post_pump() {
    phase_ = Phase::streaming;
    set_deadline(worker_.settings.heartbeat_time);
    asio::post(worker_.context, [self = shared_from_this()] {
        if (self->phase_ == Phase::streaming) self->pump();
    });
}

void HttpConnection::send_part(std::string part, bool is_end) {
    if (is_chunked_) part = chunked(std::move(part), is_end);
    if (is_end) end_stream();
    out_ = std::move(part);
    sent_ = 0;
    phase_ = Phase::writing;
    set_deadline(worker_.settings.write_time);
    write();
}

}  // namespace stepwell::api
