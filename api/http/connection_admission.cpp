// Who a request is from, whether they may, and how large its body may be: once its headers are
// there.
#include <sys/socket.h>

#include "api/http/http_connection.hpp"

namespace stepwell::api {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

}  // namespace

bool HttpConnection::admit() {
    Incoming incoming;
    incoming.method = method();
    incoming.target = target();
    for (const auto& field : parser_->get()) {
        switch (field.name()) {
            case http::field::host:
                incoming.hosts.push_back(text_of_beast(field.value()));
                break;
            case http::field::transfer_encoding:
                incoming.transfer_encodings.push_back(text_of_beast(field.value()));
                break;
            case http::field::origin:
                incoming.origins.push_back(text_of_beast(field.value()));
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

bool HttpConnection::admit_body() {
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
        refuse({503, "expected fewer requests with bodies at a time; try again in a second", {}});
        return false;
    }
    bytes_taken_ = bytes;
    return true;
}

void HttpConnection::send_continue() {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    error_code ignored;
    // The first bytes on a connection that waits for them: they fit, or the client is gone.
    socket_.send(asio::buffer(kContinue.data(), kContinue.size()), 0, ignored);
}

}  // namespace stepwell::api
