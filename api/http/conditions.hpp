// What a client has already, and what it believes to replace: ETag, If-None-Match, If-Match.
#pragma once

#include <string>
#include <string_view>

#include "api/http/http.hpp"

namespace stepwell::api {

/// The entity tag of that body, with its quotes: "\"3f0c...\"". A snapshot that differs from
/// another in "as_of" alone has the same: who goes on with the older one is told the same, and
/// more.
std::string etag_of(std::string_view body);

/// Whether the value of an If-Match or If-None-Match header names the tag. One that was sent as
/// weak, because it came with a compressed answer, is the same; "*" names every one.
bool names_etag(std::string_view header, std::string_view etag);

/// The last thing that is done to an answer of a route that speaks JSON: gives it a tag, leaves out
/// what the client has, and compresses the rest where that is worth it.
void finish_answer(const Request& request, Response& response);

}  // namespace stepwell::api
