// What is stored of large payloads: each once, as long as something holds it.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>

#include "engine/core/delta.hpp"
#include "engine/core/fields.hpp"
#include "tests/core/world.hpp"

namespace stepwell::test {
using core::Frame;

namespace {

constexpr std::size_t kLarge = 50'000;

std::string large_text(char c = 'x') {
    return "\"" + std::string(kLarge, c) + "\"";
}

std::string parallel_of(int branches, const std::string& state) {
    std::string all;
    for (int i = 0; i < branches; ++i) {
        all += all.empty() ? "" : ",";
        all += R"({"StartAt": "S)" + std::to_string(i) + R"(", "States": {"S)" + std::to_string(i) +
               "\": {" + state + R"(, "End": true}}})";
    }
    return R"({"StartAt": "A", "States": {"A": {"Type": "Parallel", "End": true,
        "ResultPath": null, "Branches": [)" +
           all + "]}}}";
}

std::string task_chain(int count) {
    std::string states;
    for (int i = 0; i < count; ++i) {
        states += states.empty() ? "" : ",";
        states +=
            "\"T" + std::to_string(i) +
            R"(": {"Type": "Task", "Resource": "stepwell:echo", "ResultPath": null, )" +
            (i + 1 < count ? R"("Next": "T)" + std::to_string(i + 1) + "\"}" : R"("End": true})");
    }
    return R"({"StartAt": "T0", "States": {)" + states + "}}";
}

std::size_t payloads_in(const std::vector<Record>& records) {
    return static_cast<std::size_t>(
        std::count_if(records.begin(), records.end(),
                      [](const Record& one) { return core::is_payload(one.key); }));
}

/// As a release before large payloads had records of their own wrote it.
template <class T>
Record old_record(std::uint64_t key, const T& value) {
    core::Writer writer;
    writer.number(1);
    writer(value);
    return {RecordKey{key}, std::move(writer).take()};
}

}  // namespace

TEST_CASE("a large payload that many branches hold is stored once") {
    World world(parallel_of(40, R"("Type": "Wait", "Seconds": 9)"));
    world.start(large_text());
    CHECK(world.bytes_stored < 2 * kLarge);
    world.settle();
    CHECK(world.execution().status() == Status::succeeded);
}

TEST_CASE("a large payload is not written again when what holds it goes on") {
    World world(task_chain(10));
    world.start(large_text());
    for (int i = 0; i < 9; ++i) world.succeed("{}");
    CHECK(world.bytes_stored < 2 * kLarge);
    world.succeed("{}");
    CHECK(world.execution().status() == Status::succeeded);
}

TEST_CASE("large results come and go with what holds them, whoever hands them on to whom") {
    World world(R"({"StartAt": "M", "States": {
        "M": {"Type": "Map", "ItemsPath": "$.items", "ItemSelector": {"t.$": "$.text"},
            "ResultPath": "$.m", "ResultSelector": {"last.$": "$[0].t"}, "Next": "V",
            "ItemProcessor": {"StartAt": "T", "States": {
                "T": {"Type": "Task", "Resource": "stepwell:echo", "End": true}}}},
        "V": {"Type": "Pass", "Assign": {"v.$": "$.m.last"}, "Next": "W"},
        "W": {"Type": "Wait", "Seconds": 9, "Next": "U"},
        "U": {"Type": "Task", "Resource": "stepwell:echo", "Parameters": {"v.$": "$v"},
            "End": true}}})");
    world.start(R"({"items": [1, 2, 3], "text": )" + large_text() + "}");
    while (!world.in_flight().empty()) {
        world.succeed(world.in_flight().front(), R"({"t": )" + large_text('y') + "}");
        world.tick();
    }
    world.settle();
    world.succeed("{}");
    CHECK(world.execution().status() == Status::succeeded);
    CHECK(world.execution().held_bytes() == 0);
}

TEST_CASE("what an older release stored with its holder gets a record of its own when it changes") {
    auto facts = std::make_shared<core::Facts>();
    facts->input = Payload::trusted(large_text());
    Frame root;
    root.phase = Phase::awaiting_timer;
    root.input = facts->input;
    core::Header header;
    header.frames = 1;
    core::Writer header_bytes;
    header_bytes.number(1);
    header_bytes(header);
    const std::vector<Record> old = {old_record(1, *facts), old_record(2, root)};
    auto restored = core::restore(ExecutionId{1}, std::move(header_bytes).take(), old);
    REQUIRE(restored);
    CHECK(restored->find(kRootFrame)->input == root.input);

    core::Delta delta;
    delta.header = restored->header();
    auto changed = std::make_shared<Frame>(*restored->find(kRootFrame));
    changed->phase = Phase::ready;
    delta.frames[kRootFrame] = changed;
    core::Changes changes = core::encode_changes(*restored, delta);
    restored->merge(std::move(delta), changes.numbered);
    CHECK(payloads_in(changes.put) == 1);
    CHECK(restored->take_released().empty());

    std::vector<Record> now = {old.front()};
    now.insert(now.end(), changes.put.begin(), changes.put.end());
    const auto again = core::restore(ExecutionId{1}, changes.header, now);
    REQUIRE(again);
    CHECK(*again == *restored);
    now.pop_back();  // the payload
    CHECK_FALSE(core::restore(ExecutionId{1}, changes.header, now));
}

TEST_CASE("a stored payload that nothing holds any more is to be removed, once") {
    core::Execution execution(ExecutionId{1});
    core::Delta delta;
    delta.facts = std::make_shared<const core::Facts>();
    auto root = std::make_shared<Frame>();
    root->input = Payload::trusted(large_text());
    delta.frames[kRootFrame] = root;
    const core::Changes first = core::encode_changes(execution, delta);
    execution.merge(std::move(delta), first.numbered);
    CHECK(execution.take_released().empty());

    core::Delta next;
    next.header = execution.header();
    auto handed_on = std::make_shared<Frame>(*execution.find(kRootFrame));
    handed_on->input = Payload::trusted(large_text('y'));
    next.frames[kRootFrame] = handed_on;
    const core::Changes second = core::encode_changes(execution, next);
    execution.merge(std::move(next), second.numbered);
    CHECK(execution.take_released() == std::vector<std::uint64_t>{1});
    CHECK(execution.take_released().empty());
    CHECK(second.put.back().key == core::payload_key(2));
}

TEST_CASE("the frames of an execution that has ended are freed a part at a time") {
    World world(parallel_of(10, R"("Type": "Wait", "Seconds": 9)"));
    world.start();
    core::Execution execution = world.execution();
    const std::size_t frames = execution.frames().size();
    REQUIRE(frames == 11);
    CHECK_FALSE(execution.bury(100));  // it runs
    core::Delta end;
    end.header = execution.header();
    end.header.status = Status::aborted;
    end.is_cleared = true;
    execution.merge(std::move(end));
    CHECK(execution.frames().empty());
    CHECK(execution.held_bytes() == 0);
    CHECK(execution.bury(6));
    CHECK_FALSE(execution.bury(6));
}

}  // namespace stepwell::test
