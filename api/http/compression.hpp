// Answers as gzip, for those who take it.
#pragma once

#include <string>
#include <string_view>

namespace stepwell::api {

/// Answers below it are sent as they are: what would be saved is less than a packet.
inline constexpr std::size_t kCompressedFrom = 1'024;

/// Whether the value of an Accept-Encoding header takes gzip.
bool takes_gzip(std::string_view accept_encoding);

/// `text` in the format of RFC 1952. Costs some ten milliseconds a megabyte.
std::string gzip(std::string_view text);

}  // namespace stepwell::api
