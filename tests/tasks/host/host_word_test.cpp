// What a host and its daemon promise each other about one attempt: it begins once, its end is kept
// until it is known, what it has submitted comes back to it, and it gets the secrets it needs.
#include <doctest/doctest.h>
#include <poll.h>
#include <unistd.h>

#include "tasks/host/host_environment.hpp"
#include "tasks/host/host_main.hpp"
#include "tasks/host/host_process.hpp"
#include "tests/tasks/host/test_tasks_support.hpp"

namespace stepwell::test {

namespace {

/// A host that the test speaks to by hand.
class HandHost {
public:
    explicit HandHost(const tasks::Speaker& speaker = {}) {
        tasks::HostCommand command{"/proc/self/exe",
                                   {"hand-host", tasks::kHostCommand, "--kind", "general"},
                                   tasks::host_environment(environ, {})};
        process_ = tasks::HostProcess::spawn(command).value();
        tasks::HostHello hello;
        hello.speaker = speaker;
        hello.settings.data_folder = folder_.path();
        tasks::append_hello(process_->outgoing(), hello);
    }
    std::string& outgoing() { return process_->outgoing(); }

    /// The next frame; nothing at the host's end.
    std::optional<tasks::Frame> next() {
        while (process_->stage() && process_->flush()) {
        }
        while (true) {
            auto frame = process_->frames().next().value();
            if (frame) return frame;
            pollfd readable{process_->socket(), POLLIN, 0};
            ::poll(&readable, 1, -1);
            if (process_->receive() == tasks::HostProcess::Received::closed) return std::nullopt;
        }
    }

private:
    TemporaryFolder folder_;
    std::unique_ptr<tasks::HostProcess> process_;
};

runtime::TaskRequest pid_request() {
    runtime::TaskRequest request;
    request.token = {ExecutionId{1}, kRootFrame, 1};
    request.resource = "stepwell:shell";
    request.parameters =
        Payload(Json{{"script", "cat /proc/sys/kernel/random/uuid"}, {"parse_output", "text"}});
    return request;
}

/// What the next end of an attempt says, behind lines of its log.
std::string next_end(HandHost& host) {
    while (auto frame = host.next()) {
        if (frame->type == tasks::FrameType::succeeded) return frame->body;
    }
    return "(none)";
}

}  // namespace

TEST_CASE("a host keeps an end until it is acknowledged, and begins no attempt a second time") {
    HandHost host;
    REQUIRE(host.next()->type == tasks::FrameType::ready);
    const runtime::TaskRequest request = pid_request();
    tasks::append_start(host.outgoing(), request);
    tasks::append_start(host.outgoing(), request);
    const std::string first = next_end(host);
    CHECK(first != "(none)");
    tasks::append_start(host.outgoing(), request);
    CHECK(next_end(host) == first);

    tasks::append_ack(host.outgoing(), {request.token});
    tasks::append_start(host.outgoing(), request);
    const std::string anew = next_end(host);
    CHECK(anew != first);
    CHECK(anew != "(none)");
}

TEST_CASE("a host refuses a daemon of another release with a sentence, and the other way round") {
    HandHost host({tasks::kProtocolVersion + 1, {}});
    const auto refusal = host.next();
    REQUIRE(refusal);
    CHECK(refusal->type == tasks::FrameType::refused);
    CHECK(refusal->body.starts_with("expected a daemon that speaks version 2"));
    CHECK_FALSE(host.next());

    tasks::HostRunnerSettings settings = RunnerFixture::default_settings();
    settings.arguments = {kOldHostCommand};
    RunnerFixture fixture(settings);
    const Outcome outcome = fixture.run("stepwell:echo");
    CHECK(outcome.error == "Stepwell.HostStartFailed");
    CHECK(outcome.cause.starts_with(
        "expected a task host that speaks version 2 of the protocol, but it speaks 0"));
}

TEST_CASE("what a task has submitted comes back to it when its host dies, or its daemon") {
    RunnerFixture fixture;
    const TaskToken token = fixture.start("stepwell:test-submit");
    fixture.sink.wait_for_ends(2);  // submitted, then succeeded in another host
    const Outcome outcome = fixture.sink.outcome(token);
    CAPTURE(outcome.cause);
    CHECK(outcome.kind == "succeeded");
    CHECK(outcome.output == R"({"taken_up":{"job":7}})");

    // As the engine starts it after a restart.
    runtime::TaskRequest request;
    request.resource = "stepwell:test-submit";
    request.submitted = Payload::trusted(R"({"job":8})");
    request.is_restarted = true;
    CHECK(fixture.sink.outcome(fixture.start(request)).output == R"({"taken_up":{"job":8}})");
}

TEST_CASE("a task that takes its host with it each time is given up after some") {
    RunnerFixture fixture;
    const TaskToken token = fixture.start("stepwell:test-submit", {{"dies", "always"}});
    fixture.sink.wait_for_ends(2);
    CHECK(fixture.sink.outcome(token).error == "Stepwell.HostCrashed");
}

TEST_CASE("a host gets the values of those secrets that its attempt needs, and of no others") {
    tasks::HostRunnerSettings settings = RunnerFixture::default_settings();
    settings.host.configuration = Json::parse(R"({
        "http": {"proxy": "http://u:${secret:proxy}@p:1"},
        "connections": {"app": {"password": "${secret:app}"}, "other": {"password": "${secret:b}"}},
        "notifications": {"channels": {"ops": {"url": "${secret:hook}"}}}})");
    settings.resolve = [](Json part) -> Result<Json> {
        std::string text = to_text(part);
        if (text.find("${secret:gone}") != std::string::npos) {
            return fail(ErrorCode::not_found, "there is no secret 'gone'");
        }
        for (std::size_t at = 0; (at = text.find("${secret:")) != std::string::npos;) {
            text.replace(at, text.find('}', at) - at + 1, "VALUE");
        }
        return parse_json(text);
    };
    const auto seen_by = [&](const Json& parameters) {
        RunnerFixture fixture(settings);
        const Outcome outcome = fixture.run("stepwell:test-settings", parameters);
        return outcome.error.empty() ? outcome.output : outcome.error + " " + outcome.cause;
    };
    const Json seen = Json::parse(seen_by({{"from", "app.orders"}}));
    CHECK(seen["http"]["proxy"] == "http://u:VALUE@p:1");
    CHECK(seen["connections"]["app"]["password"] == "VALUE");
    CHECK(seen["connections"]["other"]["password"] == "${secret:b}");
    CHECK(seen["notifications"]["channels"]["ops"]["url"] == "${secret:hook}");

    settings.host.configuration["http"]["proxy"] = "${secret:gone}";
    CHECK(seen_by(Json::object()) == "Stepwell.SecretUnavailable there is no secret 'gone'");
}

}  // namespace stepwell::test
