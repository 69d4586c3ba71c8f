// The secrets of one data folder: those that it keeps (encrypted documents) and those that the
// configuration says where to find.
//
//   secrets:
//     crm:  {env: CRM_TOKEN}                   # a variable of the daemon's environment
//     bank: {file: /run/secrets/bank.json}     # read anew for each use
//
// A value leaves this class in two ways only: to who resolves a reference for a task or for the
// configuration, and as the patterns of the masker. A value that was replaced is still masked until
// the daemon ends, for tasks that began with it may report late.
//
// Threads: complete.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "api/secrets/guess_limit.hpp"
#include "api/secrets/masker.hpp"
#include "api/secrets/secret_key.hpp"
#include "engine/base/secret_reference.hpp"
#include "engine/base/time.hpp"
#include "engine/runtime/confidentiality.hpp"
#include "engine/runtime/engine_types.hpp"

namespace stepwell::api {

inline constexpr const char* kSecretsCollection = "secrets";

/// Writes documents durably, all or nothing; waits.
using DocumentWriter = std::function<Result<void>(runtime::Writes)>;

/// What may be told of a secret.
struct SecretSummary {
    std::string name;
    std::string provider;  // "store", "env", "file"
    std::string place;     // the variable or the file; empty for the store
    std::string updated_at;
    std::string updated_by;
};

struct SecretStoreSettings {
    /// The configuration's `secrets`; null: none.
    Json providers;
    SecretKeyPlace key;
    Environment environment;
    /// What is not to be named but to be masked: the daemon's own token.
    std::vector<KnownSecret> masked_too;
};

class SecretStore final : public runtime::Confidentiality {
public:
    /// Decrypts `documents`, those of kSecretsCollection; what the key does not open is lost().
    /// Fails with every fault, a line each: a provider that is none, a value that is not there or
    /// too short.
    static Result<std::unique_ptr<SecretStore>> open(
        SecretStoreSettings settings, const std::vector<journal::DocumentRecord>& documents);

    /// The value, or a member of it. Fails with `not_found`; the message names it, never a value.
    Result<std::string> value(const SecretName& name);
    /// `document` with values in the place of all references in its strings: for configuration.
    Result<Json> resolved(Json document);

    [[nodiscard]] std::vector<SecretSummary> list() const;
    /// Names of those that are kept, but not with the key that there is now: they have to be set
    /// again, or their key put back before the next start.
    [[nodiscard]] std::vector<std::string> lost() const;
    /// Fails with `invalid` (name or length), `conflict` where the configuration has that name.
    Result<void> put(const std::string& name, const std::string& value, const std::string& by,
                     Timestamp now, const DocumentWriter& write);
    /// Fails with `not_found`, `conflict`.
    Result<void> remove(const std::string& name, const DocumentWriter& write);

    Payload mask(Payload document) override;
    Json mask(Json document) override;
    std::string mask(std::string text) override;
    Result<void> check(const std::string& place, std::string_view text) override;
    /// How long `who` starts nothing, for having guessed too often: see GuessLimit.
    [[nodiscard]] std::optional<Duration> start_pause(const std::string& who) const;
    Result<void> check_start(const std::string& who, const std::string& place,
                             std::string_view text) override;

    /// Null where there is nothing to mask.
    [[nodiscard]] std::shared_ptr<const Masker> masker() const;

private:
    struct Secret {
        SecretSummary summary;
        std::string value;
    };
    explicit SecretStore(SecretStoreSettings settings) : settings_(std::move(settings)) {}
    Result<void> read_providers();
    Result<void> read_documents(const std::vector<journal::DocumentRecord>& documents);
    Result<std::string> provided(const SecretSummary& summary) const;
    /// REQUIRES: the lock, or that nobody else knows this store yet.
    void know(const std::string& name, const std::string& value);
    Result<Secret> secret_named(const std::string& name) const;
    /// Masks the value from then on. REQUIRES: not the lock.
    void learn(const std::string& name, const std::string& value);

    const SecretStoreSettings settings_;
    mutable std::mutex mutex_;
    std::mutex learning_;  // before mutex_; held while an automaton is made
    std::map<std::string, Secret> secrets_;
    std::set<std::string> lost_;
    std::vector<KnownSecret> known_;  // also what was replaced
    std::shared_ptr<const Masker> masker_;
    GuessLimit guesses_;
};

}  // namespace stepwell::api
