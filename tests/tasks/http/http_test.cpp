#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "tasks/http/http_client.hpp"
#include "tests/tasks/host/test_tasks_support.hpp"
#include "tests/tasks/http/blocked_names.hpp"
#include "tests/tasks/http/local_server.hpp"

namespace stepwell::test {

namespace {

using namespace std::string_literals;

/// {"packed":true}, by gzip.
const std::string kPackedJson =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xab\x56\x2a\x48\x4c\xce\x4e\x4d\x51\xb2\x2a\x29\x2a"
    "\x4d\xad"
    "\x05\x00\x89\xe0\xb5\xdc\x0f\x00\x00\x00"s;
/// 5,000 times "x", by gzip.
const std::string kPackedXs =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xed\xc1\x31\x01\x00\x00\x00\xc2\xa0\xda\x8b\x6f\x0a"
    "\x3f\xa0"
    "\x00\x00\x00\x00\x80\xb7\x01\x26\xf0\xdb\x00\x88\x13\x00\x00"s;

std::string answer_with(const std::string& headers, const std::string& body) {
    return "HTTP/1.1 200 X\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
           "\r\nConnection: close\r\n\r\n" + body;
}

std::string packed_answer(const std::string& body) {
    return answer_with("Content-Type: application/json\r\nContent-Encoding: gzip\r\n", body);
}

std::string content_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Files in a folder, also hidden ones.
std::size_t files_in(const std::filesystem::path& folder) {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
    return count;
}

}  // namespace

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
    CHECK(result["headers"]["x-twice"] == "a, b");
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
    std::string headers = "HTTP/1.1 200 X\r\n";
    for (int i = 0; i < 5000; ++i)
        headers += "x-" + std::to_string(i) + ": " + std::string(50, 'y') + "\r\n";
    headers += "Content-Length: 0\r\nConnection: close\r\n\r\n";
    const std::string busy =
        "HTTP/1.1 503 X\r\nRetry-After: 7\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlater";
    const std::string cut_short =
        "HTTP/1.1 200 X\r\nContent-Length: 88\r\n\r\n" + std::string(33, 'x');
    const std::string cut_pieces =
        "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
    const std::string packed_bomb = packed_answer(kPackedXs);
    // clang-format off
    const Case cases[] = {
        {"a status", missing, Json::object(), "Http.StatusCode.404", "answered 404 (expected 200-299): no such"},
        {"a redirect is not followed", moved, Json::object(), "Http.StatusCode.302", "answered 302"},
        {"an unexpected success", missing, {{"expect", {200, "405-499"}}}, "Http.StatusCode.404", "(expected 200, 405-499)"},
        {"too large", large, {{"max_response_bytes", 1000}}, "Http.ResponseTooLarge", "at most 1000 bytes"},
        {"too many headers", headers, Json::object(), "Http.ResponseTooLarge", "at most 262144 bytes of headers"},
        {"no answer", "", {{"timeout", "100ms"}}, "Http.Timeout", "did not answer within 100 ms"},
        {"nonsense", "garbage\r\n\r\n", Json::object(), "Http.Connection", "expected an answer from http://127.0.0.1"},
        {"nobody there", "", {{"url", "http://127.0.0.1:1/"}}, "Http.Connection", "there is no connection"},
        {"no URL", "", {{"url", "ftp://x/"}}, "Stepwell.InvalidParameters", "begins with http:// or https://"},
        {"an endless host", "", {{"url", "http://" + std::string(16'000, 'a') + "/"}}, "Stepwell.InvalidParameters", "a host of at most 253 characters"},
        {"a password", "", {{"url", "http://a:b@x/"}}, "Stepwell.InvalidParameters", "use an Authorization header"},
        {"a header in a header", "", {{"headers", {{"X", "a\r\nY: b"}}}}, "Stepwell.InvalidParameters", "header 'X'"},
        {"a length of its own", "", {{"headers", {{"Content-Length", "3"}}}, {"body", "abcdef"}}, "Stepwell.InvalidParameters", "which follows from the body"},
        {"patience is asked for", busy, Json::object(), "Http.StatusCode.503", "answered 503 (expected 200-299), and to ask again in 7 s: later"},
        {"more patience than there is", busy, {{"retry_after", "6s"}}, "Http.StatusCode.503", "ask again in 7 s"},
        {"cut short", cut_short, Json::object(), "Http.Connection", "it closed the connection in the middle of its answer"},
        {"cut short in pieces", cut_pieces, Json::object(), "Http.Connection", "it closed the connection"},
        {"packed beyond the limit", packed_bomb, {{"max_response_bytes", 4000}}, "Http.ResponseTooLarge", "at most 4000 bytes"},
        {"more than a result takes", "", {{"max_response_bytes", "9MB"}}, "Stepwell.InvalidParameters", "what is larger goes to a file, see save_to"},
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

TEST_CASE("a body that its time-out cuts is never a success") {
    RunnerFixture fixture;
    // Of no stated length: such a body ends with its connection, and our own end must not count.
    for (const std::string headers : {"", "Content-Length: 88\r\n"}) {
        CAPTURE(headers);
        LocalServer server;
        server.answer_and_hang("HTTP/1.1 200 X\r\nContent-Type: text/plain\r\n" + headers + "\r\n" +
                               std::string(33, 'x'));
        const Outcome outcome =
            fixture.run("stepwell:http", {{"url", server.url()}, {"timeout", "200ms"}});
        CHECK(outcome.error == "Http.Timeout");
        CHECK(outcome.output.empty());
    }
}

TEST_CASE("a body is told as JSON with its digits, as text, or as bytes in base64") {
    struct Case {
        std::string name;
        std::string response;
        std::string members;  // what the result ends with
    };
    const std::string json_type = "Content-Type: application/json; charset=utf-8\r\n";
    const std::string deep = std::string(256, '[') + std::string(256, ']');
    // clang-format off
    const Case cases[] = {
        {"every digit", answer_with(json_type, R"({"n": 12345678901234567890123, "d": 0.10})"), R"("body":{"n": 12345678901234567890123, "d": 0.10}})"},
        {"a byte order mark", answer_with(json_type, "\xEF\xBB\xBF{\"a\":\"\xC3\xBC\"}"), "\"body\":{\"a\":\"\xC3\xBC\"}}"},
        {"JSON that is none", answer_with(json_type, "{oops"), R"("body":"{oops"})"},
        {"JSON too deep to pass on", answer_with(json_type, deep), "\"body\":\"" + deep + "\"}"},
        {"nothing", answer_with("", ""), R"("body":""})"},
        {"letters of Latin-1", answer_with("Content-Type: text/plain; charset=ISO-8859-1\r\n", "Z\xFCrich"), "\"body\":\"Z\xC3\xBCrich\"}"},
        {"bytes", answer_with("Content-Type: image/png\r\n", "\x89PNG\xFF"s + '\0'), R"("body":"iVBOR/8A","body_encoding":"base64"})"},
        {"a zero in a text", answer_with("Content-Type: text/plain\r\n", "a\0b"s), R"("body":"YQBi","body_encoding":"base64"})"},
        {"packed", packed_answer(kPackedJson), R"("body":{"packed":true}})"},
    };
    // clang-format on
    RunnerFixture fixture;
    for (const Case& c : cases) {
        CAPTURE(c.name);
        LocalServer server;
        server.answer(c.response);
        const Outcome outcome = fixture.run("stepwell:http", {{"url", server.url()}});
        CAPTURE(outcome.cause);
        CAPTURE(outcome.output);
        CHECK(outcome.output.ends_with(c.members));
    }
}

TEST_CASE("a body that is saved appears whole under its name, or not at all") {
    RunnerFixture fixture;
    const std::filesystem::path folder = fixture.folder.path() / "lake/raw";
    const std::string body = "a\0b\xFF"s + std::string(100'000, 'x');
    LocalServer server;
    server.answer(answer_with("", body));
    const Outcome saved = fixture.run(
        "stepwell:http", {{"url", server.url()}, {"save_to", "lake://raw/day/rates.bin"}});
    CAPTURE(saved.cause);
    REQUIRE(saved.kind == "succeeded");
    const Json result = Json::parse(saved.output);
    CHECK(result["saved"]["uri"] == "lake://raw/day/rates.bin");
    CHECK(result["saved"]["bytes"] == body.size());
    CHECK(result["saved"]["sha256"].get<std::string>().size() == 64);
    CHECK_FALSE(result.contains("body"));
    CHECK(content_of(folder / "day/rates.bin") == body);
    std::filesystem::create_directories(folder / "table/_stepwell/log");

    struct Case {
        std::string name;
        std::string response;
        Json parameters;
        std::string error;
    };
    // clang-format off
    const Case cases[] = {
        {"another status", "HTTP/1.1 404 X\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnone", Json::object(), "Http.StatusCode.404"},
        {"cut short", "HTTP/1.1 200 X\r\nContent-Length: 88\r\n\r\nhalf", Json::object(), "Http.Connection"},
        {"too large", answer_with("", "much"), {{"max_response_bytes", 3}}, "Http.ResponseTooLarge"},
        {"a folder", answer_with("", "x"), {{"save_to", "lake://raw/day"}}, "Http.SaveFailed"},
        {"a lake table", answer_with("", "x"), {{"save_to", "lake://raw/table/x.bin"}}, "Stepwell.InvalidParameters"},
        {"a place that is not for tasks", answer_with("", "x"), {{"save_to", "/etc/passwd"}}, "Stepwell.InvalidParameters"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.name);
        LocalServer other;
        other.answer(c.response);
        Json parameters = {{"url", other.url()}, {"save_to", "lake://raw/day/rates.bin"}};
        parameters.update(c.parameters);
        const Outcome outcome = fixture.run("stepwell:http", parameters);
        CAPTURE(outcome.cause);
        CHECK(outcome.error == c.error);
        CHECK(content_of(folder / "day/rates.bin") == body);
        CHECK(files_in(folder / "day") == 1);
    }
}

TEST_CASE("a server that asks for patience is asked again after it, where the task has it") {
    RunnerFixture fixture;
    LocalServer server;
    server.answer(
        "HTTP/1.1 429 X\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    server.answer(200, "text/plain", "now");
    const TaskToken token =
        fixture.start("stepwell:http", {{"url", server.url()}, {"retry_after", "5s"}});
    CHECK(Json::parse(fixture.sink.outcome(token).output)["body"] == "now");
    CHECK(server.requests(2).size() == 2);
    const auto lines = fixture.sink.lines(token);
    REQUIRE(lines.size() == 2);
    CHECK(lines[1].find("answered 429; asked again in 1 s, as it wishes") != std::string::npos);
}

TEST_CASE("requests take the proxy that the configuration or the environment names") {
    LocalServer proxy;
    proxy.answer(200, "text/plain", "by proxy");
    LocalServer direct;
    direct.answer(200, "text/plain", "direct");
    const std::string far = "http://rates.invalid/today";
    const auto body_of = [](const tasks::HostRunnerSettings& settings, const std::string& url) {
        RunnerFixture fixture(settings);
        const Outcome outcome = fixture.run("stepwell:http", {{"url", url}});
        CAPTURE(outcome.cause);
        return outcome.kind == "succeeded" ? Json::parse(outcome.output)["body"] : Json();
    };
    tasks::HostRunnerSettings settings = RunnerFixture::default_settings();
    settings.host.configuration = {{"http", {{"proxy", proxy.url()}, {"no_proxy", {"127.0.0.1"}}}}};
    CHECK(body_of(settings, far) == "by proxy");
    CHECK(proxy.requests(1)[0].line == "GET http://rates.invalid/today HTTP/1.1");
    CHECK(body_of(settings, direct.url()) == "direct");

    ::setenv("http_proxy", proxy.url().c_str(), 1);
    settings.environment = {"http_proxy"};
    settings.host.configuration = Json::object();
    CHECK(body_of(settings, far) == "by proxy");
    settings.host.configuration = {{"http", {{"proxy", "none"}}}};
    CHECK(body_of(settings, far) == Json());
    ::unsetenv("http_proxy");
}

TEST_CASE("faults of the configuration of http are told at once") {
    const Json section = Json::parse(R"({"proxy": "proxy:3128", "noproxy": "x", "ca_file": 3})");
    const auto route = tasks::HttpRoute::read(&section);
    REQUIRE_FALSE(route);
    for (const std::string part :
         {"expected 'proxy' to be none, or a URL that begins with http://",
          "did you mean 'no_proxy'?", "expected 'ca_file' to be a string"}) {
        CAPTURE(route.error().message);
        CHECK(route.error().message.find(part) != std::string::npos);
    }
}

TEST_CASE("https asks only whom its certificates prove") {
    RunnerFixture fixture;
    const LocalCertificate certificate = LocalCertificate::make();
    const std::string ca_file = (fixture.folder.path() / "ca.pem").string();
    std::ofstream(ca_file) << certificate.certificate_pem;
    LocalServer server(&certificate);
    server.answer(200, "text/plain", "secret");
    const Outcome stranger = fixture.run("stepwell:http", {{"url", server.url()}});
    CHECK(stranger.error == "Http.Connection");
    CHECK(stranger.cause.find("its certificate is not trusted; see ca_file") != std::string::npos);
    const Outcome known =
        fixture.run("stepwell:http", {{"url", server.url()}, {"ca_file", ca_file}});
    CAPTURE(known.cause);
    CHECK(known.kind == "succeeded");
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

TEST_CASE("a name that nobody answers for costs neither its time-out nor its host") {
    RunnerFixture fixture;
    const Json parameters = {{"url", "http://" + std::string(kBlockedName) + "/"}};
    Json hurried = parameters;
    hurried["timeout"] = "100ms";
    CHECK(fixture.run("stepwell:http", hurried).error == "Http.Timeout");

    const TaskToken token = fixture.start("stepwell:http", parameters);
    const TaskToken neighbour = fixture.start("stepwell:test-wait");
    REQUIRE(fixture.sink.has_line(token, "GET http://" + std::string(kBlockedName)));
    REQUIRE(fixture.sink.has_line(neighbour, "waiting"));
    const std::uint64_t before = fixture.runner->statistics().hosts_started;
    fixture.runner->cancel(token);
    while (fixture.runner->statistics().attempts != 1) {
        REQUIRE(fixture.run("stepwell:echo").kind == "succeeded");
    }
    CHECK(fixture.runner->statistics().hosts_started == before);
    CHECK_FALSE(fixture.sink.has_ended(neighbour));
}

}  // namespace stepwell::test
