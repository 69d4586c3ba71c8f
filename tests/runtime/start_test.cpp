// Starts that meet others: names, keys and claims.
#include <string>

#include "tests/runtime/stage.hpp"
#include "tests/support/commit.hpp"

namespace stepwell::test {

using namespace std::chrono_literals;
using namespace runtime;

TEST_CASE("a start under a name that is taken is a repetition, or refused") {
    Stage stage;
    REQUIRE(stage.create("etl", kWait));
    REQUIRE(stage.create("other", kWait));
    const auto first = stage.start("etl", R"({"a":1})", "n");
    REQUIRE(first);
    CHECK(first->is_new);
    stage.clock.advance(1s);
    const auto again = stage.start("etl", R"({"a":1})", "n");
    REQUIRE(again);
    CHECK((again->id == first->id && again->arn == first->arn && !again->is_new));
    CHECK(again->started_at == first->started_at);
    CHECK(stage.start("other", R"({"a":1})", "n")->is_new);

    const auto other_input = stage.start("etl", R"({"a":2})", "n");
    REQUIRE_FALSE(other_input);
    CHECK(other_input.error().code == ErrorCode::conflict);
    CHECK(other_input.error().message ==
          "Execution Already Exists: 'arn:aws:states:us-east-1:123456789012:execution:etl:n'");
    stage.boot();
    CHECK(stage.start("etl", R"({"a":1})", "n")->id == first->id);
    stage.advance(60s);
    CHECK(stage.start("etl", R"({"a":1})", "n").error().code == ErrorCode::conflict);

    // Whoever may have started it before a crash takes it as it is.
    StartRequest request;
    request.workflow = "etl";
    request.name = "n";
    request.input = Payload::trusted(R"({"a":1})");
    request.adopts_existing = true;
    const auto adopted = stage.answer_of<Started>(
        [&](auto answer) { stage.engine().start_execution(request, answer); });
    REQUIRE(adopted);
    CHECK((adopted->id == first->id && !adopted->is_new));
}

TEST_CASE("the input of a start has to fit the workflow's parameters, and gets their defaults") {
    Stage stage;
    REQUIRE(stage.put("etl", kWait,
                      R"({"parameters":{"day":{"type":"date","required":true},
                          "n":{"type":"integer","default":5}}})"));

    const auto refused = stage.start("etl", R"({"n":"x","dya":"2024-01-31"})", "n");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::invalid);
    for (const char* part : {"n: expected a whole number", "did you mean 'day'", "day: expected"}) {
        CHECK(refused.error().message.find(part) != std::string::npos);
    }
    const auto first = stage.start("etl", R"({"day":"2024-01-31"})", "n");
    REQUIRE(first);
    const auto input = [&] { return stage.reader().describe(first->id)->input.text(); };
    CHECK(input() == R"({"day":"2024-01-31","n":5})");
    for (int look = 0; look < 2; ++look) {  // the same start is the same run, also after a restart
        if (look == 1) stage.boot();
        CHECK(stage.start("etl", R"({"day":"2024-01-31"})", "n")->id == first->id);
        CHECK(stage.start("etl", R"({"day":"2024-01-31","n":5})", "n")->id == first->id);
        CHECK_FALSE(stage.start("etl", R"({"day":"2024-01-31","n":6})", "n"));
    }
    CHECK(input() == R"({"day":"2024-01-31","n":5})");
}

TEST_CASE("two starts under one name in one turn are one execution") {
    Stage stage;
    REQUIRE(stage.create("etl", kPass));
    std::vector<Started> started;
    StartRequest request;
    request.workflow = "etl";
    request.name = "n";
    request.adopts_existing = true;
    for (int i = 0; i < 2; ++i) {
        stage.engine().start_execution(request,
                                       [&](Result<Started> one) { started.push_back(*one); });
    }
    CHECK(stage.engine().step());
    REQUIRE(started.size() == 2);
    CHECK((started[0].id == started[1].id && started[0].is_new && !started[1].is_new));
}

TEST_CASE("a key of one start is not good for another") {
    Stage stage;
    REQUIRE(stage.create("etl", kWait));
    REQUIRE(stage.create("other", kWait));
    const auto start = [&](const std::string& workflow, const char* input) {
        StartRequest request;
        request.workflow = workflow;
        request.input = Payload::trusted(input);
        request.claims = {{"start:ann", "key", "{}"}};
        request.claims_are_exact = true;
        return stage.answer_of<Started>(
            [&](auto answer) { stage.engine().start_execution(request, answer); });
    };
    const auto first = start("etl", R"({"a":1})");
    REQUIRE(first);
    for (int look = 0; look < 3; ++look) {  // it runs; it ran before a restart; it has ended
        CAPTURE(look);
        if (look == 1) stage.boot();
        if (look == 2) stage.advance(60s);
        const auto again = start("etl", R"({"a":1})");
        REQUIRE(again);
        CHECK((again->id == first->id && !again->is_new));
        for (const auto& other : {start("etl", R"({"a":2})"), start("other", R"({"a":1})")}) {
            REQUIRE_FALSE(other);
            CHECK(other.error().code == ErrorCode::conflict);
        }
    }
}

TEST_CASE("a claim starts one execution, in one turn, in two, and after a restart") {
    Stage stage;
    REQUIRE(stage.create("etl", kPass));
    StartRequest request;
    request.workflow = "etl";
    request.origin = "file";
    request.principal = "ann";
    request.claims = {{"files", "a.csv", "{}"}, {"files", "b.csv", "{}"}};
    request.documents = {{"state", "files", "seen"}};
    std::vector<Started> started;
    for (int i = 0; i < 2; ++i) {
        stage.engine().start_execution(request,
                                       [&](Result<Started> one) { started.push_back(*one); });
    }
    CHECK(stage.engine().step());
    REQUIRE(started.size() == 2);
    CHECK((started[0].id == started[1].id && started[0].is_new && !started[1].is_new));
    stage.boot();
    const auto start = [&] {
        return stage.answer_of<Started>(
            [&](auto answer) { stage.engine().start_execution(request, answer); });
    };
    const auto again = start();
    REQUIRE(again);
    CHECK((again->id == started[0].id && !again->is_new));
    CHECK(stage.reader().claims_of(again->id)->size() == 2);
    CHECK(stage.reader().document("state", "files")->value() == "seen");
    const auto summary = stage.reader().describe(again->id)->summary;
    CHECK((summary.origin == "file" && summary.principal == "ann"));

    // Some of them are new: a run for both files would read the first one twice.
    request.claims[1].key = "c.csv";
    const auto mixed = start();
    REQUIRE_FALSE(mixed);
    CHECK(mixed.error().code == ErrorCode::conflict);
    CHECK(mixed.error().message ==
          "expected 'a.csv' of 'files' to be new, but it is taken by execution 1");
    CHECK_FALSE(stage.reader().claim("files", "c.csv")->has_value());
}

TEST_CASE("documents and claims are written all or not at all, under their conditions") {
    using If = journal::DocumentWrite::If;
    Stage stage;
    const auto write = [&](runtime::Writes writes) {
        auto done = stage.answer_of<void>(
            [&](auto answer) { stage.engine().write(std::move(writes), answer); });
        return done ? std::string("done") : done.error().message;
    };
    CHECK(write({{{"users", "ann", "1", If::absent}}, {{"hook", "k", "{}"}}}) == "done");
    CHECK(write({{{"users", "bo", "1"}, {"users", "ann", "2", If::absent}}, {}}) ==
          "expected 'ann' in 'users' not to exist, but it does");
    CHECK(write({{{"users", "cy", "1", If::present}}, {}}) ==
          "expected 'cy' in 'users' to exist, but it does not");
    CHECK(write({{{"users", "cy", "1"}}, {{"hook", "k", "{}"}}}) ==
          "expected 'k' of 'hook' to be new, but it is taken");
    CHECK_FALSE(stage.reader().document("users", "bo")->has_value());
    CHECK_FALSE(stage.reader().document("users", "cy")->has_value());
    CHECK(write({{{"users", "ann", std::nullopt, If::present}}, {}}) == "done");
    CHECK_FALSE(stage.reader().document("users", "ann")->has_value());
}

TEST_CASE("a name that was made for one run is not given to another") {
    Stage stage;
    REQUIRE(stage.create("etl", kWait));
    REQUIRE(stage.create("other", kWait));
    const auto made = stage.start("etl", R"({"a":1})");
    REQUIRE(made);
    CHECK(stage.start("etl", R"({"a":2})", made->name).error().code == ErrorCode::conflict);
    const auto again = stage.start("etl", R"({"a":1})", made->name);
    REQUIRE(again);
    CHECK((again->id == made->id && !again->is_new));
    CHECK(stage.start("other", R"({"a":2})", made->name)->is_new);  // its ARN is another
    stage.advance(60s);
    CHECK(stage.start("etl", R"({"a":1})", made->name).error().code == ErrorCode::conflict);
}

TEST_CASE("what an Express machine starts takes five minutes at most") {
    struct Case {
        std::string type;
        std::string timeout;
        Duration last;  // still runs then
        std::string at_last;
    };
    const Case cases[] = {{"EXPRESS", "", 299s, "TIMED_OUT States.Timeout"},
                          {"EXPRESS", R"("TimeoutSeconds":400,)", 299s, "TIMED_OUT States.Timeout"},
                          {"EXPRESS", R"("TimeoutSeconds":10,)", 9s, "TIMED_OUT States.Timeout"},
                          {"STANDARD", "", 299s, "RUNNING"}};
    for (const Case& c : cases) {
        CAPTURE(c.type);
        CAPTURE(c.timeout);
        Stage stage;
        WorkflowSpec spec;
        spec.name = "etl";
        spec.type = c.type;
        spec.definition =
            "{" + c.timeout +
            R"("StartAt":"W","States":{"W":{"Type":"Wait","Seconds":9000,"End":true}}})";
        REQUIRE(stage.answer_of<WorkflowStatus>(
            [&](auto answer) { stage.engine().create_workflow(spec, answer); }));
        const auto started = stage.start("etl");
        REQUIRE(started);
        stage.advance(c.last);
        CHECK(stage.outcome(started->id) == "RUNNING");
        stage.boot();
        stage.advance(1s);
        CHECK(stage.outcome(started->id) == c.at_last);
    }
}

}  // namespace stepwell::test
