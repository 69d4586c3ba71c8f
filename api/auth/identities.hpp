// Users, API tokens and sessions: who may come in, and as what.
//
// Rules:
//   (1) A token may never more than its owner may now; the tokens and sessions of a user who is
//       disabled or removed are worth nothing.
//   (2) A token that was made while the door was open is worth nothing when it is closed.
//   (3) Of admins who are users one stays.
//
// Kept are documents ("users", "tokens", "sessions"): of passwords scrypt hashes, of tokens and
// sessions SHA-256 hashes of 256 random bits.
//
// Threads: authenticate() and the lists may be called from any. What changes something waits for
// the journal (and for scrypt): call it from one thread that may wait, never two at a time.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/auth/identity_records.hpp"
#include "api/secrets/secret_store.hpp"

namespace stepwell::api {

struct UserChange {
    std::optional<Role> role;
    std::optional<std::string> password;
    std::optional<bool> is_disabled;
};

struct TokenSpec {
    std::string name;
    std::string owner;
    Role role = Role::viewer;
    std::optional<Timestamp> expires_at;
};

/// The binary logarithm of scrypt's N.
inline constexpr unsigned kPasswordCost = 15;

class Identities {
public:
    /// `cost`: of password hashes (see hash_password()).
    /// `secret_key`: what secrets of access keys are sealed with; without it there are none.
    explicit Identities(DocumentWriter write, unsigned cost = kPasswordCost,
                        std::string secret_key = "")
        : write_(std::move(write)), cost_(cost), secret_key_(std::move(secret_key)) {}

    /// Reads what is kept; `read` gives all documents of a collection. Fails with `corruption`.
    using DocumentSource =
        std::function<Result<std::vector<journal::DocumentRecord>>(const std::string& collection)>;
    Result<void> load(const DocumentSource& read);

    /// Whether tokens count that were made while the door was open; they do not, before.
    void set_open(bool is_open);
    /// Those that were: who made them may have been anybody on this machine.
    [[nodiscard]] std::vector<ApiToken> tokens_of_open_door() const;

    /// Who has this token; notes that it was used.
    std::optional<Principal> by_token(std::string_view token, Timestamp now);
    /// Who has the token or access key of this id, while it is good.
    std::optional<Principal> by_id(const std::string& id, Timestamp now);
    /// Who has this access key, and the secret that it signs with. Nothing where the key of secrets
    /// is another one than when it was made, too.
    struct KeyHolder {
        Principal principal;
        std::string secret;
    };
    std::optional<KeyHolder> by_access_key(const std::string& id, Timestamp now);
    struct SignedIn {
        Principal principal;
        std::string csrf;
        Timestamp expires_at;  // however much it is used
    };
    std::optional<SignedIn> by_session(std::string_view cookie, Timestamp now);

    [[nodiscard]] std::vector<User> users() const;
    [[nodiscard]] std::optional<User> user(const std::string& name) const;
    /// API tokens and access keys.
    [[nodiscard]] std::vector<ApiToken> tokens() const;

    /// An empty password: the user has none. Fails with `invalid`, `conflict` (the name is taken).
    Result<User> add_user(const std::string& name, const std::string& password, Role role,
                          const std::string& by, Timestamp now);
    /// Ends the user's sessions where the password or the account changes. Fails with `not_found`,
    /// `invalid`, `conflict` (rule 3).
    Result<User> change_user(const std::string& name, const UserChange& change);
    /// With all tokens and sessions. Fails with `not_found`, `conflict`.
    Result<void> remove_user(const std::string& name);

    struct NewToken {
        ApiToken token;
        std::string text;  // never to be seen again
    };
    /// Fails with `invalid` where the role is above the owner's, `not_found` for the owner.
    Result<NewToken> add_token(const TokenSpec& spec, const std::string& by, Timestamp now);
    /// As add_token(); `text` is the secret.
    Result<NewToken> add_access_key(const TokenSpec& spec, const std::string& by, Timestamp now);
    /// Of an access key, too.
    Result<void> remove_token(const std::string& id);

    struct NewSession {
        std::string cookie;
        std::string csrf;
    };
    /// The hash that this password of that user fits; nothing where there is none such, in the same
    /// time. Takes long and changes nothing: any thread.
    [[nodiscard]] std::optional<std::string> check_password(const std::string& name,
                                                            const std::string& password) const;
    /// Signs in whose password was checked; `hash`: what check_password() gave. Nothing where the
    /// user has changed since. Keeps the password with today's parameters where it is with older
    /// ones.
    Result<std::optional<NewSession>> sign_in(const std::string& name, const std::string& password,
                                              const std::string& hash, Timestamp now);
    /// Sessions of a user or, of "", of all; by their id.
    [[nodiscard]] std::vector<std::pair<std::string, Session>> sessions(
        const std::string& user) const;
    /// Ends all sessions of a user (or kLocalSession).
    Result<std::size_t> end_sessions(const std::string& user);
    /// Signs in whom something else than a password has proved: a user, or the admin of the data
    /// folder. Fails with `invalid` for anybody else.
    Result<NewSession> sign_in_as(const Principal& principal, Timestamp now);
    Result<void> sign_out(std::string_view cookie);

    /// Writes when tokens and sessions were last used, and forgets sessions that are over. Cheap
    /// where nothing has changed.
    Result<void> keep_up(Timestamp now);

private:
    Result<void> check(const TokenSpec& spec, Timestamp now) const;
    Result<void> write_new(const ApiToken& token);
    std::optional<Principal> holder_of(const ApiToken& token, std::string_view credential,
                                       Timestamp now);
    [[nodiscard]] std::optional<Role> role_of_owner(const std::string& owner) const;
    [[nodiscard]] Result<User> existing(const std::string& name) const;
    Result<void> check_admin_stays(const std::string& name, const UserChange* change) const;
    void add_sessions_of(const std::string& user, runtime::Writes& writes) const;
    Result<NewSession> make_session(const std::string& user, Timestamp now);
    Result<void> write(runtime::Writes writes);
    /// What was written, in memory too.
    void take(const runtime::Writes& writes);
    Result<void> take(const journal::DocumentRecord& record);

    const DocumentWriter write_;
    const unsigned cost_;
    const std::string secret_key_;
    mutable std::mutex mutex_;
    bool is_open_ = false;
    std::map<std::string, User> users_;
    std::map<std::string, ApiToken> tokens_;
    std::map<std::string, std::string> token_ids_;    // by hash
    std::map<std::string, Session> sessions_;         // by hash
    std::map<std::string, Timestamp> tokens_used_;    // not yet written, by id
    std::map<std::string, Timestamp> sessions_used_;  // not yet written, by hash
};

}  // namespace stepwell::api
