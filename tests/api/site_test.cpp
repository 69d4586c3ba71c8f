// The dashboard's files: who gets which, in which form, and what nobody gets.
#include "api/web/site.hpp"

#include <doctest/doctest.h>

#include <array>

#include "api/router/router.hpp"
#include "tests/support/fake_request.hpp"

using namespace stepwell;
using namespace stepwell::api;
using stepwell::test::FakeRequest;

namespace {

constexpr std::array<web::Asset, 3> kAssets{{
    {"/index.html", "text/html; charset=utf-8", "d1", false, "<!doctype html>"},
    {"/favicon.svg", "image/svg+xml", "d2", false, "<svg/>"},
    {"/assets/index-a1.js", "text/javascript", "d3", true, "plain", "zipped", "brotli"},
}};

Response get_file(std::string target, FakeRequest::Headers headers = {}) {
    const FakeRequest request("GET", std::move(target), "", std::move(headers));
    return web::Site(kAssets).answer(request);
}

bool has_line(const Response& response, std::string_view line) {
    return response.headers.find(std::string(line) + "\r\n") != std::string::npos;
}

/// Lets nobody in.
class NobodyComesIn final : public Authenticator {
public:
    [[nodiscard]] Result<Principal, Refusal> authenticate(const Request&) const override {
        return fail(Refusal{401, "expected a credential", {}});
    }
};

/// With a route of another method at the place of the home page, as the AWS API has.
struct SiteTable {
    NobodyComesIn authenticator;
    Router router{authenticator};
    web::Site site;

    explicit SiteTable(std::span<const web::Asset> assets = kAssets) : site(assets) {
        router.add({.method = "POST", .pattern = "/", .role = Role::none});
        router.add({.method = "GET",
                    .pattern = "/api/v1/runs",
                    .read = [](const Call&) -> Result<Json> { return Json::object(); }});
        router.add_places({[this](std::string_view path) { return site.has(path); },
                           [this](const Request& request) { return site.answer(request); }});
    }

    /// What one without a credential gets.
    [[nodiscard]] unsigned status_of(const std::string& method, const std::string& target) const {
        FakeRequest request(method, target);
        const auto admitted = router.admit(request);
        if (!admitted) return admitted.error().status;
        unsigned status = 0;
        router.handle(request, [&](const Response& response) { status = response.status; });
        return status;
    }
};

}  // namespace

TEST_CASE("Every place of the dashboard is answered with its page, with or without a query") {
    for (const char* target :
         {"/", "/?range=7d", "/runs", "/runs/", "/runs/a%2Fb/2026-11-21.0600?view=graph",
          "/workflows/flights/versions", "/data", "/logs", "/operations/pools", "/signin?next=/",
          "/answer"}) {
        CAPTURE(target);
        const Response page = get_file(target);
        CHECK((page.status == 200 && page.body == "<!doctype html>"));
        CHECK(page.content_type == "text/html; charset=utf-8");
        CHECK(has_line(page, "Cache-Control: no-cache"));
    }
}

TEST_CASE("What the dashboard loads may come from here alone, and no script or style from a page") {
    for (const char* target : {"/", "/assets/index-a1.js", "/favicon.svg"}) {
        const std::string headers = get_file(target).headers;
        CHECK(headers.find("Content-Security-Policy: default-src 'self'; base-uri 'none';") == 0);
        CHECK(headers.find("frame-ancestors 'none'") != std::string::npos);
        CHECK(headers.find("unsafe") == std::string::npos);
    }
}

TEST_CASE("A file whose name says its content is kept for good, any other is asked for anew") {
    CHECK(has_line(get_file("/assets/index-a1.js"),
                   "Cache-Control: public, max-age=31536000, immutable"));
    CHECK(has_line(get_file("/favicon.svg"), "Cache-Control: no-cache"));
}

TEST_CASE("A browser that has a file is told so") {
    const std::string tag = "W/\"d3\"";
    CHECK(has_line(get_file("/assets/index-a1.js"), "ETag: " + tag));
    for (const std::string& shown : {tag, std::string("\"d3\""), "\"other\", " + tag}) {
        CAPTURE(shown);
        const Response known = get_file("/assets/index-a1.js", {{"If-None-Match", shown}});
        CHECK((known.status == 304 && known.body.empty() && has_line(known, "ETag: " + tag)));
    }
    CHECK(get_file("/assets/index-a1.js", {{"If-None-Match", "\"d1\""}}).status == 200);
}

TEST_CASE("A file comes in the smallest form that the browser takes") {
    struct Row {
        std::string accepted;
        std::string body;
        std::string coding;
    };
    for (const Row& row : {Row{"gzip, deflate", "zipped", "gzip"},
                           {"gzip, deflate, br", "brotli", "br"},
                           {"*", "brotli", "br"},
                           {"br;q=0, gzip", "zipped", "gzip"},
                           {"gzip;q=0", "plain", ""},
                           {"deflate", "plain", ""},
                           {"", "plain", ""}}) {
        CAPTURE(row.accepted);
        const Response file = get_file("/assets/index-a1.js", {{"Accept-Encoding", row.accepted}});
        CHECK(file.body == row.body);
        CHECK(has_line(file, "Content-Encoding: " + row.coding) == !row.coding.empty());
        CHECK(has_line(file, "Vary: Accept-Encoding"));
    }
    CHECK_FALSE(
        has_line(get_file("/favicon.svg", {{"Accept-Encoding", "br"}}), "Content-Encoding: br"));
}

TEST_CASE("The dashboard takes no credential, and what is behind it does") {
    const SiteTable table;
    for (const char* target : {"/", "/runs/a/b", "/assets/index-a1.js", "/favicon.svg"}) {
        CHECK(table.status_of("GET", target) == 200);
        CHECK(table.status_of("HEAD", target) == 200);
    }
    CHECK(table.status_of("GET", "/api/v1/runs") == 401);
    CHECK(table.status_of("POST", "/runs/a/b") == 401);
}

TEST_CASE("What is no place and no file of the dashboard is not answered with its page") {
    const SiteTable table;
    for (const char* target :
         {"/assets/nothing.js", "/assets/", "/assets/../index.html", "/assets/%2e%2e/index.html",
          "/assets/..%2f..%2fetc/passwd", "/assets//index-a1.js", "/assets/index-a1.js/"}) {
        CAPTURE(target);
        CHECK(table.status_of("GET", target) == 404);
    }
    for (const char* target :
         {"/api", "/api/v1/nothing", "/index.html", "/runsome", "//", "/../etc/passwd",
          "/favicon.svg/", "/.git/config", "/Runs", "/api/../runs", "*"}) {
        CAPTURE(target);
        CHECK(table.status_of("GET", target) == 401);
    }
}

TEST_CASE("A program without a dashboard has no place") {
    const SiteTable table(std::span<const web::Asset>{});
    CHECK(table.status_of("GET", "/") == 401);
    CHECK(table.status_of("GET", "/runs") == 401);
    CHECK(table.status_of("GET", "/assets/index-a1.js") == 401);
}
