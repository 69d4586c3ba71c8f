// Signatures of AWS clients, against the examples that AWS publishes.
#include "api/auth/sigv4.hpp"

#include <doctest/doctest.h>

#include "api/auth/access.hpp"
#include "tests/security/support.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_request.hpp"

using namespace stepwell;
using namespace stepwell::api;

namespace {

constexpr const char* kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const Timestamp kThen = from_ms(1'440'938'160'000);  // 2015-08-30T12:36:00Z

struct Example {
    std::string name, method, target, service, signature;
    test::FakeRequest::Headers headers;  // but host and date
};

std::string authorization_of(const Example& example) {
    std::string names;
    for (const auto& [name, value] : example.headers) names += name + ";";
    return "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/" + example.service +
           "/aws4_request, SignedHeaders=" + names +
           "host;x-amz-date, Signature=" + example.signature;
}

test::FakeRequest request_of(const Example& example, const std::string& body = "") {
    test::FakeRequest::Headers headers = example.headers;
    const std::string host =
        example.service == "iam" ? "iam.amazonaws.com" : "example.amazonaws.com";
    for (const char* name : {"host", "Host"}) headers.emplace_back(name, host);
    for (const char* name : {"x-amz-date", "X-Amz-Date"}) {
        headers.emplace_back(name, "20150830T123600Z");
    }
    return {example.method, example.target, body, headers};
}

std::optional<std::string> fault_of(const Example& example, Timestamp now,
                                    const char* secret = kSecret, const std::string& body = "") {
    const auto claim = read_signature(authorization_of(example));
    REQUIRE(claim);
    return signature_fault(*claim, request_of(example, body), secret, now);
}

const Example kVanilla{"get-vanilla",
                       "GET",
                       "/",
                       "service",
                       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
                       {}};

}  // namespace

TEST_CASE("the signatures of AWS's own examples are right") {
    const std::vector<Example> examples{
        kVanilla,
        {"post-vanilla",
         "POST",
         "/",
         "service",
         "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
         {}},
        {"the guide's ListUsers",
         "GET",
         "/?Version=2010-05-08&Action=ListUsers",
         "iam",
         "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
         {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"}}}};
    for (const Example& example : examples) {
        CAPTURE(example.name);
        CHECK_FALSE(fault_of(example, kThen));
        CHECK_FALSE(fault_of(example, kThen + kSignatureSkew));
        CHECK(fault_of(example, kThen + kSignatureSkew + Duration(1)));
        CHECK(fault_of(example, kThen - kSignatureSkew - Duration(1)));
        CHECK(fault_of(example, kThen, "another secret"));
        CHECK(fault_of(example, kThen, kSecret, "another body"));
    }
    Example other = kVanilla;
    other.method = "DELETE";
    CHECK(fault_of(other, kThen));
    other = kVanilla;
    other.target = "/runs";
    CHECK(fault_of(other, kThen));
}

TEST_CASE("a signature has to cover what decides") {
    const auto claim_of = [](const std::string& names) {
        return read_signature(
            "AWS4-HMAC-SHA256 Credential=A/20150830/us-east-1/states/aws4_request, "
            "SignedHeaders=" +
            names + ", Signature=" + std::string(64, '0'));
    };
    const test::FakeRequest request(
        "POST", "/", "{}",
        {{"x-amz-target", "AWSStepFunctions.ListStateMachines"}, {"X-Amz-Date", "x"}});
    for (const char* names : {"host", "x-amz-date;x-amz-target", "host;x-amz-date"}) {
        CAPTURE(names);
        const auto fault = signature_fault(*claim_of(names), request, kSecret, kThen);
        REQUIRE(fault);
        CHECK(fault->find("to cover the header") != std::string::npos);
    }
}

TEST_CASE("what is no signature is none") {
    const std::string rest = ", SignedHeaders=host, Signature=" + std::string(64, '0');
    for (const std::string& text :
         {std::string(), std::string("Bearer x"), std::string("AWS4-HMAC-SHA256"),
          "AWS4-HMAC-SHA256 Credential=A/1/2/3" + rest,
          "AWS4-HMAC-SHA256 Credential=A/1/2/3/aws5_request" + rest,
          std::string("AWS4-HMAC-SHA256 Credential=A/1/2/3/aws4_request, SignedHeaders=host, "
                      "Signature=short")}) {
        CAPTURE(text);
        CHECK_FALSE(read_signature(text));
    }
}

TEST_CASE("an access key is kept sealed, and goes with its owner") {
    constexpr unsigned kCheapRounds = 4;
    const std::string key(32, 'k');
    test::Shelf shelf;
    Identities identities(shelf.writer(), kCheapRounds, key);
    REQUIRE(identities.add_user("ann", "", Role::editor, "x", test::kNow));
    const auto hers =
        identities.add_access_key({"laptop", "ann", Role::editor, {}}, "ann", test::kNow);
    const auto service =
        identities.add_access_key({"ann", kServiceOwner, Role::operator_, {}}, "x", test::kNow);
    REQUIRE(hers);
    REQUIRE(service);
    CHECK(hers->token.id.size() == 20);
    CHECK(hers->text.size() == 40);
    CHECK_FALSE(shelf.holds(hers->text));
    const auto holder = identities.by_access_key(hers->token.id, test::kNow);
    REQUIRE(holder);
    CHECK(holder->secret == hers->text);
    CHECK(holder->principal.is_user("ann"));
    const auto machine = identities.by_access_key(service->token.id, test::kNow);
    REQUIRE(machine);
    CHECK(who_is(machine->principal) == "access_key:" + service->token.id);
    CHECK_FALSE(identities.by_token(hers->text, test::kNow));

    Identities again(shelf.writer(), kCheapRounds, key);
    REQUIRE(again.load(shelf.source()));
    CHECK(again.by_access_key(hers->token.id, test::kNow)->secret == hers->text);
    Identities lost(shelf.writer(), kCheapRounds, std::string(32, 'x'));
    REQUIRE(lost.load(shelf.source()));
    CHECK_FALSE(lost.by_access_key(hers->token.id, test::kNow));

    REQUIRE(identities.remove_user("ann"));
    CHECK_FALSE(identities.by_access_key(hers->token.id, test::kNow));
    REQUIRE(identities.remove_token(service->token.id));
    CHECK_FALSE(identities.by_access_key(service->token.id, test::kNow));
}
