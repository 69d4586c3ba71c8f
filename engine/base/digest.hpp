// Digests and base64, by OpenSSL.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace stepwell {

/// Lower-case hex of the digest. `algorithm`: MD5, SHA-1, SHA-256, SHA-384 or SHA-512; nothing
/// where it is none of them.
std::optional<std::string> digest_hex(std::string_view algorithm, std::string_view data);

/// SHA-256 of data that comes in pieces.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&& other) noexcept;
    Sha256& operator=(Sha256&& other) noexcept;
    void update(std::string_view data);
    /// Lower-case hex. Called once, at the end.
    std::string hex();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Whether the two are equal; takes the same time wherever they differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

/// Lower-case hex.
std::string hmac_sha256_hex(std::string_view key, std::string_view data);

std::string base64_encode(std::string_view data);
/// Nothing where `text` is not canonical base64 with padding.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace stepwell
