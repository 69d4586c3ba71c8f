// Users, tokens and sessions as they are kept: documents of three collections.
#pragma once

#include <optional>
#include <string>

#include "api/http/principal.hpp"
#include "engine/base/time.hpp"
#include "engine/runtime/engine_types.hpp"

namespace stepwell::api {

inline constexpr const char* kUsersCollection = "users";
inline constexpr const char* kTokensCollection = "tokens";
inline constexpr const char* kSessionsCollection = "sessions";
inline constexpr std::size_t kPasswordBytesMin = 8;
inline constexpr std::size_t kPasswordBytesMax = 1'024;

struct User {
    std::string name;
    Role role = Role::viewer;
    bool is_disabled = false;
    std::string password_hash;  // empty: cannot sign in, only use tokens
    Timestamp created_at;
    std::string created_by;
};

/// Owners that are no users, nor can be: of tokens that an admin made without one, and of those
/// that were made while the door was open.
inline constexpr const char* kServiceOwner = "token";
inline constexpr const char* kOpenOwner = "local";

/// A token, or an access key: of a token a hash is kept; of a key, which signs and is never sent,
/// the secret itself, sealed.
struct ApiToken {
    std::string id;  // "SW", of an access key "AKSW", and 16 letters and digits; not secret
    std::string name;
    std::string owner;  // a user, kServiceOwner or kOpenOwner
    Role role = Role::viewer;
    std::string hash;
    Timestamp created_at;
    std::string created_by;
    std::optional<Timestamp> expires_at;
    std::optional<Timestamp> last_used_at;  // to the hour
    std::string sealed_secret;              // of an access key, base64; else empty

    [[nodiscard]] bool is_access_key() const { return !sealed_secret.empty(); }
};

/// The id of who may read the data folder.
inline constexpr const char* kLocalAdmin = "admin";

/// In the place of a user, of a session of who owns the data folder; no user is called so.
inline constexpr const char* kLocalSession = "local";

struct Session {
    std::string user;  // or kLocalSession
    std::string csrf;
    Timestamp created_at;
    Timestamp used_at;  // to five minutes
};

/// A session ends when it was not used for as long, and at last after as long.
inline constexpr Duration kSessionIdle = std::chrono::hours(12);
inline constexpr Duration kSessionAge = std::chrono::hours(24 * 7);

std::string to_document(const User& user);
std::string to_document(const ApiToken& token);
std::string to_document(const Session& session);

// Each fails with `corruption`.
Result<User> read_user(const journal::DocumentRecord& record);
Result<ApiToken> read_token(const journal::DocumentRecord& record);
Result<Session> read_session(const journal::DocumentRecord& record);

}  // namespace stepwell::api
