// Where a redirect may lead, and what goes there.
#include <doctest/doctest.h>

#include <fstream>

#include "tests/tasks/host/test_tasks_support.hpp"
#include "tests/tasks/http/local_server.hpp"

namespace stepwell::test {

namespace {

const Json kCredentials = {{"Authorization", "Bearer abc"},
                           {"Cookie", "session=1"},
                           {"X-Api-Key", "k"},
                           {"Accept", "text/plain"}};

Json following(const std::string& url) {
    return {{"url", url}, {"follow_redirects", true}, {"headers", kCredentials}};
}

}  // namespace

TEST_CASE("credentials stay at the origin that they were given for") {
    RunnerFixture fixture;
    LocalServer home;
    LocalServer elsewhere;  // the same host, another port
    home.redirect(302, "/inside");
    home.redirect(302, elsewhere.url("/outside"));
    elsewhere.redirect(302, home.url("/back"));
    home.answer(200, "text/plain", "ok");
    const Outcome outcome = fixture.run("stepwell:http", following(home.url("/first")));
    CAPTURE(outcome.cause);
    REQUIRE(outcome.kind == "succeeded");

    const auto at_home = home.requests(3);
    CHECK(at_home[1].line == "GET /inside HTTP/1.1");
    CHECK(at_home[1].header("authorization") == "Bearer abc");
    CHECK(at_home[1].header("cookie") == "session=1");
    const SeenRequest outside = elsewhere.requests(1)[0];
    CHECK(outside.line == "GET /outside HTTP/1.1");
    CHECK(outside.header("accept") == "text/plain");
    // Once it was elsewhere, who is asked has been chosen by somebody else: also at home.
    for (const SeenRequest& request : {outside, at_home[2]}) {
        for (const char* name : {"authorization", "cookie", "x-api-key"}) {
            CAPTURE(name);
            CHECK(request.header(name) == "(none)");
        }
    }
}

TEST_CASE("a redirect keeps the method and the body, or makes a GET of them, as its status says") {
    struct Case {
        int status;
        std::string method;
        std::string line;
        std::string body;
    };
    const Case cases[] = {
        {301, "POST", "GET /next HTTP/1.1", ""},    {302, "POST", "GET /next HTTP/1.1", ""},
        {303, "PUT", "GET /next HTTP/1.1", ""},     {307, "POST", "POST /next HTTP/1.1", "data"},
        {308, "PUT", "PUT /next HTTP/1.1", "data"}, {302, "PUT", "PUT /next HTTP/1.1", "data"}};
    RunnerFixture fixture;
    for (const Case& c : cases) {
        CAPTURE(c.status);
        CAPTURE(c.method);
        LocalServer server;
        server.redirect(c.status, "next");
        server.answer(200, "text/plain", "");
        Json parameters = {{"url", server.url("/")},
                           {"follow_redirects", true},
                           {"method", c.method},
                           {"body", "data"}};
        const Outcome outcome = fixture.run("stepwell:http", parameters);
        CAPTURE(outcome.cause);
        REQUIRE(outcome.kind == "succeeded");
        const SeenRequest next = server.requests(2)[1];
        CHECK(next.line == c.line);
        CHECK(next.body == c.body);
        CHECK((next.header("content-type") == "(none)") == c.body.empty());
    }
}

TEST_CASE("a redirect that leads where the request must not go fails") {
    RunnerFixture fixture;
    LocalServer other;
    other.answer(200, "text/plain", "got it");
    struct Case {
        std::string name;
        int status;
        std::string location;
        Json parameters;
        std::string cause_has;
    };
    // clang-format off
    const Case cases[] = {
        {"a body to another origin", 307, other.url(), {{"body", "data"}}, "expected the body to stay at http://127.0.0.1"},
        {"a file", 302, "file:///etc/passwd", Json::object(), "redirects to no place to ask: expected a URL that begins with http://"},
        {"a name and a password", 302, "http://a:b@127.0.0.1/", Json::object(), "redirects to no place to ask"},
        {"round and round", 302, "/again", Json::object(), "expected at most 10 redirects"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.name);
        LocalServer server;
        server.redirect(c.status, c.location);
        Json parameters = {{"url", server.url()}, {"follow_redirects", true}};
        parameters.update(c.parameters);
        const Outcome outcome = fixture.run("stepwell:http", parameters);
        CAPTURE(outcome.cause);
        CHECK(outcome.error == "Http.Redirect");
        CHECK(outcome.cause.find(c.cause_has) != std::string::npos);
    }
    CHECK(other.requests(0).empty());
}

TEST_CASE("a redirect never leads from https to http") {
    RunnerFixture fixture;
    const LocalCertificate certificate = LocalCertificate::make();
    const std::string ca_file = (fixture.folder.path() / "ca.pem").string();
    std::ofstream(ca_file) << certificate.certificate_pem;
    LocalServer plain;
    plain.answer(200, "text/plain", "overheard");
    LocalServer secure(&certificate);
    secure.redirect(302, plain.url());
    const Outcome outcome = fixture.run(
        "stepwell:http", {{"url", secure.url()}, {"follow_redirects", true}, {"ca_file", ca_file}});
    CHECK(outcome.error == "Http.Redirect");
    CAPTURE(outcome.cause);
    CHECK(outcome.cause.find("expected https all the way") != std::string::npos);
    CHECK(plain.requests(0).empty());
}

TEST_CASE("the time-out and a stop reach a request that was redirected") {
    RunnerFixture fixture;
    LocalServer silent;
    LocalServer server;
    server.redirect(302, silent.url());
    Json parameters = {{"url", server.url()}, {"follow_redirects", true}, {"timeout", "200ms"}};
    CHECK(fixture.run("stepwell:http", parameters).error == "Http.Timeout");

    parameters.erase("timeout");
    const TaskToken token = fixture.start("stepwell:http", parameters);
    REQUIRE(silent.requests(2).size() == 2);
    fixture.runner->cancel(token);
    while (fixture.runner->statistics().attempts != 0) {
        REQUIRE(fixture.run("stepwell:echo").kind == "succeeded");
    }
    CHECK(fixture.runner->statistics().hosts_started <= 2);
}

}  // namespace stepwell::test
