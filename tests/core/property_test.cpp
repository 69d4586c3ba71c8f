// Random workflows, random inputs: late, repeated, wrong, in any order. World checks after each
// decision that codec, replay, restore and outstanding() agree with the live execution.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "engine/base/prng.hpp"
#include "tests/core/world.hpp"
#include "tests/support/effort.hpp"

namespace stepwell::test {

namespace {

/// Writes a random machine; every state has its own name.
class Author {
public:
    explicit Author(Prng& random) : random_(random) {}

    Json scope(int depth) {
        const std::uint64_t count = 1 + random_.below(3);
        std::vector<std::string> names;
        for (std::uint64_t i = 0; i < count; ++i) names.push_back("S" + std::to_string(next_++));
        Json made;
        made["StartAt"] = names[0];
        for (std::size_t i = 0; i < names.size(); ++i) {
            Json body = i + 1 == names.size() && random_.below(6) == 0 ? Json{{"Type", "Fail"}}
                                                                       : state(depth);
            if (body["Type"] == "Fail") {
                body["Error"] = "Failed";
            } else if (i + 1 < names.size()) {
                body["Next"] = names[i + 1];
            } else {
                body["End"] = true;
            }
            made["States"][names[i]] = std::move(body);
        }
        return made;
    }

private:
    Json state(int depth) {
        switch (random_.below(depth > 0 ? 9 : 6)) {
            case 0:
                return {{"Type", "Pass"}, {"Assign", {{"d" + std::to_string(depth), 1}}}};
            case 1:
                return {{"Type", "Wait"}, {"Seconds", random_.below(5)}};
            case 2:
                return {{"Type", "Pass"}, {"Result", {1, 2}}};
            case 3:
            case 4:
            case 5:
                return task();
            case 6:
                return with_retry(
                    {{"Type", "Parallel"}, {"Branches", {scope(depth - 1), scope(depth - 1)}}});
            default:
                return with_retry({{"Type", "Map"},
                                   {"ItemsPath", "$$.Execution.Input"},
                                   {"MaxConcurrency", random_.below(3)},
                                   {"ItemProcessor", scope(depth - 1)}});
        }
    }

    Json task() {
        Json body = {{"Type", "Task"}, {"Resource", "stepwell:load"}};
        if (random_.below(3) == 0) body["TimeoutSeconds"] = 2 + random_.below(5);
        if (random_.below(4) == 0) body["HeartbeatSeconds"] = 1;
        if (random_.below(4) == 0) {
            body["Resource"] = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";
        } else if (random_.below(4) == 0) {
            body["Resource"] = "arn:aws:states:us-east-1:123456789012:activity:a";
        }
        return with_retry(std::move(body));
    }

    Json with_retry(Json body) {
        if (random_.below(2) == 0) {
            body["Retry"] = Json::array({{{"ErrorEquals", {"States.ALL"}},
                                          {"MaxAttempts", 1 + random_.below(2)},
                                          {"IntervalSeconds", 1},
                                          {"JitterStrategy", "FULL"}}});
        }
        return body;
    }

    Prng& random_;
    int next_ = 0;
};

Input random_report(Prng& random, TaskToken token) {
    if (random.below(8) == 0) token.attempt += 1;
    if (random.below(8) == 0) token.frame = FrameId{static_cast<std::uint32_t>(random.below(9))};
    switch (random.below(6)) {
        case 5:
            return TaskPickedUp{token};
        case 0:
            return TaskFailed{token, "Boom", "because"};
        case 1:
            return TaskHeartbeat{token};
        case 2:
            return TaskSubmitted{token, Payload()};
        default:
            return TaskSucceeded{token, Payload::trusted("{\"ok\":true}")};
    }
}

/// All tasks succeed from now on.
void finish(World& world) {
    for (int i = 0; i < 500 && world.execution().is_running(); ++i) {
        const auto tasks = world.in_flight();
        if (tasks.empty()) {
            REQUIRE(world.tick());
        } else if (!tasks.front().is_picked_up) {
            REQUIRE(world.tell(TaskPickedUp{tasks.front().token}));
        } else {
            world.succeed(tasks.front(), "1");
        }
    }
}

/// A third of the states let their tasks wait.
std::function<bool(const definition::State&)> some_wait(std::uint64_t seed) {
    return [seed](const definition::State& state) {
        return std::hash<std::string>()(state.name + std::to_string(seed)) % 3 == 0;
    };
}

/// Some tasks fail, some time passes, and perhaps somebody stops it.
void run_badly(World& world, Prng& random) {
    for (int i = 0; i < 40 && world.execution().is_running(); ++i) {
        const auto tasks = world.in_flight();
        if (random.below(25) == 0) {
            REQUIRE(world.tell(StopExecution{}));
        } else if (tasks.empty() || random.below(5) == 0) {
            world.tick();
        } else {
            const auto pick = static_cast<std::size_t>(random.below(tasks.size()));
            const TaskToken token = tasks[pick].token;
            if (!tasks[pick].is_picked_up) {
                REQUIRE(world.tell(TaskPickedUp{token}));
            } else if (random.below(4) == 0) {
                world.report(TaskFailed{token, "Boom", std::nullopt});
            } else {
                world.succeed(tasks[pick], "1");
            }
        }
    }
}

}  // namespace

TEST_CASE("whatever comes in, live, replayed and restored executions agree, and all of them end") {
    for (std::uint64_t seed = 1; seed <= tries(150); ++seed) {
        CAPTURE(seed);
        Prng random(seed);
        const std::string text = Author(random).scope(3).dump();
        CAPTURE(text);
        World world(text);
        world.has_to_wait = some_wait(seed);
        world.limits.transitions_per_turn_max = 1 + static_cast<std::uint32_t>(random.below(20));
        if (random.below(3) == 0) world.limits.work_per_turn_max = 1 + random.below(500);
        world.start("[1, 2, 3]");
        std::vector<TaskToken> seen;
        for (int i = 0; i < 200 && world.execution().is_running(); ++i) {
            for (const StartTask& task : world.in_flight()) seen.push_back(task.token);
            if (seen.empty() || random.below(4) == 0) {
                world.tick();
                continue;
            }
            const TaskToken token = seen[static_cast<std::size_t>(random.below(seen.size()))];
            world.report(random_report(random, token));
        }
        // The faults stop: it must come to an end.
        finish(world);
        CHECK_FALSE(world.execution().is_running());
        CHECK(world.execution().frames().empty());
        CHECK_FALSE(world.execution().next_due().has_value());
        CHECK(world.in_flight().empty());
    }
}

TEST_CASE("an execution that is redriven until it succeeds is what its events say") {
    int redrives = 0;
    for (std::uint64_t seed = 1; seed <= tries(300); ++seed) {
        CAPTURE(seed);
        Prng random(seed);
        const std::string text = Author(random).scope(3).dump();
        CAPTURE(text);
        World world(text);
        world.has_to_wait = some_wait(seed);
        world.limits.transitions_per_turn_max = 1 + static_cast<std::uint32_t>(random.below(20));
        world.start("[1, 2, 3]");
        for (int life = 0; life < 6; ++life) {
            run_badly(world, random);
            if (world.execution().is_running()) finish(world);
            CHECK(world.in_flight().empty());
            if (world.execution().status() == Status::succeeded) break;
            REQUIRE(world.redrive());
            ++redrives;
        }
        finish(world);
        CHECK_FALSE(world.execution().is_running());
    }
    CHECK(redrives > (is_quick() ? 50 : 300));
}

}  // namespace stepwell::test
