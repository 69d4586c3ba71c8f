#include "api/http/problem.hpp"

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

}  // namespace

Response problem(const Error& error) {
    const Kind kind = kind_of(error.code);
    Response response;
    response.status = kind.status;
    response.body =
        to_text(Json{{"status", kind.status}, {"code", kind.name}, {"message", error.message}});
    return response;
}

Response problem(unsigned status, std::string_view message) {
    Response response;
    response.status = status;
    response.body = to_text(Json{{"status", status}, {"message", message}});
    return response;
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
    static constexpr std::array<Phrase, 20> kPhrases{{
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
