#include "api/http/gate.hpp"

#include <doctest/doctest.h>

using namespace stepwell;
using namespace stepwell::api;

namespace {

Incoming plain() {
    Incoming request;
    request.method = "POST";
    request.target = "/";
    request.hosts = {"127.0.0.1:8083"};
    return request;
}

unsigned status_of(const Gate& gate, const Incoming& request) {
    const auto refusal = gate.check(request);
    return refusal ? refusal->status : 200;
}

}  // namespace

TEST_CASE("only requests to this machine by a known name pass") {
    struct Case {
        std::string name;
        std::vector<std::string_view> hosts;
        unsigned want;
    };
    const Gate gate({{"etl.internal"}, {}, ""});
    // clang-format off
    const Case cases[] = {
        {"loopback", {"127.0.0.1:8083"}, 200},
        {"another loopback address", {"127.8.0.1"}, 200},
        {"localhost in any case", {"LocalHost:8083"}, 200},
        {"IPv6 loopback", {"[::1]:8083"}, 200},
        {"a configured name", {"etl.internal:8083"}, 200},
        {"the name an AWS SDK makes for sync calls", {"sync-localhost:8083"}, 200},
        {"none", {}, 400},
        {"two", {"localhost", "localhost"}, 400},
        {"a foreign name", {"attacker.example"}, 403},
        {"a foreign name with ours in it", {"localhost.attacker.example"}, 403},
        {"a name that begins like an address", {"127.0.0.1.attacker.example"}, 403},
        {"a port that is none", {"localhost:80x"}, 403},
        {"an empty one", {""}, 403},
        {"an open bracket", {"[::1"}, 403},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.name);
        Incoming request = plain();
        request.hosts = c.hosts;
        CHECK(status_of(gate, request) == c.want);
    }
}

TEST_CASE("a web page may send requests only where it came from here or is listed") {
    struct Case {
        std::string name;
        std::vector<std::string_view> origins;
        unsigned want;
    };
    const Gate gate({{}, {"https://ops.example"}, ""});
    const Case cases[] = {
        {"no browser", {}, 200},
        {"our own page", {"http://127.0.0.1:8083"}, 200},
        {"a listed page", {"https://ops.example"}, 200},
        {"another port of this machine", {"http://127.0.0.1:9000"}, 403},
        {"a foreign page", {"https://attacker.example"}, 403},
        {"a sandboxed page", {"null"}, 403},
        {"two origins", {"http://127.0.0.1:8083", "http://127.0.0.1:8083"}, 403},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        Incoming request = plain();
        request.origins = c.origins;
        CHECK(status_of(gate, request) == c.want);
    }
}

TEST_CASE("a listed page may read what it is answered, and our own needs no leave") {
    const Gate gate({{}, {"https://ops.example"}, ""});
    Incoming request = plain();
    CHECK(gate.listed_origin(request).empty());
    request.origins = {"http://127.0.0.1:8083"};
    CHECK(gate.listed_origin(request).empty());
    request.origins = {"https://ops.example"};
    CHECK(gate.listed_origin(request) == "https://ops.example");
    const std::string headers = cors_headers("https://ops.example");
    CHECK(headers.starts_with("Access-Control-Allow-Origin: https://ops.example\r\n"));
    CHECK(headers.find("Credentials") == std::string::npos);
}

TEST_CASE("Transfer-Encoding is 'chunked' and nothing else") {
    const Gate gate({});
    Incoming request = plain();
    for (const std::string_view good : {"chunked", "Chunked"}) {
        request.transfer_encodings = {good};
        CHECK(status_of(gate, request) == 200);
    }
    for (const std::string_view bad : {"xchunked", "chunked, identity", "gzip, chunked", ""}) {
        CAPTURE(std::string(bad));
        request.transfer_encodings = {bad};
        CHECK(status_of(gate, request) == 400);
    }
    request.transfer_encodings = {"chunked", "chunked"};
    CHECK(status_of(gate, request) == 400);
}

TEST_CASE("a listen address is HOST:PORT, each with a default") {
    struct Case {
        std::string text;
        std::string host;  // empty: refused
        int port;
    };
    const Case cases[] = {
        {"127.0.0.1:0", "127.0.0.1", 0},
        {"0.0.0.0:80", "0.0.0.0", 80},
        {"[::1]:9", "::1", 9},
        {":9000", "127.0.0.1", 9000},
        {"etl", "etl", 8083},
        {"a:b", "", 0},
        {"a:70000", "", 0},
        {"", "", 0},
        {"a:", "", 0},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        const auto got = parse_listen(c.text);
        CHECK(got.has_value() == !c.host.empty());
        if (!got || c.host.empty()) continue;
        CHECK(got->host == c.host);
        CHECK(static_cast<int>(got->port) == c.port);
    }
}

TEST_CASE("a port alone is no address, and the one that was meant is guessed") {
    const auto got = parse_listen("8080");
    REQUIRE_FALSE(got);
    CHECK(got.error().message.find("did you mean '127.0.0.1:8080'?") != std::string::npos);
}

TEST_CASE("an address that others can reach needs a token") {
    CHECK(check_exposure({"127.0.0.1", 1}, true));
    CHECK(check_exposure({"localhost", 1}, true));
    CHECK(check_exposure({"::1", 1}, true));
    CHECK_FALSE(check_exposure({"0.0.0.0", 1}, true));
    CHECK_FALSE(check_exposure({"10.0.0.7", 1}, true));
    CHECK(check_exposure({"0.0.0.0", 1}, false));
}

TEST_CASE("pages of others may link here, and load nothing") {
    struct Case {
        std::string name;
        std::string_view site;
        std::string_view mode;
        unsigned want;
    };
    const Gate gate({{}, {"https://ops.example"}, ""});
    // clang-format off
    const Case cases[] = {
        {"a program", "", "", 200},
        {"our own page", "same-origin", "cors", 200},
        {"typed, or from a bookmark", "none", "navigate", 200},
        {"a link from elsewhere", "cross-site", "navigate", 200},
        {"an image of another site", "cross-site", "no-cors", 403},
        {"an image of another port", "same-site", "no-cors", 403},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.name);
        Incoming request = plain();
        request.method = "GET";
        request.fetch_site = c.site;
        request.fetch_mode = c.mode;
        CHECK(status_of(gate, request) == c.want);
    }
    Incoming listed = plain();
    listed.origins = {"https://ops.example"};
    listed.fetch_site = "cross-site";
    CHECK(status_of(gate, listed) == 200);
}
