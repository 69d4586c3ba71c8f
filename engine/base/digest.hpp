// Digests and base64, by OpenSSL.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stepwell {

/// Lower-case hex of the digest. `algorithm`: MD5, SHA-1, SHA-256, SHA-384 or SHA-512; nothing
/// where it is none of them.
std::optional<std::string> digest_hex(std::string_view algorithm, std::string_view data);

/// Lower-case hex.
std::string hmac_sha256_hex(std::string_view key, std::string_view data);

std::string base64_encode(std::string_view data);
/// Nothing where `text` is not canonical base64 with padding.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace stepwell
