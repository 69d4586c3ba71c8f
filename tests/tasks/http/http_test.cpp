#include <doctest/doctest.h>

#include "tests/tasks/host/test_tasks_support.hpp"
#include "tests/tasks/http/local_server.hpp"

namespace stepwell::test {

TEST_CASE("a response is the result: status, headers, and a body that is parsed where it is JSON") {
    RunnerFixture fixture;
    LocalServer server;
    server.answer(201, "application/json", R"({"id": 7})");
    const Outcome outcome = fixture.run("stepwell:http", {{"url", server.url("/orders")}});
    CAPTURE(outcome.cause);
    const Json result = Json::parse(outcome.output);
    CHECK(result["status"] == 201);
    CHECK(result["body"] == Json{{"id", 7}});
    CHECK(result["headers"]["content-type"] == "application/json");
    const std::string twice = result["headers"]["x-twice"];
    CHECK((twice == "a, b" || twice == "b, a"));
    CHECK(server.requests(1)[0].line == "GET /orders HTTP/1.1");
}

TEST_CASE("a request is sent as its parameters say") {
    struct Case {
        std::string name;
        Json parameters;
        std::string line;
        std::string type;
        std::string body;
    };
    // clang-format off
    const Case cases[] = {
        {"JSON", {{"body", {{"a", 1}}}}, "POST /p HTTP/1.1", "application/json", R"({"a":1})"},
        {"text", {{"method", "put"}, {"body", "hi"}}, "PUT /p HTTP/1.1", "text/plain; charset=utf-8", "hi"},
        {"a form", {{"form", {{"a b", "1&2"}, {"c", 3}}}}, "POST /p HTTP/1.1", "application/x-www-form-urlencoded", "a%20b=1%262&c=3"},
        {"its own type", {{"body", "<x/>"}, {"headers", {{"content-type", "text/xml"}}}}, "POST /p HTTP/1.1", "text/xml", "<x/>"},
        {"a query", {{"method", "DELETE"}, {"query", {{"q", "a/b c"}, {"n", 1}}}}, "DELETE /p?q=a%2Fb%20c&n=1 HTTP/1.1", "", ""},
    };
    // clang-format on
    RunnerFixture fixture;
    for (const Case& c : cases) {
        CAPTURE(c.name);
        LocalServer server;
        server.answer(200, "text/plain", "ok");
        Json parameters = c.parameters;
        parameters["url"] = server.url("/p");
        const Outcome outcome = fixture.run("stepwell:http", parameters);
        CAPTURE(outcome.cause);
        REQUIRE(outcome.kind == "succeeded");
        const SeenRequest request = server.requests(1)[0];
        CHECK(request.line == c.line);
        CHECK(request.body == c.body);
        const auto type = request.headers.find("content-type");
        CHECK((type == request.headers.end() ? "" : type->second) == c.type);
    }
}

TEST_CASE("what goes wrong with a request has a name") {
    struct Case {
        std::string name;
        std::string response;  // empty: none
        Json parameters;
        std::string error;
        std::string cause_has;
    };
    const std::string moved =
        "HTTP/1.1 302 X\r\nLocation: /other\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    const std::string missing =
        "HTTP/1.1 404 X\r\nContent-Length: 7\r\nConnection: close\r\n\r\nno such";
    const std::string large =
        "HTTP/1.1 200 X\r\nContent-Length: 2000\r\n\r\n" + std::string(2000, 'x');
    // clang-format off
    const Case cases[] = {
        {"a status", missing, Json::object(), "Http.StatusCode.404", "answered 404 (expected 200-299): no such"},
        {"a redirect is not followed", moved, Json::object(), "Http.StatusCode.302", "answered 302"},
        {"an unexpected success", missing, {{"expect", {200, "405-499"}}}, "Http.StatusCode.404", "(expected 200, 405-499)"},
        {"too large", large, {{"max_response_bytes", 1000}}, "Http.ResponseTooLarge", "at most 1000 bytes"},
        {"no answer", "", {{"timeout", "100ms"}}, "Http.Timeout", "did not answer within 100 ms"},
        {"nonsense", "garbage\r\n\r\n", Json::object(), "Http.Connection", "expected an answer from http://127.0.0.1"},
        {"nobody there", "", {{"url", "http://127.0.0.1:1/"}}, "Http.Connection", "there is no connection"},
        {"no URL", "", {{"url", "ftp://x/"}}, "Stepwell.InvalidParameters", "begins with http:// or https://"},
        {"an endless host", "", {{"url", "http://" + std::string(16'000, 'a') + "/"}}, "Stepwell.InvalidParameters", "a host of at most 253 characters"},
        {"a password", "", {{"url", "http://a:b@x/"}}, "Stepwell.InvalidParameters", "use an Authorization header"},
        {"a header in a header", "", {{"headers", {{"X", "a\r\nY: b"}}}}, "Stepwell.InvalidParameters", "header 'X'"},
        {"faults", "", {{"methd", "GET"}, {"expect", "x"}}, "Stepwell.InvalidParameters", "did you mean 'method'?"},
    };
    // clang-format on
    RunnerFixture fixture;
    for (const Case& c : cases) {
        CAPTURE(c.name);
        LocalServer server;
        server.answer(c.response);
        Json parameters = c.parameters;
        if (!parameters.contains("url")) parameters["url"] = server.url();
        const Outcome outcome = fixture.run("stepwell:http", parameters);
        CHECK(outcome.error == c.error);
        CAPTURE(outcome.cause);
        CHECK(outcome.cause.find(c.cause_has) != std::string::npos);
    }
}

TEST_CASE("a cancelled request is stopped") {
    RunnerFixture fixture;
    LocalServer server;  // never answers
    const TaskToken token = fixture.start("stepwell:http", {{"url", server.url()}});
    REQUIRE(server.requests(1).size() == 1);
    fixture.runner->cancel(token);
    while (fixture.runner->statistics().attempts != 0) {
        REQUIRE(fixture.run("stepwell:echo").kind == "succeeded");
    }
    CHECK(fixture.runner->statistics().hosts_started <= 2);
}

}  // namespace stepwell::test
