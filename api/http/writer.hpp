// Responses as bytes of HTTP/1.1.
#pragma once

#include <string>

#include "api/http/http.hpp"

namespace stepwell::api {

struct Framing {
    bool keeps_alive = true;
    bool is_chunked = false;  // of a stream; else it ends with the connection
    bool is_http_10 = false;
};

/// Status line and headers, with the blank line behind them.
std::string response_head(const Response& response, const Framing& framing);

/// A part of a chunked body; an empty one is none.
std::string chunked(std::string part, bool is_last);

}  // namespace stepwell::api
