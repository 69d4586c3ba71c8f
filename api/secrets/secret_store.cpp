#include "api/secrets/secret_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "api/secrets/crypto.hpp"
#include "api/secrets/secret_forms.hpp"
#include "engine/base/descriptor.hpp"
#include "engine/base/digest.hpp"

namespace stepwell::api {
namespace {

constexpr std::string_view kPurpose = "stepwell secrets 1";

std::string named(const std::string& name) {
    return "secret '" + name + "'";
}

Result<void> check_length(const std::string& name, const std::string& value) {
    if (value.size() >= kSecretBytesMin && value.size() <= kSecretBytesMax) return {};
    return fail(ErrorCode::invalid,
                named(name) + ": expected a value of " + std::to_string(kSecretBytesMin) + " to " +
                    std::to_string(kSecretBytesMax) + " bytes, but it has " +
                    std::to_string(value.size()) + "; a shorter one cannot be masked");
}

/// Only of regular files: what waits for a writer, or has no end, is none.
Result<std::string> read_secret_file(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const Descriptor file(descriptor);
    struct stat status {};
    const bool is_there = descriptor >= 0 && ::fstat(descriptor, &status) == 0;
    if (!is_there || !S_ISREG(status.st_mode)) {
        return fail(ErrorCode::not_found,
                    "expected a file that can be read at " + path + ", but " +
                        (is_there ? "it is no regular file" : std::strerror(errno)));
    }
    std::string text(kSecretBytesMax + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t count = ::read(descriptor, text.data() + size, text.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            return fail(ErrorCode::not_found, "expected a file that can be read at " + path +
                                                  ", but " + std::strerror(errno));
        }
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    text.resize(size);
    // As editors and `echo` end a file.
    text.erase(text.find_last_not_of("\r\n") + 1);
    return text;
}

/// Members of a secret, as database services write them, that are not secret: masking "postgres" or
/// "5432" would spoil results that have nothing to do with it.
bool is_harmless(std::string_view member) {
    constexpr std::array<std::string_view, 16> kNames{"username",
                                                      "user",
                                                      "host",
                                                      "hostname",
                                                      "port",
                                                      "engine",
                                                      "dbname",
                                                      "database",
                                                      "db",
                                                      "schema",
                                                      "region",
                                                      "account",
                                                      "type",
                                                      "warehouse",
                                                      "dbInstanceIdentifier",
                                                      "dbClusterIdentifier"};
    return std::find(kNames.begin(), kNames.end(), member) != kNames.end();
}

/// The values in a secret that is a JSON object: each is a secret too. Numbers and the like are
/// masked as a part of the whole only.
void add_members(const Json& value, const std::string& name, std::vector<KnownSecret>& out) {
    if (value.is_string()) out.push_back({name, value.get<std::string>()});
    if (value.is_array()) {
        for (const Json& item : value) add_members(item, name, out);
    }
    if (!value.is_object()) return;
    for (const auto& [member, inner] : value.items()) {
        if (!is_harmless(member)) add_members(inner, name, out);
    }
}

/// The text to which a sealed value belongs: a cipher text cannot be moved to another name.
std::string context_of(const std::string& name) {
    return "secret " + name;
}

Result<std::string> field_of(const SecretName& name, const std::string& value) {
    const auto json = parse_json(value);
    const Json* member = json ? find(*json, name.field) : nullptr;
    if (!member) {
        return fail(ErrorCode::not_found, named(name.name) +
                                              ": expected a JSON object with a member '" +
                                              name.field + "', but it has none");
    }
    return member->is_string() ? member->get<std::string>() : to_text(*member);
}

void add_fault(std::string& faults, const std::string& fault) {
    faults += (faults.empty() ? "" : "\n") + fault;
}

/// " (line 3)", where there are lines.
std::string line_of(std::string_view text, std::size_t position) {
    if (text.find('\n') == text.npos) return "";
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(position);
    return " (line " + std::to_string(std::count(text.begin(), end, '\n') + 1) + ")";
}

}  // namespace

Result<std::unique_ptr<SecretStore>> SecretStore::open(
    SecretStoreSettings settings, const std::vector<journal::DocumentRecord>& documents) {
    std::unique_ptr<SecretStore> store(new SecretStore(std::move(settings)));
    store->known_ = store->settings_.masked_too;
    SW_TRY(store->read_providers());
    SW_TRY(store->read_documents(documents));
    store->masker_ = Masker::make(store->known_);
    return store;
}

Result<void> SecretStore::read_providers() {
    const Json& section = settings_.providers;
    if (section.is_null()) return {};
    if (!section.is_object()) {
        return fail(ErrorCode::invalid, "secrets: expected NAME: {env: ...} or NAME: {file: ...}");
    }
    std::string faults;
    for (const auto& [name, provider] : section.items()) {
        Secret secret;
        secret.summary.name = name;
        for (const char* kind : {"env", "file"}) {
            if (!find(provider, kind)) continue;
            secret.summary.provider = kind;
            secret.summary.place = string_or(provider, kind, "");
        }
        const bool is_good =
            is_secret_name(name) && !secret.summary.place.empty() && provider.size() == 1;
        if (!is_good) {
            add_fault(faults, "secrets: " + named(name) +
                                  ": expected a name of letters, digits and _./- with {env: "
                                  "VARIABLE} or {file: PATH}");
            continue;
        }
        auto value = provided(secret.summary);
        if (!value) {
            add_fault(faults, "secrets: " + value.error().message);
            continue;
        }
        know(name, *value);
        secret.value = *std::move(value);
        secrets_.emplace(name, std::move(secret));
    }
    if (!faults.empty()) return fail(ErrorCode::invalid, std::move(faults));
    return {};
}

Result<std::string> SecretStore::provided(const SecretSummary& summary) const {
    std::string value;
    if (summary.provider == "env") {
        auto set = settings_.environment(summary.place);
        if (!set) {
            return fail(ErrorCode::not_found, named(summary.name) + ": expected the variable " +
                                                  summary.place + " to be set, but it is not");
        }
        value = *std::move(set);
    } else {
        auto read = read_secret_file(summary.place);
        if (!read) return fail(std::move(read).error().within(named(summary.name)));
        value = *std::move(read);
    }
    SW_TRY(check_length(summary.name, value));
    return value;
}

Result<void> SecretStore::read_documents(const std::vector<journal::DocumentRecord>& documents) {
    if (documents.empty()) return {};
    const auto key = SW_TRY(read_secret_key(settings_.key));
    const std::string seal_key = key ? derive_key(*key, kPurpose) : std::string();
    for (const auto& document : documents) {
        const auto json = parse_json(document.value);
        const auto sealed =
            json ? base64_decode(string_or(*json, "sealed", "")) : std::optional<std::string>();
        auto value = sealed ? open_sealed(seal_key, *sealed, context_of(document.key))
                            : std::optional<std::string>();
        if (!value) {
            lost_.insert(document.key);
            continue;
        }
        if (secrets_.count(document.key) != 0) {
            return fail(ErrorCode::conflict, named(document.key) +
                                                 ": expected it in the configuration or in the "
                                                 "store, but it is in both");
        }
        know(document.key, *value);
        Secret secret{{document.key, "store", "", string_or(*json, "updated_at", ""),
                       string_or(*json, "updated_by", "")},
                      *std::move(value)};
        secrets_.emplace(document.key, std::move(secret));
    }
    return {};
}

void SecretStore::know(const std::string& name, const std::string& value) {
    known_.push_back({name, value});
    if (const auto json = parse_json(value); json && json->is_object()) {
        add_members(*json, name, known_);
    }
}

Result<std::string> SecretStore::value(const SecretName& name) {
    const Secret secret = SW_TRY(secret_named(name.name));
    std::string now = secret.value;
    if (secret.summary.provider == "file") {
        now = SW_TRY(provided(secret.summary));
        if (now != secret.value) learn(name.name, now);
    }
    return name.field.empty() ? now : field_of(name, now);
}

Result<SecretStore::Secret> SecretStore::secret_named(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = secrets_.find(name);
    if (found != secrets_.end()) return found->second;
    if (lost_.contains(name)) {
        return fail(ErrorCode::not_found,
                    named(name) +
                        ": expected the key that it was sealed with, but that is lost; set the "
                        "secret again with `stepwell secrets set " +
                        name + "`, or put the key back and start the daemon again");
    }
    return fail(ErrorCode::not_found, "expected " + named(name) +
                                          ", but there is none of that name; set it with "
                                          "`stepwell secrets set " +
                                          name + "`, or under 'secrets' in stepwell.yaml");
}

/// The automaton is made beside the lock that everybody who masks takes.
void SecretStore::learn(const std::string& name, const std::string& value) {
    const std::lock_guard one_at_a_time(learning_);
    std::vector<KnownSecret> known;
    {
        const std::lock_guard lock(mutex_);
        know(name, value);
        known = known_;
    }
    auto masker = Masker::make(known);
    const std::lock_guard lock(mutex_);
    masker_ = std::move(masker);
    const auto found = secrets_.find(name);
    if (found != secrets_.end() && found->second.summary.provider == "file") {
        found->second.value = value;
    }
}

Result<Json> SecretStore::resolved(Json document) {
    if (document.is_string()) {
        const auto& text = document.get_ref<const std::string&>();
        if (!names_secret(text)) return document;
        return Json(
            SW_TRY(expand_secrets(text, [this](const SecretName& name) { return value(name); })));
    }
    if (document.is_object()) {
        for (auto& [name, member] : document.items()) member = SW_TRY(resolved(std::move(member)));
    } else if (document.is_array()) {
        for (Json& item : document) item = SW_TRY(resolved(std::move(item)));
    }
    return document;
}

std::vector<SecretSummary> SecretStore::list() const {
    const std::lock_guard lock(mutex_);
    std::vector<SecretSummary> all;
    for (const auto& [name, secret] : secrets_) all.push_back(secret.summary);
    return all;
}

std::vector<std::string> SecretStore::lost() const {
    const std::lock_guard lock(mutex_);
    return {lost_.begin(), lost_.end()};
}

Result<void> SecretStore::put(const std::string& name, const std::string& value,
                              const std::string& by, Timestamp now, const DocumentWriter& write) {
    if (!is_secret_name(name)) {
        return fail(ErrorCode::invalid,
                    "expected a secret's name to be 1 to 128 letters, digits and _./-, but got '" +
                        name.substr(0, 128) + "'");
    }
    SW_TRY(check_length(name, value));
    {
        const std::lock_guard lock(mutex_);
        const auto found = secrets_.find(name);
        if (found != secrets_.end() && found->second.summary.provider != "store") {
            return fail(ErrorCode::conflict, named(name) +
                                                 ": expected a name that the configuration does "
                                                 "not have, but it does; change it there");
        }
    }
    const std::string key = SW_TRY(read_or_make_secret_key(settings_.key));
    const SecretSummary summary{name, "store", "", to_iso8601(now), by};
    const Json document{
        {"sealed", base64_encode(seal(derive_key(key, kPurpose), value, context_of(name)))},
        {"updated_at", summary.updated_at},
        {"updated_by", by}};
    // Masked before it can be used, and before it can fail to be written.
    learn(name, value);
    runtime::Writes writes;
    writes.documents.push_back({kSecretsCollection, name, to_text(document)});
    SW_TRY(write(std::move(writes)));
    const std::lock_guard lock(mutex_);
    lost_.erase(name);
    secrets_.insert_or_assign(name, Secret{summary, value});
    return {};
}

Result<void> SecretStore::remove(const std::string& name, const DocumentWriter& write) {
    {
        const std::lock_guard lock(mutex_);
        const auto found = secrets_.find(name);
        if (found == secrets_.end() && !lost_.contains(name)) {
            return fail(ErrorCode::not_found,
                        "expected " + named(name) + ", but there is none of that name");
        }
        if (found != secrets_.end() && found->second.summary.provider != "store") {
            return fail(ErrorCode::conflict,
                        named(name) + ": expected one of the store, but the configuration has it");
        }
    }
    runtime::Writes writes;
    writes.documents.push_back({kSecretsCollection, name, std::nullopt});
    SW_TRY(write(std::move(writes)));
    const std::lock_guard lock(mutex_);
    secrets_.erase(name);
    lost_.erase(name);
    return {};
}

std::shared_ptr<const Masker> SecretStore::masker() const {
    const std::lock_guard lock(mutex_);
    return masker_;
}

Payload SecretStore::mask(Payload document) {
    const auto masker = this->masker();
    return masker ? masker->mask(std::move(document)) : document;
}

Json SecretStore::mask(Json document) {
    if (const auto masker = this->masker()) masker->mask_json(document);
    return document;
}

std::string SecretStore::mask(std::string text) {
    const auto masker = this->masker();
    return masker ? masker->mask_any(std::move(text)) : text;
}

Result<void> SecretStore::check(const std::string& place, std::string_view text) {
    const auto masker = this->masker();
    const auto found = masker ? masker->find_in_json(text) : std::nullopt;
    if (!found) return {};
    return fail(ErrorCode::invalid,
                place + ": expected no value of a secret, but that of '" + found->name +
                    "' is in it" + line_of(text, found->position) +
                    "; write ${secret:" + found->name + "} in the workflow's Parameters instead");
}

std::optional<Duration> SecretStore::start_pause(const std::string& who) const {
    return guesses_.wait(who, std::chrono::steady_clock::now());
}

Result<void> SecretStore::check_start(const std::string& who, const std::string& place,
                                      std::string_view text) {
    const auto masker = this->masker();
    if (!masker) return {};
    const auto now = std::chrono::steady_clock::now();
    // Before the text is looked at, or an answer would tell what it held.
    if (const auto wait = guesses_.wait(who, now)) {
        return fail(ErrorCode::unavailable,
                    "expected no more values of secrets in what starts runs; try again in " +
                        std::to_string(wait->count() / 1'000 + 1) + " s");
    }
    const auto found = masker->find_in_json(text);
    if (!found) return {};
    guesses_.refused(who, now);
    return fail(ErrorCode::invalid,
                place + ": expected no value of a secret, but one is in it" +
                    line_of(text, found->position) +
                    "; write ${secret:NAME} in the workflow's Parameters instead");
}

}  // namespace stepwell::api
