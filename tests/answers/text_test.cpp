#include "api/read/text.hpp"

#include <doctest/doctest.h>

#include "api/home/failures.hpp"
#include "api/read/span.hpp"
#include "api/read/usual.hpp"

using namespace stepwell;
using namespace stepwell::api::answers;

TEST_CASE("two causes of the same failure read the same") {
    struct Case {
        std::string message;
        std::string want;
    };
    // clang-format off
    const Case cases[] = {
        {"37 of 502,259 rows rejected (0.0074%)", "‹n› of ‹n› rows rejected (‹n›%)"},
        {"no file at s3://bucket/2024/06.csv, yet", "no file at ‹url›, yet"},
        {"see https://example.com/a?b=1.", "see ‹url›."},
        {"run 550e8400-e29b-41d4-a716-446655440000 is gone", "run ‹id› is gone"},
        {"no role arn:aws:iam::123456789012:role/etl", "no role ‹id›"},
        {"commit 3f9a0c77 is unknown", "commit ‹id› is unknown"},
        {"late since 2024-01-02T03:04:05Z", "late since ‹n›Z"},
        {"connect 10.0.0.1:5432: refused", "connect ‹n›: refused"},
        {"column order_date is defaced", "column order_date is defaced"},
        {"table t2 has no column c1", "table t‹n› has no column c‹n›"},
        {"first line\nsecond line 7", "first line"},
        {"", ""},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.message);
        CHECK(normalised(c.message) == c.want);
    }
    CHECK(normalised(std::string(5'000, 'a')).size() <= 310);
}

TEST_CASE("the sentence is found in what tasks give as a cause") {
    struct Case {
        std::string cause;
        std::string want;
    };
    const Case cases[] = {
        {"plain words", "plain words"},
        {R"({"message":"3 of 6 rows rejected","rows":{}})", "3 of 6 rows rejected"},
        {R"({"errorMessage":"boom","errorType":"ValueError"})", "boom"},
        {R"({"Cause":"{\"message\":\"inner\"}","Status":"FAILED"})", "inner"},
        {R"({"other":1})", R"({"other":1})"},
        {"{no json", "{no json"},
        {"", ""}};
    for (const Case& c : cases) {
        CAPTURE(c.cause);
        CHECK(message_of(c.cause) == c.want);
    }
}

TEST_CASE("texts are cut between characters") {
    CHECK(cut("abc", 3) == "abc");
    CHECK(cut("abcd", 3) == "abc…");
    CHECK(cut("aüb", 2) == "a…");
}

TEST_CASE("a log's line tells of an error by its words, or by the error's name") {
    CHECK(tells_error("2024-01-02 ERROR no such table", ""));
    CHECK(tells_error("Traceback (most recent call last):", ""));
    CHECK(tells_error("raised E_QUALITY", "E_QUALITY"));
    CHECK_FALSE(tells_error("0 errors so far", "E_QUALITY"));
}

TEST_CASE("how a failure stands follows from what came after it") {
    struct Case {
        std::string marks;  // F: it failed so, s: the state succeeded; the oldest first
        std::string want;
    };
    const Case cases[] = {{"F", "new"},
                          {"sssF", "new"},
                          {"FF", "still_failing"},
                          {"sFFF", "still_failing"},
                          {"FsF", "came_back"},
                          {"FFssFF", "came_back"},
                          {"Fs", "recovered"},
                          {"FsFs", "recovered"}};
    for (const Case& c : cases) {
        CAPTURE(c.marks);
        std::vector<Mark> marks;
        for (const char mark : c.marks) {
            marks.push_back({mark == 'F' ? Mark::Kind::failure : Mark::Kind::success,
                             from_ms(static_cast<std::int64_t>(marks.size()))});
        }
        CHECK(condition_of(marks) == c.want);
    }
}

TEST_CASE("quantiles are durations that occurred") {
    std::vector<Duration> samples;
    for (int i = 20; i >= 1; --i) samples.emplace_back(i * 10);
    const Quantiles found = quantiles_of(samples);
    CHECK(found.p50 == Duration(100));
    CHECK(found.p95 == Duration(190));
    CHECK(found.count == 20);
    CHECK(quantiles_of({Duration(7)}).p95 == Duration(7));
    CHECK(to_json(quantiles_of({})).is_null());
}

TEST_CASE("every moment of a span is in one interval") {
    const Span span{from_ms(1'000), from_ms(2'000)};
    const Intervals intervals(span, 4);
    CHECK(intervals.of(from_ms(1'000)) == 0);
    CHECK(intervals.of(from_ms(1'249)) == 0);
    CHECK(intervals.of(from_ms(1'250)) == 1);
    CHECK(intervals.of(from_ms(1'999)) == 3);
    CHECK(intervals.of(from_ms(5'000)) == 3);
    CHECK(intervals.of(from_ms(0)) == 0);
    CHECK(intervals.begins().size() == 4);
}
