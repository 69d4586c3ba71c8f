#include "tasks/transform/schedule.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <new>
#include <stdexcept>

namespace stepwell::test {
namespace {

using namespace stepwell::tasks::transform;

NodeResult success() {
    NodeResult result;
    result.status = "success";
    return result;
}

/// Six nodes: 0 before 1 before 2, 3 before 4, and 5 alone.
Schedule chains(std::function<NodeResult(std::size_t, std::size_t)> run) {
    Schedule schedule;
    schedule.waits = {{}, {0}, {1}, {}, {3}, {}};
    schedule.order = {0, 1, 2, 3, 4, 5};
    schedule.run = std::move(run);
    schedule.ended = [](std::size_t, const NodeResult&) {};
    return schedule;
}

std::string text_of(const std::vector<NodeResult>& results) {
    std::string text;
    for (const auto& result : results) text += (text.empty() ? "" : " ") + result.status;
    return text;
}

}  // namespace

TEST_CASE("an exception of a node is its error, with any number of threads") {
    for (const std::size_t workers : {1U, 4U}) {
        CAPTURE(workers);
        const auto schedule = chains([](std::size_t node, std::size_t) {
            if (node == 1) throw std::runtime_error("broken");
            return success();
        });
        const auto results = run_schedule(schedule, 6, workers);
        CHECK(text_of(results) == "success error skipped success success success");
        CHECK(results[1].code == "E_INTERNAL");
        CHECK(results[1].message == "broken");
    }
}

TEST_CASE("out of memory in a worker is thrown to who asked, with any number of threads") {
    for (const std::size_t workers : {1U, 4U}) {
        CAPTURE(workers);
        const auto schedule = chains([](std::size_t node, std::size_t) {
            if (node == 3) throw std::bad_alloc();
            return success();
        });
        CHECK_THROWS_AS(run_schedule(schedule, 6, workers), std::bad_alloc);
    }
}

TEST_CASE("no node begins before those it waits for have ended") {
    for (const std::size_t workers : {1U, 2U, 6U}) {
        std::vector<std::atomic<bool>> ended(6);
        auto schedule = chains([](std::size_t, std::size_t) { return success(); });
        schedule.run = [&](std::size_t node, std::size_t) {
            for (const auto before : schedule.waits[node]) CHECK(ended[before]);
            ended[node] = true;
            return success();
        };
        CHECK(text_of(run_schedule(schedule, 6, workers)) ==
              "success success success success success success");
    }
}

TEST_CASE("the first failure stops the others where it shall, and a cancel stops all") {
    auto schedule = chains([](std::size_t node, std::size_t) {
        NodeResult result = success();
        if (node == 0) result.status = "error";
        return result;
    });
    schedule.fails_fast = true;
    CHECK(text_of(run_schedule(schedule, 6, 1)) == "error skipped skipped skipped skipped skipped");
    schedule.is_cancelled = [] { return true; };
    const auto results = run_schedule(schedule, 6, 1);
    for (const auto& result : results) CHECK(result.message == "cancelled");
}

}  // namespace stepwell::test
