#include "api/home/health.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "api/home/home.hpp"
#include "api/home/queued.hpp"
#include "tests/answers/theatre.hpp"

namespace stepwell::test {

using namespace answers;

namespace {

HealthSnapshot sound() {
    HealthSnapshot made;
    made.now = from_ms(1'700'000'000'000);
    made.engine.inbox_max = 1'000;
    made.engine.free_bytes = 500;
    made.engine.free_bytes_min = 100;
    made.engine.commits.at(3) = 99;  // up to 1 ms
    made.engine.commits.at(7) = 1;   // up to 25 ms
    made.task_hosts = 2;
    return made;
}

Json figure(const Json& health, const std::string& name) {
    for (const Json& one : health["figures"]) {
        if (one["name"] == name) return one;
    }
    return {};
}

}  // namespace

TEST_CASE("health is over where one figure is beyond its limit, and says which") {
    CHECK(health_view(sound())["over"] == false);
    CHECK(figure(health_view(sound()), "commit_p99")["value"] == 1);
    CHECK(figure(health_view(sound()), "task_hosts")["value"] == 2);
    CHECK(figure(health_view(sound()), "database")["limit"] == nullptr);
    struct Case {
        std::string name;
        std::function<void(HealthSnapshot&)> spoil;
        Json value;
    };
    const std::vector<Case> cases = {
        {"commit_p99", [](auto& health) { health.engine.commits.back() = 2; }, 2'000},
        {"inbox", [](auto& health) { health.engine.inbox_messages = 501; }, 501},
        {"timers_behind",
         [](auto& health) { health.engine.next_timer = health.now - Duration(5'001); }, 5'001},
        {"database",
         [](auto& health) {
             health.database_budget = 1'000;
             health.database_bytes = 1'101;
         },
         1'101},
        {"disk_free",
         [](auto& health) {
             health.engine.has_room = false;
             health.engine.free_bytes = 99;
         },
         99}};
    for (const Case& c : cases) {
        CAPTURE(c.name);
        HealthSnapshot made = sound();
        c.spoil(made);
        const Json health = health_view(made);
        CHECK(health["over"] == true);
        CHECK(figure(health, c.name)["over"] == true);
        CHECK(figure(health, c.name)["value"] == c.value);
    }
}

TEST_CASE("health knows no commit before the first, and a timer in the future is not behind") {
    HealthSnapshot made = sound();
    made.engine.commits = {};
    made.engine.next_timer = made.now + Duration(1);
    CHECK(figure(health_view(made), "commit_p99")["value"] == nullptr);
    CHECK(figure(health_view(made), "timers_behind")["value"] == 0);
}

TEST_CASE("home counts who is queued, and names the place and who holds the pool") {
    Theatre theatre(runtime::EngineSettings{}, runtime::PoolSlots{{"one", 1}});
    REQUIRE(theatre.put("pooled", R"({"StartAt":"T","States":{"T":{"Type":"Task",
        "Resource":"stepwell:shell","End":true}}})",
                        R"({"pool":"one"})"));
    const Timestamp begin = theatre.clock.now();
    const auto holder = theatre.start("pooled");
    for (int i = 0; i < 2; ++i) REQUIRE(theatre.start("pooled"));
    theatre.clock.advance(std::chrono::seconds(1));
    auto histories = theatre.histories();
    HomeQuery query;
    query.span = {begin, theatre.clock.now()};
    query.now = theatre.clock.now();
    query.gate = theatre.gate.get();
    query.health = sound();
    const auto home = home_view(histories, query);
    REQUIRE(home);
    CHECK((*home)["tiles"]["queued"]["count"] == 2);
    CHECK((*home)["tiles"]["running"]["count"] == 3);
    CHECK(figure((*home)["health"], "database")["value"].get<std::uint64_t>() > 0);
    std::size_t queued = 0;
    for (const Json& run : (*home)["running"]) {
        if (run["run"] == value_of(holder->id)) {
            CHECK(run["queued"] == nullptr);
            continue;
        }
        ++queued;
        CHECK((run["queued"]["state"] == "T" && run["queued"]["pool"] == "one"));
        CHECK(run["queued"]["place"] == run["run"].get<std::uint64_t>() - 1);
        CHECK(run["queued"]["holders"][0]["run"] == value_of(holder->id));
    }
    CHECK(queued == 2);
}

TEST_CASE("home names those who hold the places of a limited workflow") {
    Theatre theatre;
    REQUIRE(theatre.put("limited", R"({"StartAt":"T","States":{"T":{"Type":"Task",
        "Resource":"stepwell:shell","End":true}}})",
                        R"({"concurrency":1})"));
    const auto holder = theatre.start("limited");
    const auto waiter = theatre.start("limited");
    const auto summary = theatre.reader().summary(waiter->id);
    REQUIRE(summary);
    const Json queued = queued_view(*theatre.gate, *summary);
    CHECK((queued["pool"] == nullptr && queued["place"] == 1));
    CHECK(queued["holders"][0]["run"] == value_of(holder->id));
    CHECK(queued_view(*theatre.gate, *theatre.reader().summary(holder->id)).is_null());
}

}  // namespace stepwell::test
