// The cryptography that users, tokens, secrets and the audit log stand on: OpenSSL's, put into the
// few shapes that are needed here.
//
// Passwords: scrypt. Tokens: 256 random bits, so that a plain SHA-256 of them may be stored.
// Secrets: AES-256-GCM with a random nonce.
//
// Threads: complete. hash_password() and verify_password() take some 150 ms and 32 MiB.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stepwell::api {

/// From the operating system's generator.
std::string random_bytes(std::size_t count);

std::string hex_encode(std::string_view bytes);
std::optional<std::string> hex_decode(std::string_view text);
/// Without padding, with '-' and '_'.
std::string base64url_encode(std::string_view bytes);

/// "scrypt$15$8$3$SALT$HASH": the parameters stay with the hash. `cost`: the binary logarithm of
/// scrypt's N.
std::string hash_password(std::string_view password, unsigned cost = 15);
/// Whether hash_password() would make it with the same parameters now.
bool is_hash_current(std::string_view hash, unsigned cost = 15);
/// False also where `hash` is none.
bool verify_password(std::string_view password, std::string_view hash);

inline constexpr std::size_t kSealKeyBytes = 32;

/// Nonce, cipher text and tag. `context` has to be the same for opening. REQUIRES: the key has
/// kSealKeyBytes.
std::string seal(std::string_view key, std::string_view plain, std::string_view context);
/// Nothing where the key or the context is another one, or a bit has changed.
std::optional<std::string> open_sealed(std::string_view key, std::string_view sealed,
                                       std::string_view context);

/// A key for one purpose, made of the one key that there is.
std::string derive_key(std::string_view key, std::string_view purpose);

}  // namespace stepwell::api
