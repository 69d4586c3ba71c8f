// What of security works on a data folder without a daemon: users, secrets that its configuration
// names, and whether the audit log is whole.
#include <iostream>

#include "api/audit/audit_chain.hpp"
#include "api/auth/identities.hpp"
#include "api/cli/commands.hpp"
#include "api/daemon/private_folder.hpp"
#include "api/daemon/security.hpp"
#include "api/secrets/crypto.hpp"
#include "engine/journal/sqlite_journal.hpp"

namespace stepwell::api::cli {
namespace {

constexpr std::size_t kPage = 1'000;

std::string login_name() {
    const auto name = environment_variable("SUDO_USER");
    return name ? *name : environment_variable("USER").value_or("somebody");
}

/// The entry and the head, together with what it tells of.
Result<void> add_audited(runtime::Writes& writes, journal::Journal& journal,
                         const Configuration& configuration, AuditEntry entry) {
    const std::string key =
        SW_TRY(read_or_make_secret_key(secret_key_place(configuration.data, environment_variable)));
    const AuditDocuments documents{
        SW_TRY(journal.document(kAuditHeadCollection, kAuditHeadKey)),
        SW_TRY(journal.document(kAuditHeadCollection, kAuditDatabaseKey))};
    auto opening =
        SW_TRY(open_audit(derive_key(key, kAuditSealPurpose), documents,
                          hex_encode(random_bytes(16)), entry.at, [&](const std::string& after) {
                              return journal.documents(kAuditCollection, after, kPage);
                          }));
    for (auto& write : opening.writes) writes.documents.push_back(std::move(write));
    writes.documents.push_back(opening.chain.add(entry));
    writes.documents.push_back(opening.chain.head_document());
    return {};
}

/// A data folder that no daemon has, and what is done to it, written with its entry in the audit
/// log.
class OfflineFolder {
public:
    static Result<OfflineFolder> open(const Configuration& configuration, AuditEntry entry) {
        const auto to_stderr = [](const std::string& line) {
            std::cerr << "stepwell: " << line << '\n';
        };
        SW_TRY(make_private(configuration.data, to_stderr));
        auto journal =
            journal::SqliteJournal::open(configuration.data, runtime::system_clock().entropy());
        if (!journal && journal.error().code == ErrorCode::conflict) {
            return fail(ErrorCode::conflict, "expected no daemon in " +
                                                 configuration.data.string() +
                                                 ", but one works there; leave --data out to ask "
                                                 "it");
        }
        if (!journal) return fail(std::move(journal).error());
        entry.at = runtime::system_clock().now();
        entry.who = login_name();
        entry.credential = "none";
        entry.from = "cli";
        entry.outcome = "200";
        return OfflineFolder(configuration, *std::move(journal), std::move(entry));
    }

    [[nodiscard]] Timestamp now() const { return entry_.at; }
    [[nodiscard]] Result<std::vector<journal::DocumentRecord>> documents(
        const std::string& collection) const {
        return journal_->documents(collection, "", 1'000'000);
    }
    Result<void> write(runtime::Writes writes) {
        SW_TRY(add_audited(writes, *journal_, configuration_, entry_));
        journal::Batch batch;
        for (auto& document : writes.documents) batch.add(std::move(document));
        SW_TRY(journal_->commit(batch, journal_->lease()));
        return {};
    }

private:
    OfflineFolder(const Configuration& configuration, std::unique_ptr<journal::Journal> journal,
                  AuditEntry entry)
        : configuration_(configuration), journal_(std::move(journal)), entry_(std::move(entry)) {}
    Configuration configuration_;
    std::unique_ptr<journal::Journal> journal_;
    AuditEntry entry_;
};

Result<User> add_user_to(const Configuration& configuration, const NewUser& user) {
    AuditEntry entry;
    entry.action = "users add";
    entry.subject = user.name;
    entry.details = {{"role", name_of(user.role)}};
    OfflineFolder folder = SW_TRY(OfflineFolder::open(configuration, std::move(entry)));
    Identities identities([&](runtime::Writes writes) { return folder.write(std::move(writes)); });
    SW_TRY(identities.load(
        [&](const std::string& collection) { return folder.documents(collection); }));
    return identities.add_user(user.name, user.password, user.role, login_name(), folder.now());
}

Result<void> set_secret_in(const Configuration& configuration, const std::string& name,
                           const std::string& value) {
    AuditEntry entry;
    entry.action = "secrets set";
    entry.subject = name;
    OfflineFolder folder = SW_TRY(OfflineFolder::open(configuration, std::move(entry)));
    SecretStoreSettings settings;
    settings.environment = environment_variable;
    settings.key = secret_key_place(configuration.data, environment_variable);
    const auto documents = SW_TRY(folder.documents(kSecretsCollection));
    auto store = SW_TRY(SecretStore::open(std::move(settings), documents));
    return store->put(name, value, login_name(), folder.now(),
                      [&](runtime::Writes writes) { return folder.write(std::move(writes)); });
}

Result<AuditVerdict> verify_audit_in(const Configuration& configuration) {
    auto reader = SW_TRY(runtime::Reader::open(configuration.data));
    const auto place = secret_key_place(configuration.data, environment_variable);
    const auto key = SW_TRY(read_secret_key(place));
    const AuditDocuments documents{
        SW_TRY(reader->document(kAuditHeadCollection, kAuditHeadKey)),
        SW_TRY(reader->document(kAuditHeadCollection, kAuditDatabaseKey))};
    std::optional<std::string> seal_key;
    if (key) seal_key = derive_key(*key, kAuditSealPurpose);
    return verify_audit(
        [&](const std::string& after) { return reader->documents(kAuditCollection, after, kPage); },
        documents, seal_key);
}

}  // namespace

int add_user_offline(const Options& options, NewUser user, const Terminal& terminal) {
    const auto configuration = load_configuration(options.overrides, environment_variable);
    if (!configuration) return report(terminal, configuration.error());
    auto password = read_secret("password", "-");
    if (!password) return report(terminal, password.error());
    user.password = *std::move(password);
    const auto added = add_user_to(*configuration, user);
    if (!added) return report(terminal, added.error());
    if (options.is_json) {
        terminal.out << to_text(Json{{"name", added->name}, {"role", name_of(added->role)}})
                     << '\n';
    } else {
        terminal.out << "user " << added->name << " is " << name_of(added->role) << '\n';
    }
    return kSuccess;
}

int set_secret_offline(const Options& options, const std::string& name, const std::string& value,
                       const Terminal& terminal) {
    const auto configuration = load_configuration(options.overrides, environment_variable);
    if (!configuration) return report(terminal, configuration.error());
    const auto text = read_secret("value", value);
    if (!text) return report(terminal, text.error());
    const auto set = set_secret_in(*configuration, name, *text);
    if (!set) return report(terminal, set.error());
    terminal.out << "secret " << name << " is set\n";
    return kSuccess;
}

int verify_audit_offline(const Options& options, const Terminal& terminal) {
    const auto configuration = load_configuration(options.overrides, environment_variable);
    if (!configuration) return report(terminal, configuration.error());
    const auto verdict = verify_audit_in(*configuration);
    if (!verdict) return report(terminal, verdict.error());
    if (options.is_json) {
        terminal.out << to_text(view_of(*verdict)) << '\n';
    } else if (verdict->is_whole()) {
        terminal.out << "the audit log is whole: " << verdict->entries << " entries\n";
    } else {
        terminal.out << "the audit log is "
                     << (verdict->broken ? "broken at entry " + std::to_string(*verdict->broken)
                                         : std::string("not proven to be whole"))
                     << ": " << verdict->why << '\n';
    }
    return verdict->is_whole() ? kSuccess : kFailed;
}

}  // namespace stepwell::api::cli
