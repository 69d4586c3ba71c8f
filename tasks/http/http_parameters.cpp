#include "tasks/http/http_parameters.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "engine/base/ascii.hpp"
#include "tasks/fields.hpp"
#include "tasks/http/url.hpp"

namespace stepwell::tasks {

namespace {

constexpr std::int64_t kResponseBytesMost = std::int64_t{8} << 20;
constexpr std::int64_t kSavedBytesMost = std::int64_t{1} << 40;
constexpr std::size_t kSavedBytesDefault = std::size_t{1} << 30;

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

bool are_statuses(const Json& value) {
    if (!value.is_array()) return range_of(value).has_value();
    return std::all_of(value.begin(), value.end(),
                       [](const Json& each) { return range_of(each).has_value(); });
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

bool has_type(const Headers& headers) {
    constexpr std::string_view kName = "content-type";
    return std::any_of(headers.begin(), headers.end(), [&](const auto& header) {
        return std::equal(header.first.begin(), header.first.end(), kName.begin(), kName.end(),
                          [](char a, char b) { return lower(a) == b; });
    });
}

void set_body(HttpRequest& request, std::string body, const std::string& type) {
    request.body = std::move(body);
    if (!has_type(request.headers)) request.headers.emplace_back("Content-Type", type);
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

void read_target(Fields& fields, HttpRequest& request) {
    request.url = fields.text("url", "");
    if (request.url.empty()) fields.fault("expected 'url'");
    const auto query = fields.pairs("query");
    if (query.empty()) return;
    const std::size_t fragment = std::min(request.url.find('#'), request.url.size());
    const bool has_query = request.url.find('?') < fragment;
    request.url.insert(fragment, (has_query ? "&" : "?") + encode_pairs(query));
}

void read_limits(Fields& fields, HttpParameters& parameters) {
    HttpRequest& request = parameters.request;
    if (const auto timeout = fields.milliseconds("timeout")) {
        request.timeout = std::chrono::milliseconds(*timeout);
    }
    if (const auto wait = fields.milliseconds("retry_after")) {
        parameters.retry_after_max = std::chrono::milliseconds(*wait);
    }
    const bool is_saved = parameters.save_to.has_value();
    if (is_saved) request.response_bytes_max = kSavedBytesDefault;
    const auto most = is_saved ? kSavedBytesMost : kResponseBytesMost;
    if (const auto bytes = fields.bytes("max_response_bytes")) {
        request.response_bytes_max = static_cast<std::size_t>(*bytes);
        if (*bytes > static_cast<std::uint64_t>(most)) {
            fields.fault("expected 'max_response_bytes' to be at most " + std::to_string(most) +
                         (is_saved ? "" : "; what is larger goes to a file, see save_to"));
        }
    }
}

}  // namespace

Shape http_shape() {
    using shape::any;
    using shape::flag;
    using shape::text;
    return shape::object(
        {text("url", "http or https; credentials belong in a header").needed(),
         text("method", "GET, or POST where there is a body"),
         pairs_shape("headers", "names and values"),
         pairs_shape("query", "names and values, encoded and added to the URL"),
         any("body", "a text is sent as text, anything else as JSON"),
         pairs_shape("form", "instead of `body`: sent as a form"),
         shape::special("expect", "statuses that are a success",
                        "statuses such as 200 or \"200-299\"", are_statuses,
                        {"integer", "string", "array"})
             .or_else("200-299"),
         duration_shape("timeout", "of all of the request").or_else("30s"),
         duration_shape("retry_after",
                        "how long in all to wait for a server that answers 429 or 503 with "
                        "Retry-After; not at all where nothing is said"),
         size_shape("max_response_bytes",
                    "of the body, unpacked; 1MB, at most 8MB; with `save_to` 1GB"),
         flag("follow_redirects", "else a redirect is a status like others").or_else("false"),
         text("ca_file", "certificates to trust instead of the system's"),
         text("save_to", "a place for the body, such as lake://raw/rates.csv")});
}

Result<HttpParameters, TaskError> HttpParameters::read(const Json& json, HttpRoute route) {
    Fields fields(json);
    HttpParameters parameters;
    HttpRequest& request = parameters.request;
    request.route = std::move(route);
    read_target(fields, request);
    request.headers = fields.pairs("headers");
    read_body(fields, request);
    request.method = fields.text("method", request.body.empty() ? "GET" : "POST");
    std::transform(request.method.begin(), request.method.end(), request.method.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    parameters.expected = read_expected(fields);
    parameters.save_to = fields.text("save_to");
    read_limits(fields, parameters);
    request.follows_redirects = fields.flag("follow_redirects", false);
    request.route.ca_file = fields.text("ca_file", request.route.ca_file);
    if (const auto faults = fields.finish())
        return fail(invalid_parameters("stepwell:http", *faults));
    return parameters;
}

bool HttpParameters::expects(int status) const {
    return std::any_of(expected.begin(), expected.end(), [&](const StatusRange& range) {
        return status >= range.first && status <= range.last;
    });
}

std::string HttpParameters::expected_text() const {
    std::string text;
    for (const StatusRange& range : expected) {
        text += (text.empty() ? "" : ", ") + std::to_string(range.first);
        if (range.last != range.first) text += "-" + std::to_string(range.last);
    }
    return text;
}

}  // namespace stepwell::tasks
