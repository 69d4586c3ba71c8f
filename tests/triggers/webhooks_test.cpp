// Webhooks: who may call, what a repetition does.
#include <doctest/doctest.h>

#include <map>

#include "engine/base/digest.hpp"
#include "tests/triggers/support.hpp"

namespace stepwell::test {
namespace {

using Headers = std::map<std::string, std::string>;

struct Answer {
    std::string text;  // "run 1 new", "run 1 known", "unauthorized", ...
};

std::string name_of(triggers::HookRefusal refusal) {
    switch (refusal) {
        case triggers::HookRefusal::unknown:
            return "unknown";
        case triggers::HookRefusal::unauthorized:
            return "unauthorized";
        case triggers::HookRefusal::invalid:
            return "invalid";
        case triggers::HookRefusal::conflict:
            return "conflict";
        case triggers::HookRefusal::unavailable:
            return "unavailable";
    }
    return "";
}

std::string call(TriggerStage& stage, const std::string& name, const Headers& headers,
                 const std::string& body = "{}") {
    triggers::HookCall hook;
    hook.name = name;
    hook.header = [&](const std::string& header) {
        const auto found = headers.find(header);
        return found == headers.end() ? std::string() : found->second;
    };
    hook.body = body;
    hook.now = stage.stage.clock.now();
    std::string text = "none";
    stage.triggers().hook(hook, [&](const auto& started) {
        text = started ? "run " + std::to_string(value_of(started->id)) +
                             (started->is_new ? " new" : " known")
                       : name_of(started.error().refusal);
    });
    stage.stage.settle();
    return text;
}

const std::string kToken =
    R"({"triggers":[{"webhook":{"name":"orders","token":"${secret:hook}"}}]})";
const std::string kSigned =
    R"({"triggers":[{"webhook":{"name":"signed","hmac":{"secret":"${secret:hook}"}}}]})";
const std::string kGithub = R"({"triggers":[{"webhook":{"name":"github",
    "idempotency_header":"X-GitHub-Delivery","hmac":{"secret":"${secret:hook}",
    "header":"X-Hub-Signature-256","timestamp_header":"none"}}}]})";

}  // namespace

TEST_CASE("A token opens its webhook; the body becomes the input") {
    TriggerStage stage;
    stage.put("orders", kToken);
    CHECK(call(stage, "orders", {}) == "unauthorized");
    CHECK(call(stage, "orders", {{"Authorization", "Bearer s3creT"}}) == "unauthorized");
    CHECK(call(stage, "orders", {{"Authorization", "Bearer "}}) == "unauthorized");
    CHECK(call(stage, "other", {{"Authorization", "Bearer s3cret"}}) == "unknown");
    CHECK(call(stage, "orders", {{"Authorization", "Bearer s3cret"}}, "{") == "invalid");
    const std::string large = "\"" + std::string(262'143, 'x') + "\"";
    CHECK(call(stage, "orders", {{"Authorization", "Bearer s3cret"}}, large) == "invalid");
    CHECK(call(stage, "orders", {{"Authorization", "Bearer s3cret"}}, R"({"id": 7})") ==
          "run 1 new");
    CHECK(call(stage, "orders", {{"X-Stepwell-Token", "s3cret"}}, "") == "run 2 new");
    CHECK(stage.inputs()[0].at("id") == 7);
    CHECK(stage.inputs()[1] == Json::object());
    CHECK(stage.runs()[0].origin == "webhook");
    stage.put("orders", "{}");
    CHECK(call(stage, "orders", {{"Authorization", "Bearer s3cret"}}) == "unknown");
}

TEST_CASE("A call with a key starts one run, however often it comes, also after a restart") {
    TriggerStage stage;
    stage.put("orders", kToken);
    const Headers headers = {{"Authorization", "Bearer s3cret"}, {"Idempotency-Key", "k-1"}};
    CHECK(call(stage, "orders", headers) == "run 1 new");
    CHECK(call(stage, "orders", headers) == "run 1 known");
    stage.reboot();
    CHECK(call(stage, "orders", headers) == "run 1 known");
    stage.advance(Duration(120'000));
    CHECK(call(stage, "orders", headers) == "run 1 known");
    Headers other = headers;
    other["Idempotency-Key"] = "k-2";
    CHECK(call(stage, "orders", other) == "run 2 new");
    other["Idempotency-Key"] = std::string(257, 'k');
    CHECK(call(stage, "orders", other) == "invalid");
}

TEST_CASE("A signature holds for its body and its time; a replay starts nothing") {
    TriggerStage stage;
    stage.put("signed", kSigned);
    const std::int64_t now = to_ms(stage.stage.clock.now()) / 1000;
    const auto headers = [](std::int64_t at, const std::string& body, const std::string& key) {
        const std::string stamp = std::to_string(at);
        return Headers{
            {"X-Stepwell-Timestamp", stamp},
            {"X-Stepwell-Signature", "sha256=" + hmac_sha256_hex(key, stamp + "." + body)}};
    };
    CHECK(call(stage, "signed", headers(now, "[1]", "s3cret"), "[1]") == "run 1 new");
    CHECK(call(stage, "signed", headers(now, "[1]", "s3cret"), "[1]") == "run 1 known");
    CHECK(call(stage, "signed", headers(now, "[1]", "s3cret"), "[2]") == "unauthorized");
    CHECK(call(stage, "signed", headers(now, "[2]", "wrong"), "[2]") == "unauthorized");
    CHECK(call(stage, "signed", headers(now - 301, "[2]", "s3cret"), "[2]") == "unauthorized");
    CHECK(call(stage, "signed", headers(now + 301, "[2]", "s3cret"), "[2]") == "unauthorized");
    CHECK(call(stage, "signed", headers(now - 299, "[2]", "s3cret"), "[2]") == "run 2 new");
    Headers bare = headers(now, "[3]", "s3cret");
    bare.erase("X-Stepwell-Timestamp");
    CHECK(call(stage, "signed", bare, "[3]") == "unauthorized");
    CHECK(call(stage, "signed", {{"X-Stepwell-Timestamp", "1e9"}}, "[3]") == "unauthorized");
    const std::string stamp = std::to_string(now);
    const std::string both = "t=" + stamp + ",v1=" + hmac_sha256_hex("s3cret", stamp + ".[4]");
    CHECK(call(stage, "signed", {{"X-Stepwell-Signature", both}}, "[4]") == "run 3 new");
    CHECK(call(stage, "signed", {{"X-Stepwell-Signature", both}}, "[5]") == "unauthorized");
    CHECK(stage.run_count() == 3);
}

TEST_CASE("The signatures of others: another header, no time, their own key of a delivery") {
    TriggerStage stage;
    stage.put("github", kGithub);
    const Headers headers = {
        {"X-Hub-Signature-256", "sha256=" + hmac_sha256_hex("s3cret", R"({"a":1})")}};
    CHECK(call(stage, "github", headers, R"({"a":1})") == "run 1 new");
    CHECK(call(stage, "github", headers, R"({"a":1})") == "run 2 new");
    Headers delivery = headers;
    delivery["X-GitHub-Delivery"] = "d-1";
    CHECK(call(stage, "github", delivery, R"({"a":1})") == "run 3 new");
    CHECK(call(stage, "github", delivery, R"({"a":1})") == "run 3 known");
}

TEST_CASE("A webhook whose secret cannot be found takes no calls") {
    TriggerStage stage;
    stage.put("orders", R"({"triggers":[{"webhook":{"name":"orders","token":"${secret:gone}"}}]})");
    CHECK(call(stage, "orders", {{"Authorization", "Bearer "}}) == "unauthorized");
    CHECK(call(stage, "orders", {{"Authorization", "Bearer x"}}) == "unavailable");
    CHECK(call(stage, "orders", {}) == "unauthorized");
}

TEST_CASE("A crash between a call and its commit: the caller's repetition starts one run") {
    for (const bool is_written : {false, true}) {
        CAPTURE(is_written);
        TriggerStage stage;
        stage.put("orders", kToken);
        const Headers headers = {{"Authorization", "Bearer s3cret"}, {"Idempotency-Key", "k"}};
        triggers::HookCall hook;
        hook.name = "orders";
        hook.header = [&](const std::string& header) {
            const auto found = headers.find(header);
            return found == headers.end() ? std::string() : found->second;
        };
        hook.body = "{}";
        hook.now = stage.stage.clock.now();
        stage.triggers().hook(hook, [](const auto&) {});
        if (is_written) stage.stage.settle();
        stage.reboot();
        CHECK(call(stage, "orders", headers) == (is_written ? "run 1 known" : "run 1 new"));
        CHECK(stage.run_count() == 1);
    }
}

TEST_CASE("A call before the workflows are read is asked to come again") {
    Stage stage;
    triggers::Triggers unread({}, stage.engine(),
                              std::make_unique<runtime::Reader>(stage.journal()), stage.clock);
    std::string text;
    unread.hook({"orders", [](const std::string&) { return std::string(); }, "", {}},
                [&](const auto& started) { text = name_of(started.error().refusal); });
    CHECK(text == "unavailable");
}

}  // namespace stepwell::test
