#include "api/router/router.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include "api/http/conditions.hpp"
#include "api/http/problem.hpp"
#include "api/http/url.hpp"
#include "api/router/openapi.hpp"
#include "api/router/parameters.hpp"
#include "api/router/schema.hpp"
#include "engine/base/utf8.hpp"

namespace stepwell::api {
namespace {

using Steady = std::chrono::steady_clock;

bool is_parameter(std::string_view segment) {
    return !segment.empty() && segment.front() == '{';
}

Response with_headers(Response response, std::string headers) {
    response.headers = std::move(headers);
    return response;
}

/// What a body may have where nobody looks at it: "{}" and the like.
constexpr std::uint64_t kNoBodyBytes = 4u << 10;
/// Bodies beyond it take a while to parse.
constexpr std::size_t kQuickBodyBytes = 16u << 10;

bool is_quick(const Route& route, const Request& request) {
    if (request.body().size() > kQuickBodyBytes) return false;
    return route.is_quick_for ? route.is_quick_for(request) : route.is_quick;
}

/// "application/json; charset=utf-8" -> "application/json".
std::string media_type(std::string_view header) {
    std::string type(header.substr(0, header.find(';')));
    while (!type.empty() && type.back() == ' ') type.pop_back();
    std::transform(type.begin(), type.end(), type.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return type;
}

std::vector<std::string> accepted_types(const Body& body) {
    if (body.kind == Body::Kind::json) return {"application/json"};
    return body.media_types;
}

/// The problem, where the body is not of a type that the route takes.
std::optional<Response> check_type(const Request& request, const Body& body) {
    const auto types = accepted_types(body);
    // Not a type that a web page may send without asking first.
    const std::string type = media_type(request.header("Content-Type"));
    const bool is_absent = request.body().empty() && type.empty() && !body.is_required;
    if (types.empty() || is_absent) return std::nullopt;
    if (std::find(types.begin(), types.end(), type) != types.end()) return std::nullopt;
    std::string names;
    for (const std::string& name : types) names += (names.empty() ? "" : " or ") + name;
    return problem(415, "expected Content-Type: " + names);
}

}  // namespace

struct Router::Entry {
    Route route;
    std::optional<Schema> body;
};

struct Router::Resource {
    std::vector<std::string> segments;
    std::vector<std::unique_ptr<Entry>> entries;  // by method
    std::string allow;

    [[nodiscard]] const Entry* find(std::string_view method) const {
        const auto found = std::find_if(entries.begin(), entries.end(), [&](const auto& entry) {
            return entry->route.method == method;
        });
        return found == entries.end() ? nullptr : found->get();
    }

    void update_allow() {
        allow.clear();
        for (const auto& entry : entries) {
            allow += (allow.empty() ? "" : ", ") + entry->route.method;
            if (entry->route.method == "GET") allow += ", HEAD";
        }
        allow += ", OPTIONS";
    }

    [[nodiscard]] bool fits(const std::vector<std::string_view>& path) const {
        if (path.size() != segments.size()) return false;
        for (std::size_t i = 0; i < path.size(); ++i) {
            const bool is_good =
                is_parameter(segments[i]) ? !path[i].empty() : path[i] == segments[i];
            if (!is_good) return false;
        }
        return true;
    }
};

Router::Router(const Authenticator& authenticator) : authenticator_(authenticator) {}
Router::~Router() = default;

void Router::add(Route route) {
    const auto path = split_path(route.pattern);
    const std::vector<std::string> segments(path.begin(), path.end());
    auto found = std::find_if(resources_.begin(), resources_.end(),
                              [&](const auto& resource) { return resource->segments == segments; });
    if (found == resources_.end()) {
        auto resource = std::make_unique<Resource>();
        resource->segments = segments;
        // '{' comes after all letters: literal segments are tried before parameters.
        const auto place = std::find_if(resources_.begin(), resources_.end(),
                                        [&](const auto& r) { return r->segments > segments; });
        found = resources_.insert(place, std::move(resource));
    }
    SW_ASSERT((*found)->find(route.method) == nullptr);
    auto entry = std::make_unique<Entry>();
    if (route.body.kind == Body::Kind::json) {
        const auto document = parse_json(route.body.schema);
        SW_ASSERT(document.has_value());
        entry->body.emplace(*document, schemas_);
    }
    entry->route = std::move(route);
    (*found)->entries.push_back(std::move(entry));
    (*found)->update_allow();
}

void Router::add_schema(const std::string& name, std::string_view text) {
    auto document = parse_json(text);
    SW_ASSERT(document.has_value());
    schemas_[name] = std::move(*document);
}

void Router::on_answer(std::function<void(const Exchange&)> watcher) {
    watchers_.push_back(std::move(watcher));
}

void Router::tell(const Exchange& exchange) const {
    for (const auto& watcher : watchers_) watcher(exchange);
}

Router::Match Router::match(const Request& request) const {
    const std::string_view text = split_target(request.target()).first;
    const auto path = split_path(text);
    const auto found = std::find_if(resources_.begin(), resources_.end(),
                                    [&](const auto& resource) { return resource->fits(path); });
    Match match;
    const std::string_view method = request.method();
    const bool is_read = method == "GET" || method == "HEAD";
    const bool has_entry = found != resources_.end() && (*found)->find("GET") != nullptr;
    match.is_place = is_read && !has_entry && places_.has && places_.has(text);
    if (found == resources_.end() || match.is_place) return match;
    match.resource = found->get();
    for (std::size_t i = 0; i < path.size(); ++i) {
        const std::string& segment = match.resource->segments[i];
        if (!is_parameter(segment)) continue;
        auto value = percent_decode_strictly(path[i]);
        match.is_malformed |= !value;
        match.path.emplace_back(segment.substr(1, segment.size() - 2), value.value_or(""));
    }
    match.entry = match.resource->find(method == "HEAD" ? "GET" : method);
    return match;
}

Role Router::role_of(const Match& found, const Request& request) {
    if (found.is_place) return Role::none;
    if (!found.entry) return Role::viewer;
    const Route& route = found.entry->route;
    return route.role_of ? route.role_of(request) : route.role;
}

Role Router::role_for(const Request& request) const {
    return role_of(match(request), request);
}

/// A link opens the routes of its own callback that say so.
bool Router::may_by_link(const Principal& principal, const Match& found) {
    if (!found.entry || found.entry->route.link == LinkScope::nothing) return false;
    const bool is_its_own = std::any_of(
        found.path.begin(), found.path.end(),
        [&](const auto& part) { return part.first == "id" && part.second == principal.id; });
    return is_its_own && principal.link_scope >= found.entry->route.link;
}

Result<Principal, Refusal> Router::admit(const Request& request) const {
    const Match found = match(request);
    const Role role = role_of(found, request);
    const auto refused = [&](Refusal refusal) {
        tell({request, found.entry ? &found.entry->route : nullptr, refusal.status, {}});
        if (found.entry && found.entry->route.on_refusal) {
            found.entry->route.on_refusal(request, refusal);
        }
        return fail(std::move(refusal));
    };
    auto principal = authenticator_.authenticate(request);
    if (role == Role::none) return principal ? *principal : Principal{};
    if (!principal) return refused(std::move(principal).error());
    if (principal->kind == Principal::Kind::link) {
        if (may_by_link(*principal, found)) return principal;
        return refused({403,
                        "expected what this link is for: it lets " +
                            std::string(name_of(principal->link_scope)) + " callback " +
                            principal->id + ", and nothing else",
                        {}});
    }
    if (principal->role >= role) return principal;
    return refused({403,
                    "expected the role " + std::string(name_of(role)) + " for this, but '" +
                        principal->display + "' is " + std::string(name_of(principal->role)),
                    {}});
}

void Router::handle(Request& request, Responder respond) const {
    Match found = match(request);
    if (!watchers_.empty()) {
        const Route* route = found.entry ? &found.entry->route : nullptr;
        respond = [this, &request, route, begun = Steady::now(),
                   inner = std::move(respond)](Response response) {
            const auto time = std::chrono::duration_cast<Duration>(Steady::now() - begun);
            tell({request, route, response.status, time});
            inner(std::move(response));
        };
    }
    if (departed_ && found.entry && !found.path.empty()) {
        respond = [this, path = found.path, inner = std::move(respond)](Response response) {
            const auto text = response.status == 404 ? departed_(path) : std::nullopt;
            inner(text ? problem(410, *text) : std::move(response));
        };
    }
    if (found.is_place) return respond(places_.answer(request));
    if (!found.resource) {
        const auto path = split_target(request.target()).first;
        return respond(problem(404, "there is nothing at '" + std::string(path.substr(0, 100)) +
                                        "'; the AWS API is POST /, our own is below /api/v1/, and "
                                        "/api/v1/openapi.json describes it"));
    }
    const std::string allow = "Allow: " + found.resource->allow + "\r\n";
    if (request.method() == "OPTIONS") return respond(with_headers({204, "", {}, {}}, allow));
    if (!found.entry) {
        return respond(with_headers(
            problem(405, "expected one of the methods " + found.resource->allow), allow));
    }
    // What speaks another language has its own rules.
    if (!found.entry->route.handle) {
        respond = [&request, inner = std::move(respond)](Response response) {
            finish_answer(request, response);
            inner(std::move(response));
        };
    }
    dispatch(request, std::move(found), std::move(respond));
}

std::optional<std::uint64_t> Router::body_limit(const Request& request) const {
    const Match found = match(request);
    if (!found.entry) return kNoBodyBytes;
    const Body& body = found.entry->route.body;
    if (body.bytes_max || body.kind != Body::Kind::none) return body.bytes_max;
    return request.method() == "GET" || request.method() == "HEAD" ? 0 : kNoBodyBytes;
}

/// On this thread where that takes no time, else on a reader's.
void Router::dispatch(Request& request, Match match, Responder respond) const {
    if (is_quick(match.entry->route, request)) {
        return carry_out(request, std::move(match), std::move(respond));
    }
    request.defer(
        [&request, match = std::move(match), respond = std::move(respond)](bool is_in_time) {
            if (is_in_time) return carry_out(request, match, respond);
            respond(problem(503, "expected fewer questions at a time; try again in a second"));
        });
}

void Router::carry_out(Request& request, Match match, Responder respond) {
    const Route& route = match.entry->route;
    if (route.handle) return route.handle(request, std::move(respond));

    std::vector<Fault> faults;
    if (match.is_malformed) {
        faults.push_back({"", "invalid", "expected the path to be percent-encoded UTF-8"});
    }
    for (const auto& [name, value] : match.path) {
        if (utf8_count(value) <= kPathParameterMax) continue;
        faults.push_back({"{" + name + "}", "invalid",
                          "expected '" + name + "' to be 1 to " +
                              std::to_string(kPathParameterMax) + " characters"});
    }
    auto query = read_query(split_target(request.target()).second, route.query, faults);
    check_headers(request, route.headers, faults);
    Json body;
    if (route.body.kind != Body::Kind::none) {
        if (auto refusal = check_type(request, route.body)) return respond(std::move(*refusal));
    }
    if (route.body.kind == Body::Kind::json) {
        const bool is_absent = request.body().empty() && !route.body.is_required;
        auto parsed = is_absent ? Result<Json>(Json::object())
                                : parse_json(request.body(), kJsonBodyValuesMax);
        if (parsed) {
            body = std::move(*parsed);
            match.entry->body->check(body, faults);
        } else {
            faults.push_back(
                {"#", "invalid", "expected the body to be JSON: " + parsed.error().message});
        }
    }
    if (!faults.empty()) return respond(problem(faults));
    Call call(request, route, std::move(match.path), std::move(query), std::move(body),
              std::move(respond));
    if (route.read) return call.answer(route.read(call));
    route.act(std::move(call));
}

Json Router::openapi(std::string_view version) const {
    return openapi_document(routes(), schemas_, version);
}

std::vector<const Route*> Router::routes() const {
    std::vector<const Route*> out;
    for (const auto& resource : resources_) {
        for (const auto& entry : resource->entries) out.push_back(&entry->route);
    }
    return out;
}

}  // namespace stepwell::api
