// Schedules, triggers, ledgers and deadlines as the API shows them.
#include <doctest/doctest.h>

#include "api/read/views.hpp"
#include "api/triggers/views.hpp"
#include "engine/runtime/pause.hpp"
#include "tests/triggers/support.hpp"

namespace stepwell::test {
namespace {

using namespace stepwell::api;

const std::string kAll = R"({
    "schedules": [{"name": "early", "cron": "0 6 * * *", "timezone": "Europe/Berlin"},
                  {"rate": "1 hour", "overlap": "skip", "enabled": false}],
    "triggers": [{"name": "drop", "files": "in/*.csv", "stable_for": "1s"},
                 {"webhook": {"name": "door", "token": "${secret:hook}"}}],
    "deadlines": {"finish_by": "8:00", "timezone": "Europe/Berlin"}})";

Json view_of(const Result<Json>& view) {
    REQUIRE(view);
    return *view;
}

}  // namespace

TEST_CASE("Schedules are shown with their next fires in their own zones, paused ones without") {
    TriggerStage stage;
    stage.at("2026-03-28T12:00:00Z");
    stage.put("orders", kAll);
    const auto view = [&] {
        return view_of(schedules_view(stage.stage.reader(), stage.stage.clock.now(), 2))
            .at("items");
    };
    const Json shown = view();
    REQUIRE(shown.size() == 2);
    CHECK(shown[0].at("id") == "orders#early");
    CHECK(shown[0].at("next_fires") ==
          Json({"2026-03-29T06:00:00+02:00", "2026-03-30T06:00:00+02:00"}));
    CHECK(shown[0].at("catchup") == "last");
    CHECK(shown[1].at("id") == "orders#1");
    CHECK(shown[1].at("kind") == "rate");
    CHECK(shown[1].at("enabled") == false);
    CHECK(shown[1].at("next_fires") == Json::array());
    REQUIRE(stage.stage.answer_of<void>(
        [&](auto answer) { stage.triggers().pause("orders#early", true, answer); }));
    CHECK(view()[0].at("paused") == true);
    CHECK(view()[0].at("paused_at") == "2026-03-28T12:00:00Z");
    CHECK(view()[0].at("next_fires") == Json::array());
    REQUIRE(stage.stage.answer_of<void>(
        [&](auto answer) { stage.triggers().pause("orders#early", false, answer); }));
    stage.at("2026-03-29T04:00:00Z");
    const Json last = view()[0].at("last");
    CHECK(last.at("key") == "2026-03-29T04:00:00Z");
    CHECK(last.at("run") == 1);
}

TEST_CASE(
    "A list of workflows tells when each is started next, and nothing where no schedule goes") {
    TriggerStage stage;
    stage.at("2026-03-28T12:00:00Z");
    stage.put("orders", R"({"schedules": [{"name": "late", "cron": "0 18 * * *"},
                                          {"name": "early", "cron": "0 6 * * *"},
                                          {"name": "off", "rate": "1 minute", "enabled": false}]})");
    stage.put("plain", "{}");
    const auto next = [&](std::size_t workflow) {
        return view_of(workflows_view(stage.stage.reader(), stage.stage.clock.now()))
            .at("items")[workflow]
            .at("next_fire");
    };
    CHECK(next(0) == Json{{"schedule", "orders#late"}, {"at", "2026-03-28T18:00:00Z"}});
    CHECK(next(1).is_null());
    REQUIRE(stage.stage.answer_of<void>(
        [&](auto answer) { stage.triggers().pause("orders#late", true, answer); }));
    CHECK(next(0) == Json{{"schedule", "orders#early"}, {"at", "2026-03-29T06:00:00Z"}});

    runtime::Pause pause;
    const auto put = [&] {
        REQUIRE(stage.stage.answer_of<void>([&](auto answer) {
            runtime::Writes writes;
            writes.documents.push_back(runtime::to_write(pause, "orders"));
            stage.stage.engine().write(writes, answer);
        }));
    };
    pause.until = from_ms(parse_rfc3339("2026-04-01T07:00:00Z")->seconds * 1'000);
    put();
    CHECK(next(0).at("at") == "2026-04-02T06:00:00Z");
    pause.until.reset();
    put();
    CHECK(next(0).is_null());
}

TEST_CASE("A schedule is found by WORKFLOW#NAME or WORKFLOW:NAME") {
    TriggerStage stage;
    stage.put("orders", kAll);
    CHECK(*find_schedule(stage.stage.reader(), "orders#early") == "orders#early");
    CHECK(*find_schedule(stage.stage.reader(), "orders:1") == "orders#1");
    for (const std::string id : {"orders", "orders#drop", "", "#", "orders#0"}) {
        CAPTURE(id);
        const auto found = find_schedule(stage.stage.reader(), id);
        REQUIRE_FALSE(found);
        CHECK(found.error().code == ErrorCode::not_found);
    }
}

TEST_CASE("Triggers are shown with what waits; their ledgers page by page") {
    TriggerStage stage;
    stage.put("orders", kAll);
    for (int n = 0; n < 5; ++n) stage.write("in/" + std::to_string(n) + ".csv", std::to_string(n));
    stage.advance(Duration(500));
    const auto status = stage.triggers().status();
    const Json shown = view_of(triggers_view(stage.stage.reader(), &status)).at("items");
    REQUIRE(shown.size() == 2);
    CHECK(shown[0].at("id") == "orders#drop");
    CHECK(shown[0].at("waiting") == 5);
    CHECK(shown[0].at("identity") == "content");
    CHECK(shown[1].at("url") == "/hooks/door");
    CHECK(shown[1].at("authentication") == "token");
    CHECK_FALSE(view_of(triggers_view(stage.stage.reader(), nullptr)).contains("starting"));
    stage.advance(Duration(1'000));
    stage.advance(Duration(1'000));

    std::size_t count = 0;
    std::optional<std::string> after;
    for (int page = 0; page < 3; ++page) {
        const Json ledger = view_of(ledger_view(stage.stage.reader(), "orders:drop", 2, after));
        CHECK(ledger.at("trigger") == "orders#drop");
        count += ledger.at("items").size();
        for (const Json& claim : ledger.at("items")) {
            CHECK(claim.at("uri").get<std::string>() + "|" +
                      claim.at("identity").get<std::string>() ==
                  claim.at("key").get<std::string>());
            CHECK(claim.at("size") == 1);
            CHECK(claim.contains("run"));
        }
        CHECK(ledger.contains("next") == (page < 2));
        if (page < 2) after = ledger.at("next").get<std::string>();
    }
    CHECK(count == 5);
    const auto unknown = ledger_view(stage.stage.reader(), "orders#x", 2, std::nullopt);
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().code == ErrorCode::not_found);
    const auto wrong = ledger_view(stage.stage.reader(), "orders#drop", 2, "x");
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().code == ErrorCode::invalid);
}

TEST_CASE("A deadline waits, is late, and is met") {
    TriggerStage stage;
    stage.at("2026-01-05T06:00:00Z");
    stage.put("orders", kAll);
    const auto view = [&] {
        return view_of(deadlines_view(stage.stage.reader(), stage.stage.clock.now()))
            .at("items")
            .at(0);
    };
    CHECK(view().at("id") == "orders#finish_by");
    CHECK(view().at("status") == "waiting");
    CHECK(view().at("next_due") == "2026-01-05T08:00:00+01:00");
    stage.at("2026-01-05T07:00:00Z");
    CHECK(view().at("status") == "late");
    CHECK(view().at("late_due") == "2026-01-05T08:00:00+01:00");
    REQUIRE(stage.stage.start("orders"));
    stage.at("2026-01-05T07:02:00Z");
    stage.at("2026-01-05T07:02:10Z");
    CHECK(view().at("status") == "met");
}

}  // namespace stepwell::test
