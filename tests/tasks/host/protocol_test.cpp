#include "tasks/host/protocol.hpp"

#include <doctest/doctest.h>

#include "tasks/glob.hpp"

using namespace stepwell::tasks;  // NOLINT: a test
namespace stepwell::test {

namespace {

runtime::TaskRequest full_request() {
    runtime::TaskRequest request;
    request.token = {ExecutionId{12}, FrameId{3}, 4};
    request.resource = "stepwell:echo";
    request.parameters = Payload::trusted("{\"a\": 1.50}");
    request.state_name = "Stäte \"one\"\n";
    request.execution_arn = "arn:aws:states:us-east-1:1:execution:w:e";
    request.execution_name = "e";
    request.workflow_arn = "arn:aws:states:us-east-1:1:stateMachine:w";
    request.workflow_name = "w";
    request.execution_started_at = from_ms(1700000000123);
    request.entered_at = from_ms(1700000000456);
    request.retry_count = 2;
    request.timeout_seconds = 30;
    request.heartbeat_seconds = 5;
    request.run_key = "12.0.1";
    request.is_restarted = true;
    return request;
}

}  // namespace

TEST_CASE("a request comes through the protocol as it was, its parameters to the byte") {
    std::string bytes;
    append_start(bytes, full_request());
    FrameReader reader;
    // In pieces: a stream keeps no borders.
    for (const char c : bytes) reader.feed({&c, 1});
    auto frame = reader.next();
    REQUIRE(frame);
    REQUIRE(*frame);
    auto start = read_start(std::move(**frame));
    REQUIRE(start);
    CHECK(start->sections.is_null());
    runtime::TaskRequest* const request = &start->request;
    CHECK_FALSE(request->submitted);
    const runtime::TaskRequest want = full_request();
    CHECK(request->token == want.token);
    CHECK(request->resource == want.resource);
    CHECK(request->parameters.text() == "{\"a\": 1.50}");
    CHECK(request->state_name == want.state_name);
    CHECK(request->execution_arn == want.execution_arn);
    CHECK(request->execution_name == want.execution_name);
    CHECK(request->workflow_arn == want.workflow_arn);
    CHECK(request->workflow_name == want.workflow_name);
    CHECK(request->execution_started_at == want.execution_started_at);
    CHECK(request->entered_at == want.entered_at);
    CHECK(request->retry_count == 2);
    CHECK(request->timeout_seconds == 30);
    CHECK(request->heartbeat_seconds == 5);
    CHECK(request->run_key == want.run_key);
    CHECK(request->is_restarted);
}

namespace {

runtime::TaskRequest submitted_request() {
    runtime::TaskRequest request = full_request();
    request.submitted = Payload::trusted(R"({"job":  1.50})");
    request.has_secrets = true;
    return request;
}

/// A start with all that one may have, as it arrives.
Frame full_start() {
    std::string bytes;
    append_start(bytes, submitted_request(), {{"http", {{"proxy", "http://p"}}}});
    FrameReader reader;
    reader.feed(bytes);
    return **reader.next();
}

}  // namespace

TEST_CASE("what was submitted and what was granted travel with a request") {
    auto start = read_start(full_start());
    REQUIRE(start);
    CHECK(start->request.parameters.text() == "{\"a\": 1.50}");
    REQUIRE(start->request.submitted);
    CHECK(start->request.submitted->text() == R"({"job":  1.50})");
    CHECK(start->sections["http"]["proxy"] == "http://p");
    CHECK(start->request.has_secrets);
    CHECK(start->request.timeout_seconds == 30);
}

TEST_CASE("a request without a limit has none after the way, and no other flag") {
    runtime::TaskRequest request = full_request();
    request.timeout_seconds.reset();
    request.is_restarted = false;
    std::string bytes;
    append_start(bytes, request);
    FrameReader reader;
    reader.feed(bytes);
    auto start = read_start(**reader.next());
    REQUIRE(start);
    CHECK_FALSE(start->request.timeout_seconds);
    CHECK(start->request.heartbeat_seconds == 5);
    CHECK_FALSE(start->request.is_restarted);
    CHECK_FALSE(start->request.has_secrets);
}

TEST_CASE("a start whose fields end too early or too late is refused, wherever that is") {
    const Frame whole = full_start();
    REQUIRE(read_start(whole));
    Frame frame = whole;
    for (std::size_t size = 0; size < whole.fields.size(); ++size) {
        CAPTURE(size);
        frame.fields = whole.fields.substr(0, size);
        CHECK_FALSE(read_start(frame));
    }
    frame.fields = whole.fields + '\0';
    CHECK_FALSE(read_start(frame));
}

TEST_CASE("a field that says it is longer than its frame is refused, however long it says") {
    const Frame whole = full_start();
    for (const char* length :
         {"\xFF\xFF\xFF\xFF", "\xFF\xFF\xFF\x7F", "\0\0\0\x80", "\0\x10\0\0"}) {
        Frame frame = whole;
        frame.fields.replace(0, 4, length, 4);
        CHECK_FALSE(read_start(frame));
    }
}

TEST_CASE("a failure comes through the protocol as it was, and has a name in any case") {
    const TaskToken token{ExecutionId{1}, FrameId{2}, 3};
    std::string bytes;
    append_failed(bytes, token, {"E_QUALITY", "line 1\nline 2"});
    append_failed(bytes, token, {"", "why"});
    FrameReader reader;
    reader.feed(bytes);
    Frame named = **reader.next();
    CHECK(named.token == token);
    const TaskError error = read_failed(std::move(named));
    CHECK(error.error == "E_QUALITY");
    CHECK(error.cause == "line 1\nline 2");
    CHECK(read_failed(**reader.next()).error == "Stepwell.TaskCrashed");
}

TEST_CASE("acknowledged tokens come through, and parts of them are refused") {
    const std::vector<TaskToken> tokens = {
        {ExecutionId{1}, FrameId{0}, 1}, {ExecutionId{0xFFFFFFFFFFFFFFFE}, FrameId{7}, 0xFFFFFFFF}};
    std::string bytes;
    append_ack(bytes, tokens);
    append_ack(bytes, {});
    FrameReader reader;
    reader.feed(bytes);
    Frame frame = **reader.next();
    REQUIRE(frame.type == FrameType::ack);
    CHECK(*read_ack(frame) == tokens);
    CHECK(read_ack(**reader.next())->empty());
    while (frame.fields.size() > 16) {
        frame.fields.pop_back();
        CAPTURE(frame.fields.size());
        CHECK(read_ack(frame).has_value() == (frame.fields.size() == 16));
    }
}

TEST_CASE("what is said about an attempt comes through to the byte, whatever it is") {
    const TaskToken token{ExecutionId{0x0102030405060708}, FrameId{0x090A0B0C}, 0x0D0E0F10};
    const std::string body("{\"a\":\0\xFF 1.50}", 13);
    for (const FrameType type :
         {FrameType::cancel, FrameType::log, FrameType::progress, FrameType::heartbeat,
          FrameType::submitted, FrameType::succeeded}) {
        CAPTURE(static_cast<int>(type));
        std::string bytes;
        append_about(bytes, type, token, body);
        FrameReader reader;
        reader.feed(bytes);
        const Frame frame = **reader.next();
        CHECK(frame.type == type);
        CHECK(frame.token == token);
        CHECK(frame.body == body);
        CHECK(frame.fields.empty());
    }
}

TEST_CASE("who speaks another version, or lacks what we need, is refused with a sentence") {
    CHECK_FALSE(mismatch(Speaker{}, "daemon"));
    Speaker more;
    more.capabilities.push_back("flying");
    CHECK_FALSE(mismatch(more, "daemon"));
    CHECK(mismatch({kProtocolVersion + 1, {}}, "daemon").value() ==
          "expected a daemon that speaks version 2 of the protocol, but it speaks 3; start the "
          "daemon again, so that both are of one release");
    CHECK(mismatch({kProtocolVersion, {"sections", "submitted"}}, "task host")
              ->starts_with("expected a task host that knows 'ack', but it does not"));
}

TEST_CASE("settings come through the protocol as they were") {
    HostHello hello;
    hello.settings.data_folder = "/var/lib/stepwell";
    hello.settings.functions_folders = {"/a", "/b"};
    hello.settings.configuration = {{"connections", {{"wh", {{"type", "duckdb"}}}}}};
    hello.settings.child_memory_bytes = 1u << 30;
    hello.settings.stop_grace = std::chrono::milliseconds(1234);
    hello.threads_max = 9;
    hello.memory_bytes = 77;
    std::string bytes;
    append_hello(bytes, hello);
    FrameReader reader;
    reader.feed(bytes);
    auto frame = reader.next();
    REQUIRE(frame);
    auto got = read_hello(**frame);
    REQUIRE(got);
    CHECK(got->settings.data_folder == hello.settings.data_folder);
    CHECK(got->settings.functions_folders == hello.settings.functions_folders);
    CHECK(got->settings.configuration == hello.settings.configuration);
    CHECK(got->settings.child_memory_bytes == hello.settings.child_memory_bytes);
    CHECK(got->settings.stop_grace == hello.settings.stop_grace);
    CHECK(got->threads_max == 9);
    CHECK(got->memory_bytes == 77);
}

namespace {

/// As the first version of the protocol wrote it.
std::string frame_with(const std::string& header, const std::string& body = {}) {
    std::string frame(8, '\0');
    for (std::size_t i = 0; i < 4; ++i) {
        frame[i] = static_cast<char>(header.size() >> (8 * i));
        frame[4 + i] = static_cast<char>(body.size() >> (8 * i));
    }
    return frame + header + body;
}

}  // namespace

TEST_CASE("what is no frame is refused") {
    struct Case {
        std::string name;
        std::string bytes;
    };
    const Case cases[] = {
        {"a length beyond the limit", std::string("\xff\xff\xff\xff\0\0\0\0", 8)},
        {"lengths whose sum is beyond it", std::string("\xff\xff\xff\xff\xff\xff\xff\xff", 8)},
        {"no header", frame_with("", "body")},
        {"a header without a whole token", frame_with(std::string(16, '\0'))},
        {"a header of an unknown type", frame_with(std::string(17, '\x0b'))},
        {"a header of another version", frame_with(R"({"type":"start","resource":"r"})")},
        {"a first word with more in it", frame_with(R"({"type":"hello","x":1})")},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        FrameReader reader;
        reader.feed(c.bytes);
        CHECK_FALSE(reader.next());
    }
}

TEST_CASE("the first words of both are what they were in the first version of the protocol") {
    const std::string speaker = R"({"protocol":{"version":1,"capabilities":["ack"]}})";
    FrameReader reader;
    reader.feed(frame_with(R"({"type":"hello"})", speaker));
    reader.feed(frame_with(R"({"type":"ready"})", speaker));
    reader.feed(frame_with(R"({"type":"refused"})", "why"));
    CHECK(read_hello(**reader.next())->speaker.version == 1);
    CHECK(read_ready(**reader.next()).version == 1);
    CHECK((*reader.next())->body == "why");

    std::string refusal;
    append_refused(refusal, "why");
    CHECK(refusal == frame_with(R"({"type":"refused"})", "why"));
    std::string hello;
    append_hello(hello, {});
    CHECK(hello.substr(8).starts_with(R"({"type":"hello"}{)"));
    std::string ready;
    append_ready(ready, {});
    CHECK(ready.substr(8).starts_with(R"({"type":"ready"}{"protocol":{)"));
}

TEST_CASE("globs match whole texts") {
    struct Case {
        std::string pattern;
        std::string text;
        bool want;
    };
    const Case cases[] = {
        {"abc", "abc", true},
        {"abc", "abcd", false},
        {"*", "", true},
        {"a*c", "abbbc", true},
        {"a*c", "abbbd", false},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"*:function:*", "arn:aws:lambda:x:1:function:f", true},
        {"*a*b", "xaxxaxb", true},
        {"a**", "a", true},
        {"dbt run*", "dbt run --x", true},
    };
    for (const Case& c : cases) {
        CAPTURE(c.pattern);
        CAPTURE(c.text);
        CHECK(glob_matches(c.pattern, c.text) == c.want);
    }
}

}  // namespace stepwell::test
