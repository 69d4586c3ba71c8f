#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <future>

#include "engine/base/descriptor.hpp"
#include "engine/base/digest.hpp"
#include "engine/base/prng.hpp"
#include "engine/base/utf8.hpp"
#include "tasks/notify/delivery_worker.hpp"
#include "tasks/wall_clock.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/tasks/host/test_tasks_support.hpp"
#include "tests/tasks/http/local_server.hpp"

namespace stepwell::test {

namespace {

tasks::HostRunnerSettings with_channels(const LocalServer& server) {
    tasks::HostRunnerSettings settings = RunnerFixture::default_settings();
    settings.host.configuration = {
        {"notifications",
         {{"channels",
           {{"ops", {{"type", "webhook"}, {"url", server.url("/ops")}, {"hmac", "key"}}},
            {"chat", {{"type", "slack"}, {"webhook", server.url("/chat")}}}}},
          {"topics", {{"arn:aws:sns:*:analytics-*", {"ops"}}, {"both", {"ops", "chat"}}}}}}};
    return settings;
}

runtime::TaskRequest request_of(const std::string& resource, Json parameters,
                                const std::string& run_key) {
    runtime::TaskRequest request;
    request.resource = resource;
    request.parameters = Payload(std::move(parameters));
    request.run_key = run_key;
    request.workflow_name = "flow";
    request.state_name = "Tell";
    return request;
}

}  // namespace

TEST_CASE("a webhook gets the message, signed") {
    LocalServer server;
    server.answer(200, "text/plain", "ok");
    RunnerFixture fixture(with_channels(server));
    const TaskToken token = fixture.start(request_of(
        "stepwell:notify",
        {{"to", {"ops"}}, {"subject", "Done"}, {"message", "3 rows"}, {"payload", {{"rows", 3}}}},
        "1.0.1"));
    const Outcome outcome = fixture.sink.outcome(token);
    CAPTURE(outcome.cause);
    REQUIRE(outcome.kind == "succeeded");
    const Json result = Json::parse(outcome.output);
    CHECK(result["status"] == "success");
    CHECK(result["sent"][0]["channel"] == "ops");

    const SeenRequest seen = server.requests(1)[0];
    CHECK(seen.line == "POST /ops HTTP/1.1");
    const Json body = Json::parse(seen.body);
    CHECK(body["subject"] == "Done");
    CHECK(body["message"] == "3 rows");
    CHECK(body["payload"] == Json{{"rows", 3}});
    CHECK(body["workflow"] == "flow");
    CHECK(body["state"] == "Tell");
    CHECK(body["run"] == 7);
    CHECK(body["look"] == "stepwell show 7");
    CHECK(body["id"] == result["sent"][0]["id"]);
    const std::string signature = seen.headers.at("x-stepwell-signature");
    const std::size_t comma = signature.find(",v1=");
    REQUIRE(signature.substr(0, 2) == "t=");
    REQUIRE(comma != std::string::npos);
    CHECK(signature.substr(comma + 4) ==
          hmac_sha256_hex("key", signature.substr(2, comma - 2) + "." + seen.body));
}

TEST_CASE("Slack gets a payload of its kind") {
    LocalServer server;
    server.answer(200, "text/plain", "ok");
    RunnerFixture fixture(with_channels(server));
    CHECK(
        fixture.run("stepwell:notify", {{"to", "chat"}, {"subject", "Done"}, {"message", "3 rows"}})
            .kind == "succeeded");
    const SeenRequest seen = server.requests(1)[0];
    CHECK(seen.line == "POST /chat HTTP/1.1");
    CHECK(Json::parse(seen.body)["text"] == "*Done*\n3 rows");
    CHECK(seen.headers.count("x-stepwell-signature") == 0);
}

TEST_CASE("a second attempt under the same run key sends nothing again") {
    LocalServer server;
    server.answer(200, "text/plain", "ok");
    RunnerFixture fixture(with_channels(server));
    const Json parameters = {{"to", {"ops"}}, {"message", "once"}, {"required", true}};
    const Outcome first =
        fixture.sink.outcome(fixture.start(request_of("stepwell:notify", parameters, "1.0.1")));
    const Outcome again =
        fixture.sink.outcome(fixture.start(request_of("stepwell:notify", parameters, "1.0.1")));
    CHECK(first.output == again.output);
    const Outcome other =
        fixture.sink.outcome(fixture.start(request_of("stepwell:notify", parameters, "1.0.2")));
    CHECK(other.output != first.output);
    CHECK(server.requests(2).size() == 2);
}

TEST_CASE("what is not taken is sent again, and a required message waits for it") {
    LocalServer server;
    server.answer(503, "text/plain", "later");
    server.answer(200, "text/plain", "ok");
    RunnerFixture fixture(with_channels(server));
    const Outcome outcome =
        fixture.run("stepwell:notify", {{"to", {"ops"}}, {"message", "twice"}, {"required", true}});
    CAPTURE(outcome.cause);
    REQUIRE(outcome.kind == "succeeded");
    CHECK(Json::parse(outcome.output)["sent"][0]["attempts"] == 2);
    const auto requests = server.requests(2);
    CHECK(requests[0].headers.at("x-stepwell-message-id") ==
          requests[1].headers.at("x-stepwell-message-id"));
}

TEST_CASE("a required message that was given up is sent again by the next attempt at its task") {
    LocalServer server;
    server.answer(500, "text/plain", "no");
    server.answer(500, "text/plain", "no");
    server.answer(200, "text/plain", "ok");
    RunnerFixture fixture(with_channels(server));
    const Json parameters = {
        {"to", {"ops"}}, {"message", "a"}, {"required", true}, {"attempts", 2}};
    const auto attempt = [&] {
        return fixture.sink.outcome(
            fixture.start(request_of("stepwell:notify", parameters, "1.0.1")));
    };
    CHECK(attempt().error == "Notify.DeliveryFailed");
    CHECK(server.requests(2).size() == 2);
    const Outcome second = attempt();
    CAPTURE(second.cause);
    CHECK(second.kind == "succeeded");
    const auto seen = server.requests(3);
    REQUIRE(seen.size() == 3);
    CHECK(seen[0].header("x-stepwell-message-id") == seen[2].header("x-stepwell-message-id"));
}

TEST_CASE("a channel that is dead holds no other one") {
    LocalServer silent;  // never answers
    LocalServer server;
    server.answer(200, "text/plain", "ok");
    tasks::HostRunnerSettings settings = with_channels(server);
    settings.host.configuration["notifications"]["channels"]["dead"] = {
        {"type", "webhook"}, {"url", silent.url()}, {"timeout", "1h"}};
    RunnerFixture fixture(settings);
    for (int i = 0; i < 6; ++i) {
        const Json parameters = {{"to", "dead"}, {"message", std::to_string(i)}};
        REQUIRE(fixture.run("stepwell:notify", parameters).kind == "succeeded");
    }
    REQUIRE(silent.requests(1).size() == 1);
    CHECK(fixture.run("stepwell:notify", {{"to", "ops"}, {"message", "a"}, {"required", true}})
              .kind == "succeeded");
    // Nobody else may take what is under way for as long as its channel may take.
    const auto outbox = tasks::Outbox::open(fixture.folder.path());
    REQUIRE(outbox);
    constexpr std::int64_t kHourMs = 3'600'000;
    const auto claimed = (*outbox)->claim("dead", tasks::wall_clock_ms() + kHourMs, 1);
    REQUIRE(claimed);
    CHECK(claimed->has_value() == false);
}

TEST_CASE("messages of a workflow leave in the order of what they tell") {
    LocalServer server;
    server.answer(503, "text/plain", "later");
    server.answer(200, "text/plain", "ok");
    RunnerFixture fixture(with_channels(server));
    const auto tell = [&](const std::string& text) {
        const Json parameters = {{"to", {"ops"}}, {"message", text}};
        const TaskToken token = fixture.start(request_of("stepwell:notify", parameters, text));
        REQUIRE(fixture.sink.outcome(token).kind == "succeeded");
    };
    tell("failed");
    REQUIRE(server.requests(1).size() == 1);
    tell("recovered");
    std::vector<std::string> texts;
    for (const SeenRequest& request : server.requests(3)) {
        texts.push_back(Json::parse(request.body)["message"]);
    }
    CHECK(texts == std::vector<std::string>{"failed", "failed", "recovered"});
}

TEST_CASE("what a server says that it will never take is given up at once, with the reason") {
    LocalServer server;
    server.answer(404, "text/plain", "no such hook");
    RunnerFixture fixture(with_channels(server));
    const Outcome outcome =
        fixture.run("stepwell:notify", {{"to", {"ops"}}, {"message", "a"}, {"required", true}});
    CHECK(outcome.error == "Notify.DeliveryFailed");
    CHECK(outcome.cause.starts_with("after 1 attempt: http://127.0.0.1"));
    CHECK(outcome.cause.ends_with("answered 404"));
    for (const int status : {400, 401, 403, 410, 413, 422}) CHECK(tasks::is_final_status(status));
    for (const int status : {302, 408, 425, 429, 500, 503}) {
        CHECK_FALSE(tasks::is_final_status(status));
    }
}

TEST_CASE("Slack gets no more characters than it takes") {
    LocalServer server;
    server.answer(200, "text/plain", "ok");
    RunnerFixture fixture(with_channels(server));
    std::string text;
    for (int i = 0; i < 5'000; ++i) text += "ü";
    REQUIRE(fixture.run("stepwell:notify", {{"to", "chat"}, {"message", text}}).kind ==
            "succeeded");
    const Json body = Json::parse(server.requests(1)[0].body);
    const std::string shown = body["blocks"][0]["text"]["text"];
    CHECK(utf8_count(shown) == 3'000);
    CHECK(shown.starts_with("üüü"));
    CHECK(shown.ends_with("ü…"));
    CHECK(body["blocks"][1]["elements"][0]["text"] == "Step / stepwell show 7");
}

TEST_CASE("an outbox that cannot be opened at first is opened later") {
    TemporaryFolder folder;
    const auto place = folder.path() / "outbox.db";
    std::filesystem::create_directory(place);
    LocalServer server;
    server.answer(200, "text/plain", "ok");
    tasks::HostRunnerSettings settings = with_channels(server);
    settings.host.data_folder = folder.path();
    RunnerFixture fixture(settings);
    const Json parameters = {{"to", {"ops"}}, {"message", "a"}, {"required", true}};
    CHECK(fixture.run("stepwell:notify", parameters).error == "Notify.OutboxFailed");
    std::filesystem::remove(place);
    CHECK(fixture.run("stepwell:notify", parameters).kind == "succeeded");
}

TEST_CASE("an outbox that several make at once is made once, and good for all") {
    for (int round = 0; round < 30; ++round) {
        const test::TemporaryFolder folder;
        std::vector<std::future<std::string>> opened;
        for (int i = 0; i < 8; ++i) {
            opened.push_back(std::async(std::launch::async, [&folder, i]() -> std::string {
                const auto outbox = tasks::Outbox::open(folder.path());
                if (!outbox) return outbox.error().message;
                tasks::Message message;
                message.channel = "ops";
                const auto added = (*outbox)->add("1.0." + std::to_string(i), message, "line");
                return added ? "" : added.error().message;
            }));
        }
        for (auto& one : opened) CHECK(one.get() == "");
    }
}

/// A process that opens the outbox, and ends with 0 where it can; killed after `life`, if any.
pid_t start_opening(const std::filesystem::path& folder, std::chrono::microseconds life) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    const itimerval deadline{{}, {0, static_cast<suseconds_t>(life.count())}};
    ::setitimer(ITIMER_REAL, &deadline, nullptr);  // SIGALRM ends it; 0: never
    ::_exit(tasks::Outbox::open(folder) ? 0 : 1);
}

bool ends_well(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_CASE("an outbox that was half made when its makers were killed is made by the next ones") {
    Prng random(7);
    for (int round = 0; round < 150; ++round) {
        const test::TemporaryFolder folder;
        for (int killed = 0; killed < 3; ++killed) {
            const auto life = [&] { return std::chrono::microseconds(1 + random.next() % 6'000); };
            const pid_t first = start_opening(folder.path(), life());
            const pid_t second = start_opening(folder.path(), life());
            ends_well(first);
            ends_well(second);
        }
        const pid_t first = start_opening(folder.path(), std::chrono::microseconds(0));
        const pid_t second = start_opening(folder.path(), std::chrono::microseconds(0));
        CHECK(ends_well(first));
        CHECK(ends_well(second));
    }
}

TEST_CASE("an outbox of the release before is taken on") {
    TemporaryFolder folder;
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open((folder.path() / "outbox.db").c_str(), &database) == SQLITE_OK);
    const char* const made =
        "CREATE TABLE messages(row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, run_key TEXT NOT "
        "NULL, channel TEXT NOT NULL, body TEXT NOT NULL, created_ms INTEGER NOT NULL, due_ms "
        "INTEGER, attempts INTEGER NOT NULL DEFAULT 0, delivered_ms INTEGER, last_error TEXT NOT "
        "NULL DEFAULT '', UNIQUE(run_key, channel)) STRICT;"
        "INSERT INTO messages(id, run_key, channel, body, created_ms, due_ms) VALUES('one', 'k', "
        "'ops', '{\"text\":\"old\"}', unixepoch() * 1000, 0);";
    REQUIRE(sqlite3_exec(database, made, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
    LocalServer server;
    server.answer(200, "text/plain", "ok");
    tasks::HostRunnerSettings settings = with_channels(server);
    settings.host.data_folder = folder.path();
    RunnerFixture fixture(settings);
    CHECK(Json::parse(server.requests(1)[0].body)["message"] == "old");
}

TEST_CASE("a required message that nobody takes fails its task, a plain one does not") {
    LocalServer server;
    server.answer(500, "text/plain", "no");
    RunnerFixture fixture(with_channels(server));
    CHECK(fixture.run("stepwell:notify", {{"to", {"ops"}}, {"message", "a"}}).kind == "succeeded");
    const Outcome outcome = fixture.run(
        "stepwell:notify", {{"to", {"ops"}}, {"message", "b"}, {"wait", true}, {"attempts", 1}});
    CHECK(outcome.error == "Notify.DeliveryFailed");
    CHECK(outcome.cause.find("after 1 attempt: http://127.0.0.1") == 0);
    CHECK(outcome.cause.find("answered 500") != std::string::npos);
}

TEST_CASE("the daemon's log tells of messages that are not delivered") {
    LocalServer server;
    server.answer(503, "text/plain", "later");
    server.answer(200, "text/plain", "ok");
    const TemporaryFolder folder;
    const std::string file = (folder.path() / "log").string();
    const Descriptor log(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    const Descriptor before(::dup(STDERR_FILENO));
    REQUIRE(::dup2(log.get(), STDERR_FILENO) >= 0);
    {
        RunnerFixture fixture(with_channels(server));
        const Outcome outcome = fixture.run(
            "stepwell:notify", {{"to", {"ops"}}, {"message", "twice"}, {"required", true}});
        CHECK(outcome.kind == "succeeded");
    }
    REQUIRE(::dup2(before.get(), STDERR_FILENO) >= 0);
    std::ifstream lines(file);
    std::string line;
    std::getline(lines, line);
    CHECK(line.find(" to 'ops' was not delivered (attempt 1): http://127.0.0.1") != line.npos);
    CHECK(line.find("answered 503; again in 1 s") != line.npos);
    CHECK_FALSE(std::getline(lines, line));
}

TEST_CASE("what waits is delivered though the process that delivers is killed") {
    LocalServer server;
    server.answer(503, "text/plain", "later");
    server.answer(200, "text/plain", "ok");
    RunnerFixture fixture(with_channels(server));
    REQUIRE(fixture.run("stepwell:notify", {{"to", {"ops"}}, {"message", "a"}}).kind ==
            "succeeded");
    REQUIRE(server.requests(1).size() == 1);
    const auto outbox = tasks::Outbox::open(fixture.folder.path());
    REQUIRE(outbox);
    // Killed once it has written down that the first attempt was in vain.
    while ((*outbox)->waiting().value().untried != 0) {
        REQUIRE(fixture.run("stepwell:echo").kind == "succeeded");
    }
    REQUIRE(::kill(fixture.runner->statistics().pids.back(), SIGKILL) == 0);
    CHECK(server.requests(2).size() == 2);
}

TEST_CASE("a server that asks for patience gets it") {
    LocalServer server;
    server.answer(
        "HTTP/1.1 429 X\r\nRetry-After: 3000\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    RunnerFixture fixture(with_channels(server));
    REQUIRE(fixture.run("stepwell:notify", {{"to", {"ops"}}, {"message", "a"}}).kind ==
            "succeeded");
    REQUIRE(server.requests(1).size() == 1);
    auto outbox = tasks::Outbox::open(fixture.folder.path());
    REQUIRE(outbox);
    // The lease of the attempt ends long before.
    std::int64_t due = 0;
    while (due < tasks::wall_clock_ms() + 2'000'000) {
        due = (*outbox)->next_due_ms("ops").value().value_or(0);
        REQUIRE(fixture.run("stepwell:echo").kind == "succeeded");
    }
    CHECK(due <= tasks::wall_clock_ms() + 3'000'000);
}

TEST_CASE("what waits in the outbox is delivered by the next daemon's hosts") {
    TemporaryFolder folder;
    LocalServer server;
    server.answer(200, "text/plain", "ok");
    {
        auto outbox = tasks::Outbox::open(folder.path());
        REQUIRE(outbox);
        tasks::Message message;
        message.channel = "ops";
        message.text = "left behind";
        message.created_ms = tasks::wall_clock_ms();
        REQUIRE((*outbox)->add("1.0.1", message, "flow"));
    }
    tasks::HostRunnerSettings settings = with_channels(server);
    settings.host.data_folder = folder.path();
    RunnerFixture fixture(settings);
    CHECK(Json::parse(server.requests(1)[0].body)["message"] == "left behind");
}

TEST_CASE("the outbox lists what became of its messages, and has one delivered again") {
    const test::TemporaryFolder folder;
    auto opened = tasks::Outbox::open(folder.path());
    REQUIRE(opened);
    tasks::Outbox& outbox = **opened;
    std::vector<std::string> ids;
    for (int i = 0; i < 3; ++i) {
        tasks::Message message;
        message.channel = "ops";
        message.subject = "message " + std::to_string(i);
        message.created_ms = 1'000 + i;
        const std::string number = std::to_string(i);
        ids.push_back(*outbox.add("1.0." + number, message, "line " + number));
    }
    const auto claimed = outbox.claim("ops", 5'000, 100);
    REQUIRE((claimed && *claimed));
    REQUIRE(outbox.delivered((*claimed)->row, 6'000));
    REQUIRE(outbox.give_up(ids[1]));
    const auto all = outbox.list({}, 2);
    REQUIRE((all && all->size() == 2));
    CHECK((*all)[0].message.subject == "message 2");
    CHECK((*all)[0].due_ms);
    CHECK_FALSE((*all)[1].due_ms);
    CHECK_FALSE((*all)[1].delivered_ms);
    const auto rest = outbox.list((*all)[1].row, 2);
    REQUIRE((rest && rest->size() == 1));
    CHECK((*rest)[0].delivered_ms == 6'000);
    CHECK((*rest)[0].attempts == 1);

    REQUIRE(outbox.replay(ids[0], 7'000));
    CHECK((*outbox.claim("ops", 7'000, 100))->message.id == ids[2]);  // due before it
    CHECK((*outbox.claim("ops", 7'000, 100))->message.id == ids[0]);
    CHECK(outbox.replay(ids[2], 8'000).error().code == ErrorCode::conflict);
    CHECK(outbox.replay("nothing", 8'000).error().code == ErrorCode::not_found);
}

TEST_CASE("sns:publish goes to the channels of its topic, and answers as SNS does") {
    LocalServer server;
    server.answer(200, "text/plain", "ok");
    RunnerFixture fixture(with_channels(server));
    const Outcome outcome =
        fixture.run("arn:aws:states:::sns:publish",
                    {{"TopicArn", "arn:aws:sns:us-east-1:123456789:analytics-success"},
                     {"Message", {{"a", 1}}}});
    CAPTURE(outcome.cause);
    REQUIRE(outcome.kind == "succeeded");
    const Json result = Json::parse(outcome.output);
    CHECK(result["MessageId"].is_string());
    CHECK(result["SdkHttpMetadata"]["HttpStatusCode"] == 200);
    CHECK(result["SdkResponseMetadata"]["RequestId"].is_string());
    const Json body = Json::parse(server.requests(1)[0].body);
    CHECK(body["message"] == R"({"a":1})");
    CHECK(body["topic"] == "arn:aws:sns:us-east-1:123456789:analytics-success");
}

TEST_CASE("parameters that name nothing are refused with what there is") {
    struct Case {
        std::string resource;
        Json parameters;
        std::string error;
        std::string cause_has;
    };
    // clang-format off
    const Case cases[] = {
        {"stepwell:notify", {{"to", {"opps"}}, {"message", "x"}}, "Stepwell.InvalidParameters", "there is no channel 'opps' under notifications.channels; did you mean 'ops'?"},
        {"stepwell:notify", {{"mesage", "x"}}, "Stepwell.InvalidParameters", "did you mean 'message'?"},
        {"arn:aws:states:::sns:publish", {{"TopicArn", "arn:aws:sns:us-east-1:1:other"}, {"Message", "x"}}, "SNS.NotFoundException", "name one under notifications.topics"},
        {"arn:aws:states:::sns:publish", {{"Message", "x"}}, "SNS.InvalidParameterException", "expected 'TopicArn'"},
    };
    // clang-format on
    LocalServer server;
    RunnerFixture fixture(with_channels(server));
    for (const Case& c : cases) {
        CAPTURE(c.parameters);
        const Outcome outcome = fixture.run(c.resource, c.parameters);
        CHECK(outcome.error == c.error);
        CAPTURE(outcome.cause);
        CHECK(outcome.cause.find(c.cause_has) != std::string::npos);
    }
}

TEST_CASE("the wait between attempts doubles, up to five minutes") {
    CHECK(tasks::backoff_ms(1) == 1'000);
    CHECK(tasks::backoff_ms(2) == 2'000);
    CHECK(tasks::backoff_ms(5) == 16'000);
    CHECK(tasks::backoff_ms(50) == 300'000);
}

TEST_CASE("what a text holds calls nobody together in Slack, and makes no links") {
    tasks::Channel channel;
    channel.type = tasks::Channel::Type::slack;
    tasks::Message message;
    message.subject = "<!channel> failed";
    message.text = "a < b && see <https://evil.example|here> <@U123>";
    const Json body = Json::parse(tasks::delivery_request(channel, message, 0).body);
    CHECK(body["text"] ==
          "*&lt;!channel&gt; failed*\na &lt; b &amp;&amp; see &lt;https://evil.example|here&gt; "
          "&lt;@U123&gt;");
    CHECK(body["blocks"][0]["text"]["text"] == body["text"]);
    message.subject.clear();
    message.text = std::string(2'999, 'x') + "<!here>";
    const Json cut = Json::parse(tasks::delivery_request(channel, message, 0).body);
    CHECK(cut["text"] == std::string(2'999, 'x') + "…");
}

TEST_CASE("faults of the notifications' configuration are reported at once") {
    const Json section = Json::parse(
        R"({"channels": {"a": {"type": "pager", "url": "u"}, "b": {"type": "slack", "hook": "x"}},
                                         "topics": {"t": ["c"]}, "rulez": []})");
    const auto notifications = tasks::Notifications::read(&section);
    REQUIRE_FALSE(notifications);
    for (const std::string part :
         {"channel 'a': expected 'type' to be webhook or slack, but it is 'pager'",
          "channel 'b': expected 'url'", "topic 't': there is no channel 'c'",
          "there is no field 'rulez'; did you mean 'rules'?"}) {
        CAPTURE(part);
        CAPTURE(notifications.error().message);
        CHECK(notifications.error().message.find(part) != std::string::npos);
    }
}

}  // namespace stepwell::test
