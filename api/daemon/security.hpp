// Who may come in, and what is noted of it, put together for `serve`.
#pragma once

#include <memory>

#include "api/daemon/node.hpp"
#include "api/read/readers.hpp"
#include "api/router/router.hpp"

namespace stepwell::api {

class Security {
public:
    /// Reads users, tokens, sessions and the end of the audit log. Fails where they cannot be
    /// read. REQUIRES: all outlive it.
    static Result<std::unique_ptr<Security>> open(const Configuration& configuration, Node& node,
                                                  Readers& readers);
    ~Security();

    /// The path of a link that signs a browser in as who may read the data folder.
    [[nodiscard]] std::string make_link();
    [[nodiscard]] const Authenticator& authenticator() const;
    void add_routes(Router& router);

    /// Around the router: the audit log sees what changes something, and what was not let in;
    /// messages of errors have no secret in them.
    void handle(const Router& router, Request& request, Responder respond);
    [[nodiscard]] Result<Principal, Refusal> admit(const Router& router, const Request& request);

    /// Begins to keep the audit log within its limits.
    void start();
    /// Ends the thread that signs people in. Call after the server has stopped.
    void stop();

private:
    class Impl;
    explicit Security(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// Stands between the daemon's log and where it is written, and keeps secrets out of it.
///
/// Threads: use() from any, while others log.
class LogMask {
public:
    /// REQUIRES: the default logger is set, and nobody logs yet.
    LogMask();
    /// Knows no secrets any more.
    ~LogMask();
    /// REQUIRES: nothing is logged once `secrets` is gone.
    void use(SecretStore* secrets);

private:
    class Sink;
    std::shared_ptr<Sink> sink_;
};

}  // namespace stepwell::api
