#include "api/daemon/security.hpp"

#include <spdlog/sinks/sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <mutex>

#include "api/audit/audit_keeper.hpp"
#include "api/auth/guarded_stream.hpp"
#include "api/auth/routes.hpp"
#include "api/http/problem.hpp"
#include "api/secrets/crypto.hpp"

namespace stepwell::api {
namespace {

constexpr std::size_t kPage = 1'000;
constexpr std::string_view kAccessKeyPurpose = "stepwell access keys 1";

Result<std::vector<journal::DocumentRecord>> documents_of(runtime::Reader& reader,
                                                          const std::string& collection) {
    std::vector<journal::DocumentRecord> all;
    while (true) {
        const std::string after = all.empty() ? std::string() : all.back().key;
        auto page = SW_TRY(reader.documents(collection, after, kPage));
        const bool is_last = page.size() < kPage;
        std::move(page.begin(), page.end(), std::back_inserter(all));
        if (is_last) return all;
    }
}

/// As AWS says it to its own clients.
Response bad_signature(const Request& request, const std::string& fault) {
    if (request.header("X-Amz-Target").empty()) return problem(403, fault);
    Response response;
    response.status = 403;
    response.content_type = "application/x-amz-json-1.0";
    response.body = to_text(Json{{"__type", "InvalidSignatureException"}, {"message", fault}});
    return response;
}

/// Somebody may wonder why a token is refused, and who made it.
void warn_of_open_tokens(const Identities& identities) {
    for (const ApiToken& token : identities.tokens_of_open_door()) {
        spdlog::warn(
            "token {} ('{}', {}) was made while nobody was asked for a credential, so it counts no "
            "more; make another with `stepwell tokens create`, and revoke this one",
            token.id, token.name, name_of(token.role));
    }
}

/// Where the audit log goes on; what has to be written first is.
Result<AuditChain> open_chain(runtime::Engine& engine, runtime::Reader& reader,
                              const std::string& seal_key) {
    const AuditDocuments documents{
        SW_TRY(reader.document(kAuditHeadCollection, kAuditHeadKey)),
        SW_TRY(reader.document(kAuditHeadCollection, kAuditDatabaseKey))};
    auto opening = SW_TRY(open_audit(seal_key, documents, hex_encode(random_bytes(16)),
                                     runtime::system_clock().now(), [&](const std::string& after) {
                                         return reader.documents(kAuditCollection, after, kPage);
                                     }));
    if (!opening.warning.empty()) {
        spdlog::error("the audit log as it was is not proven to be whole: {}", opening.warning);
    }
    if (!opening.writes.empty()) {
        runtime::Writes writes;
        writes.documents = std::move(opening.writes);
        SW_TRY(engine.write_now(std::move(writes)));
    }
    return std::move(opening.chain);
}

}  // namespace

/// Passes everything on to other sinks, without secrets.
class LogMask::Sink final : public spdlog::sinks::sink {
public:
    explicit Sink(std::vector<spdlog::sink_ptr> next) : next_(std::move(next)) {}

    void use(SecretStore* secrets) {
        const std::lock_guard lock(mutex_);
        secrets_ = secrets;
    }
    void log(const spdlog::details::log_msg& message) override {
        const std::string text =
            masked(std::string(message.payload.data(), message.payload.size()));
        spdlog::details::log_msg changed = message;
        changed.payload = text;
        for (const auto& one : next_) {
            if (one->should_log(changed.level)) one->log(changed);
        }
    }
    void flush() override {
        for (const auto& one : next_) one->flush();
    }
    void set_pattern(const std::string& pattern) override {
        for (const auto& one : next_) one->set_pattern(pattern);
    }
    void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override {
        for (const auto& one : next_) one->set_formatter(formatter->clone());
    }

private:
    std::string masked(std::string text) {
        const std::lock_guard lock(mutex_);
        return secrets_ ? secrets_->mask(std::move(text)) : text;
    }
    const std::vector<spdlog::sink_ptr> next_;
    std::mutex mutex_;
    SecretStore* secrets_ = nullptr;
};

LogMask::LogMask() {
    auto& sinks = spdlog::default_logger()->sinks();
    sink_ = std::make_shared<Sink>(sinks);
    sinks = {sink_};
}

LogMask::~LogMask() {
    sink_->use(nullptr);
}

void LogMask::use(SecretStore* secrets) {
    sink_->use(secrets);
}

class Security::Impl {
public:
    Impl(const Configuration& configuration, Node& node, Readers& readers, AuditChain chain,
         const std::string& key, const std::string& seal_key)
        : secrets_(node.secrets()),
          identities([&engine = node.engine()](
                         runtime::Writes writes) { return engine.write_now(std::move(writes)); },
                     kPasswordCost, derive_key(key, kAccessKeyPurpose)),
          access({configuration.gate.token, node.admin_token(), configuration.is_open}, identities,
                 runtime::system_clock(), jobs, node.callback_links(), limit_),
          audit(
              [&engine = node.engine()](runtime::Writes writes, runtime::Answer<void> answer) {
                  engine.write(std::move(writes), std::move(answer));
              },
              std::move(chain), secrets_, runtime::system_clock()),
          audit_keeper(
              configuration.audit, audit, runtime::system_clock(),
              [&readers](const std::string& after,
                         std::size_t limit) -> Result<std::vector<journal::DocumentRecord>> {
                  auto reader = SW_TRY(readers.take());
                  return reader->documents(kAuditCollection, after, limit);
              }),
          parts_{identities,
                 secrets_,
                 jobs,
                 password_jobs,
                 limit_,
                 links,
                 readers,
                 runtime::system_clock(),
                 [&engine = node.engine()](runtime::Writes writes) {
                     return engine.write_now(std::move(writes));
                 },
                 seal_key,
                 configuration.tasks,
                 configuration.is_open} {}

    ~Impl() { stop(); }

    void stop() {
        password_jobs.stop();
        jobs.stop();
    }

    void add_routes(Router& router) { add_security_routes(router, parts_); }

    /// What is streamed ends with the credential.
    Responder guarded(const Request& request, Responder respond) {
        return [this, principal = request.principal(),
                cookie = std::string(session_cookie(request)),
                respond = std::move(respond)](Response response) {
            if (response.stream) {
                // Who listens is told what there is until then; half a list is none.
                const bool is_live = response.content_type == "text/event-stream";
                response.stream = std::make_shared<GuardedStream>(
                    std::move(response.stream),
                    [this, principal, cookie] { return access.is_still_valid(principal, cookie); },
                    is_live ? Stream::Next::end : Stream::Next::broken);
            }
            respond(std::move(response));
        };
    }

    Responder watched(const Request& request, bool is_announced, Responder respond) {
        Responder masked = [&secrets = secrets_, respond = std::move(respond)](Response response) {
            if (response.status >= 400) response.body = secrets.mask(std::move(response.body));
            respond(std::move(response));
        };
        return audit.watch(request, is_announced, std::move(masked));
    }

    /// What an admin wants is done once it is on disk that they wanted it. The engine's thread,
    /// which says that, must not wait for itself: jobs go on.
    void handle_announced(const Router& router, Request& request, const Responder& respond) {
        audit.announce(request, [&, respond](const Result<void>& noted) {
            if (!noted) {
                return respond(problem(503,
                                       "nothing was done, for the audit log cannot be "
                                       "written now: " +
                                           noted.error().message));
            }
            const bool is_posted =
                jobs.post([&router, &request, respond] { router.handle(request, respond); });
            if (!is_posted) respond(problem(503, "too much waits to be done; try again"));
        });
    }

private:
    SecretStore& secrets_;

public:
    Identities identities;
    JobThread jobs;
    JobThread password_jobs{16};
    OneTimeLinks links;

private:
    SignInLimit limit_;

public:
    Access access;
    Audit audit;
    AuditKeeper audit_keeper;

private:
    SecurityParts parts_;
};

Security::Security(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Security::~Security() = default;

Result<std::unique_ptr<Security>> Security::open(const Configuration& configuration, Node& node,
                                                 Readers& readers) {
    const std::string key =
        SW_TRY(read_or_make_secret_key(secret_key_place(configuration.data, environment_variable)));
    auto reader = SW_TRY(readers.take());
    const std::string seal_key = derive_key(key, kAuditSealPurpose);
    auto impl =
        std::make_unique<Impl>(configuration, node, readers,
                               SW_TRY(open_chain(node.engine(), *reader, seal_key)), key, seal_key);
    SW_TRY(impl->identities.load(
        [&](const std::string& collection) { return documents_of(*reader, collection); }));
    impl->identities.set_open(configuration.is_open);
    if (!configuration.is_open) warn_of_open_tokens(impl->identities);
    return std::unique_ptr<Security>(new Security(std::move(impl)));
}

std::string Security::make_link() {
    const Principal admin{Principal::Kind::local, kLocalAdmin, "local", Role::admin, "link"};
    return impl_->links.make(admin, runtime::system_clock().now());
}

const Authenticator& Security::authenticator() const {
    return impl_->access;
}

void Security::add_routes(Router& router) {
    impl_->add_routes(router);
}

void Security::handle(const Router& router, Request& request, Responder respond) {
    if (const auto fault = impl_->access.check_signature(request)) {
        impl_->audit.note_refusal(request, {403, *fault, {}});
        return respond(bad_signature(request, *fault));
    }
    const bool is_announced = Audit::is_audited(request) && router.role_for(request) == Role::admin;
    Responder watched =
        impl_->watched(request, is_announced, impl_->guarded(request, std::move(respond)));
    if (is_announced) return impl_->handle_announced(router, request, watched);
    router.handle(request, std::move(watched));
}

Result<Principal, Refusal> Security::admit(const Router& router, const Request& request) {
    auto principal = router.admit(request);
    if (!principal) impl_->audit.note_refusal(request, principal.error());
    return principal;
}

void Security::start() {
    impl_->audit_keeper.start();
}

void Security::stop() {
    impl_->stop();
    impl_->audit_keeper.stop();
}

}  // namespace stepwell::api
