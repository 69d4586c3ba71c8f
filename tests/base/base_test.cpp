#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "engine/base/ascii.hpp"
#include "engine/base/digest.hpp"
#include "engine/base/integration_arn.hpp"
#include "engine/base/json.hpp"
#include "engine/base/payload.hpp"
#include "engine/base/time.hpp"
#include "engine/base/uuid.hpp"

namespace stepwell::test {

TEST_CASE("members keep their order, and a repeated one its last value") {
    auto got = parse_json(R"({"b": 1, "a": 2, "b": 3})");
    REQUIRE(got);
    CHECK(to_text(*got) == R"({"b":3,"a":2})");
}

TEST_CASE("JSON that cannot be read is refused with the place") {
    auto got = parse_json("{\"a\": nope}");
    REQUIRE_FALSE(got);
    CHECK(got.error().message.starts_with("line 1, column "));
    CHECK_FALSE(parse_json(std::string(300, '[') + std::string(300, ']')));
    CHECK(parse_json(std::string(200, '[') + std::string(200, ']')));
    CHECK(parse_json("\"" + std::string(300, '[') + "\""));
}

TEST_CASE("an integration is the same with and without region and account, and nothing else is") {
    CHECK(without_region("arn:aws:states:eu-west-1:123456789012:aws-sdk:s3:getObject") ==
          "arn:aws:states:::aws-sdk:s3:getObject");
    CHECK(without_region("arn:aws-cn:states:cn-north-1:1:glue:startJobRun.sync") ==
          "arn:aws-cn:states:::glue:startJobRun.sync");
    for (const char* other :
         {"arn:aws:states:::glue:startJobRun.sync", "arn:aws:states:eu-west-1:1:activity:a",
          "arn:aws:states:eu-west-1:1:stateMachine:m", "arn:aws:lambda:eu-west-1:1:function:f",
          "arn:aws:states:eu-west-1::glue:startJobRun", "stepwell:etl", "arn:*", ""}) {
        CHECK(without_region(other) == other);
    }
}

TEST_CASE("depth counts arrays and objects that stand in each other") {
    const auto is_deeper = [](const std::string& text, int depth) {
        return is_deeper_than(*parse_json(text), depth);
    };
    CHECK_FALSE(is_deeper("5", 0));
    CHECK(is_deeper("[]", 0));
    CHECK_FALSE(is_deeper("[[], {}]", 2));
    CHECK(is_deeper("[1, {\"a\": [2]}]", 2));
    CHECK(pointer_part("a/b~c") == "/a~1b~0c");
}

TEST_CASE("a payload keeps the text that it came as") {
    auto payload = Payload::from_text("{ \"a\" : 1.0 }");
    REQUIRE(payload);
    CHECK(payload->text() == "{ \"a\" : 1.0 }");
    CHECK(payload->json()["a"] == 1.0);
    CHECK(Payload(Json{{"a", 1}}).text() == "{\"a\":1}");
    CHECK(Payload().text() == "{}");
}

TEST_CASE("RFC 3339 times are read to the nanosecond, and nothing else is") {
    struct Case {
        std::string text;
        bool is_valid;
        std::int64_t seconds;
        std::int32_t nanos;
    };
    // clang-format off
    const std::vector<Case> cases = {
        {"1970-01-01T00:00:00Z", true, 0, 0},
        {"2024-02-29T12:00:00.5+02:00", true, 1709200800, 500000000},
        {"2023-02-29T12:00:00Z", false, 0, 0},
        {"2024-01-01 12:00:00Z", false, 0, 0},
        {"2024-01-01T12:00:00", false, 0, 0},
        {"2024-13-01T12:00:00Z", false, 0, 0},
        {"2024-01-01T24:00:00Z", false, 0, 0},
        {"2024-01-01t12:00:00Z", false, 0, 0},
        {"", false, 0, 0},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.text);
        const auto got = parse_rfc3339(c.text);
        CHECK(got.has_value() == c.is_valid);
        if (got) CHECK(*got == Instant{c.seconds, c.nanos});
    }
    CHECK(to_iso8601(from_ms(1709200800500)) == "2024-02-29T10:00:00.500Z");
    CHECK(to_iso8601(from_ms(0)) == "1970-01-01T00:00:00Z");
}

TEST_CASE("digests and base64 are the standard ones") {
    CHECK(digest_hex("MD5", "") == "d41d8cd98f00b204e9800998ecf8427e");
    CHECK(digest_hex("SHA-1", "abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK_FALSE(digest_hex("CRC", "abc"));
    CHECK(base64_encode("Hello") == "SGVsbG8=");
    CHECK(base64_decode("SGVsbG8=") == "Hello");
    CHECK_FALSE(base64_decode("SGVsbG8"));
    CHECK_FALSE(base64_decode("SG Vsb=="));
}

TEST_CASE("a UUID has version 4 and the variant's bits") {
    Prng random(7);
    const std::string id = uuid4(random);
    REQUIRE(id.size() == 36);
    CHECK(id[14] == '4');
    CHECK(std::string("89ab").find(id[19]) != std::string::npos);
    CHECK(id != uuid4(random));
}

TEST_CASE("a pattern stands for a whole text, a part for a piece of it in any case") {
    struct Case {
        std::string text;
        std::string pattern;
        bool fits;
    };
    const std::vector<Case> cases = {
        {"", "", true},           {"a", "", false},           {"", "*", true},
        {"", "?", false},         {"abc", "abc", true},       {"abc", "ab", false},
        {"abc", "a*", true},      {"abc", "*c", true},        {"abc", "*b", false},
        {"abc", "a?c", true},     {"ac", "a?c", false},       {"abc", "***", true},
        {"aXbXc", "a*X*c", true}, {"aXbXcd", "a*X*c", false}, {"aab", "*ab", true},
        {"Abc", "a*", false},     {"a*c", "a*c", true},       {"abab", "*ab*ab", true}};
    for (const Case& c : cases) {
        CAPTURE(c.text);
        CAPTURE(c.pattern);
        CHECK(fits_glob(c.text, c.pattern) == c.fits);
    }
    CHECK(has_part("Disk Full", "k f"));
    CHECK(has_part("Disk Full", ""));
    CHECK_FALSE(has_part("Disk Full", "disc"));
    CHECK_FALSE(has_part("", "a"));
}

}  // namespace stepwell::test
