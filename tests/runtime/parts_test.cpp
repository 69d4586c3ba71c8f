#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "engine/base/prng.hpp"
#include "engine/runtime/loop/child_starts.hpp"
#include "engine/runtime/loop/engine_time.hpp"
#include "engine/runtime/loop/head.hpp"
#include "engine/runtime/loop/inbox.hpp"
#include "engine/runtime/loop/timer_queue.hpp"
#include "engine/runtime/names.hpp"
#include "engine/runtime/work/task_log.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {

using namespace runtime;

TEST_CASE("a generated name is a UUID that leads back to its execution, under its own key only") {
    const ExecutionNames names(12345);
    std::set<std::string> seen;
    for (const std::uint64_t number : {1ull, 2ull, 3ull, 1000000ull, (1ull << 61) - 1}) {
        const auto id = static_cast<ExecutionId>(number);
        const std::string name = names.name_of(id);
        CAPTURE(name);
        CHECK(name.size() == 36);
        CHECK(name[14] == '4');
        CHECK(std::string("89ab").find(name[19]) != std::string::npos);
        CHECK(names.id_of(name) == id);
        CHECK_FALSE(ExecutionNames(54321).id_of(name));
        seen.insert(name.substr(0, 8));
    }
    CHECK(seen.size() == 5);  // neighbours do not look alike
    for (const std::string& name :
         {std::string(), std::string("monday"), std::string("00000000-0000-4000-8000-000000000000"),
          std::string("3fa85f64-5717-4562-b3fc-2c963f66afa6"),
          std::string("3fa85f64_5717_4562_b3fc_2c963f66afa6")}) {
        CHECK_FALSE(names.id_of(name));
    }
}

TEST_CASE("ARNs are made and read") {
    const std::string workflow = workflow_arn_of("eu-west-1", "42", "etl");
    CHECK(workflow == "arn:aws:states:eu-west-1:42:stateMachine:etl");
    CHECK(execution_arn_of(workflow, "r") == "arn:aws:states:eu-west-1:42:execution:etl:r");
    CHECK(parse_workflow_arn(workflow) == "etl");
    CHECK_FALSE(parse_workflow_arn(execution_arn_of(workflow, "r")));
    const auto plain = parse_execution_arn(execution_arn_of(workflow, "r"));
    REQUIRE(plain);
    CHECK((plain->workflow == "etl" && plain->name == "r" && plain->generated.empty()));
    const auto express = parse_execution_arn(express_arn_of(workflow, "r", "u"));
    REQUIRE(express);
    CHECK((express->name == "r" && express->generated == "u"));
    CHECK_FALSE(parse_execution_arn("etl"));
    CHECK_FALSE(parse_execution_arn(workflow));
}

TEST_CASE("timers come in the order of their times, one for each execution") {
    TimerQueue queue;
    CHECK_FALSE(queue.next());
    queue.forget(ExecutionId{1});
    queue.arm(ExecutionId{1}, from_ms(30));
    queue.arm(ExecutionId{2}, from_ms(10));
    queue.arm(ExecutionId{3}, from_ms(20));
    CHECK(queue.next() == from_ms(10));
    CHECK_FALSE(queue.pop_due(from_ms(9)));
    CHECK(queue.pop_due(from_ms(25)) == ExecutionId{2});
    queue.forget(ExecutionId{3});
    CHECK_FALSE(queue.pop_due(from_ms(25)));
    CHECK(queue.pop_due(from_ms(30)) == ExecutionId{1});

    // Armed again: moved, in either direction.
    queue.arm(ExecutionId{3}, from_ms(31));
    queue.arm(ExecutionId{4}, from_ms(32));
    queue.arm(ExecutionId{3}, from_ms(33));
    queue.arm(ExecutionId{4}, from_ms(30));
    CHECK(queue.size() == 2);
    CHECK(queue.pop_due(from_ms(100)) == ExecutionId{4});
    CHECK(queue.pop_due(from_ms(100)) == ExecutionId{3});
    CHECK_FALSE(queue.pop_due(from_ms(100)));
    {
        TimerQueue::Loader loader(queue);
        loader.add(ExecutionId{5}, from_ms(50));
        loader.add(ExecutionId{4}, from_ms(40));
    }
    queue.arm(ExecutionId{5}, from_ms(30));
    CHECK(queue.pop_due(from_ms(100)) == ExecutionId{5});
    CHECK(queue.pop_due(from_ms(100)) == ExecutionId{4});
}

TEST_CASE("a queue of timers does what a sorted list does, whatever is armed and forgotten") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Prng random(seed);
        TimerQueue queue;
        std::map<ExecutionId, Timestamp> want;
        for (int step = 0; step < 3'000; ++step) {
            const auto id = static_cast<ExecutionId>(1 + random.next() % 200);
            const auto due = from_ms(static_cast<std::int64_t>(random.next() % 1'000));
            switch (random.next() % 4) {
                case 0:
                    queue.forget(id);
                    want.erase(id);
                    break;
                case 1: {
                    const auto first = std::min_element(
                        want.begin(), want.end(), [](const auto& a, const auto& b) {
                            return std::pair(a.second, a.first) < std::pair(b.second, b.first);
                        });
                    const auto popped = queue.pop_due(due);
                    const bool is_due = first != want.end() && first->second <= due;
                    REQUIRE(popped.has_value() == is_due);
                    if (!is_due) break;
                    REQUIRE(*popped == first->first);
                    want.erase(first);
                    break;
                }
                default:
                    queue.arm(id, due);
                    want[id] = due;
            }
            REQUIRE(queue.size() == want.size());
        }
    }
}

TEST_CASE("a head keeps its header and records, and says where it is mangled") {
    const std::vector<core::Record> records = {{core::RecordKey{1}, std::string("a\0b", 3)},
                                               {core::RecordKey{1ull << 40}, ""}};
    const std::string bytes = encode_head(std::string(300, 'h'), records);
    const auto head = decode_head(bytes);
    REQUIRE(head);
    CHECK(head->header == std::string(300, 'h'));
    REQUIRE(head->records.size() == 2);
    CHECK((head->records[0].bytes == std::string("a\0b", 3) && head->records[1].bytes.empty()));
    CHECK(head->records[1].key == core::RecordKey{1ull << 40});
    for (std::size_t size = 1; size < bytes.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(decode_head(std::string_view(bytes).substr(0, size)));
    }
    for (std::size_t place = 1; place < bytes.size(); ++place) {
        CAPTURE(place);
        std::string damaged = bytes;
        damaged[place] = static_cast<char>(damaged[place] ^ 4);
        CHECK_FALSE(decode_head(damaged));
    }
    // An older Stepwell put no sum behind it, and nothing before it.
    const auto old = decode_head(std::string_view(bytes).substr(1, bytes.size() - 5));
    REQUIRE(old);
    CHECK(old->header == head->header);
    CHECK(old->records.size() == 2);
}

TEST_CASE("a full inbox refuses requests, and takes the reports of its own thread") {
    Inbox inbox(2);
    const auto post = [&](Inbox::IfFull if_full) {
        Message message = Report{ExecutionId{1}, core::TimerDue{}, nullptr};
        return inbox.post(message, if_full);
    };
    CHECK(post(Inbox::IfFull::refuse) == Inbox::Posted::accepted);
    CHECK(post(Inbox::IfFull::wait) == Inbox::Posted::accepted);
    CHECK(post(Inbox::IfFull::refuse) == Inbox::Posted::full);
    CHECK(post(Inbox::IfFull::refuse_late) == Inbox::Posted::accepted);
    CHECK(post(Inbox::IfFull::take) == Inbox::Posted::accepted);
    CHECK(post(Inbox::IfFull::refuse_late) == Inbox::Posted::full);
    CHECK(post(Inbox::IfFull::take) == Inbox::Posted::accepted);
    std::vector<Message> messages;
    CHECK(inbox.take(messages, 3, Duration::zero()));
    CHECK(messages.size() == 3);
    inbox.close();
    CHECK(post(Inbox::IfFull::take) == Inbox::Posted::closed);
    CHECK(inbox.take(messages, 10, Duration::zero()));
    CHECK(messages.size() == 2);
    messages.clear();
    CHECK_FALSE(inbox.take(messages, 10, Duration(1'000'000)));
}

TEST_CASE("an inbox that is never empty gives what came first, and keeps what is not taken") {
    Inbox inbox(1'000);
    std::uint64_t posted = 0;
    std::uint64_t taken = 0;
    for (int round = 0; round < 2'000; ++round) {
        for (int n = 0; n < (round == 0 ? 20 : 10); ++n) {
            Message message = Report{static_cast<ExecutionId>(++posted), core::TimerDue{}, nullptr};
            REQUIRE(inbox.post(message, Inbox::IfFull::refuse) == Inbox::Posted::accepted);
        }
        std::vector<Message> messages;
        REQUIRE(inbox.take(messages, 10, Duration::zero()));
        REQUIRE(messages.size() == 10);
        for (const Message& message : messages) {
            REQUIRE(value_of(std::get<Report>(message).id) == ++taken);
        }
        REQUIRE(inbox.size() == 10);
    }
}

TEST_CASE("the engine's time never goes back, and comes near the clock again") {
    using namespace std::chrono_literals;
    FakeClock clock;
    EngineTime time(clock);
    const Timestamp begun = time.now();
    clock.advance(5s);
    CHECK(time.now() == begun + 5s);
    clock.step(-1h);
    CHECK(time.now() == begun + 5s);
    clock.advance(10s);
    CHECK(time.now() == begun + 14s);  // a tenth slower, until they agree
    CHECK(time.on_the_wall(time.now()) == clock.now());
    clock.advance(20h);
    CHECK(time.now() == clock.now());
    clock.step(1h);
    CHECK(time.now() == clock.now());
}

TEST_CASE("of executions that wait to be started a turn that is refused loses none") {
    ChildStarts starts;
    const auto add = [&](std::uint64_t id) {
        starts.add({{ExecutionId{id}, FrameId{0}, 1}, false});
    };
    const auto take = [&] { return value_of(starts.take().token.execution); };
    starts.begin_turn();
    for (const std::uint64_t id : {1U, 2U, 3U}) add(id);
    starts.begin_turn();
    CHECK((take() == 1 && take() == 2));
    add(4);  // asked for by what is refused
    starts.abandon(Duration(50));
    CHECK(starts.held_until() == Duration(50));
    starts.release();
    // Who came out of it well is not kept waiting by who did not.
    starts.begin_turn();
    CHECK(starts.per_turn_max() == 1);
    CHECK(take() == 3);
    starts.begin_turn();
    CHECK(starts.per_turn_max() == 1);
    CHECK(take() == 1);
    starts.abandon(Duration(90));
    starts.begin_turn();
    CHECK(starts.per_turn_max() == ChildStarts::kPerTurnMax);
    CHECK((take() == 2 && take() == 1));
    CHECK(starts.is_empty());
}

TEST_CASE("one that has to wait is the first of those that are started then") {
    ChildStarts starts;
    for (const std::uint64_t id : {1U, 2U}) starts.add({{ExecutionId{id}, FrameId{0}, 1}, true});
    starts.begin_turn();
    starts.hold(starts.take(), Duration(10));
    CHECK(starts.held_until() == Duration(10));
    starts.abandon(Duration(20));
    starts.begin_turn();
    CHECK(starts.per_turn_max() == ChildStarts::kPerTurnMax);
    const ChildStart first = starts.take();
    CHECK((value_of(first.token.execution) == 1 && first.is_restarted));
}

TEST_CASE("a task's log is readable by state and attempt, and ends at its limit") {
    TemporaryFolder folder;
    const TaskToken first{ExecutionId{12'345}, FrameId{0}, 1};
    const TaskToken second{ExecutionId{12'345}, FrameId{3}, 2};
    {
        TaskLogs logs(folder.path());
        logs.write(first, "dropped: nobody began");
        logs.begin(first, {"Load", 0, 1, 0, "2024-01-01T00:00:00Z"});
        logs.begin(second, {"Map: it's \"odd\"", 3, 2, 1, "2024-01-01T00:00:01Z"});
        logs.write(second, "one");
        logs.write(first, "1");
        logs.write(first, "2");
        logs.end(first);
        logs.write(first, "dropped: it has ended");
        for (std::size_t i = 0; i < 12; ++i) logs.write(second, std::string(1u << 20, 'x'));
    }
    const auto logs = read_task_logs(folder.path(), ExecutionId{12'345});
    REQUIRE(logs);
    REQUIRE(logs->size() == 2);
    CHECK((*logs)[0].header.state == "Load");
    CHECK((*logs)[0].lines == std::vector<std::string>{"1", "2"});
    const TaskLog& long_one = (*logs)[1];
    CHECK((long_one.header.state == "Map: it's \"odd\"" && long_one.header.frame == 3));
    CHECK((long_one.header.attempt == 2 && long_one.header.retry == 1));
    CHECK(long_one.lines.back().starts_with("(the log ends here"));
    CHECK(long_one.lines.size() < 12);
    CHECK(read_task_logs(folder.path(), ExecutionId{1})->empty());
}

TEST_CASE("an attempt that a new daemon begins again says so in its log") {
    TemporaryFolder folder;
    const TaskToken token{ExecutionId{9}, FrameId{2}, 1};
    for (const std::string second : {"1", "2"}) {
        TaskLogs logs(folder.path());
        logs.begin(token, {"Load", 2, 1, 0, "2024-01-01T00:00:0" + second + "Z", "Each[3] / Load"});
        logs.write(token, "step 1");
    }
    const auto logs = read_task_logs(folder.path(), ExecutionId{9});
    REQUIRE((logs && logs->size() == 1));
    CHECK((*logs)[0].header.path == "Each[3] / Load");
    CHECK((*logs)[0].lines ==
          std::vector<std::string>{
              "step 1",
              "(begun again at 2024-01-01T00:00:02Z: the daemon ended before the task did)",
              "step 1"});
}

TEST_CASE("logs are read page by page, each line once, and from the end where that is asked for") {
    TemporaryFolder folder;
    const ExecutionId run{7};
    TaskLogs logs(folder.path());
    for (std::uint32_t frame = 0; frame < 3; ++frame) {
        const TaskToken token{run, FrameId{frame}, 1};
        logs.begin(token, {"Load", frame, 1, 0, "2024-01-01T00:00:0" + std::to_string(frame)});
        for (int i = 0; i < 5; ++i) logs.write(token, "line " + std::to_string(i));
        logs.end(token);
    }
    std::vector<std::string> got;
    TaskLogQuery query;
    query.lines_max = 4;
    std::size_t pages = 0;
    do {
        const auto page = read_task_log_page(folder.path(), run, query);
        REQUIRE(page);
        for (const auto& part : page->parts) {
            for (std::size_t i = 0; i < part.lines.size(); ++i) {
                got.push_back(std::to_string(part.header.frame) + ":" +
                              std::to_string(part.first_line + i) + " " + part.lines[i]);
            }
        }
        query.token = page->next;
        ++pages;
    } while (query.token);
    CHECK(pages == 4);
    REQUIRE(got.size() == 15);
    CHECK(got.front() == "0:1 line 0");
    CHECK(got[4] == "0:5 line 4");
    CHECK(got.back() == "2:5 line 4");

    TaskLogQuery found;
    found.frame = 1;
    found.search = "3";
    const auto page = read_task_log_page(folder.path(), run, found);
    REQUIRE((page && page->parts.size() == 1));
    CHECK(page->parts[0].lines == std::vector<std::string>{"line 3"});
    CHECK(page->parts[0].numbers == std::vector<std::uint64_t>{4});

    const TaskToken noisy{run, FrameId{9}, 1};
    logs.begin(noisy, {"Load", 9, 1, 0, "2024-01-01T00:00:09"});
    for (const char* line : {"ok", "WARN: late", "fatal in small letters", "ERROR E_X", "ok"}) {
        logs.write(noisy, line);
    }
    logs.end(noisy);
    TaskLogQuery bad_lines;
    bad_lines.level = LogLevel::warning;
    const auto warned = read_task_log_page(folder.path(), run, bad_lines);
    REQUIRE((warned && warned->parts.size() == 1));
    CHECK(warned->parts[0].numbers == std::vector<std::uint64_t>{2, 4});
    bad_lines.level = LogLevel::error;
    bad_lines.search = "E_";
    CHECK(read_task_log_page(folder.path(), run, bad_lines)->parts[0].lines ==
          std::vector<std::string>{"ERROR E_X"});

    TaskLogQuery tail;
    tail.frame = 2;
    tail.lines_max = 2;
    const auto last = read_task_log_tail(folder.path(), run, tail);
    REQUIRE((last && last->size() == 1));
    CHECK((*last)[0].first_line == 4);
    CHECK((*last)[0].lines == std::vector<std::string>{"line 3", "line 4"});

    for (const std::string bad : {"", "1", "1-2:3", "1-2:3@x", "1-2:3@4 "}) {
        query.token = bad;
        CHECK_FALSE(read_task_log_page(folder.path(), run, query));
    }
}

}  // namespace stepwell::test
