// What changes something builds the documents first, writes them, and only then takes them into
// memory: nobody is known before they are on disk.
#include "api/auth/identities.hpp"

#include <algorithm>
#include <chrono>

#include "api/auth/identity_records.hpp"
#include "api/secrets/crypto.hpp"
#include "engine/base/digest.hpp"

namespace stepwell::api {
namespace {

constexpr std::string_view kTokenPrefix = "swt_";
constexpr std::string_view kSessionPrefix = "sws_";
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kAccessSecretBytes = 30;  // 40 characters, as AWS's have
constexpr Duration kTokenUseGrain = std::chrono::hours(1);
constexpr Duration kSessionUseGrain = std::chrono::minutes(5);

std::string hash_of(std::string_view credential) {
    return digest_hex("SHA-256", credential).value_or("");
}

std::string new_credential(std::string_view prefix) {
    return std::string(prefix) + base64url_encode(random_bytes(kSecretBytes));
}

std::string new_id(const char* prefix) {
    constexpr std::string_view kLetters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    std::string id = prefix;
    for (const char c : random_bytes(16)) id += kLetters[static_cast<unsigned char>(c) % 32];
    return id;
}

/// The text to which a sealed secret belongs: it cannot be moved to another key.
std::string context_of_key(const std::string& id) {
    return "access key " + id;
}

/// Owners whose tokens have the role that they have.
bool is_built_in(const std::string& owner) {
    return owner == kOpenOwner || owner == kServiceOwner;
}

bool is_over(const Session& session, Timestamp now) {
    return now - session.used_at > kSessionIdle || now - session.created_at > kSessionAge;
}

Result<void> check_name(const std::string& name) {
    constexpr std::string_view kMarks = "._@-";
    const bool is_good = !name.empty() && name.size() <= 64 && !is_built_in(name) &&
                         std::all_of(name.begin(), name.end(), [&](char c) {
                             return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                                    (c >= 'A' && c <= 'Z') || kMarks.find(c) != kMarks.npos;
                         });
    if (is_good) return {};
    return fail(ErrorCode::invalid,
                "expected a user's name to be 1 to 64 letters, digits and ._@-, and neither "
                "'local' nor 'token', but got '" +
                    name.substr(0, 64) + "'");
}

Result<void> check_password_length(const std::string& password) {
    if (password.size() >= kPasswordBytesMin && password.size() <= kPasswordBytesMax) return {};
    return fail(ErrorCode::invalid, "expected a password of " + std::to_string(kPasswordBytesMin) +
                                        " to " + std::to_string(kPasswordBytesMax) +
                                        " bytes, but it has " + std::to_string(password.size()));
}

bool can_administer(const User& user) {
    return user.role == Role::admin && !user.is_disabled;
}

}  // namespace

Result<void> Identities::load(const DocumentSource& read) {
    for (const char* collection : {kUsersCollection, kTokensCollection, kSessionsCollection}) {
        const auto records = SW_TRY(read(collection));
        const std::lock_guard lock(mutex_);
        for (const auto& record : records) SW_TRY(take(record));
    }
    return {};
}

Result<void> Identities::take(const journal::DocumentRecord& record) {
    if (record.collection == kUsersCollection) {
        users_.insert_or_assign(record.key, SW_TRY(read_user(record)));
    } else if (record.collection == kTokensCollection) {
        const ApiToken token = SW_TRY(read_token(record));
        if (!token.is_access_key()) token_ids_.insert_or_assign(token.hash, token.id);
        tokens_.insert_or_assign(record.key, token);
    } else if (record.collection == kSessionsCollection) {
        sessions_.insert_or_assign(record.key, SW_TRY(read_session(record)));
    }
    return {};
}

void Identities::take(const runtime::Writes& writes) {
    const std::lock_guard lock(mutex_);
    for (const auto& write : writes.documents) {
        if (write.value) {
            const auto taken = take({write.collection, write.key, *write.value});
            SW_ASSERT(taken.has_value());
        } else if (write.collection == kUsersCollection) {
            users_.erase(write.key);
        } else if (write.collection == kTokensCollection) {
            const auto found = tokens_.find(write.key);
            if (found != tokens_.end()) token_ids_.erase(found->second.hash);
            tokens_.erase(write.key);
        } else if (write.collection == kSessionsCollection) {
            sessions_.erase(write.key);
        }
    }
}

Result<void> Identities::write(runtime::Writes writes) {
    SW_TRY(write_(writes));
    take(writes);
    return {};
}

void Identities::set_open(bool is_open) {
    const std::lock_guard lock(mutex_);
    is_open_ = is_open;
}

std::vector<ApiToken> Identities::tokens_of_open_door() const {
    std::vector<ApiToken> found = tokens();
    std::erase_if(found, [](const ApiToken& token) { return token.owner != kOpenOwner; });
    return found;
}

/// REQUIRES: the lock.
std::optional<Role> Identities::role_of_owner(const std::string& owner) const {
    if (owner == kServiceOwner) return Role::admin;
    if (owner == kOpenOwner) return is_open_ ? std::optional(Role::admin) : std::nullopt;
    const auto found = users_.find(owner);
    if (found == users_.end() || found->second.is_disabled) return std::nullopt;
    return found->second.role;
}

std::optional<Principal> Identities::by_token(std::string_view token, Timestamp now) {
    if (!token.starts_with(kTokenPrefix)) return std::nullopt;
    const std::string hash = hash_of(token);
    const std::lock_guard lock(mutex_);
    const auto id = token_ids_.find(hash);
    if (id == token_ids_.end()) return std::nullopt;
    return holder_of(tokens_.at(id->second), "token", now);
}

std::optional<Principal> Identities::by_id(const std::string& id, Timestamp now) {
    const std::lock_guard lock(mutex_);
    const auto found = tokens_.find(id);
    if (found == tokens_.end()) return std::nullopt;
    return holder_of(found->second, found->second.is_access_key() ? "key" : "token", now);
}

std::optional<Identities::KeyHolder> Identities::by_access_key(const std::string& id,
                                                               Timestamp now) {
    const std::lock_guard lock(mutex_);
    const auto found = tokens_.find(id);
    if (found == tokens_.end() || !found->second.is_access_key()) return std::nullopt;
    const auto sealed = base64_decode(found->second.sealed_secret);
    auto secret = sealed ? open_sealed(secret_key_, *sealed, context_of_key(id)) : std::nullopt;
    auto principal = holder_of(found->second, "key", now);
    if (!secret || !principal) return std::nullopt;
    return KeyHolder{*std::move(principal), *std::move(secret)};
}

/// Who shows this token or key, while it is good; notes that it was used. REQUIRES: the lock.
std::optional<Principal> Identities::holder_of(const ApiToken& token, std::string_view credential,
                                               Timestamp now) {
    const auto owner_role = role_of_owner(token.owner);
    if (!owner_role || (token.expires_at && *token.expires_at <= now)) return std::nullopt;
    if (!token.last_used_at || now - *token.last_used_at >= kTokenUseGrain) {
        tokens_used_[token.id] = now;
    }
    const Role role = std::min(token.role, *owner_role);
    const std::string shown = std::string(credential) + " " + token.id;
    // Whoever made a token without a user chose its name freely: it says nothing.
    if (is_built_in(token.owner)) {
        const auto kind =
            token.is_access_key() ? Principal::Kind::access_key : Principal::Kind::service;
        return Principal{kind, token.id, token.name, role, shown};
    }
    return Principal{Principal::Kind::user, token.owner, token.owner, role, shown};
}

std::optional<Identities::SignedIn> Identities::by_session(std::string_view cookie, Timestamp now) {
    if (!cookie.starts_with(kSessionPrefix)) return std::nullopt;
    const std::string hash = hash_of(cookie);
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(hash);
    if (found == sessions_.end() || is_over(found->second, now)) return std::nullopt;
    const std::string& user = found->second.user;
    const bool is_local = user == kLocalSession;
    const auto role = is_local ? std::optional(Role::admin) : role_of_owner(user);
    if (!role) return std::nullopt;
    if (now - found->second.used_at >= kSessionUseGrain) sessions_used_[hash] = now;
    if (is_local) {
        return SignedIn{{Principal::Kind::local, kLocalAdmin, "local", Role::admin, "session"},
                        found->second.csrf,
                        found->second.created_at + kSessionAge};
    }
    return SignedIn{{Principal::Kind::user, user, user, *role, "session"},
                    found->second.csrf,
                    found->second.created_at + kSessionAge};
}

std::vector<User> Identities::users() const {
    const std::lock_guard lock(mutex_);
    std::vector<User> all;
    for (const auto& [name, user] : users_) all.push_back(user);
    return all;
}

std::optional<User> Identities::user(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = users_.find(name);
    if (found == users_.end()) return std::nullopt;
    return found->second;
}

std::vector<ApiToken> Identities::tokens() const {
    const std::lock_guard lock(mutex_);
    std::vector<ApiToken> all;
    for (const auto& [id, token] : tokens_) all.push_back(token);
    return all;
}

Result<User> Identities::existing(const std::string& name) const {
    if (auto found = user(name)) return *std::move(found);
    return fail(ErrorCode::not_found, "expected a user of the name '" + name +
                                          "', but there is none; `stepwell users` lists them");
}

Result<User> Identities::add_user(const std::string& name, const std::string& password, Role role,
                                  const std::string& by, Timestamp now) {
    SW_TRY(check_name(name));
    if (!password.empty()) SW_TRY(check_password_length(password));
    if (user(name)) {
        return fail(ErrorCode::conflict,
                    "expected a name that is free, but there is a user '" + name + "'");
    }
    User made{name, role, false, password.empty() ? "" : hash_password(password, cost_), now, by};
    runtime::Writes writes;
    writes.documents.push_back(
        {kUsersCollection, name, to_document(made), journal::DocumentWrite::If::absent});
    SW_TRY(write(std::move(writes)));
    return made;
}

Result<void> Identities::check_admin_stays(const std::string& name,
                                           const UserChange* change) const {
    for (const User& other : users()) {
        if (other.name != name && can_administer(other)) return {};
    }
    const auto found = user(name);
    if (!found || !can_administer(*found)) return {};
    if (change && change->role.value_or(Role::admin) == Role::admin &&
        !change->is_disabled.value_or(false)) {
        return {};
    }
    return fail(ErrorCode::conflict, "expected one admin to stay, but '" + name +
                                         "' is the last; make another user admin first");
}

void Identities::add_sessions_of(const std::string& user, runtime::Writes& writes) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [hash, session] : sessions_) {
        if (session.user == user) {
            writes.documents.push_back({kSessionsCollection, hash, std::nullopt});
        }
    }
}

Result<User> Identities::change_user(const std::string& name, const UserChange& change) {
    User changed = SW_TRY(existing(name));
    if (change.password) SW_TRY(check_password_length(*change.password));
    SW_TRY(check_admin_stays(name, &change));
    if (change.role) changed.role = *change.role;
    if (change.is_disabled) changed.is_disabled = *change.is_disabled;
    if (change.password) changed.password_hash = hash_password(*change.password, cost_);
    runtime::Writes writes;
    writes.documents.push_back(
        {kUsersCollection, name, to_document(changed), journal::DocumentWrite::If::present});
    if (change.password || changed.is_disabled) add_sessions_of(name, writes);
    SW_TRY(write(std::move(writes)));
    return changed;
}

Result<void> Identities::remove_user(const std::string& name) {
    SW_TRY(existing(name));
    SW_TRY(check_admin_stays(name, nullptr));
    runtime::Writes writes;
    writes.documents.push_back({kUsersCollection, name, std::nullopt});
    for (const ApiToken& token : tokens()) {
        if (token.owner == name) {
            writes.documents.push_back({kTokensCollection, token.id, std::nullopt});
        }
    }
    add_sessions_of(name, writes);
    return write(std::move(writes));
}

Result<void> Identities::check(const TokenSpec& spec, Timestamp now) const {
    Role owner_role = Role::admin;
    if (!is_built_in(spec.owner)) owner_role = SW_TRY(existing(spec.owner)).role;
    if (spec.name.empty() || spec.name.size() > 64) {
        return fail(ErrorCode::invalid, "expected a name of 1 to 64 characters");
    }
    if (spec.role == Role::none || spec.role > owner_role) {
        return fail(ErrorCode::invalid, "expected a role of at most its owner's, " +
                                            std::string(name_of(owner_role)) + ", but got " +
                                            std::string(name_of(spec.role)));
    }
    if (spec.expires_at && *spec.expires_at <= now) {
        return fail(ErrorCode::invalid,
                    "expected it to expire in the future, but got " + to_iso8601(*spec.expires_at));
    }
    return {};
}

Result<void> Identities::write_new(const ApiToken& token) {
    runtime::Writes writes;
    writes.documents.push_back(
        {kTokensCollection, token.id, to_document(token), journal::DocumentWrite::If::absent});
    return write(std::move(writes));
}

Result<Identities::NewToken> Identities::add_token(const TokenSpec& spec, const std::string& by,
                                                   Timestamp now) {
    SW_TRY(check(spec, now));
    NewToken made;
    made.text = new_credential(kTokenPrefix);
    made.token = {new_id("SW"), spec.name, spec.owner,      spec.role,    hash_of(made.text),
                  now,          by,        spec.expires_at, std::nullopt, ""};
    SW_TRY(write_new(made.token));
    return made;
}

Result<Identities::NewToken> Identities::add_access_key(const TokenSpec& spec,
                                                        const std::string& by, Timestamp now) {
    SW_TRY(check(spec, now));
    SW_ASSERT(!secret_key_.empty());
    NewToken made;
    made.text = base64url_encode(random_bytes(kAccessSecretBytes));
    const std::string id = new_id("AKSW");
    made.token = {id,  spec.name, spec.owner,      spec.role,    "",
                  now, by,        spec.expires_at, std::nullopt, ""};
    made.token.sealed_secret = base64_encode(seal(secret_key_, made.text, context_of_key(id)));
    SW_TRY(write_new(made.token));
    return made;
}

Result<void> Identities::remove_token(const std::string& id) {
    {
        const std::lock_guard lock(mutex_);
        if (tokens_.count(id) == 0) {
            return fail(ErrorCode::not_found, "expected a token with the id '" + id.substr(0, 64) +
                                                  "', but there is none");
        }
    }
    runtime::Writes writes;
    writes.documents.push_back({kTokensCollection, id, std::nullopt});
    return write(std::move(writes));
}

std::optional<std::string> Identities::check_password(const std::string& name,
                                                      const std::string& password) const {
    // Somebody who is not there takes as long to refuse as somebody whose password is wrong.
    static const std::string kNobody = hash_password("", cost_);
    const auto found = user(name);
    const bool may_sign_in = found && !found->is_disabled && !found->password_hash.empty();
    const std::string& hash = may_sign_in ? found->password_hash : kNobody;
    const bool is_right = password.size() <= kPasswordBytesMax && verify_password(password, hash);
    if (!is_right || !may_sign_in) return std::nullopt;
    return hash;
}

Result<std::optional<Identities::NewSession>> Identities::sign_in(const std::string& name,
                                                                  const std::string& password,
                                                                  const std::string& hash,
                                                                  Timestamp now) {
    auto found = user(name);
    if (!found || found->is_disabled || found->password_hash != hash) {
        return std::optional<NewSession>();
    }
    if (!is_hash_current(hash, cost_)) {
        found->password_hash = hash_password(password, cost_);
        runtime::Writes writes;
        writes.documents.push_back(
            {kUsersCollection, name, to_document(*found), journal::DocumentWrite::If::present});
        SW_TRY(write(std::move(writes)));
    }
    return std::optional(SW_TRY(make_session(name, now)));
}

std::vector<std::pair<std::string, Session>> Identities::sessions(const std::string& user) const {
    constexpr std::size_t kIdDigits = 16;
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<std::string, Session>> found;
    for (const auto& [hash, session] : sessions_) {
        const bool is_wanted = user.empty() || session.user == user;
        if (is_wanted) found.emplace_back(hash.substr(0, kIdDigits), session);
    }
    return found;
}

Result<std::size_t> Identities::end_sessions(const std::string& user) {
    runtime::Writes writes;
    add_sessions_of(user, writes);
    const std::size_t count = writes.documents.size();
    if (count > 0) SW_TRY(write(std::move(writes)));
    return count;
}

Result<Identities::NewSession> Identities::sign_in_as(const Principal& principal, Timestamp now) {
    // Not who came in because the door was open: a session lasts longer than that.
    const bool is_admin = principal.kind == Principal::Kind::local && principal.id == kLocalAdmin;
    if (is_admin) return make_session(kLocalSession, now);
    if (principal.kind == Principal::Kind::user) return make_session(principal.id, now);
    return fail(ErrorCode::invalid,
                "expected a user, or who may read the data folder, to sign in, but '" +
                    principal.display + "' is neither");
}

Result<Identities::NewSession> Identities::make_session(const std::string& user, Timestamp now) {
    NewSession made{new_credential(kSessionPrefix), base64url_encode(random_bytes(kSecretBytes))};
    runtime::Writes writes;
    writes.documents.push_back({kSessionsCollection, hash_of(made.cookie),
                                to_document(Session{user, made.csrf, now, now})});
    SW_TRY(write(std::move(writes)));
    return made;
}

Result<void> Identities::sign_out(std::string_view cookie) {
    runtime::Writes writes;
    writes.documents.push_back({kSessionsCollection, hash_of(cookie), std::nullopt});
    return write(std::move(writes));
}

Result<void> Identities::keep_up(Timestamp now) {
    runtime::Writes writes;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [id, at] : std::exchange(tokens_used_, {})) {
            const auto found = tokens_.find(id);
            if (found == tokens_.end()) continue;
            ApiToken token = found->second;
            token.last_used_at = at;
            writes.documents.push_back({kTokensCollection, id, to_document(token)});
        }
        for (const auto& [hash, at] : std::exchange(sessions_used_, {})) {
            const auto found = sessions_.find(hash);
            if (found == sessions_.end()) continue;
            Session session = found->second;
            session.used_at = at;
            writes.documents.push_back({kSessionsCollection, hash, to_document(session)});
        }
        for (const auto& [hash, session] : sessions_) {
            if (is_over(session, now)) {
                writes.documents.push_back({kSessionsCollection, hash, std::nullopt});
            }
        }
    }
    if (writes.documents.empty()) return {};
    return write(std::move(writes));
}

}  // namespace stepwell::api
