#include <string>

#include "engine/runtime/keep/notice_sender.hpp"
#include "engine/runtime/pause.hpp"
#include "tests/runtime/stage.hpp"

namespace stepwell::test {

using namespace std::chrono_literals;
using namespace runtime;

namespace {

const std::string kEnds =
    R"({"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.ok",
        "BooleanEquals":true,"Next":"S"}],"Default":"F"},"S":{"Type":"Succeed"},
        "F":{"Type":"Fail","Error":"E_DATA","Cause":"two rows"}}})";

const std::string kTold = R"({"notify":{"failed":["ops"],"recovered":["ops","chat"]}})";

/// "failed E_DATA, recovered, ..." of all notices that wait, by key.
std::string notices_of(Stage& stage) {
    std::string text;
    const auto documents = *stage.journal().documents(kNotices, "", 100);
    for (const auto& document : documents) {
        const auto notice = notice_in(document.value);
        REQUIRE(notice);
        text += (text.empty() ? "" : ", ") + notice->event + " " + notice->run;
    }
    return text;
}

void end(Stage& stage, bool is_good, const std::string& name) {
    REQUIRE(stage.start("etl", is_good ? R"({"ok":true})" : R"({"ok":false})", name));
}

/// Stands for the runner that has stepwell:notify.
class Mailbox final : public TaskRunner {
public:
    void start(TaskRequest request) override { requests.push_back(std::move(request)); }
    void cancel(const TaskToken&) override {}
    std::vector<TaskRequest> requests;
};

}  // namespace

TEST_CASE("the first failure and the next success are told, not what is between") {
    Stage stage;
    REQUIRE(stage.put("etl", kEnds, kTold));
    end(stage, true, "a");
    CHECK(notices_of(stage).empty());
    end(stage, false, "b");
    CHECK(notices_of(stage) == "failed b");
    end(stage, false, "c");
    CHECK(notices_of(stage) == "failed b");
    stage.boot();
    end(stage, false, "d");
    CHECK(notices_of(stage) == "failed b");
    end(stage, true, "e");
    CHECK(notices_of(stage) == "failed b, recovered e");
    end(stage, true, "f");
    CHECK(notices_of(stage) == "failed b, recovered e");
    end(stage, false, "g");
    CHECK(notices_of(stage) == "failed b, failed g, recovered e");
}

TEST_CASE("a notice says what happened, and since when") {
    Stage stage;
    REQUIRE(stage.put("etl", kEnds, kTold));
    end(stage, false, "a");
    stage.advance(1h);
    end(stage, false, "b");
    end(stage, true, "c");
    const auto documents = *stage.journal().documents(kNotices, "", 100);
    REQUIRE(documents.size() == 2);
    const Json failed = parameters_of(*notice_in(documents[0].value));
    CHECK(to_text(failed["to"]) == R"(["ops"])");
    CHECK(failed["subject"] == "etl failed: E_DATA");
    CHECK(failed["message"] == "Run: 1 (a)\nError: E_DATA\nCause: two rows\nLook: stepwell show 1");
    CHECK(failed["payload"]["number"] == 1);
    CHECK(failed["payload"]["since"] == "2023-11-14T22:13:20Z");
    const Json recovered = parameters_of(*notice_in(documents[1].value));
    CHECK(to_text(recovered["to"]) == R"(["ops","chat"])");
    CHECK(recovered["subject"] == "etl recovered");
    CHECK(recovered["message"] ==
          "Run: 3 (c)\nIt had been failing since 2023-11-14T22:13:20Z, in 2 runs\n"
          "Look: stepwell show 3");
}

TEST_CASE("a notice names the state where the failure began, and its sentence") {
    Notice notice;
    notice.event = "failed";
    notice.workflow = "etl";
    notice.run = "a";
    notice.number = 12;
    notice.error = "E_QUALITY";
    notice.cause = R"({"status":"failed","message":"3 of 9 rows have no id"})";
    notice.state = "Each month/Validate";
    notice.message = "3 of 9 rows have no id";
    notice.to = {"ops"};
    const auto again = notice_in(*to_write(notice, "key").value);
    REQUIRE(again);
    const Json told = parameters_of(*again);
    CHECK(told["message"] ==
          "Run: 12 (a)\nState: Each month/Validate\nError: E_QUALITY\n"
          "Cause: 3 of 9 rows have no id\nLook: stepwell show 12");
    CHECK(told["payload"]["state"] == "Each month/Validate");
    CHECK(told["payload"]["cause"] == notice.cause);
}

TEST_CASE("the notices of a workflow are handed over one by one, in the order of what they tell") {
    Stage stage;
    NoticeSender sender(stage.engine(), stage.clock);
    Mailbox mailbox;
    sender.forward_to(mailbox);
    REQUIRE(stage.put("etl", kEnds, kTold));
    for (const bool is_good : {false, true, false}) {
        stage.advance(1h);
        end(stage, is_good, "r" + std::to_string(stage.clock.now().time_since_epoch().count()));
    }
    // As an earlier daemon has left them: by their keys "failed" would come before "recovered".
    REQUIRE(sender.resume(stage.journal()));
    std::vector<std::string> subjects;
    while (subjects.size() < mailbox.requests.size()) {
        REQUIRE(mailbox.requests.size() == subjects.size() + 1);
        CHECK_FALSE(sender.is_idle());
        const TaskRequest request = mailbox.requests.back();
        subjects.push_back(request.parameters.json()["subject"]);
        sender.succeeded(request.token, Payload::trusted("{}"));
    }
    CHECK(subjects ==
          std::vector<std::string>{"etl failed: E_DATA", "etl recovered", "etl failed: E_DATA"});
    CHECK(sender.is_idle());
}

TEST_CASE("only events that the workflow names are told, and a stopped run is none") {
    Stage stage;
    REQUIRE(stage.put("etl", kEnds, R"({"notify":{"recovered":["ops"]}})"));
    REQUIRE(stage.put("slow", kWait, kTold));
    REQUIRE(stage.put("quiet", kEnds, "{}"));
    end(stage, false, "a");
    CHECK(notices_of(stage).empty());
    REQUIRE(stage.start("quiet", R"({"ok":false})"));
    const auto started = stage.start("slow");
    REQUIRE(stage.answer_of<Timestamp>(
        [&](auto answer) { stage.engine().stop_execution(started->id, {}, answer); }));
    CHECK(notices_of(stage).empty());
    end(stage, true, "b");
    CHECK(notices_of(stage) == "recovered b");
}

TEST_CASE("the episode and its notice are durable with the run's end, or not at all") {
    for (const auto cut :
         {journal::MemoryDisk::Cut::before_durable, journal::MemoryDisk::Cut::after_durable}) {
        Stage stage;
        REQUIRE(stage.put("etl", kEnds, kTold));
        stage.disk->crash_at(1, cut);
        CHECK_FALSE(stage.start("etl", R"({"ok":false})", "a"));
        stage.boot();
        const bool was_durable = cut == journal::MemoryDisk::Cut::after_durable;
        CHECK(notices_of(stage) == (was_durable ? "failed a" : ""));
        end(stage, false, "b");
        CHECK(notices_of(stage) == (was_durable ? "failed a" : "failed b"));
    }
}

TEST_CASE("a notice is handed over once, and forgotten when it is taken") {
    Stage stage;
    NoticeSender sender(stage.engine(), stage.clock);
    Mailbox mailbox;
    sender.forward_to(mailbox);
    REQUIRE(stage.put("etl", kEnds, kTold));
    end(stage, false, "a");
    REQUIRE(sender.resume(stage.journal()));
    REQUIRE(mailbox.requests.size() == 1);
    const TaskRequest request = mailbox.requests[0];
    CHECK((request.resource == "stepwell:notify" && request.workflow_name == "etl"));
    CHECK(request.token.execution == ExecutionId{0});
    CHECK(request.run_key.starts_with("notice.failed.arn:"));
    CHECK(notices_of(stage) == "failed a");
    sender.succeeded(request.token, Payload::trusted("{}"));
    stage.settle();
    CHECK(notices_of(stage).empty());
}

TEST_CASE("a notice that is not taken is tried again after pauses, and those behind it wait") {
    Stage stage;
    NoticeSender sender(stage.engine(), stage.clock);
    Mailbox mailbox;
    sender.forward_to(mailbox);
    REQUIRE(stage.put("etl", kEnds, kTold));
    end(stage, false, "a");
    stage.advance(1h);
    end(stage, true, "b");
    REQUIRE(sender.resume(stage.journal()));
    std::vector<Duration> pauses;
    while (pauses.size() < 11) {
        REQUIRE(mailbox.requests.size() == pauses.size() + 1);
        CHECK(mailbox.requests.back().run_key == mailbox.requests.front().run_key);
        CHECK(sender.is_idle() == false);
        sender.failed(mailbox.requests.back().token, "Notify.OutboxFailed", "a full disk");
        CHECK(sender.is_idle() == (pauses.size() >= 2));
        const auto pause = sender.try_again();
        REQUIRE(pause);
        pauses.push_back(*pause);
        stage.clock.wait(*pause - Duration(1));
        CHECK(sender.try_again() == Duration(1));
        stage.clock.wait(Duration(1));
        CHECK(sender.try_again() == std::nullopt);
    }
    CHECK((pauses[0] == 1s && pauses[1] == 2s && pauses[8] == 256s && pauses[10] == 300s));
    CHECK(notices_of(stage) == "failed a, recovered b");
    sender.succeeded(mailbox.requests.back().token, Payload::trusted("{}"));
    CHECK(mailbox.requests.back().parameters.json()["subject"] == "etl recovered");
    stage.settle();
    CHECK(notices_of(stage) == "recovered b");
}

TEST_CASE("a notice that nobody can take is dropped") {
    Stage stage;
    NoticeSender sender(stage.engine(), stage.clock);
    Mailbox mailbox;
    sender.forward_to(mailbox);
    REQUIRE(stage.put("etl", kEnds, kTold));
    end(stage, false, "a");
    REQUIRE(sender.resume(stage.journal()));
    sender.failed(mailbox.requests.at(0).token, "Stepwell.InvalidParameters", "no channel 'ops'");
    stage.settle();
    CHECK(mailbox.requests.size() == 1);
    CHECK(notices_of(stage).empty());
}

TEST_CASE("a notice of others goes to whom the workflow names, in their transaction") {
    Stage stage;
    REQUIRE(stage.put("etl", kEnds, R"({"notify":{"late":"ops"}})"));
    const auto write = [&](const std::string& workflow, const std::string& event) {
        Writes writes;
        Notice notice;
        notice.event = event;
        notice.workflow = workflow;
        notice.text = "The deadline has passed";
        writes.notices.push_back({notice, event + "." + workflow});
        REQUIRE(stage.answer_of<void>([&](auto answer) { stage.engine().write(writes, answer); }));
    };
    write("etl", "late");
    write("etl", "failed");
    write("nobody", "late");
    const auto documents = *stage.journal().documents(kNotices, "", 100);
    REQUIRE(documents.size() == 1);
    const Json told = parameters_of(*notice_in(documents[0].value));
    CHECK((told["subject"] == "etl is late" && told["message"] == "The deadline has passed"));
    CHECK(to_text(told["to"]) == R"(["ops"])");
}

TEST_CASE("a paused workflow starts nothing by itself, and whoever wants to may start it") {
    Stage stage;
    REQUIRE(stage.put("etl", kEnds, "{}"));
    const auto start = [&](const std::string& origin) {
        return stage.answer_of<Started>([&](auto answer) {
            StartRequest request;
            request.workflow = "etl";
            request.origin = origin;
            request.input = Payload::trusted(R"({"ok":true})");
            stage.engine().start_execution(request, answer);
        });
    };
    Writes writes;
    writes.documents.push_back(to_write(Pause{stage.clock.now() + 1h, "moving", "", {}}, "etl"));
    REQUIRE(stage.answer_of<void>([&](auto answer) { stage.engine().write(writes, answer); }));
    for (const std::string origin : {"schedule", "file"}) {
        const auto refused = start(origin);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == ErrorCode::unavailable);
        CHECK(refused.error().message.ends_with("moving"));
    }
    for (const std::string origin : {"api", "cli", "webhook", "parent"}) CHECK(start(origin));
    stage.advance(1h);
    CHECK(start("schedule"));
}

TEST_CASE("reports of other tasks pass through") {
    Stage stage;
    NoticeSender sender(stage.engine(), stage.clock);
    REQUIRE(stage.create("etl", kTask));
    const auto started = stage.start("etl", R"({"x":1})");
    sender.succeeded(stage.runner.started.at(0).token, Payload::trusted("[7]"));
    stage.settle();
    CHECK(stage.outcome(started->id) == "SUCCEEDED [7]");
}

}  // namespace stepwell::test
