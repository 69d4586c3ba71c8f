// The client of a daemon; the only file here that includes the HTTP client.
#include <httplib.h>

#include "api/cli/event_reader.hpp"
#include "api/cli/source.hpp"
#include "api/daemon/config.hpp"
#include "api/http/url.hpp"
#include "api/read/views.hpp"

namespace stepwell::api::cli {
namespace {

ErrorCode code_of(int status) {
    if (status == 404 || status == 410) return ErrorCode::not_found;
    if (status == 409) return ErrorCode::conflict;
    return status >= 500 ? ErrorCode::io : ErrorCode::invalid;
}

/// The body of an answer, or what a problem says.
Result<Json> answer_in(const std::string& url, int status, const std::string& text) {
    const bool is_good = status >= 200 && status < 300;
    if (is_good && text.empty()) return Json::object();
    auto body = parse_json(text);
    if (!body) {
        return fail(ErrorCode::unavailable,
                    "expected a stepwell daemon at " + url + ", but something else answers there");
    }
    if (is_good) return body;
    std::string message = string_or(*body, "detail", "status " + std::to_string(status));
    if (status == 401) {
        message += environment_variable("STEPWELL_TOKEN")
                       ? "; the token in STEPWELL_TOKEN is not one that it knows (any more)"
                       : "; run this as the user of the daemon, who may read its admin.token, or "
                         "set STEPWELL_TOKEN";
    }
    return fail(code_of(status), std::move(message));
}

httplib::Client client_for(const std::string& url, const std::string& token) {
    httplib::Client client(url);
    client.set_connection_timeout(5);
    client.set_read_timeout(60);
    if (!token.empty()) client.set_bearer_token_auth(token.c_str());
    return client;
}

}  // namespace

Failure<Error> Server::unreachable(const std::string& why) const {
    return fail(ErrorCode::unavailable,
                "expected a daemon at " + url_ + ", but " + why + "; " + hint_);
}

Result<Json> Server::workflows() {
    return list("workflows");
}

Result<Json> Server::list(const std::string& path) {
    return all_pages(path, [](Json& whole, Json page) {
        for (Json& item : page["items"]) whole["items"].push_back(std::move(item));
    });
}

Result<Json> Server::all_parts(RestRequest request) {
    request.path += "&limit=1000";
    Json whole = SW_TRY(this->request(request));
    const bool is_preview = find(whole, "preview") && whole["preview"] == true;
    const std::string path = request.path;
    std::string next = is_preview ? "" : string_or(whole, "next", "");
    while (!next.empty()) {
        request.path = path + "&after=" + percent_encode(next);
        Json part = SW_TRY(this->request(request));
        next = string_or(part, "next", "");
        for (const char* list : {"done", "refused"}) {
            for (Json& run : part[list]) whole[list].push_back(std::move(run));
        }
    }
    if (is_preview) return whole;
    whole["matched"] = whole["done"].size() + whole["refused"].size();
    whole.erase("next");
    return whole;
}

Result<Json> Server::runs(const runtime::RunQuery& query) {
    std::string path = "runs?limit=" + std::to_string(query.limit);
    const auto add = [&](const char* name, const std::optional<std::string>& text) {
        if (text) path += std::string("&") + name + "=" + percent_encode(*text);
    };
    const auto add_all = [&](const char* name, const std::vector<std::string>& texts) {
        std::string all;
        for (const std::string& text : texts) all += (all.empty() ? "" : ",") + text;
        if (!all.empty()) add(name, all);
    };
    const auto add_time = [&](const char* name, const std::optional<Timestamp>& at) {
        if (at) add(name, to_iso8601(*at));
    };
    const auto add_span = [&](const char* name, const std::optional<Duration>& span) {
        if (span) add(name, std::to_string(span->count()));
    };
    std::vector<std::string> statuses;
    for (const core::Status status : query.statuses) statuses.push_back(status_word(status));
    add_all("workflow", query.workflows);
    add_all("status", statuses);
    add("after", query.token);
    if (query.version) add("version", std::to_string(*query.version));
    add_all("origin", query.origins);
    if (query.parent) add("parent", std::to_string(value_of(*query.parent)));
    add("trigger", query.trigger);
    add("name", query.name);
    add("error", query.error);
    add("q", query.text);
    if (query.has_caught) add("is", "caught");
    add_time("from", query.started_from);
    add_time("to", query.started_until);
    add_span("duration_from_ms", query.duration_from);
    add_span("duration_to_ms", query.duration_until);
    return get(path);
}

Result<Json> Server::run(const std::string& run) {
    return get("runs/" + percent_encode(run));
}

Result<Json> Server::history(const std::string& run) {
    const std::string path = "runs/" + percent_encode(run) + "/history?lines=true&limit=1000";
    return all_pages(path, [](Json& whole, Json page) {
        for (const char* list : {"items", "lines"}) {
            for (Json& item : page[list]) whole[list].push_back(std::move(item));
        }
    });
}

Result<Json> Server::all_pages(const std::string& path,
                               const std::function<void(Json& whole, Json page)>& add) {
    Json whole = SW_TRY(get(path));
    std::string next = string_or(whole, "next", "");
    const std::string more = path + (path.find('?') == path.npos ? "?" : "&") + "after=";
    while (!next.empty()) {
        Json page = SW_TRY(get(more + percent_encode(next)));
        next = string_or(page, "next", "");
        add(whole, std::move(page));
    }
    whole.erase("next");
    return whole;
}

Result<Json> Server::logs(const std::string& run, const std::string& state) {
    const std::string path = "runs/" + percent_encode(run) + "/logs?limit=10000" +
                             (state.empty() ? "" : "&state=" + percent_encode(state));
    return all_pages(path, [](Json& whole, Json page) {
        for (Json& log : page["items"]) {
            // A page may end within a log: what goes on is put behind what was.
            const bool goes_on = log["first_line"] != 1 && !whole["items"].empty();
            if (!goes_on) {
                whole["items"].push_back(std::move(log));
                continue;
            }
            for (Json& line : log["lines"]) whole["items"].back()["lines"].push_back(line);
        }
    });
}

Result<Json> Server::get(const std::string& path) {
    return request({"GET", path, Json::object()});
}

Result<Json> Server::request(const RestRequest& request) {
    auto client = client_for(url_, token_);
    httplib::Request out;
    out.method = request.method;
    out.path = "/api/v1/" + request.path;
    const bool has_body = request.method != "GET" && request.method != "DELETE";
    if (has_body) {
        out.body = to_text(request.body);
        out.set_header("Content-Type", "application/json");
    }
    const auto result = client.send(out);
    if (!result)
        return unreachable("it does not answer (" + httplib::to_string(result.error()) + ")");
    return answer_in(url_, result->status, result->body);
}

Result<void> Server::follow(
    const std::string& path,
    const std::function<bool(const std::string& event, const Json& data)>& take) {
    auto client = client_for(url_, token_);
    // Longer than the daemon is silent: it says something every 15 s.
    client.set_read_timeout(45);
    EventReader reader(take);
    int status = 0;
    std::string refusal;
    bool is_over = false;
    httplib::Request out;
    out.method = "GET";
    out.path = "/api/v1/" + path;
    out.response_handler = [&](const httplib::Response& response) {
        status = response.status;
        return true;
    };
    out.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
        if (status != 200) {
            refusal.append(data, size);
            return true;
        }
        is_over = !reader.take(std::string_view(data, size));
        return !is_over;
    };
    const auto result = client.send(out);
    if (is_over) return {};
    if (status == 0)
        return unreachable("it does not answer (" + httplib::to_string(result.error()) + ")");
    if (status != 200) {
        SW_TRY(answer_in(url_, status, refusal));
    }
    return unreachable("it stopped answering before the end");
}

}  // namespace stepwell::api::cli
