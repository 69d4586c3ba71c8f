// The binary form: nothing is lost, payloads are stored once, and damage is found, never trusted.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "engine/base/digest.hpp"
#include "engine/core/command.hpp"
#include "engine/core/delta.hpp"
#include "engine/core/event.hpp"

namespace stepwell::test {

using core::Changes;
using core::ChildInfo;
using core::decode;
using core::Delta;
using core::EnteredInfo;
using core::ErrorInfo;
using core::Event;
using core::EventDetails;
using core::EventType;
using core::Execution;
using core::ExecutionBegan;
using core::ExitedInfo;
using core::Facts;
using core::Fanout;
using core::FanoutInfo;
using core::Frame;
using core::IterationInfo;
using core::OutputInfo;
using core::parse_task_token_text;
using core::restore;
using core::RetryInfo;
using core::ScheduledInfo;
using core::TaskFailureInfo;
using core::TaskInfo;
using core::TimerInfo;
using core::to_task_token_text;
using core::Variables;

namespace {

Event event(EventType type, std::uint64_t id, EventDetails details) {
    Event made;
    made.type = type;
    made.id = EventId{id};
    made.previous = EventId{id - 1};
    made.at = from_ms(1'700'000'000'000 + static_cast<std::int64_t>(id));
    made.frame = FrameId{3};
    made.details = std::move(details);
    return made;
}

std::vector<Event> one_of_each() {
    auto facts = std::make_shared<Facts>();
    facts->arn = "arn";
    facts->input = Payload::trusted("{\"a\":1}");
    facts->due = from_ms(5);
    auto assigned = std::make_shared<Variables>(Variables{{"x", Payload::trusted("[1]")}});
    auto fanout = std::make_shared<Fanout>();
    fanout->total = 2;
    fanout->items = Payload::trusted("[1,2]");
    const Payload payload = Payload::trusted("{\"b\":2}");
    return {
        event(EventType::execution_started, 1, ExecutionBegan{facts, StateId{4}}),
        event(EventType::pass_state_entered, 2, EnteredInfo{"Load", payload}),
        event(EventType::pass_state_exited, 3, ExitedInfo{"Load", payload, assigned, StateId{2}}),
        event(EventType::task_scheduled, 4,
              ScheduledInfo{"stepwell", "load", "us-east-1", payload, 5, std::nullopt, "", 1}),
        event(EventType::task_started, 5,
              TaskInfo{"stepwell", "load", std::nullopt, from_ms(9), from_ms(-1)}),
        event(EventType::task_failed, 6,
              TaskFailureInfo{"stepwell", "load", {"Boom", std::nullopt}}),
        event(EventType::map_state_started, 7, FanoutInfo{fanout}),
        event(EventType::map_iteration_started, 8,
              ChildInfo{"Each", 1, FrameId{7}, ScopeId{1}, StateId{9}, payload}),
        event(EventType::map_iteration_failed, 9, IterationInfo{"Each", 1}),
        event(EventType::wait_started, 0, TimerInfo{from_ms(77)}),
        event(EventType::retry_scheduled, 0, RetryInfo{2, from_ms(78)}),
        event(EventType::map_state_failed, 10, std::monostate{}),
        event(EventType::execution_failed, 11, ErrorInfo{std::nullopt, "why"}),
        event(EventType::execution_succeeded, 12, OutputInfo{payload}),
        event(EventType::evaluation_failed, 13,
              core::EvaluationInfo{"Load", "Output/a", {"States.QueryEvaluationError", "why"}}),
        event(EventType::map_run_started, 14, core::MapRunInfo{"arn:map", 2, 0, false}),
        event(EventType::map_run_redriven, 15, core::MapRunInfo{"arn:map", 2, 1, false}),
        event(EventType::map_run_succeeded, 16, core::MapRunInfo{"arn:map", 2, 1, true}),
        event(EventType::map_run_failed, 17, ErrorInfo{"Boom", "why"}),
    };
}

}  // namespace

TEST_CASE("events come back as they were") {
    const std::vector<Event> events = one_of_each();
    const auto back = decode(encode(events));
    REQUIRE(back.has_value());
    CHECK(trace(*back) == trace(events));
    CHECK(to_history(*back, true) == to_history(events, true));
    CHECK(core::encode(*back) == core::encode(events));
    const auto& entered = std::get<EnteredInfo>(back->at(1).details);
    const auto& exited = std::get<ExitedInfo>(back->at(2).details);
    CHECK(entered.input.is_same(exited.output));
    CHECK(*exited.assigned == *std::get<ExitedInfo>(events[2].details).assigned);
}

TEST_CASE("a payload that occurs many times is stored once") {
    const Payload large = Payload::trusted("\"" + std::string(100'000, 'x') + "\"");
    std::vector<Event> events;
    for (std::uint64_t id = 1; id <= 50; ++id) {
        events.push_back(event(EventType::pass_state_entered, id, EnteredInfo{"Load", large}));
    }
    CHECK(encode(events).size() < 101'000);
}

TEST_CASE("of many texts each is stored once, however many come before it") {
    const Payload payload = Payload::trusted("{}");
    std::vector<Event> events;
    const auto add_all = [&] {
        for (std::uint64_t id = 1; id <= 40; ++id) {
            const std::string state = "a state with the number " + std::to_string(id);
            events.push_back(event(EventType::pass_state_entered, id, EnteredInfo{state, payload}));
        }
    };
    add_all();
    const std::size_t once = encode(events).size();
    add_all();
    const std::string twice = encode(events);
    CHECK(twice.size() < once + 40 * 12);
    REQUIRE(decode(twice));
    CHECK(trace(*decode(twice)) == trace(events));
}

TEST_CASE("bytes that are cut short or changed are corruption") {
    const std::string blob = encode(one_of_each());
    for (std::size_t size = 0; size < blob.size(); ++size) {
        CAPTURE(size);
        const auto cut = decode(std::string_view(blob).substr(0, size));
        REQUIRE_FALSE(cut.has_value());
        CHECK(cut.error().code == ErrorCode::corruption);
    }
    for (std::size_t place = 0; place < blob.size(); ++place) {
        for (const char flip : {'\x01', '\x80', '\xFF'}) {
            std::string damaged = blob;
            damaged[place] = static_cast<char>(damaged[place] ^ flip);
            const auto read = decode(damaged);
            REQUIRE_FALSE(read);
            CHECK(read.error().code == ErrorCode::corruption);
        }
    }
    CHECK_FALSE(decode(blob + "x").has_value());
}

TEST_CASE(
    "blobs of an older Stepwell, which have no sum, are read, and neither crash nor run away") {
    const std::string blob = encode(one_of_each());
    const std::string old = blob.substr(1, blob.size() - 5);
    const auto read = decode(old);
    REQUIRE(read);
    CHECK(encode(*read) == blob);
    for (std::size_t place = 0; place < old.size(); ++place) {
        for (const char flip : {'\x01', '\x80', '\xFF'}) {
            std::string damaged = old;
            damaged[place] = static_cast<char>(damaged[place] ^ flip);
            const auto changed = decode(damaged);
            if (!changed) CHECK(changed.error().code == ErrorCode::corruption);
        }
    }
}

TEST_CASE("records that do not make a whole execution are corruption") {
    const auto nothing = restore(ExecutionId{1}, "", {});
    REQUIRE_FALSE(nothing.has_value());
    CHECK(nothing.error().code == ErrorCode::corruption);

    Execution execution(ExecutionId{1});
    Delta delta;
    delta.facts = std::make_shared<const Facts>();
    auto root = std::make_shared<Frame>();
    delta.frames[kRootFrame] = root;
    auto orphan = std::make_shared<Frame>();
    orphan->id = FrameId{5};
    orphan->parent = FrameId{3};
    delta.frames[orphan->id] = orphan;
    const Changes changes = encode_changes(execution, delta);
    CHECK_FALSE(restore(ExecutionId{1}, changes.header, changes.put).has_value());

    delta.frames.erase(orphan->id);
    const Changes whole = encode_changes(execution, delta);
    CHECK(restore(ExecutionId{1}, whole.header, whole.put).has_value());
    CHECK_FALSE(restore(ExecutionId{1}, whole.header, {whole.put.data(), 1}).has_value());

    Changes damaged = whole;
    damaged.put.back().bytes.back() ^= 1;
    const auto named = restore(ExecutionId{1}, damaged.header, damaged.put);
    REQUIRE_FALSE(named);
    CHECK(named.error().message.starts_with("expected its record 2 (place of frame 0), "));
}

TEST_CASE("a task token's text names it again, and any other text does not") {
    const TaskToken token{ExecutionId{12}, FrameId{0}, 3};
    constexpr std::uint64_t kSecret = 7;
    const std::string text = to_task_token_text(token, kSecret);
    CHECK(parse_task_token_text(text, kSecret) == token);
    CHECK_FALSE(parse_task_token_text(text, kSecret + 1).has_value());
    // Another attempt under the same seal.
    std::string altered = base64_decode(text).value();
    altered.replace(altered.find("12.0.3"), 6, "12.0.4");
    CHECK_FALSE(parse_task_token_text(base64_encode(altered), kSecret).has_value());
    const std::string unsealed = base64_encode("stepwell:1:12.0.3");
    CHECK_FALSE(parse_task_token_text(unsealed, kSecret).has_value());
    for (const std::string& other :
         {std::string(), std::string("AAAA"), std::string("12.0.3"), text + "A",
          text.substr(0, text.size() - 4), std::string("c3RlcHdlbGw6MTowMTIuMC4z")}) {
        CAPTURE(other);
        CHECK_FALSE(parse_task_token_text(other, kSecret).has_value());
    }
}

}  // namespace stepwell::test
