#include "api/http/problem.hpp"

#include <algorithm>
#include <array>

namespace stepwell::api {
namespace {

struct Kind {
    unsigned status;
    const char* name;
};

Kind kind_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid:
            return {400, "invalid"};
        case ErrorCode::not_found:
            return {404, "not_found"};
        case ErrorCode::conflict:
            return {409, "conflict"};
        case ErrorCode::unavailable:
            return {503, "unavailable"};
        case ErrorCode::io:
            return {500, "io"};
        case ErrorCode::corruption:
            return {500, "corruption"};
    }
    return {500, "io"};
}

/// What a program may go by where nobody said something closer.
std::string_view code_of(unsigned status) {
    struct Code {
        unsigned status;
        std::string_view name;
    };
    static constexpr std::array<Code, 15> kCodes{{{400, "invalid"},
                                                  {401, "unauthenticated"},
                                                  {403, "forbidden"},
                                                  {404, "not_found"},
                                                  {405, "method_not_allowed"},
                                                  {409, "conflict"},
                                                  {410, "gone"},
                                                  {412, "stale"},
                                                  {413, "body_too_large"},
                                                  {415, "unsupported_media_type"},
                                                  {422, "unprocessable"},
                                                  {429, "too_many_requests"},
                                                  {431, "headers_too_large"},
                                                  {503, "unavailable"},
                                                  {507, "no_room"}}};
    for (const Code& code : kCodes) {
        if (code.status == status) return code.name;
    }
    return status < 500 ? "invalid" : "internal";
}

Json problem_document(unsigned status, std::string_view code, std::string_view detail) {
    return Json{{"type", "about:blank"},
                {"title", reason_phrase(status)},
                {"status", status},
                {"code", code},
                {"detail", detail}};
}

Response response_of(unsigned status, const Json& document) {
    Response response;
    response.status = status;
    response.content_type = kProblemType;
    response.body = to_text(document);
    return response;
}

}  // namespace

std::string_view name_of(ErrorCode code) {
    return kind_of(code).name;
}

Response problem(const Error& error) {
    const Kind kind = kind_of(error.code);
    return problem(kind.status, kind.name, error.message);
}

Response problem(unsigned status, std::string_view detail) {
    return problem(status, code_of(status), detail);
}

Response problem(unsigned status, std::string_view code, std::string_view detail) {
    Response response = response_of(status, problem_document(status, code, detail));
    // Nobody knows how long; soon enough, and no storm.
    if (status == 503) response.headers = "Retry-After: 1\r\n";
    return response;
}

Response too_often(std::string_view what, Duration wait) {
    const std::string seconds =
        std::to_string(std::max<std::int64_t>(1, (wait.count() + 999) / 1'000));
    Response response =
        problem(429, "expected " + std::string(what) + "; try again in " + seconds + " s");
    response.headers = "Retry-After: " + seconds + "\r\n";
    return response;
}

Response problem(const std::vector<Fault>& faults, std::string detail) {
    const bool is_told = !detail.empty();
    Json list = Json::array();
    for (const Fault& fault : faults) {
        if (!is_told) detail += (detail.empty() ? "" : "; ") + fault.message;
        list.push_back(to_json(fault));
    }
    Json document = problem_document(400, "invalid", detail);
    document["faults"] = std::move(list);
    return response_of(400, document);
}

Json to_json(const Fault& fault) {
    Json out{{"pointer", fault.pointer}, {"code", fault.code}, {"message", fault.message}};
    if (!fault.hint.empty()) out["hint"] = fault.hint;
    return out;
}

void add_request_id(std::string& body, std::string_view id) {
    if (body.size() > 2) body.insert(1, "\"request_id\":\"" + std::string(id) + "\",");
}

Response json_response(const Json& body) {
    Response response;
    response.body = to_text(body);
    return response;
}

std::string_view reason_phrase(unsigned status) {
    struct Phrase {
        unsigned status;
        std::string_view text;
    };
    static constexpr std::array<Phrase, 21> kPhrases{{
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {410, "Gone"},
        {412, "Precondition Failed"},
        {413, "Payload Too Large"},
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
        {507, "Insufficient Storage"},
    }};
    for (const Phrase& phrase : kPhrases) {
        if (phrase.status == status) return phrase.text;
    }
    return status < 400 ? "OK" : "Error";
}

}  // namespace stepwell::api
