// Users, API tokens and sessions: who may come in, and as what.
//
// Rules:
//   (1) Nobody is known, and the daemon has no token of its own: whoever calls from this machine by
//       a loopback name is "local", and admin.
//   (2) As soon as there is a user or a token, a credential is needed.
//   (3) A token may never more than its owner may now; the tokens and sessions of a user who is
//       disabled or removed are worth nothing.
//   (4) One admin who can sign in stays, as long as there is any user.
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

class Identities {
public:
    /// `cost`: of password hashes (see hash_password()).
    explicit Identities(DocumentWriter write, unsigned cost = 15)
        : write_(std::move(write)), cost_(cost) {}

    /// Reads what is kept; `read` gives all documents of a collection. Fails with `corruption`.
    using DocumentSource =
        std::function<Result<std::vector<journal::DocumentRecord>>(const std::string& collection)>;
    Result<void> load(const DocumentSource& read);

    /// Whether a credential is needed.
    [[nodiscard]] bool is_anybody_known() const;

    /// Who has this token; notes that it was used.
    std::optional<Principal> by_token(std::string_view token, Timestamp now);
    struct SignedIn {
        Principal principal;
        std::string csrf;
    };
    std::optional<SignedIn> by_session(std::string_view cookie, Timestamp now);

    [[nodiscard]] std::vector<User> users() const;
    [[nodiscard]] std::optional<User> user(const std::string& name) const;
    [[nodiscard]] std::vector<ApiToken> tokens() const;

    /// An empty password: the user has none. Fails with `invalid`, `conflict` (the name is taken;
    /// the first user is no admin).
    Result<User> add_user(const std::string& name, const std::string& password, Role role,
                          const std::string& by, Timestamp now);
    /// Ends the user's sessions where the password or the account changes. Fails with `not_found`,
    /// `invalid`, `conflict` (rule 4).
    Result<User> change_user(const std::string& name, const UserChange& change);
    /// With all tokens and sessions. Fails with `not_found`, `conflict`.
    Result<void> remove_user(const std::string& name);

    struct NewToken {
        ApiToken token;
        std::string text;  // never to be seen again
    };
    /// Fails with `invalid` where the role is above the owner's, `not_found` for the owner.
    Result<NewToken> add_token(const TokenSpec& spec, const std::string& by, Timestamp now);
    Result<void> remove_token(const std::string& id);

    struct NewSession {
        std::string cookie;
        std::string csrf;
    };
    /// The user of that name and password, signed in; nothing where there is none such, in the same
    /// time.
    Result<std::optional<NewSession>> sign_in(const std::string& name, const std::string& password,
                                              Timestamp now);
    Result<void> sign_out(std::string_view cookie);

    /// Writes when tokens and sessions were last used, and forgets sessions that are over. Cheap
    /// where nothing has changed.
    Result<void> keep_up(Timestamp now);

private:
    [[nodiscard]] std::optional<Role> role_of_owner(const std::string& owner) const;
    [[nodiscard]] Result<User> existing(const std::string& name) const;
    Result<void> check_admin_stays(const std::string& name, const UserChange* change) const;
    void add_sessions_of(const std::string& user, runtime::Writes& writes) const;
    Result<void> write(runtime::Writes writes);
    /// What was written, in memory too.
    void take(const runtime::Writes& writes);
    Result<void> take(const journal::DocumentRecord& record);

    const DocumentWriter write_;
    const unsigned cost_;
    mutable std::mutex mutex_;
    std::map<std::string, User> users_;
    std::map<std::string, ApiToken> tokens_;
    std::map<std::string, std::string> token_ids_;    // by hash
    std::map<std::string, Session> sessions_;         // by hash
    std::map<std::string, Timestamp> tokens_used_;    // not yet written, by id
    std::map<std::string, Timestamp> sessions_used_;  // not yet written, by hash
};

}  // namespace stepwell::api
