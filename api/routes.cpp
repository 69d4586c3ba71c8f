#include "api/routes.hpp"

#include <charconv>

#include "api/problem.hpp"
#include "api/views.hpp"

namespace stepwell::api {
namespace {

constexpr std::string_view kNative = "/api/v1/";

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// "runs/12/history" -> {"runs", "12", "history"}, decoded.
std::vector<std::string> split_path(std::string_view path) {
    std::vector<std::string> parts;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/'), path.size());
        if (end > 0) parts.push_back(percent_decode(path.substr(0, end)));
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return parts;
}

std::optional<std::string> parameter(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const std::string_view pair = query.substr(0, end);
        const std::size_t equals = std::min(pair.find('='), pair.size());
        if (pair.substr(0, equals) == name) {
            return percent_decode(pair.substr(std::min(equals + 1, pair.size())));
        }
        query.remove_prefix(std::min(end + 1, query.size()));
    }
    return std::nullopt;
}

Result<RunFilter> run_filter(std::string_view query) {
    RunFilter filter;
    filter.workflow = parameter(query, "workflow");
    filter.status = parameter(query, "status");
    filter.token = parameter(query, "token");
    const auto limit = parameter(query, "limit");
    if (!limit) return filter;
    const auto [end, error] =
        std::from_chars(limit->data(), limit->data() + limit->size(), filter.limit);
    const bool is_good = error == std::errc{} && end == limit->data() + limit->size() &&
                         filter.limit >= 1 && filter.limit <= 1'000;
    if (is_good) return filter;
    return fail(ErrorCode::invalid, "expected 'limit' to be 1 to 1000, but got '" + *limit + "'");
}

Response json_response(const Json& body) {
    Response response;
    response.body = to_text(body);
    return response;
}

Result<Json> parse_object(const std::string& text) {
    if (text.empty()) return Json::object();
    Json body = SW_TRY(parse_json(text));
    if (!body.is_object()) return fail(ErrorCode::invalid, "expected the body to be a JSON object");
    return body;
}

std::optional<std::string> text_member(const Json& body, std::string_view name) {
    const Json* found = find(body, name);
    return found && found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
}

}  // namespace

void Routes::handle(Request& request, Responder respond) {
    const std::string_view target = request.target();
    const std::string_view path = target.substr(0, target.find('?'));
    if (path == "/" && request.method() == "POST") return aws_.handle(request, std::move(respond));
    if (path == "/healthz") return respond(json_response({{"status", "ok"}}));
    if (path.substr(0, kNative.size()) == kNative) {
        return handle_native(request, std::move(respond));
    }
    respond(problem(404, "there is nothing at '" + std::string(path.substr(0, 100)) +
                             "'; the AWS API is POST /, our own is below /api/v1/"));
}

void Routes::handle_native(Request& request, Responder respond) {
    std::string_view target = request.target();
    target.remove_prefix(kNative.size());
    const std::size_t question = std::min(target.find('?'), target.size());
    const auto path = split_path(target.substr(0, question));
    if (request.method() == "GET") {
        const auto found = read(path, target.substr(std::min(question + 1, target.size())));
        return respond(found ? json_response(*found) : problem(found.error()));
    }
    const bool is_start = path.size() == 1 && path[0] == "runs";
    const bool is_stop = path.size() == 3 && path[0] == "runs" && path[2] == "stop";
    if (request.method() != "POST" || (!is_start && !is_stop)) {
        return respond(problem(405, "expected GET, or POST to runs or runs/RUN/stop"));
    }
    // Not a type that a web page may send without asking first.
    const std::string_view type = request.header("Content-Type");
    if (type.substr(0, type.find(';')) != "application/json") {
        return respond(problem(415, "expected Content-Type: application/json"));
    }
    const auto body = parse_object(request.body());
    if (!body) return respond(problem(body.error()));
    if (is_start) return start_run(*body, std::move(respond));
    stop_run(path[1], *body, std::move(respond));
}

Result<Json> Routes::read(const std::vector<std::string>& path, std::string_view query) {
    const std::string_view kind = path.empty() ? std::string_view{} : path[0];
    auto reader = SW_TRY(readers_.take());
    if (kind == "workflows" && path.size() == 1) return workflows_view(*reader);
    if (kind == "runs" && path.size() == 1) {
        const RunFilter filter = SW_TRY(run_filter(query));
        return runs_view(*reader, filter);
    }
    if (kind == "runs" && path.size() == 2) return run_view(*reader, path[1]);
    if (kind == "runs" && path.size() == 3 && path[2] == "history") {
        return history_view(*reader, path[1]);
    }
    if (kind == "runs" && path.size() == 3 && path[2] == "logs") {
        const std::string state = parameter(query, "state").value_or("");
        return logs_view(*reader, data_folder_, path[1], state);
    }
    return fail(ErrorCode::not_found,
                "expected /api/v1/workflows, /api/v1/runs, runs/RUN, "
                "runs/RUN/history or runs/RUN/logs");
}

void Routes::start_run(const Json& body, Responder respond) {
    runtime::StartRequest request;
    request.workflow = string_or(body, "workflow", "");
    request.name = text_member(body, "name");
    if (request.name && (!aws::is_name(*request.name) || request.name->size() > 80)) {
        return respond(problem(400,
                               "expected 'name' to be 1 to 80 characters without blanks and "
                               "special ones, but got '" +
                                   *request.name + "'"));
    }
    if (const Json* input = find(body, "input")) request.input = Payload(*input);
    engine_.start_execution(
        std::move(request), [respond = std::move(respond)](Result<runtime::Started> started) {
            if (!started) return respond(problem(started.error()));
            respond(json_response({{"id", value_of(started->id)},
                                   {"name", started->name},
                                   {"arn", started->arn},
                                   {"started_at", to_iso8601(started->started_at)}}));
        });
}

void Routes::stop_run(const std::string& run, const Json& body, Responder respond) {
    auto reader = readers_.take();
    if (!reader) return respond(problem(reader.error()));
    const auto id = (*reader)->find(run);
    if (!id) return respond(problem(id.error()));
    core::StopExecution how{text_member(body, "error"), text_member(body, "cause")};
    engine_.stop_execution(*id, std::move(how),
                           [respond = std::move(respond)](Result<Timestamp> at) {
                               if (!at) return respond(problem(at.error()));
                               respond(json_response({{"stopped_at", to_iso8601(*at)}}));
                           });
}

std::string percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_escape = text[i] == '%' && i + 2 < text.size() &&
                               hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
        if (is_escape) {
            out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    constexpr std::string_view kPlain = "-._~";
    std::string out;
    for (const char c : text) {
        const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                              (c >= 'A' && c <= 'Z') || kPlain.find(c) != kPlain.npos;
        if (is_plain) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += {'%', kHex[byte >> 4], kHex[byte & 15]};
        }
    }
    return out;
}

}  // namespace stepwell::api
