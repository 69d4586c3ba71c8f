// Schedules that start runs: once, over restarts, pauses, refusals and each policy.
#include <doctest/doctest.h>

#include "tests/triggers/support.hpp"

namespace stepwell::test {
namespace {

std::string scheduled(const std::vector<Json>& inputs) {
    std::string out;
    for (const Json& input : inputs) {
        out +=
            (out.empty() ? "" : " ") + input.at("schedule").at("scheduled_time").get<std::string>();
    }
    return out;
}

}  // namespace

TEST_CASE("A fire starts one run, with what the file says and what the clock says") {
    TriggerStage stage;
    stage.at("2026-01-01T10:00:00Z");
    stage.put("daily", R"({"schedules":[{"name":"morning","cron":"0 6 * * *",
        "timezone":"America/New_York","input":{"day":"{{ scheduled_date }}","n":1}}]})");
    stage.at("2026-01-01T10:59:59Z");
    CHECK(stage.run_count() == 0);
    stage.at("2026-01-01T11:00:00Z");
    stage.at("2026-01-01T11:00:30Z");
    REQUIRE(stage.run_count() == 1);
    CHECK(
        to_text(stage.inputs()[0]) ==
        R"({"day":"2026-01-01","n":1,"schedule":{"scheduled_date":"2026-01-01","scheduled_time":"2026-01-01T06:00:00-05:00","name":"morning","timezone":"America/New_York"}})");
    CHECK(stage.runs()[0].origin == "schedule");
    stage.at("2026-01-02T11:00:05Z");
    CHECK(stage.run_count() == 2);
}

TEST_CASE("A schedule begins when it is first seen, and again when it says something else") {
    TriggerStage stage;
    stage.at("2026-01-01T10:00:00Z");
    stage.put("hourly", R"({"schedules":[{"cron":"0 * * * *","catchup":"all"}]})");
    CHECK(stage.run_count() == 0);
    stage.at("2026-01-01T11:00:00Z");
    CHECK(stage.run_count() == 1);
    stage.at("2026-01-01T11:30:00Z");
    stage.put("hourly", R"({"schedules":[{"cron":"15 * * * *","catchup":"all"}]})");
    CHECK(stage.run_count() == 1);
    stage.at("2026-01-01T12:15:00Z");
    CHECK(scheduled(stage.inputs()) == "2026-01-01T11:00:00+00:00 2026-01-01T12:15:00+00:00");
    stage.put("hourly", "{}");
    stage.at("2026-01-01T14:15:00Z");
    CHECK(stage.run_count() == 2);
}

TEST_CASE("A daemon that was down over fires makes up for them as the policy says") {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"none", ""},
        {"last", "2026-01-01T14:00:00+00:00"},
        {"all",
         "2026-01-01T11:00:00+00:00 2026-01-01T12:00:00+00:00 2026-01-01T13:00:00+00:00 "
         "2026-01-01T14:00:00+00:00"}};
    for (const auto& row : cases) {
        const auto& catchup = row.first;
        const auto& want = row.second;
        CAPTURE(catchup);
        TriggerStage stage;
        stage.at("2026-01-01T10:30:00Z");
        stage.put("hourly",
                  R"({"schedules":[{"cron":"0 * * * *","catchup":")" + catchup + R"("}]})");
        stage.stage.clock.set(from_ms(parse_rfc3339("2026-01-01T14:30:00Z")->seconds * 1000));
        stage.reboot();
        CHECK(scheduled(stage.inputs()) == want);
        stage.reboot();
        CHECK(scheduled(stage.inputs()) == want);
    }
}

TEST_CASE("What falls into a pause is not made up for, also over a restart") {
    TriggerStage stage;
    stage.at("2026-01-01T10:30:00Z");
    stage.put("hourly", R"({"schedules":[{"cron":"0 * * * *","catchup":"all"}]})");
    const auto pause = [&](bool is_paused) {
        REQUIRE(stage.stage.answer_of<void>(
            [&](auto answer) { stage.triggers().pause("hourly#0", is_paused, answer); }));
        stage.settle();
    };
    pause(true);
    stage.at("2026-01-01T11:30:00Z");
    stage.reboot();
    stage.at("2026-01-01T12:30:00Z");
    CHECK(stage.run_count() == 0);
    pause(false);
    stage.reboot();
    CHECK(stage.run_count() == 0);
    stage.at("2026-01-01T13:00:00Z");
    CHECK(scheduled(stage.inputs()) == "2026-01-01T13:00:00+00:00");
}

TEST_CASE("A schedule that the file switches off does not fire") {
    TriggerStage stage;
    stage.at("2026-01-01T10:30:00Z");
    stage.put("off", R"({"schedules":[{"cron":"0 * * * *","enabled":false}]})");
    stage.at("2026-01-01T12:30:00Z");
    CHECK(stage.run_count() == 0);
}

TEST_CASE("A fire during a run before it: each policy, also where the daemon is new") {
    struct Case {
        std::string overlap;
        std::size_t after_two;  // runs after the second fire
        std::size_t after_end;  // runs after the first has ended
        std::size_t aborted;
    };
    const std::vector<Case> cases = {
        {"allow", 2, 2, 0}, {"skip", 1, 1, 0}, {"queue", 1, 2, 0}, {"cancel_running", 2, 2, 1}};
    for (const bool is_rebooted : {false, true}) {
        for (const Case& c : cases) {
            CAPTURE(c.overlap);
            CAPTURE(is_rebooted);
            TriggerStage stage;
            stage.at("2026-01-01T10:59:30Z");
            stage.put("slow",
                      R"({"schedules":[{"cron":"* * * * *","overlap":")" + c.overlap + R"("}]})",
                      R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":90,"End":true}}})");
            stage.at("2026-01-01T11:00:00Z");
            REQUIRE(stage.run_count() == 1);
            if (is_rebooted) stage.reboot();
            stage.at("2026-01-01T11:01:00Z");
            CHECK(stage.run_count() == c.after_two);
            if (is_rebooted) stage.reboot();
            stage.at("2026-01-01T11:01:31Z");
            CHECK(stage.run_count() == c.after_end);
            std::size_t aborted = 0;
            for (const auto& run : stage.runs()) aborted += run.status == core::Status::aborted;
            CHECK(aborted == c.aborted);
        }
    }
}

TEST_CASE("A fire that was skipped stands in the ledger, and starts nothing later") {
    TriggerStage stage;
    stage.at("2026-01-01T10:59:30Z");
    stage.put("slow", R"({"schedules":[{"cron":"* * * * *","overlap":"skip","catchup":"all"}]})",
              R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":90,"End":true}}})");
    stage.at("2026-01-01T11:00:00Z");
    stage.at("2026-01-01T11:01:00Z");
    stage.reboot();
    stage.at("2026-01-01T11:01:40Z");
    CHECK(stage.run_count() == 1);
    const auto claim = stage.stage.reader().claim("schedule:slow#0", "2026-01-01T11:01:00Z");
    REQUIRE(claim);
    REQUIRE(*claim);
    CHECK(value_of((*claim)->execution) == 0);
    CHECK((*claim)->claim.details == R"({"skipped":"overlap"})");
}

TEST_CASE("A start that is refused for now is asked for again until it is taken") {
    TriggerStage stage;
    stage.at("2026-01-01T10:30:00Z");
    stage.put("hourly", R"({"schedules":[{"cron":"0 * * * *"}]})");
    stage.stage.disk->set_free_bytes(0);
    stage.at("2026-01-01T11:00:00Z");
    stage.at("2026-01-01T11:00:20Z");
    CHECK(stage.run_count() == 0);
    CHECK(stage.triggers().status().starting == 1);
    CHECK(stage.triggers().status().trouble.find("free space") != std::string::npos);
    stage.stage.disk->set_free_bytes(std::uint64_t{1} << 40);
    stage.at("2026-01-01T11:02:00Z");
    CHECK(scheduled(stage.inputs()) == "2026-01-01T11:00:00+00:00");
    CHECK(stage.triggers().status().starting == 0);
}

TEST_CASE("A fire that was refused starts after a crash, whatever became of those after it") {
    for (const std::string options :
         {R"("overlap":"allow")", R"("overlap":"skip")", R"("overlap":"queue")",
          R"("overlap":"allow","catchup_max":1)"}) {
        CAPTURE(options);
        TriggerStage stage;
        stage.at("2026-01-01T12:14:30Z");
        stage.put("minutely", R"({"schedules":[{"cron":"* * * * *",)" + options + "}]}");
        stage.stage.disk->set_free_bytes(0);
        stage.at("2026-01-01T12:15:00Z");
        stage.at("2026-01-01T12:16:00Z");
        stage.reboot();
        CHECK(stage.run_count() == 0);
        stage.stage.disk->set_free_bytes(std::uint64_t{1} << 40);
        stage.at("2026-01-01T12:16:50Z");
        const std::string got = scheduled(stage.inputs());
        CHECK(got.find("2026-01-01T12:15:00+00:00") == 0);
        stage.reboot();
        CHECK(scheduled(stage.inputs()) == got);
    }
}

TEST_CASE(
    "A run that goes on is in the way after a restart and an edit, however many were skipped") {
    TriggerStage stage;
    stage.at("2026-01-01T10:59:30Z");
    const std::string wait =
        R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":90000,"End":true}}})";
    stage.put("slow", R"({"schedules":[{"cron":"* * * * *","overlap":"skip"}]})", wait);
    for (int minute = 0; minute < 70; ++minute) stage.advance(Duration(60'000));
    REQUIRE(stage.run_count() == 1);
    stage.reboot();
    stage.advance(Duration(60'000));
    CHECK(stage.run_count() == 1);
    stage.put("slow", R"({"schedules":[{"cron":"*/2 * * * *","overlap":"skip"}]})", wait);
    for (int minute = 0; minute < 4; ++minute) stage.advance(Duration(60'000));
    CHECK(stage.run_count() == 1);
    // The release before did not keep which runs there are.
    const auto kept = stage.stage.reader().document("schedules", "slow#0");
    REQUIRE(kept);
    Json state = *parse_json(**kept);
    for (const char* name : {"asked", "running", "resumed_at"}) state.erase(name);
    runtime::Writes writes;
    writes.documents.push_back({"schedules", "slow#0", to_text(state)});
    REQUIRE(stage.stage.answer_of<void>(
        [&](auto answer) { stage.stage.engine().write(writes, answer); }));
    stage.reboot();
    for (int minute = 0; minute < 4; ++minute) stage.advance(Duration(60'000));
    CHECK(stage.run_count() == 1);
}

TEST_CASE("A clock that is set back stops no schedule and fires nothing twice") {
    TriggerStage stage;
    stage.at("2026-01-01T10:59:30Z");
    stage.put("minutely", R"({"schedules":[{"cron":"* * * * *"}]})");
    stage.at("2026-01-01T11:00:00Z");
    stage.at("2026-01-02T11:00:00Z");
    CHECK(stage.run_count() == 3);
    stage.at("2026-01-01T11:00:30Z");
    CHECK(stage.log.back().find("set back") != std::string::npos);
    stage.at("2026-01-01T11:01:00Z");
    stage.at("2026-01-01T11:02:00Z");
    CHECK(stage.run_count() == 5);
    stage.at("2026-01-01T10:58:30Z");
    stage.at("2026-01-01T11:01:00Z");
    stage.at("2026-01-01T11:03:00Z");
    CHECK(stage.run_count() == 6);
}

TEST_CASE("A start of a workflow that was deleted is given up, and the log says so") {
    TriggerStage stage;
    stage.at("2026-01-01T10:59:30Z");
    stage.put("gone", R"({"schedules":[{"cron":"* * * * *"}]})");
    stage.stage.disk->set_free_bytes(0);
    stage.at("2026-01-01T11:00:00Z");
    REQUIRE(stage.triggers().status().starting == 1);
    REQUIRE(stage.stage.answer_of<void>(
        [&](auto answer) { stage.stage.engine().delete_workflow("gone", answer); }));
    stage.at("2026-01-01T11:02:00Z");
    CHECK(stage.triggers().status().starting == 0);
    CHECK(stage.log.back().find("starts nothing") != std::string::npos);
}

TEST_CASE("Of the fires that the engine does not take, a few wait; the others are written off") {
    TriggerStage stage;
    stage.at("2026-01-01T10:59:30Z");
    stage.put("minutely", R"({"schedules":[{"cron":"* * * * *","catchup_max":3}]})");
    stage.stage.disk->set_free_bytes(0);
    for (int minute = 0; minute < 5; ++minute) stage.advance(Duration(60'000));
    CHECK(stage.triggers().status().starting == 3);
    stage.stage.disk->set_free_bytes(std::uint64_t{1} << 40);
    stage.at("2026-01-01T11:06:50Z");
    CHECK(scheduled(stage.inputs()) ==
          "2026-01-01T11:00:00+00:00 2026-01-01T11:01:00+00:00 2026-01-01T11:02:00+00:00");
    const auto claim = stage.stage.reader().claim("schedule:minutely#0", "2026-01-01T11:03:00Z");
    REQUIRE(claim);
    REQUIRE(*claim);
    CHECK((*claim)->claim.details == R"({"skipped":"too_many_waiting"})");
}

TEST_CASE("A crash before or after the commit of a start: one run, and never two") {
    for (const bool is_written : {false, true}) {
        CAPTURE(is_written);
        TriggerStage stage;
        stage.at("2026-01-01T10:30:00Z");
        stage.put("hourly", R"({"schedules":[{"cron":"0 * * * *"}]})");
        stage.stage.clock.set(from_ms(parse_rfc3339("2026-01-01T11:00:00Z")->seconds * 1000));
        stage.triggers().tick();
        if (is_written) stage.stage.settle();  // committed, but nobody has heard of it
        stage.reboot();
        CHECK(scheduled(stage.inputs()) == "2026-01-01T11:00:00+00:00");
        stage.reboot();
        CHECK(stage.run_count() == 1);
    }
}

TEST_CASE("A fire that is considered again leaves the run that it started alone") {
    TriggerStage stage;
    stage.at("2026-01-01T10:30:00Z");
    stage.put("hourly", R"({"schedules":[{"cron":"0 * * * *","overlap":"cancel_running",
        "catchup":"all"}]})",
              R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":90000,"End":true}}})");
    stage.at("2026-01-01T11:00:00Z");
    REQUIRE(stage.run_count() == 1);
    const auto kept = stage.stage.reader().document("schedules", "hourly#0");
    REQUIRE(kept);
    Json state = *parse_json(**kept);
    state["considered_at"] = state["considered_at"].get<std::int64_t>() - 1'000;
    runtime::Writes writes;
    writes.documents.push_back({"schedules", "hourly#0", to_text(state)});
    REQUIRE(stage.stage.answer_of<void>(
        [&](auto answer) { stage.stage.engine().write(writes, answer); }));
    stage.reboot();
    CHECK(stage.run_count() == 1);
    CHECK(stage.runs()[0].status == core::Status::running);
}

TEST_CASE("Schedules over a change of clocks fire as their zone says") {
    TriggerStage stage;
    stage.at("2026-03-07T12:00:00Z");
    stage.put("early", R"({"schedules":[{"cron":"30 2 * * *","timezone":"America/New_York"},
        {"name":"skipping","cron":"30 2 * * *","timezone":"America/New_York",
         "dst":{"gap":"skip"}}]})");
    stage.at("2026-03-08T07:00:00Z");
    CHECK(scheduled(stage.inputs()) == "2026-03-08T03:00:00-04:00");
}

TEST_CASE("A moment starts one run for good") {
    TriggerStage stage;
    stage.at("2026-01-01T10:30:00Z");
    stage.put("once", R"({"schedules":[{"at":"2026-01-01T11:00:00"}]})");
    stage.at("2026-01-01T11:00:01Z");
    stage.reboot();
    stage.at("2027-01-01T11:00:00Z");
    CHECK(stage.run_count() == 1);
}

}  // namespace stepwell::test
