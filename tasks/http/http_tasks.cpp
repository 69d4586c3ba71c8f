#include "tasks/http/http_tasks.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "tasks/fields.hpp"
#include "tasks/http/http_client.hpp"

namespace stepwell::tasks {

namespace {

constexpr std::size_t kExcerptBytes = 2u << 10;
constexpr std::int64_t kResponseBytesMost = 8 << 20;

struct StatusRange {
    int first = 200;
    int last = 299;
};

struct HttpParameters {
    HttpRequest request;
    std::vector<StatusRange> expected;
};

std::optional<int> status_of(std::string_view text) {
    int status = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), status);
    const bool is_whole = code == std::errc() && end == text.data() + text.size();
    if (!is_whole || status < 100 || status > 599) return std::nullopt;
    return status;
}

/// 200, "200" or "200-299".
std::optional<StatusRange> range_of(const Json& value) {
    const std::string text = plain_text(value);
    const std::size_t dash = text.find('-');
    const auto first = status_of(std::string_view(text).substr(0, dash));
    const auto last =
        dash == std::string::npos ? first : status_of(std::string_view(text).substr(dash + 1));
    if (!first || !last || *first > *last) return std::nullopt;
    return StatusRange{*first, *last};
}

std::vector<StatusRange> read_expected(Fields& fields) {
    const Json* expected = fields.any("expect");
    if (!expected) return {StatusRange{}};
    std::vector<StatusRange> ranges;
    for (const Json& value : expected->is_array() ? *expected : Json::array({*expected})) {
        if (const auto range = range_of(value)) {
            ranges.push_back(*range);
        } else {
            fields.fault(
                "expected 'expect' to hold statuses such as 200 or \"200-299\", but found " +
                to_text(value));
        }
    }
    return ranges;
}

std::string encode_pairs(const std::vector<std::pair<std::string, std::string>>& pairs) {
    std::string text;
    for (const auto& [name, value] : pairs) {
        if (!text.empty()) text += '&';
        text += percent_encode(name) + "=" + percent_encode(value);
    }
    return text;
}

bool has_header(const Headers& headers, std::string_view name) {
    return std::any_of(headers.begin(), headers.end(), [&](const auto& header) {
        return std::equal(
            header.first.begin(), header.first.end(), name.begin(), name.end(),
            [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
    });
}

void set_body(HttpRequest& request, std::string body, const std::string& type) {
    request.body = std::move(body);
    if (!has_header(request.headers, "Content-Type")) {
        request.headers.emplace_back("Content-Type", type);
    }
}

/// `body`: a string goes as text, anything else as JSON; `form`: an object as a form.
void read_body(Fields& fields, HttpRequest& request) {
    const auto form = fields.pairs("form");
    const Json* body = fields.any("body");
    if (body && !form.empty()) fields.fault("expected either 'body' or 'form', but there are both");
    if (!form.empty()) {
        set_body(request, encode_pairs(form), "application/x-www-form-urlencoded");
    } else if (body && body->is_string()) {
        set_body(request, body->get<std::string>(), "text/plain; charset=utf-8");
    } else if (body) {
        set_body(request, to_text(*body), "application/json");
    }
}

Result<HttpParameters, TaskError> read_parameters(const Json& json) {
    Fields fields(json);
    HttpParameters parameters;
    HttpRequest& request = parameters.request;
    request.url = fields.text("url", "");
    if (request.url.empty()) fields.fault("expected 'url'");
    request.headers = fields.pairs("headers");
    read_body(fields, request);
    request.method = fields.text("method", request.body.empty() ? "GET" : "POST");
    std::transform(request.method.begin(), request.method.end(), request.method.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (const auto query = fields.pairs("query"); !query.empty()) {
        request.url +=
            (request.url.find('?') == std::string::npos ? "?" : "&") + encode_pairs(query);
    }
    parameters.expected = read_expected(fields);
    if (const auto timeout = fields.milliseconds("timeout")) {
        request.timeout = std::chrono::milliseconds(*timeout);
    }
    request.follows_redirects = fields.flag("follow_redirects", false);
    request.ca_file = fields.text("ca_file", "");
    if (const auto bytes = fields.whole("max_response_bytes", 0, kResponseBytesMost)) {
        request.response_bytes_max = static_cast<std::size_t>(*bytes);
    }
    if (const auto faults = fields.finish())
        return fail(invalid_parameters("stepwell:http", *faults));
    return parameters;
}

TaskError failure_error(const HttpFailure& failure) {
    switch (failure.kind) {
        case HttpFailure::Kind::invalid:
            return invalid_parameters("stepwell:http", failure.message);
        case HttpFailure::Kind::timeout:
            return {"Http.Timeout", failure.message};
        case HttpFailure::Kind::too_large:
            return {"Http.ResponseTooLarge", failure.message};
        case HttpFailure::Kind::stopped:
            return {"Stepwell.Cancelled", failure.message};
        case HttpFailure::Kind::connection:
            break;
    }
    return {"Http.Connection", failure.message};
}

Json headers_json(const Headers& headers) {
    Json json = Json::object();
    for (const auto& [name, value] : headers) {
        if (Json& member = json[name]; member.is_string()) {
            member = member.get<std::string>() + ", " + value;
        } else {
            member = value;
        }
    }
    return json;
}

Json body_json(const Json& headers, std::string body) {
    if (string_or(headers, "content-type", "").find("json") != std::string::npos) {
        auto json = parse_json(body);
        if (json) return std::move(*json);
    }
    return body;
}

std::string expected_text(const std::vector<StatusRange>& ranges) {
    std::string text;
    for (const StatusRange& range : ranges) {
        text += (text.empty() ? "" : ", ") + std::to_string(range.first);
        if (range.last != range.first) text += "-" + std::to_string(range.last);
    }
    return text;
}

TaskResult run_http(const Json& json, TaskContext& context) {
    HttpParameters parameters = SW_TRY(read_parameters(json));
    const std::string origin = url_origin(parameters.request.url);
    context.log(parameters.request.method + " " + origin);
    HttpCall call(std::move(parameters.request));
    const auto stop_guard = context.on_cancel([&call] { call.stop(); });
    auto reply = call.run();
    if (!reply) return fail(failure_error(reply.error()));
    const auto& ranges = parameters.expected;
    const bool is_expected =
        std::any_of(ranges.begin(), ranges.end(), [&](const StatusRange& range) {
            return reply->status >= range.first && reply->status <= range.last;
        });
    if (!is_expected) {
        const std::string excerpt = reply->body.substr(0, kExcerptBytes);
        return fail(TaskError{"Http.StatusCode." + std::to_string(reply->status),
                              origin + " answered " + std::to_string(reply->status) +
                                  " (expected " + expected_text(ranges) + ")" +
                                  (excerpt.empty() ? "" : ": " + excerpt)});
    }
    const Json headers = headers_json(reply->headers);
    Json body = body_json(headers, std::move(reply->body));
    return Json{{"status", reply->status}, {"headers", headers}, {"body", std::move(body)}};
}

}  // namespace

std::vector<TaskType> http_tasks() {
    TaskType http;
    http.name = "http";
    http.run = run_http;
    return {http};
}

}  // namespace stepwell::tasks
