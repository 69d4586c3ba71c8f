#include <doctest/doctest.h>

#include "api/aws/api.hpp"
#include "api/aws/arn.hpp"
#include "api/aws/configurations.hpp"
#include "api/aws/json_fault.hpp"
#include "api/aws/members.hpp"

using namespace stepwell;
using namespace stepwell::api::aws;

TEST_CASE("names are what Step Functions lets through") {
    for (const std::string good : {"a", "daily-refresh_2", "über", "a.b", "a(b)", "日本"}) {
        CAPTURE(good);
        CHECK(is_name(good));
    }
    for (const std::string bad :
         {"", "a b", "a*", "a?", "<a>", "a\tb", "a/b", "a:b", "a\"b", "a\\b", "a\x7f", "a\xc2\x85",
          "a$b", "a,b", "a;b", "{a}", "a|b", "a~b"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_name(bad));
    }
}

TEST_CASE("an ARN is read, or refused in AWS's words") {
    const auto arn =
        parse_arn("arn:aws:states:us-east-1:123456789012:execution:flow:run-1", "execution");
    REQUIRE(arn);
    CHECK(arn->name == "flow");
    CHECK(arn->qualifier == "run-1");
    CHECK(arn->account == "123456789012");

    struct Case {
        std::string text;
        std::string want;
    };
    // clang-format off
    const Case cases[] = {
        {"invalid", "Invalid Arn: 'Invalid ARN prefix: invalid'"},
        {"nonsense:x", "Invalid Arn: 'Invalid ARN prefix: nonsense'"},
        {"arn:aws:states:us-east-1:123456789012:express:flow:run:1", "Invalid Arn: 'Resource type not valid in this context: express'"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.text);
        const auto refused = parse_arn(c.text, "execution");
        REQUIRE_FALSE(refused);
        CHECK(refused.error().type == "InvalidArn");
        CHECK(refused.error().message == c.want);
    }
}

TEST_CASE("violations of the model are reported together, in AWS's words") {
    struct Case {
        std::string body;
        std::string want;
    };
    // clang-format off
    const Case cases[] = {
        {R"({"name":"a"})", ""},
        {R"({})", "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"},
        {R"({"name":null})", "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null"},
        {R"({"name":""})", "1 validation error detected: Value '' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1"},
        {R"({"name":"abcd"})", "1 validation error detected: Value 'abcd' at 'name' failed to satisfy constraint: Member must have length less than or equal to 3"},
        {R"({"name":"a","type":"X"})", "1 validation error detected: Value 'X' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [A, B]"},
        {R"({"name":"a","maxResults":1001})", "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000"},
        {R"({"type":"X"})", "2 validation errors detected: Value null at 'name' failed to satisfy constraint: Member must not be null; Value 'X' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [A, B]"},
        {R"({"name":7})", "expected 'name' to be a string"},
        {R"({"name":"a","maxResults":"7"})", "expected 'maxResults' to be an integer"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.body);
        const auto body = parse_json(c.body);
        REQUIRE(body);
        Members members(*body);
        members.required_text("name", {1, 3});
        members.choice("type", {"A", "B"});
        members.number("maxResults", 0, 1'000);
        const auto checked = members.check();
        CHECK((checked ? std::string() : checked.error().message) == c.want);
    }
}

TEST_CASE("faults of JSON texts are told in the words of AWS's parser") {
    struct Case {
        std::string text;
        std::string want;
    };
    const std::string values =
        "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
    // clang-format off
    const Case cases[] = {
        {"not a json", "Unrecognized token 'not': was expecting " + values},
        {"nothing", "Unrecognized token 'nothing': was expecting " + values},
        {"{'a': 1}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name"},
        {"{\"a\" 1}", "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value"},
        {"{\"a\": ", "Unexpected end-of-input"},
        {std::string(1'000'000, '['), "Unexpected end-of-input"},
        {std::string(1'000'000, '[') + "x", "Unrecognized token 'x': was expecting " + values},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.text.substr(0, 100));
        CHECK(json_fault(c.text) == c.want);
    }
}

TEST_CASE("times are epoch seconds with milliseconds") {
    CHECK(time_text(from_ms(1'700'000'000'007)) == "1700000000.007");
    CHECK(time_text(from_ms(1'700'000'000'120)) == "1700000000.120");
}

TEST_CASE("configurations are filled up, and those that a request leaves out stay") {
    const std::string before = settings_with({}, R"({"schedules":[1]})");
    struct Case {
        std::string body;
        std::string want;  // of the three, or the refusal
    };
    const std::string off =
        R"("loggingConfiguration":{"level":"OFF","includeExecutionData":false})";
    const std::string plain = R"("tracingConfiguration":{"enabled":false})";
    const std::string owned = R"("encryptionConfiguration":{"type":"AWS_OWNED_KEY"})";
    // clang-format off
    const Case cases[] = {
        {"{}", off + "," + plain + "," + owned},
        {R"({"loggingConfiguration":{},"tracingConfiguration":{}})", off + "," + plain + "," + owned},
        {R"({"tracingConfiguration":{"enabled":true}})", off + R"(,"tracingConfiguration":{"enabled":true},)" + owned},
        {R"({"encryptionConfiguration":{"type":"CUSTOMER_MANAGED_KMS_KEY","kmsKeyId":"k"}})",
         off + "," + plain + R"(,"encryptionConfiguration":{"type":"CUSTOMER_MANAGED_KMS_KEY","kmsKeyId":"k","kmsDataKeyReusePeriodSeconds":300})"},
        {R"({"loggingConfiguration":{"level":"ALL"}})", "Invalid Logging Configuration: Must specify exactly one Log Destination."},
        {R"({"loggingConfiguration":{"level":7}})", "expected 'loggingConfiguration.level' to be a string"},
        {R"({"encryptionConfiguration":{}})", "1 validation error detected: Value null at 'encryptionConfiguration.type' failed to satisfy constraint: Member must not be null"},
        {R"({"encryptionConfiguration":{"type":"AWS_OWNED_KEY","kmsKeyId":"k"}})", "Invalid Encryption Configuration: kmsKeyId must not be specified for type AWS_OWNED_KEY."},
        {R"({"encryptionConfiguration":{"type":"CUSTOMER_MANAGED_KMS_KEY","kmsKeyId":"k","kmsDataKeyReusePeriodSeconds":59}})",
         "1 validation error detected: Value '59' at 'encryptionConfiguration.kmsDataKeyReusePeriodSeconds' failed to satisfy constraint: Member must have value greater than or equal to 60"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.body);
        const auto body = parse_json(c.body);
        REQUIRE(body);
        Members members(*body);
        const Configurations asked = read_configurations(members);
        auto checked = members.check();
        if (checked) checked = check_configurations(asked);
        if (!checked) {
            CHECK(checked.error().message == c.want);
            continue;
        }
        const std::string after = settings_with(asked, before);
        CHECK(after.starts_with(R"({"schedules":[1],)"));
        Json out = Json::object();
        describe_configurations(out, after);
        CHECK(to_text(out) == "{" + c.want + "}");
    }
}
