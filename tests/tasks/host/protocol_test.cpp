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

TEST_CASE("what was submitted and what was granted travel with a request") {
    runtime::TaskRequest request = full_request();
    request.submitted = Payload::trusted(R"({"job":  1.50})");
    std::string bytes;
    append_start(bytes, request, {{"http", {{"proxy", "http://p"}}}});
    FrameReader reader;
    reader.feed(bytes);
    auto start = read_start(std::move(**reader.next()));
    REQUIRE(start);
    CHECK(start->request.parameters.text() == "{\"a\": 1.50}");
    REQUIRE(start->request.submitted);
    CHECK(start->request.submitted->text() == R"({"job":  1.50})");
    CHECK(start->sections["http"]["proxy"] == "http://p");
}

TEST_CASE("acknowledged tokens come through, and nonsense acknowledges nothing") {
    const std::vector<TaskToken> tokens = {{ExecutionId{1}, FrameId{0}, 1},
                                           {ExecutionId{0xFFFFFFFFFF}, FrameId{7}, 12}};
    std::string bytes;
    append_ack(bytes, tokens);
    FrameReader reader;
    reader.feed(bytes);
    CHECK(read_ack(**reader.next()) == tokens);
    Frame nonsense;
    for (const char* body : {"", "x", "1 2", "1 -2 3", "99999999999999999999999 1 1"}) {
        nonsense.body = body;
        CHECK(read_ack(nonsense).empty());
    }
}

TEST_CASE("who speaks another version, or lacks what we need, is refused with a sentence") {
    CHECK_FALSE(mismatch(Speaker{}, "daemon"));
    Speaker more;
    more.capabilities.push_back("flying");
    CHECK_FALSE(mismatch(more, "daemon"));
    CHECK(mismatch({kProtocolVersion + 1, {}}, "daemon").value() ==
          "expected a daemon that speaks version 1 of the protocol, but it speaks 2; start the "
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

std::string frame_with(const std::string& header) {
    std::string frame(8, '\0');
    for (std::size_t i = 0; i < 4; ++i) frame[i] = static_cast<char>(header.size() >> (8 * i));
    return frame + header;
}

std::string repeated(const std::string& text, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += text;
    return all;
}

}  // namespace

TEST_CASE("what is no frame is refused") {
    struct Case {
        std::string name;
        std::string bytes;
    };
    const Case cases[] = {
        {"a length beyond the limit", std::string("\xff\xff\xff\xff\0\0\0\0", 8)},
        {"a header that is no JSON", std::string("\3\0\0\0\0\0\0\0abc", 11)},
        {"a header without a type", std::string("\2\0\0\0\0\0\0\0{}", 10)},
        {"a header nested too deep", frame_with(R"({"type":"log","x":)" + std::string(1'000, '[') +
                                                std::string(1'000, ']') + "}")},
        {"a header of too many values",
         frame_with(R"({"type":"log","x":[0)" + repeated(",0", 1'000) + "]}")},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        FrameReader reader;
        reader.feed(c.bytes);
        CHECK_FALSE(reader.next());
    }
}

TEST_CASE("a start that announces more than it has is refused") {
    for (const std::string header :
         {R"({"type":"start","resource":"r","submitted_bytes":9})",
          R"({"type":"start","resource":"r","submitted_bytes":-1})",
          R"({"type":"start","resource":"r","submitted_bytes":1,"sections_bytes":-1})"}) {
        FrameReader reader;
        reader.feed(frame_with(header));
        auto frame = reader.next();
        REQUIRE(frame);
        REQUIRE(*frame);
        CHECK_FALSE(read_start(std::move(**frame)));
    }
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
