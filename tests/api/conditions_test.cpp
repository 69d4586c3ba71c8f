// What a client has already is not sent again, what is long is compressed.
#include "api/http/conditions.hpp"

#include <doctest/doctest.h>

#include <boost/beast/zlib/inflate_stream.hpp>

#include "api/http/compression.hpp"
#include "api/router/preconditions.hpp"
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

namespace {

/// Says its parts, then ends, or breaks off.
class Parts final : public Stream {
public:
    Parts(std::vector<std::string> parts, Next end) : parts_(std::move(parts)), end_(end) {}
    Next next(std::string& out) override {
        if (at_ == parts_.size()) return end_;
        out += parts_[at_++];
        return Next::more;
    }
    std::string idle() override { return "idle"; }
    void on_ready(std::function<void()>) override {}

private:
    const std::vector<std::string> parts_;
    const Next end_;
    std::size_t at_ = 0;
};

Response stream_of(std::vector<std::string> parts, std::string_view type,
                   Stream::Next end = Stream::Next::end) {
    Response response;
    response.content_type = type;
    response.stream = std::make_shared<Parts>(std::move(parts), end);
    return response;
}

std::string all_of(Stream& stream) {
    std::string out;
    while (stream.next(out) == Stream::Next::more) {
    }
    return out;
}

/// What is between the header of ten bytes and the check of eight.
std::string inflated(const std::string& gzipped, std::size_t size) {
    namespace zlib = boost::beast::zlib;
    REQUIRE(gzipped.size() > 18);
    std::string out(size + 1, '\0');
    zlib::inflate_stream inflate;
    zlib::z_params parameters;
    parameters.next_in = gzipped.data() + 10;
    parameters.avail_in = gzipped.size() - 18;
    parameters.next_out = out.data();
    parameters.avail_out = out.size();
    boost::system::error_code error;
    inflate.write(parameters, zlib::Flush::sync, error);
    CHECK(error == zlib::error::end_of_stream);
    return out.substr(0, out.size() - parameters.avail_out);
}

}  // namespace

TEST_CASE("What comes part by part is compressed as a whole, and events are not") {
    const FakeRequest taker("GET", "/x", "", {{"Accept-Encoding", "gzip"}});
    std::vector<std::string> parts;
    std::string whole;
    for (int i = 0; i < 200; ++i) {
        parts.push_back(
            std::string(static_cast<std::size_t>(i * 37 % 1'000), static_cast<char>('a' + i % 26)) +
            std::to_string(i * 7'919));
        whole += parts.back();
    }
    Response response = stream_of(parts, "text/csv; charset=utf-8");
    finish_answer(taker, response);
    CHECK(response.headers.find("Content-Encoding: gzip") != std::string::npos);
    const std::string got = all_of(*response.stream);
    CHECK(got.size() < whole.size() / 4);
    CHECK(inflated(got, whole.size()) == whole);
    CHECK(gzip(whole).substr(gzip(whole).size() - 8) == got.substr(got.size() - 8));

    Response events = stream_of({"data: x"}, "text/event-stream");
    finish_answer(taker, events);
    CHECK(events.headers.empty());
    CHECK(all_of(*events.stream) == "data: x");
    Response plain = stream_of({"x"}, "text/csv");
    finish_answer(FakeRequest("GET", "/x"), plain);
    CHECK(all_of(*plain.stream) == "x");
    CHECK(plain.headers == "Vary: Accept-Encoding\r\n");
}

TEST_CASE("A compressed stream that breaks off is broken off") {
    Response response = stream_of({"x"}, "text/csv", Stream::Next::broken);
    finish_answer(FakeRequest("GET", "/x", "", {{"Accept-Encoding", "gzip"}}), response);
    std::string out;
    CHECK(response.stream->next(out) == Stream::Next::more);
    CHECK(response.stream->next(out) == Stream::Next::broken);
}

TEST_CASE("What is replaced is what was seen, or nothing is done") {
    static const Route kRoute{
        .method = "PUT", .pattern = "/things/{thing}", .headers = precondition_headers("it")};
    const Json seen{{"name", "a"}, {"role", "x"}};
    const std::string tag = etag_of(to_text(seen));
    const Result<Json> same = seen;
    const Result<Json> other = Json{{"name", "a"}, {"role", "y"}};
    const Result<Json> none = fail(ErrorCode::not_found, "none");
    const Result<Json> unknown = fail(ErrorCode::io, "the disk");
    struct Case {
        FakeRequest::Headers headers;
        const Result<Json>* now;
        unsigned want;  // 0: go on
    };
    const std::string weak = "W/" + tag;
    // clang-format off
    const Case cases[] = {
        {{}, &same, 0}, {{}, &none, 0}, {{}, &unknown, 0},
        {{{"If-Match", tag}}, &same, 0}, {{{"If-Match", weak}}, &same, 0}, {{{"If-Match", tag}}, &other, 412},
        {{{"If-Match", tag}}, &none, 412}, {{{"If-Match", "*"}}, &other, 0}, {{{"If-Match", "*"}}, &none, 412},
        {{{"If-None-Match", "*"}}, &none, 0}, {{{"If-None-Match", "*"}}, &same, 412}, {{{"If-None-Match", tag}}, &same, 0},
        {{{"If-Match", tag}}, &unknown, 500}, {{{"If-Match", tag}, {"If-None-Match", "*"}}, &same, 412},
    };
    // clang-format on
    for (const Case& c : cases) {
        FakeRequest request("PUT", "/things/a", "", c.headers);
        const Call call(request, kRoute, {{"thing", "a"}}, {}, Json(), [](Response) {});
        const auto refusal = unmet_precondition(call, "a", *c.now);
        CHECK((refusal ? refusal->status : 0) == c.want);
    }
}
