// Secrets do not get into the journal: what comes in is masked, or refused.
#include "engine/runtime/confidentiality.hpp"

#include <doctest/doctest.h>

#include "tests/runtime/stage.hpp"

namespace stepwell::test {
namespace {

constexpr std::string_view kSecret = "hunter2";

std::string without(std::string text) {
    for (auto at = text.find(kSecret); at != text.npos; at = text.find(kSecret)) {
        text.replace(at, kSecret.size(), "***");
    }
    return text;
}

/// Knows one secret, in one form.
struct OneSecret final : runtime::Confidentiality {
    Payload mask(Payload document) override { return Payload::trusted(without(document.text())); }
    Json mask(Json document) override { return *parse_json(without(to_text(document))); }
    std::string mask(std::string text) override { return without(std::move(text)); }
    Result<void> check(const std::string& place, std::string_view text) override {
        if (text.find(kSecret) == text.npos) return {};
        return fail(ErrorCode::invalid, place + ": a secret");
    }
    Result<void> check_start(const std::string&, const std::string& place,
                             std::string_view text) override {
        return check(place, text);
    }
};

runtime::EngineSettings settings_with(OneSecret& secrets) {
    runtime::EngineSettings settings;
    settings.secrets = &secrets;
    return settings;
}

const std::string kUses =
    R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"stepwell:shell","Parameters":
        {"a":"${secret:x}","b.$":"$.b","c":["d",{"e":"Bearer ${secret:x#f}"}]},"End":true}}})";

}  // namespace

TEST_CASE("what a task reports is masked before it is journaled or shown") {
    OneSecret secrets;
    Stage stage(settings_with(secrets));
    std::vector<std::string> shown;
    runtime::Listener listener;
    listener.log = [&](const TaskToken&, const std::string& line) { shown.push_back(line); };
    listener.progress = [&](const TaskToken&, const Json& json) { shown.push_back(to_text(json)); };
    const auto subscription = stage.engine().subscribe(listener);
    REQUIRE(stage.create("m", kTask));
    auto run = stage.start("m", R"({"x": 1})");
    REQUIRE(run);
    const TaskToken token = stage.runner.started.back().token;
    stage.engine().log(token, "it is hunter2");
    stage.engine().progress(token, Json{{"message", "hunter2"}});
    CHECK(shown == std::vector<std::string>{"it is ***", R"({"message":"***"})"});
    stage.succeed(R"({"found":"hunter2"})");
    CHECK(stage.outcome(run->id) == R"(SUCCEEDED {"found":"***"})");

    run = stage.start("m", R"({"x": 2})");
    REQUIRE(run);
    stage.engine().failed(stage.runner.started.back().token, "Odd.hunter2", "because hunter2");
    stage.settle();
    CHECK(stage.outcome(run->id) == "FAILED Odd.***");
    CHECK(stage.reader().describe(run->id)->cause == "because ***");
}

TEST_CASE("the words of a stop are masked") {
    OneSecret secrets;
    Stage stage(settings_with(secrets));
    REQUIRE(stage.create("m", kWait));
    const auto run = stage.start("m");
    REQUIRE(run);
    REQUIRE(stage.answer_of<Timestamp>([&](auto answer) {
        stage.engine().stop_execution(run->id, {"hunter2", "hunter2!"}, answer);
    }));
    CHECK(stage.outcome(run->id) == "ABORTED ***");
}

TEST_CASE("a start or a workflow that holds a secret is refused") {
    OneSecret secrets;
    Stage stage(settings_with(secrets));
    REQUIRE(stage.create("m", kPass));
    const auto input = stage.start("m", R"({"x":"hunter2"})");
    REQUIRE_FALSE(input);
    CHECK(input.error().code == ErrorCode::invalid);
    CHECK(input.error().message == "the input: a secret");
    CHECK_FALSE(stage.start("m", "{}", "hunter2"));
    std::string definition = kPass;
    definition.replace(definition.find("\"a\":1"), 5, R"("a":"hunter2")");
    const auto created = stage.create("n", definition);
    REQUIRE_FALSE(created);
    CHECK(created.error().message == "workflow 'n': the definition: a secret");
    const auto updated = stage.answer_of<runtime::WorkflowStatus>([&](auto answer) {
        runtime::WorkflowUpdate update;
        update.definition = definition;
        stage.engine().update_workflow("m", update, answer);
    });
    CHECK_FALSE(updated);
}

TEST_CASE("a task is told where its own definition names secrets, also after a restart") {
    Stage stage;
    REQUIRE(stage.create("m", kUses));
    REQUIRE(stage.start("m", R"({"b":"${secret:x}"})"));
    const std::vector<std::string> want{"/a", "/c/1/e"};
    REQUIRE(stage.runner.started.size() == 1);
    CHECK(stage.runner.started[0].secret_places == want);
    CHECK(stage.runner.started[0].parameters.json()["a"] == "${secret:x}");
    stage.boot();
    stage.settle();
    REQUIRE(stage.runner.started.size() == 1);
    CHECK(stage.runner.started[0].secret_places == want);
}

}  // namespace stepwell::test
