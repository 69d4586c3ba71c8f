// Deadlines: told once while late, and once more when it has come after all.
#include <doctest/doctest.h>

#include "tests/triggers/support.hpp"

namespace stepwell::test {
namespace {

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("A start that has not come by its time is told once, and so is its coming") {
    TriggerStage stage;
    stage.at("2026-01-05T06:00:00Z");
    stage.put("orders", R"({"deadlines":{"start_by":"08:00","timezone":"UTC"}})");
    stage.at("2026-01-05T07:59:59Z");
    CHECK(stage.late == Texts{});
    stage.at("2026-01-05T08:00:00Z");
    CHECK(stage.late == Texts{"orders#start_by late"});
    stage.at("2026-01-05T09:00:00Z");
    stage.reboot();
    stage.at("2026-01-05T09:00:10Z");
    CHECK(stage.late == Texts{"orders#start_by late"});
    REQUIRE(stage.stage.start("orders"));
    stage.at("2026-01-05T09:01:00Z");
    CHECK(stage.late == Texts{"orders#start_by late", "orders#start_by met"});
    stage.at("2026-01-05T12:00:00Z");
    CHECK(stage.late.size() == 2);
}

TEST_CASE("A run that has ended in time keeps its deadline; one that still goes on does not") {
    for (const bool is_in_time : {true, false}) {
        CAPTURE(is_in_time);
        TriggerStage stage;
        stage.at("2026-01-05T06:00:00Z");
        stage.put("orders", R"({"deadlines":[{"finish_by":"8:00"}]})");
        stage.at(is_in_time ? "2026-01-05T07:00:00Z" : "2026-01-05T07:59:30Z");
        REQUIRE(stage.stage.start("orders"));
        stage.at("2026-01-05T07:59:59Z");
        stage.at("2026-01-05T08:00:00Z");
        CHECK(stage.late == (is_in_time ? Texts{} : Texts{"orders#finish_by late"}));
        stage.at("2026-01-05T08:01:00Z");
        CHECK(stage.late.size() == (is_in_time ? 0 : 2));
    }
}

TEST_CASE("While a workflow is late its runs are listed again only after one of them has moved") {
    TriggerStage stage;
    stage.at("2026-01-05T06:00:00Z");
    stage.put("orders", R"({"deadlines":[{"finish_by":"8:00"}]})", kTask);
    stage.put("other", "{}", kTask);
    stage.at("2026-01-05T08:00:00Z");
    REQUIRE(stage.late == Texts{"orders#finish_by late"});
    stage.at("2026-01-05T08:00:10Z");
    const std::uint64_t before = stage.stage.disk->lists_read();
    for (int n = 0; n < 100; ++n) stage.advance(Duration(5'000));
    REQUIRE(stage.stage.start("other", R"({"x":1})"));
    stage.advance(Duration(5'000));
    CHECK(stage.stage.disk->lists_read() == before);
    REQUIRE(stage.stage.start("orders", R"({"x":1})"));
    stage.advance(Duration(5'000));
    CHECK(stage.stage.disk->lists_read() == before + 1);
    stage.stage.succeed("{}");
    stage.advance(Duration(5'000));
    CHECK(stage.stage.disk->lists_read() == before + 2);
    CHECK(stage.late == Texts{"orders#finish_by late", "orders#finish_by met"});
}

TEST_CASE("A changed workflow is read again, and no other") {
    TriggerStage stage;
    stage.at("2026-01-05T06:00:00Z");
    const std::string options = R"({"deadlines":[{"finish_by":"8:00"}]})";
    for (int n = 0; n < 20; ++n) stage.put("w" + std::to_string(n), options);
    const std::uint64_t before = stage.stage.disk->versions_read();
    stage.put("w7", R"({"deadlines":[{"finish_by":"9:00"}]})");
    CHECK(stage.stage.disk->versions_read() - before < 5);
    stage.at("2026-01-05T08:30:00Z");
    CHECK(stage.late.size() == 19);
    stage.at("2026-01-05T09:00:00Z");
    CHECK(stage.late.size() == 20);
}

TEST_CASE("Yesterday's run does not count for today, nor does a day that is not named") {
    TriggerStage stage;
    stage.at("2026-01-08T06:00:00Z");  // a Thursday
    stage.put("orders", R"({"deadlines":[{"start_by":"08:00","days":"MON-FRI","window":"4h"}]})");
    REQUIRE(stage.stage.start("orders"));
    stage.at("2026-01-08T09:00:00Z");
    CHECK(stage.late == Texts{});
    stage.at("2026-01-09T09:00:00Z");
    CHECK(stage.late == Texts{"orders#start_by late"});
    REQUIRE(stage.stage.start("orders"));
    stage.at("2026-01-09T09:01:00Z");
    CHECK(stage.late.size() == 2);
    stage.at("2026-01-11T23:00:00Z");
    CHECK(stage.late.size() == 2);
    stage.at("2026-01-12T09:00:00Z");
    CHECK(stage.late.size() == 3);
}

TEST_CASE("A file that has not come by its time is told") {
    TriggerStage stage;
    stage.at("2026-01-05T06:00:00Z");
    stage.put("orders", R"({"triggers":[{"name":"drop","files":"in/*.csv","stable_for":"1s"}],
        "deadlines":[{"file_by":"07:00"}]})");
    stage.at("2026-01-05T07:00:00Z");
    CHECK(stage.late == Texts{"orders#file_by late"});
    stage.write("in/a.csv", "a");
    stage.at("2026-01-05T07:01:00Z");
    stage.at("2026-01-05T07:02:00Z");
    stage.at("2026-01-05T07:03:00Z");
    CHECK(stage.late == Texts{"orders#file_by late", "orders#file_by met"});
}

TEST_CASE("A deadline that went by while the daemon was down is told when it is back") {
    TriggerStage stage;
    stage.at("2026-01-05T06:00:00Z");
    stage.put("orders", R"({"deadlines":{"start_by":"08:00"}})");
    stage.stage.clock.set(from_ms(parse_rfc3339("2026-01-05T09:00:00Z")->seconds * 1000));
    stage.reboot();
    CHECK(stage.late == Texts{"orders#start_by late"});
}

}  // namespace stepwell::test
