#include "api/daemon/run_log.hpp"

#include "tests/answers/theatre.hpp"

namespace stepwell::test {

using api::RunLog;

namespace {

constexpr const char* kOneTask =
    R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"stepwell:shell","End":true}}})";

std::vector<std::string> texts(RunLog& log) {
    std::vector<std::string> all;
    for (const RunLog::Line& line : log.lines()) {
        all.push_back((line.is_failure ? "! " : "") + line.text);
    }
    return all;
}

}  // namespace

TEST_CASE("the daemon's log tells when runs start, how they end, and why they failed") {
    Theatre theatre;
    RunLog log;
    const auto subscription = theatre.engine().subscribe(log.listener());
    REQUIRE(theatre.create("load", kOneTask));
    const auto good = theatre.play("load", {{"T", {"{}"}}});
    const auto bad = theatre.play(
        "load", {{"T", {R"(E_QUALITY: {"message":"3 rows are NULL","rows":{"read":3}})"}}});
    runtime::RedriveRequest redrive;
    redrive.id = bad;
    REQUIRE(theatre.answer_of<runtime::Redriven>(
        [&](auto answer) { theatre.engine().redrive_execution(redrive, answer); }));
    CHECK(value_of(good) == 1);
    CHECK(texts(log) ==
          std::vector<std::string>{"run 1 of load started", "run 1 of load succeeded in 1.0 s",
                                   "run 2 of load started",
                                   "! run 2 of load failed in 1.0 s: E_QUALITY: 3 rows are NULL",
                                   "run 2 of load goes on: it was redriven"});
    CHECK(log.lines().empty());
}

TEST_CASE(
    "of very many runs the log tells the first ones, and counts the others; failures have room") {
    Theatre theatre;
    RunLog log(2);
    const auto subscription = theatre.engine().subscribe(log.listener());
    REQUIRE(theatre.create("load", kOneTask));
    for (int i = 0; i < 3; ++i) theatre.play("load", {{"T", {"{}"}}});
    theatre.play("load", {{"T", {"E_X: \033[2J"}}});
    CHECK(texts(log) == std::vector<std::string>{"run 1 of load started",
                                                 "run 1 of load succeeded in 1.0 s",
                                                 "! run 4 of load failed in 1.0 s: E_X: ^[[2J",
                                                 "3 more runs started, 2 more succeeded"});
}

}  // namespace stepwell::test
