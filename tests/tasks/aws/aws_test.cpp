#include <doctest/doctest.h>

#include "tasks/aws/aws_settings.hpp"
#include "tasks/aws/aws_tasks.hpp"
#include "tests/tasks/host/test_tasks_support.hpp"

namespace stepwell::test {

using tasks::AwsRemote;
using tasks::AwsSettings;

TEST_CASE("what has a local form goes to AWS only where the configuration names its service") {
    struct Case {
        std::string remote;
        std::string resource;
        bool is_sent;
    };
    const Case cases[] = {
        {R"({"remote": ["lambda", "sns"]})", "arn:aws:lambda:r:1:function:f", true},
        {R"({"remote": "lambda"})", "arn:aws:states:::lambda:invoke.waitForTaskToken", true},
        {R"({"remote": ["sns"]})", "arn:aws:states:::lambda:invoke", false},
        {R"({"remote": ["sns"]})", "arn:aws:states:::sns:publish", true},
        {R"({"remote": ["sfn"]})", "arn:aws:states:::aws-sdk:sfn:startExecution", true},
        {R"({"remote": ["sfn"]})", "arn:aws:states:::states:startExecution", false},
        {R"({})", "arn:aws:states:::sns:publish", false},
        {R"(null)", "arn:aws:states:::sns:publish", false},
    };
    for (const Case& c : cases) {
        CAPTURE(c.remote);
        CAPTURE(c.resource);
        const Json section = Json::parse(c.remote);
        CHECK(AwsRemote(&section).routed(c.resource) == (c.is_sent ? "aws:" : "") + c.resource);
    }
}

TEST_CASE("AWS has what nothing else serves") {
    const auto& catalog = tasks::builtin_catalog();
    const auto* aws = catalog.find("arn:aws:states:::sqs:sendMessage");
    REQUIRE(aws != nullptr);
    CHECK(catalog.find("arn:aws:states:::aws-sdk:s3:getObject") == aws);
    CHECK(catalog.find("aws:arn:aws:states:::sns:publish") == aws);
    CHECK(catalog.find("arn:aws:states:::sns:publish")->name == "notify");
    CHECK(catalog.find("arn:aws:states:::lambda:invoke")->name == "function");
    CHECK(catalog.find("stepwell:") == nullptr);
}

TEST_CASE("a task that has nowhere to go says what to write") {
    RunnerFixture fixture;
    const Outcome outcome = fixture.run("arn:aws:states:::sqs:sendMessage", {{"QueueUrl", "q"}});
    CHECK(outcome.error == "Stepwell.AwsNotConfigured");
    CHECK(outcome.cause.find("an entry 'aws:' there with {endpoint: URL") != std::string::npos);
}

TEST_CASE("the section is read with its defaults, or all that is wrong with it is told") {
    const auto none = AwsSettings::read(Json::object(), "us-east-1");
    REQUIRE(none);
    CHECK_FALSE(*none);
    const Json given = Json::parse(R"({"aws": {"endpoints": {"s3": "http://s"}, "timeout": "2s"},
                                       "http": {"ca_file": "/ca", "proxy": "http://p:1"}})");
    const auto settings = AwsSettings::read(given, "us-east-1");
    REQUIRE(settings);
    CHECK(
        (*settings)->worker ==
        Json::parse(R"({"region": "us-east-1", "endpoints": {"s3": "http://s"}, "timeout_ms": 2000,
                          "ca_file": "/ca", "proxies": {"http": "http://p:1", "https": "http://p:1"},
                          "no_proxy": ""})"));
    CHECK((*settings)->workers == 8);
    CHECK((*settings)->poll_interval == std::chrono::seconds(5));
    const auto faulty =
        AwsSettings::read(Json::parse(R"({"aws": {"region": 1, "workers": 0}})"), "us-east-1");
    REQUIRE_FALSE(faulty);
    CHECK(faulty.error().error == "Stepwell.AwsNotConfigured");
    CHECK(faulty.error().cause.find("'region'") != std::string::npos);
    CHECK(faulty.error().cause.find("'workers'") != std::string::npos);
}

}  // namespace stepwell::test
