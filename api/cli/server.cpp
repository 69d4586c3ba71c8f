// The client of a daemon; the only file here that includes the HTTP client.
#include <httplib.h>

#include "api/cli/source.hpp"
#include "api/url.hpp"

namespace stepwell::api::cli {
namespace {

ErrorCode code_of(int status) {
    if (status == 404) return ErrorCode::not_found;
    if (status == 409) return ErrorCode::conflict;
    return status >= 500 ? ErrorCode::io : ErrorCode::invalid;
}

Result<Json> to_json(const std::string& url, const httplib::Result& result) {
    if (!result) {
        return fail(ErrorCode::unavailable,
                    "expected a daemon at " + url + ", but it does not answer (" +
                        httplib::to_string(result.error()) +
                        "); start one with `stepwell serve`, name another with --server URL, or "
                        "look into a data folder with --data DIR");
    }
    auto body = parse_json(result->body);
    if (!body) {
        return fail(ErrorCode::unavailable,
                    "expected a stepwell daemon at " + url + ", but something else answers there");
    }
    if (result->status == 200) return body;
    return fail(code_of(result->status),
                string_or(*body, "message", "status " + std::to_string(result->status)));
}

httplib::Client client_for(const std::string& url, const std::string& token) {
    httplib::Client client(url);
    client.set_connection_timeout(5);
    client.set_read_timeout(60);
    if (!token.empty()) client.set_bearer_token_auth(token.c_str());
    return client;
}

}  // namespace

Result<Json> Server::workflows() {
    return get("workflows");
}

Result<Json> Server::runs(const RunFilter& filter) {
    std::string path = "runs?limit=" + std::to_string(filter.limit);
    if (filter.workflow) path += "&workflow=" + percent_encode(*filter.workflow);
    if (filter.status) path += "&status=" + percent_encode(*filter.status);
    if (filter.token) path += "&after=" + percent_encode(*filter.token);
    return get(path);
}

Result<Json> Server::run(const std::string& run) {
    return get("runs/" + percent_encode(run));
}

Result<Json> Server::history(const std::string& run) {
    return get("runs/" + percent_encode(run) + "/history");
}

Result<Json> Server::logs(const std::string& run, const std::string& state) {
    const std::string query = state.empty() ? "" : "?state=" + percent_encode(state);
    return get("runs/" + percent_encode(run) + "/logs" + query);
}

Result<Json> Server::start(const Json& request) {
    return post("runs", request);
}

Result<Json> Server::stop(const std::string& run, const Json& request) {
    return post("runs/" + percent_encode(run) + "/stop", request);
}

Result<Json> Server::get(const std::string& path) {
    auto client = client_for(url_, token_);
    return to_json(url_, client.Get(("/api/v1/" + path).c_str()));
}

Result<Json> Server::post(const std::string& path, const Json& body) {
    auto client = client_for(url_, token_);
    return to_json(url_,
                   client.Post(("/api/v1/" + path).c_str(), to_text(body), "application/json"));
}

}  // namespace stepwell::api::cli
