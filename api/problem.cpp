#include "api/problem.hpp"

#include "engine/base/json.hpp"

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

}  // namespace stepwell::api
