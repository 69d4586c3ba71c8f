// The table of routes, and the one place that every request goes through on its way to a handler:
//
//   admit()   headers only: which route, who asks, may they            -> 401, 403
//   handle()  is there such a route and method, does the query fit,    -> 404, 405, 400
//             is the body of the right type, and does it fit           -> 415, 400
//
// To add routes: write `void add_NAME_routes(Router&, ...)` in a file of your own, and call it in
// api/daemon/serve.cpp. api/README.md has an example.
//
// Thread safety: add routes from one thread, before the first request; then complete.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/router/route.hpp"

namespace stepwell::api {

/// A request that has been answered, for audit and metrics.
struct Exchange {
    const Request& request;
    const Route* route = nullptr;  // null: there is none
    unsigned status = 0;
    Duration time{};  // from the whole request to its answer
};

class Router {
public:
    /// REQUIRES: it outlives the router.
    explicit Router(const Authenticator& authenticator);
    ~Router();

    /// REQUIRES: method and pattern are not taken; parameters of one place have one name.
    void add(Route route);
    /// A schema that others refer to as {"$ref": "#/components/schemas/NAME"}. REQUIRES: added
    /// before the routes whose bodies use it.
    void add_schema(const std::string& name, std::string_view text);
    /// Called for each answer, before it goes out, from whichever thread answers; also for refused
    /// ones (401, 403), whose principal is empty. Must be quick.
    void on_answer(std::function<void(const Exchange&)> watcher);  // several may

    /// What is no route: places that browsers open, the same for whoever asks. GET and HEAD of the
    /// paths that it `has` are its to answer, also where a route has other methods of the path.
    struct Places {
        std::function<bool(std::string_view path)> has;
        std::function<Response(const Request&)> answer;
    };
    void add_places(Places places) { places_ = std::move(places); }

    /// Tells of an answer 404 whether what the path names was there once: then its text makes it a
    /// 410. Asked from whichever thread answers.
    using Departed = std::function<std::optional<std::string>(const Call::Values& path)>;
    void on_missing(Departed departed) { departed_ = std::move(departed); }

    /// The role that the request asks for; viewer where there is no such route.
    [[nodiscard]] Role role_for(const Request& request) const;
    /// For HttpServer.
    [[nodiscard]] Result<Principal, Refusal> admit(const Request& request) const;
    void handle(Request& request, Responder respond) const;
    [[nodiscard]] std::optional<std::uint64_t> body_limit(const Request& request) const;

    /// The OpenAPI 3.1 document of all routes.
    [[nodiscard]] Json openapi(std::string_view version) const;
    [[nodiscard]] std::vector<const Route*> routes() const;

private:
    struct Entry;
    struct Resource;
    struct Match {
        const Resource* resource = nullptr;
        const Entry* entry = nullptr;  // null: not with this method
        bool is_place = false;         // see Places; then it has no entry
        Call::Values path;
        bool is_malformed = false;  // an escape in the path cannot be decoded
    };
    [[nodiscard]] Match match(const Request& request) const;
    static Role role_of(const Match& found, const Request& request);
    static bool may_by_link(const Principal& principal, const Match& found);
    void dispatch(Request& request, Match match, Responder respond) const;
    static void carry_out(Request& request, Match match, Responder respond);

    const Authenticator& authenticator_;
    std::vector<std::unique_ptr<Resource>> resources_;  // literal ones before those with parameters
    std::map<std::string, Json> schemas_;
    void tell(const Exchange& exchange) const;
    std::vector<std::function<void(const Exchange&)>> watchers_;
    Departed departed_;
    Places places_;
};

}  // namespace stepwell::api
