// What of security works on a data folder without a daemon: the first user, and whether the audit
// log is whole.
#include "api/audit/audit_chain.hpp"
#include "api/auth/identities.hpp"
#include "api/cli/commands.hpp"
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
    const auto document = SW_TRY(journal.document(kAuditHeadCollection, "head"));
    AuditChain chain(derive_key(key, kAuditSealPurpose), SW_TRY(read_audit_head(document)));
    writes.documents.push_back(chain.add(entry));
    writes.documents.push_back(chain.head_document());
    return {};
}

Result<User> add_user_to(const Configuration& configuration, const NewUser& user) {
    auto journal =
        journal::SqliteJournal::open(configuration.data, runtime::system_clock().entropy());
    if (!journal && journal.error().code == ErrorCode::conflict) {
        return fail(ErrorCode::conflict, "expected no daemon in " + configuration.data.string() +
                                             ", but one works there; leave --data out to ask it");
    }
    if (!journal) return fail(std::move(journal).error());
    AuditEntry entry;
    entry.at = runtime::system_clock().now();
    entry.who = login_name();
    entry.credential = "none";
    entry.from = "cli";
    entry.action = "users add";
    entry.subject = user.name;
    entry.outcome = "200";
    entry.details = {{"role", name_of(user.role)}};
    Identities identities([&](runtime::Writes writes) -> Result<void> {
        SW_TRY(add_audited(writes, **journal, configuration, entry));
        journal::Batch batch;
        batch.documents = std::move(writes.documents);
        return (*journal)->commit(batch);
    });
    SW_TRY(identities.load([&](const std::string& collection) {
        return (*journal)->documents(collection, "", 1'000'000);
    }));
    return identities.add_user(user.name, user.password, user.role, login_name(), entry.at);
}

Result<AuditVerdict> verify_audit_in(const Configuration& configuration) {
    auto reader = SW_TRY(runtime::Reader::open(configuration.data));
    const auto place = secret_key_place(configuration.data, environment_variable);
    const auto key = SW_TRY(read_secret_key(place));
    const auto head = SW_TRY(reader->document(kAuditHeadCollection, "head"));
    std::optional<std::string> seal_key;
    if (key) seal_key = derive_key(*key, kAuditSealPurpose);
    if (head && !key) {
        return fail(ErrorCode::not_found, place.file.string() +
                                              ": expected the key that the audit log is sealed "
                                              "with, but there is no such file");
    }
    return verify_audit(
        [&](const std::string& after) { return reader->documents(kAuditCollection, after, kPage); },
        head, seal_key);
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

int verify_audit_offline(const Options& options, const Terminal& terminal) {
    const auto configuration = load_configuration(options.overrides, environment_variable);
    if (!configuration) return report(terminal, configuration.error());
    const auto verdict = verify_audit_in(*configuration);
    if (!verdict) return report(terminal, verdict.error());
    if (options.is_json) {
        terminal.out << to_text(Json{{"is_whole", verdict->is_whole()},
                                     {"entries", verdict->entries},
                                     {"broken", verdict->broken ? Json(*verdict->broken) : Json()},
                                     {"why", verdict->why}})
                     << '\n';
    } else if (verdict->is_whole()) {
        terminal.out << "the audit log is whole: " << verdict->entries << " entries\n";
    } else {
        terminal.out << "the audit log is broken at entry " << verdict->broken.value_or(0) << ": "
                     << verdict->why << '\n';
    }
    return verdict->is_whole() ? kSuccess : kFailed;
}

}  // namespace stepwell::api::cli
