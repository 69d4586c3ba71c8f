// Responses as bytes of HTTP/1.1.
#pragma once

#include <string>

#include "api/http/http.hpp"

namespace stepwell::api {

struct Framing {
    bool keeps_alive = true;
    bool is_chunked = false;  // of a stream; else it ends with the connection
    bool is_http_10 = false;
    std::string_view request_id = {};
};

/// Status line and headers, with the blank line behind them; among them those that keep browsers
/// from guessing types, keeping answers, and showing them in pages of others. A response that has
/// its own Cache-Control or Content-Security-Policy keeps it.
std::string response_head(const Response& response, const Framing& framing);

/// A part of a chunked body; an empty one is none.
std::string chunked(std::string part, bool is_last);

}  // namespace stepwell::api
