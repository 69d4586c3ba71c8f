// What a client has already is not sent again, what is long is compressed.
#include "api/http/conditions.hpp"

#include <doctest/doctest.h>

#include "api/http/compression.hpp"
#include "tests/support/fake_request.hpp"

using namespace stepwell;
using namespace stepwell::api;
using stepwell::test::FakeRequest;

namespace {

Response answer_to(FakeRequest request, Response response) {
    finish_answer(request, response);
    return response;
}

Response of(std::string body) {
    Response response;
    response.body = std::move(body);
    return response;
}

std::string tag_in(const Response& response) {
    const std::size_t at = response.headers.find("ETag: ");
    if (at == std::string::npos) return "";
    return response.headers.substr(at + 6, response.headers.find("\r\n", at) - at - 6);
}

}  // namespace

TEST_CASE("An answer has a tag, and who shows it is told that nothing changed") {
    const Response first = answer_to({"GET", "/x"}, of("{}"));
    CHECK(first.status == 200);
    const std::string tag = tag_in(first);
    REQUIRE_FALSE(tag.empty());
    for (const std::string& shown : {tag, "W/" + tag, "\"other\", " + tag, std::string("*")}) {
        CAPTURE(shown);
        const Response again = answer_to({"GET", "/x", "", {{"If-None-Match", shown}}}, of("{}"));
        CHECK((again.status == 304 && again.body.empty() && tag_in(again) == tag));
    }
    CHECK(answer_to({"GET", "/x", "", {{"If-None-Match", tag}}}, of("{1}")).status == 200);
    CHECK(answer_to({"GET", "/x", "", {{"If-None-Match", "\"" + tag}}}, of("{}")).status == 200);
    CHECK(tag_in(answer_to({"POST", "/x"}, of("{}"))).empty());
    Response refused = of("{}");
    refused.status = 404;
    CHECK(tag_in(answer_to({"GET", "/x", "", {{"If-None-Match", "*"}}}, refused)).empty());
}

TEST_CASE("A snapshot of a later moment is the same where nothing else has changed") {
    CHECK(etag_of(R"({"a":1,"as_of":"7"})") == etag_of(R"({"a":1,"as_of":"8"})"));
    CHECK(etag_of(R"({"a":1,"as_of":"7"})") != etag_of(R"({"a":2,"as_of":"7"})"));
    CHECK(etag_of(R"({"a":{"x":1,"as_of":"7"}})") != etag_of(R"({"a":{"x":1,"as_of":"8"}})"));
    CHECK(etag_of(R"({"a":1,"as_of":"x"})") != etag_of(R"({"a":1,"as_of":"y"})"));
}

TEST_CASE("Only long answers are compressed, for those who take it, and never a problem") {
    const std::string text(kCompressedFrom, 'x');
    const auto is_compressed = [&](const std::string& accepted, std::string body, unsigned status) {
        Response response = of(std::move(body));
        response.status = status;
        const Response got =
            answer_to({"GET", "/x", "", {{"Accept-Encoding", accepted}}}, std::move(response));
        return got.headers.find("Content-Encoding: gzip") != std::string::npos;
    };
    for (const std::string yes : {"gzip", "deflate, gzip;q=0.5", "GZIP", "br, *"}) {
        CAPTURE(yes);
        CHECK(is_compressed(yes, text, 200));
    }
    for (const std::string no : {"", "identity", "gzip;q=0", "gzip;q=0.0", "xgzip", "br"}) {
        CAPTURE(no);
        CHECK_FALSE(is_compressed(no, text, 200));
    }
    CHECK_FALSE(is_compressed("gzip", text.substr(1), 200));
    CHECK_FALSE(is_compressed("gzip", text, 400));
    const Response got = answer_to({"GET", "/x", "", {{"Accept-Encoding", "gzip"}}}, of(text));
    CHECK(got.body.size() < 100);
    CHECK(got.body.starts_with("\x1f\x8b\x08"));
    CHECK(got.headers.find("Vary: Accept-Encoding") != std::string::npos);
    CHECK(tag_in(got) == "W/" + etag_of(text));
}
