#include <doctest/doctest.h>

#include <fstream>
#include <regex>

#include "engine/base/digest.hpp"
#include "tasks/function/function_pool.hpp"
#include "tests/tasks/host/test_tasks_support.hpp"

namespace stepwell::test {

namespace {

constexpr const char* kArn = "arn:aws:lambda:us-east-1:111111111111:function:";

/// A runner whose functions folder the test fills.
struct Functions {
    Functions() : Functions(Json::object()) {}
    explicit Functions(Json configuration) : fixture(settings(std::move(configuration))) {}

    void write(const std::string& name, const std::string& code,
               const std::string& file = "handler.py") const {
        const std::filesystem::path path = folder.path() / name / file;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << code;
    }
    tasks::HostRunnerSettings settings(Json configuration) const {
        tasks::HostRunnerSettings result = RunnerFixture::default_settings();
        result.host.functions_folders = {folder.path()};
        result.host.configuration = std::move(configuration);
        return result;
    }
    Outcome legacy(const std::string& name, const std::string& input) {
        runtime::TaskRequest request;
        request.resource = kArn + name;
        request.parameters = Payload::trusted(input);
        return fixture.sink.outcome(fixture.start(std::move(request)));
    }
    Outcome invoke(Json parameters) {
        return fixture.run("arn:aws:states:::lambda:invoke", std::move(parameters));
    }

    TemporaryFolder folder;
    RunnerFixture fixture;
};

/// The text with every UUID as <id>.
std::string masked(const std::string& text) {
    static const std::regex uuid("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    return std::regex_replace(text, uuid, "<id>");
}

}  // namespace

TEST_CASE("a function's result passes on as Python spells it") {
    struct Case {
        std::string name;
        std::string code;
        std::string input;
        std::string want;
    };
    // clang-format off
    const Case cases[] = {
        {"the event", "def handler(event, context): return event", R"({"a":[1.0,2e3,12345678901234567890123]})", R"({"a": [1.0, 2000.0, 12345678901234567890123]})"},
        {"lambda_handler", "def lambda_handler(event, context): return 'x'", "{}", R"("x")"},
        {"nothing", "def handler(event, context): pass", "{}", "null"},
        {"bytes are JSON text", "def handler(event, context): return b'\"Hello!\"'", "{}", R"("Hello!")"},
        {"bytes that are no JSON", "def handler(event, context): return b'aaa'", "{}", R"("aaa")"},
        {"decimals, to the digit", "from decimal import Decimal as D\ndef handler(event, context): return {'a': D('1.10'), 'b': [D('12345678901234567890.12345'), D('1E+3')]}", "{}", R"({"a": 1.10, "b": [12345678901234567890.12345, 1E+3]})"},
        {"bytes inside are text", "def handler(event, context): return {'a': b'x'}", "{}", R"({"a": "x"})"},
        {"not ASCII", "def handler(event, context): return 'grün'", "{}", R"("grün")"},
        {"its surroundings", "import os\ndef handler(e, c): return [c.function_name, c.function_version, c.invoked_function_arn, os.environ['AWS_REGION'], c.get_remaining_time_in_millis() > 1000, len(c.aws_request_id)]",
         "{}", R"(["f", "$LATEST", "arn:aws:lambda:us-east-1:111111111111:function:f:$LATEST", "us-east-1", true, 36])"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.name);
        Functions functions;
        functions.write("f", c.code);
        const Outcome outcome = functions.legacy("f", c.input);
        CAPTURE(outcome.cause);
        CHECK(outcome.output == c.want);
    }
}

TEST_CASE("what a function raises is the error, and its cause is spelled as the runtime does") {
    struct Case {
        std::string name;
        std::string code;
        std::string error;
        std::string cause;
    };
    // clang-format off
    const Case cases[] = {
        {"an exception", "def handler(event, context):\n    raise Exception(\"Some exception was raised.\")\n", "Exception",
         R"({"errorMessage": "Some exception was raised.", "errorType": "Exception", "requestId": "<id>", "stackTrace": ["  File \"/var/task/handler.py\", line 2, in handler\n    raise Exception(\"Some exception was raised.\")\n"]})"},
        {"one of its own", "class Odd(Exception):\n    pass\n\ndef helper():\n    raise Odd()\n\ndef handler(event, context):\n    helper()\n", "Odd",
         R"({"errorMessage": "", "errorType": "Odd", "requestId": "<id>", "stackTrace": ["  File \"/var/task/handler.py\", line 8, in handler\n    helper()\n", "  File \"/var/task/handler.py\", line 5, in helper\n    raise Odd()\n"]})"},
        {"no result for JSON", "def handler(event, context): return {1, 2}", "Runtime.MarshalError",
         R"({"errorMessage": "Unable to marshal response: Object of type set is not JSON serializable", "errorType": "Runtime.MarshalError", "requestId": "<id>", "stackTrace": []})"},
        {"no number", "def handler(event, context): return float('nan')", "Runtime.MarshalError",
         R"({"errorMessage": "Unable to marshal response: Out of range float values are not JSON compliant", "errorType": "Runtime.MarshalError", "requestId": "<id>", "stackTrace": []})"},
        {"a decimal that is no number", "from decimal import Decimal\ndef handler(event, context): return Decimal('NaN')", "Runtime.MarshalError",
         R"({"errorMessage": "Unable to marshal response: Out of range decimal values are not JSON compliant: NaN", "errorType": "Runtime.MarshalError", "requestId": "<id>", "stackTrace": []})"},
        {"an exit while a thread goes on", "import sys, threading, time\ndef handler(event, context):\n    threading.Thread(target=lambda: time.sleep(1000)).start()\n    sys.exit(4)", "Runtime.ExitError",
         R"({"errorType":"Runtime.ExitError","errorMessage":"RequestId: <id> Error: Runtime exited with error: exit status 4"})"},
        {"an interrupt of its own", "def handler(event, context): raise KeyboardInterrupt", "Runtime.ExitError",
         R"({"errorType":"Runtime.ExitError","errorMessage":"RequestId: <id> Error: Runtime exited with error: exit status 1"})"},
        {"the stream to us is closed", "import os, time\ndef handler(event, context):\n    os.closerange(3, 100)\n    time.sleep(1000)", "Runtime.ExitError",
         R"({"errorType":"Runtime.ExitError","errorMessage":"RequestId: <id> Error: the function closed descriptor 3, the stream to its runtime; os.closerange closes more than what is its own"})"},
        {"the stream to us is closed, and another file has its number", "import os\ndef handler(event, context):\n    os.closerange(3, 100)\n    open('/dev/null', 'w+').fileno()\n    return 1", "Runtime.ExitError",
         R"({"errorType":"Runtime.ExitError","errorMessage":"RequestId: <id> Error: Runtime exited with error: exit status 1"})"},
        {"a missing module", "import no_such_module", "Runtime.ImportModuleError",
         R"({"errorMessage": "Unable to import module 'handler': No module named 'no_such_module'", "errorType": "Runtime.ImportModuleError", "requestId": "<id>", "stackTrace": []})"},
        {"no handler", "x = 1", "Runtime.HandlerNotFound",
         R"({"errorMessage": "Handler 'handler' missing on module 'handler'", "errorType": "Runtime.HandlerNotFound", "requestId": "<id>", "stackTrace": []})"},
        {"no Python", "x = = 1", "Runtime.UserCodeSyntaxError",
         R"x({"errorMessage": "Syntax error in module 'handler': invalid syntax (handler.py, line 1)", "errorType": "Runtime.UserCodeSyntaxError", "requestId": "<id>", "stackTrace": ["  File \"/var/task/handler.py\" Line 1\n    x = = 1\n"]})x"},
        {"an exit", "import sys\ndef handler(event, context): sys.exit(4)", "Runtime.ExitError",
         R"({"errorType":"Runtime.ExitError","errorMessage":"RequestId: <id> Error: Runtime exited with error: exit status 4"})"},
        {"an exit without an error", "import os\ndef handler(event, context): os._exit(0)", "Runtime.ExitError",
         R"({"errorType":"Runtime.ExitError","errorMessage":"RequestId: <id> Error: Runtime exited without providing a reason"})"},
        {"a signal", "import os\ndef handler(event, context): os.kill(os.getpid(), 11)", "Runtime.ExitError",
         R"({"errorType":"Runtime.ExitError","errorMessage":"RequestId: <id> Error: Runtime exited with error: signal: segmentation fault"})"},
        {"an EOFError of its own", "def handler(event, context): raise EOFError('mine')", "EOFError",
         R"({"errorMessage": "mine", "errorType": "EOFError", "requestId": "<id>", "stackTrace": ["  File \"/var/task/handler.py\", line 1, in handler\n    def handler(event, context): raise EOFError('mine')\n"]})"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.name);
        Functions functions;
        functions.write("f", c.code);
        const Outcome outcome = functions.legacy("f", "{}");
        CHECK(outcome.error == c.error);
        CHECK(masked(outcome.cause) == c.cause);
    }
}

TEST_CASE("lambda:invoke wraps the result, and its errors are compact") {
    Functions functions;
    functions.write("id", "def handler(event, context): return event");
    functions.write("bad", "def handler(event, context):\n    raise ValueError('no')\n");
    struct Case {
        std::string name;
        Json payload;
        std::string want;
        std::string bytes;
    };
    const Case cases[] = {
        {"null is no payload", nullptr, "{}", "2"},
        {"a string is JSON text", "\"HelloWorld\"", "\"HelloWorld\"", "12"},
        {"a number in a string", "0.0", "0.0", "3"},
        {"an object", {{"a", {1, 2}}}, R"({"a":[1,2]})", "13"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        const Outcome outcome = functions.invoke({{"FunctionName", "id"}, {"Payload", c.payload}});
        REQUIRE(outcome.kind == "succeeded");
        const Json result = Json::parse(outcome.output);
        CHECK(to_text(result["Payload"]) == c.want);
        CHECK(result["ExecutedVersion"] == "$LATEST");
        CHECK(result["StatusCode"] == 200);
        CHECK(result["SdkHttpMetadata"]["HttpHeaders"]["Content-Length"] == c.bytes);
        CHECK(result["SdkHttpMetadata"]["AllHttpHeaders"]["Content-Type"] ==
              Json::array({"application/json"}));
        CHECK(result["SdkHttpMetadata"]["HttpStatusCode"] == 200);
        CHECK(result["SdkResponseMetadata"]["RequestId"].is_string());
    }
    const Outcome failed = functions.invoke({{"FunctionName", "bad"}});
    CHECK(failed.error == "ValueError");
    CHECK(
        masked(failed.cause) ==
        R"({"errorMessage":"no","errorType":"ValueError","requestId":"<id>","stackTrace":["  File \"/var/task/handler.py\", line 2, in handler\n    raise ValueError('no')\n"]})");
}

TEST_CASE("the end of a call's log comes back where it is asked for") {
    Functions functions;
    functions.write(
        "f", "def handler(e, c):\n    print('x' * 5000)\n    print('hello')\n    return 1\n");
    const Outcome quiet = functions.invoke({{"FunctionName", "f"}});
    CHECK(find(Json::parse(quiet.output), "LogResult") == nullptr);
    const Outcome outcome = functions.invoke({{"FunctionName", "f"}, {"LogType", "Tail"}});
    REQUIRE(outcome.kind == "succeeded");
    const Json result = Json::parse(outcome.output);
    const std::string log = base64_decode(string_or(result, "LogResult", "")).value_or("");
    CHECK(log.size() == 4096);
    CAPTURE(log);
    const std::regex end(
        "x\nhello\nEND RequestId: (\\S+)\nREPORT RequestId: (\\S+)\tDuration: \\d+\\.\\d\\d ms\t"
        "Billed Duration: \\d+ ms\tMemory Size: 128 MB\tMax Memory Used: \\d+ MB\t\n$");
    std::smatch found;
    REQUIRE(std::regex_search(log, found, end));
    CHECK(found[1].str() == found[2].str());
    CHECK(found[1].str() == result["SdkResponseMetadata"]["RequestId"]);
    CHECK(result["SdkHttpMetadata"]["HttpHeaders"]["X-Amz-Log-Result"] == result["LogResult"]);
    CHECK(functions.invoke({{"FunctionName", "f"}, {"LogType", "All"}}).error == "States.Runtime");
}

TEST_CASE("a version or an alias has code of its own where there is a folder for it") {
    Functions functions;
    functions.write("f", "def handler(e, c): return ['latest', c.function_version]");
    functions.write("f@2", "def handler(e, c): return ['two', c.function_version]");
    const auto invoked = [&](const std::string& name, const std::string& qualifier) {
        Json parameters{{"FunctionName", name}};
        if (!qualifier.empty()) parameters["Qualifier"] = qualifier;
        const Json result = Json::parse(functions.invoke(std::move(parameters)).output);
        CHECK(result["ExecutedVersion"] == result["Payload"][1]);
        CHECK(result["SdkHttpMetadata"]["HttpHeaders"]["X-Amz-Executed-Version"] ==
              result["ExecutedVersion"]);
        return to_text(result["Payload"]);
    };
    CHECK(invoked("f", "") == R"(["latest","$LATEST"])");
    CHECK(invoked("f", "2") == R"(["two","2"])");
    CHECK(invoked("f:2", "") == R"(["two","2"])");
    CHECK(invoked(std::string(kArn) + "f:2", "") == R"(["two","2"])");
    CHECK(invoked("f", "prod") == R"(["latest","$LATEST"])");
    CHECK(functions.legacy("f:2", "{}").output == R"(["two", "2"])");
    CHECK(
        functions.invoke({{"FunctionName", "g"}, {"Qualifier", "2"}}).cause.find("function:g:2") !=
        std::string::npos);
}

TEST_CASE("an unknown function is named as AWS names it, however it was written") {
    Functions functions;
    const std::string want =
        "Function not found: arn:aws:lambda:us-east-1:111111111111:function:none:$LATEST (Service: "
        "AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: <id>; "
        "Proxy: null)";
    for (const std::string name : {"none", "111111111111:function:none",
                                   "arn:aws:lambda:us-east-1:111111111111:function:none"}) {
        CAPTURE(name);
        const Outcome outcome = functions.invoke({{"FunctionName", name}});
        CHECK(outcome.error == "Lambda.ResourceNotFoundException");
        CHECK(masked(outcome.cause) == want);
    }
    CHECK(functions.legacy("none", "{}").error == "Lambda.ResourceNotFoundException");
    CHECK(functions.invoke({{"FunctionName", "../none"}}).error ==
          "Lambda.ResourceNotFoundException");
    CHECK(functions.invoke({{"Payload", 1}}).cause.find("expected 'FunctionName'") !=
          std::string::npos);
    functions.write("f", "def handler(event, context): return 1");
    const Outcome outcome = functions.invoke({{"FunctionName", "f"}, {"Payload", "no json"}});
    CHECK(outcome.error == "Lambda.InvalidRequestContentException");
}

TEST_CASE("an interpreter is kept warm until the code changes") {
    Functions functions;
    functions.write("count", "n = 0\ndef handler(e, c):\n    global n\n    n += 1\n    return n\n");
    CHECK(functions.legacy("count", "{}").output == "1");
    CHECK(functions.legacy("count", "{}").output == "2");
    functions.write("count",
                    "n = 100\ndef handler(e, c):\n    global n\n    n += 1\n    return n\n");
    CHECK(functions.legacy("count", "{}").output == "101");
}

TEST_CASE("interpreters that nobody calls end, and there are never more of them than so many") {
    const TemporaryFolder folder;
    tasks::FunctionPoolLimits limits;
    limits.idle_max = 2;
    tasks::FunctionPool pool(limits);
    const tasks::Bell stop;
    const auto call = [&](const std::string& name) {
        std::filesystem::create_directories(folder.path() / name);
        std::ofstream(folder.path() / name / "handler.py")
            << "import os\ndef handler(event, context): return os.getpid()";
        tasks::FunctionSpec spec;
        spec.name = name;
        spec.folder = folder.path() / name;
        tasks::FunctionDialogue dialogue;
        dialogue.header = R"({"function_name":"f","function_version":"1","function_arn":"a",)"
                          R"("memory_mb":"1","request_id":"r","log_stream":"l","deadline_ms":0,)"
                          R"("compact":false})";
        dialogue.event = "{}";
        dialogue.stop = &stop;
        dialogue.log = [](const std::string&) {};
        const auto answer = pool.call(spec, dialogue);
        REQUIRE(answer);
        return std::stoi(answer->text);
    };
    const int first = call("a");
    CHECK(call("a") == first);
    call("b");
    CHECK(pool.idle() == 2);
    call("c");
    CHECK(pool.idle() == 2);
    CHECK(is_gone_soon(first));

    const auto now = std::chrono::steady_clock::now();
    CHECK(pool.expire(now));
    CHECK(pool.idle() == 2);
    CHECK_FALSE(pool.expire(now + limits.age_max));
    CHECK(pool.idle() == 0);
}

TEST_CASE("a function sees the region that it is called in, whatever its host was given") {
    ::setenv("AWS_REGION", "eu-north-1", 1);
    Functions functions;
    functions.write("f", "import os\ndef handler(e, c): return os.environ['AWS_REGION']");
    tasks::HostRunnerSettings settings = functions.settings(Json::object());
    settings.environment = {"AWS_*"};
    RunnerFixture fixture(settings);
    runtime::TaskRequest request;
    request.resource = std::string(kArn) + "f";
    const Outcome outcome = fixture.sink.outcome(fixture.start(std::move(request)));
    ::unsetenv("AWS_REGION");
    CAPTURE(outcome.cause);
    CHECK(outcome.output == R"("us-east-1")");
}

TEST_CASE("what a function prints is in its log") {
    Functions functions;
    functions.write("f",
                    "import sys\ndef handler(e, c):\n    print('out')\n"
                    "    print('err', file=sys.stderr)\n    sys.stdout.write('no end')\n");
    runtime::TaskRequest request;
    request.resource = std::string(kArn) + "f";
    const TaskToken token = functions.fixture.start(std::move(request));
    CHECK(functions.fixture.sink.outcome(token).kind == "succeeded");
    const auto lines = functions.fixture.sink.lines(token);
    CHECK(std::find(lines.begin(), lines.end(), "out") != lines.end());
    CHECK(std::find(lines.begin(), lines.end(), "err") != lines.end());
}

TEST_CASE("a cancelled function is killed, and the next call gets a new interpreter") {
    Functions functions;
    functions.write("f",
                    "import os, time\ndef handler(e, c):\n    print(os.getpid())\n"
                    "    if e: return 1\n    time.sleep(1000)\n");
    runtime::TaskRequest request;
    request.resource = std::string(kArn) + "f";
    const TaskToken token = functions.fixture.start(std::move(request));
    while (functions.fixture.sink.lines(token).empty()) {
        REQUIRE(functions.fixture.run("stepwell:echo").kind == "succeeded");
    }
    const int pid = std::stoi(functions.fixture.sink.lines(token).front());
    functions.fixture.runner->cancel(token);
    CHECK(is_gone_soon(pid));
    CHECK(functions.legacy("f", "[1]").output == "1");
}

TEST_CASE("a function has a time-out and a memory limit where the configuration says so") {
    Functions hasty(Json{{"tasks", {{"functions", {{"timeout", "300ms"}}}}}});
    hasty.write("slow", "import time\ndef handler(e, c): time.sleep(1000)");
    const Outcome slow = hasty.legacy("slow", "{}");
    CHECK(slow.error == "Sandbox.Timedout");
    CHECK(slow.cause.find("Task timed out after 0.30 seconds") != std::string::npos);
    Functions narrow(Json{{"tasks", {{"functions", {{"memory_limit", "200MB"}}}}}});
    narrow.write("big", "def handler(e, c): bytearray(1 << 30)");
    CHECK(narrow.legacy("big", "{}").error == "MemoryError");
}

TEST_CASE("stepwell:function takes the name and the input as parameters") {
    Functions functions;
    functions.write("id", "def handler(event, context): return event");
    CHECK(functions.fixture.run("stepwell:function", {{"name", "id"}, {"input", {1, 2}}}).output ==
          "[1, 2]");
    CHECK(functions.fixture.run("stepwell:function", {{"nam", "id"}}).cause ==
          "stepwell:function: expected 'name', the function's folder; there is no field 'nam'; did "
          "you mean 'name'?");
}

TEST_CASE("a folder says what its function needs") {
    Functions functions(
        Json{{"tasks",
              {{"functions",
                {{"timeout", "1h"}, {"environment", {{"BOTH", "all"}, {"ALL", "all"}}}}}}}});
    functions.write("f",
                    "import os\ndef run(e, c):\n    return [os.environ[n] for n in ('OWN', 'BOTH', "
                    "'ALL', 'TZ', '_HANDLER', 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE')] + "
                    "[c.memory_limit_in_mb, c.get_remaining_time_in_millis() <= 40000]\n",
                    "src/app.py");
    functions.write("f",
                    "handler: src/app.run\nmemory: 512MB\ntimeout: 30s\n"
                    "environment: {OWN: 7, BOTH: own}\n",
                    "function.yaml");
    const Outcome outcome = functions.legacy("f", "{}");
    CAPTURE(outcome.cause);
    CHECK(outcome.output == R"(["7", "own", "all", ":UTC", "src/app.run", "512", "512", true])");
    // A change of the folder's configuration counts for the next call.
    functions.write("f", "handler: src/app.run\nenvironment: {OWN: 8, BOTH: own}\n",
                    "function.yaml");
    CHECK(functions.legacy("f", "{}").output.find(R"(["8", )") == 0);
}

TEST_CASE("all that is wrong in a folder's configuration is told at once") {
    Functions functions;
    functions.write("f", "def handler(e, c): return 1");
    functions.write("f", "handler: none\ntimeout: soon\nmemry: 1GB\n", "function.yaml");
    const Outcome outcome = functions.legacy("f", "{}");
    CHECK(outcome.error == "Stepwell.InvalidParameters");
    CAPTURE(outcome.cause);
    CHECK(outcome.cause.find("f/function.yaml") != std::string::npos);
    CHECK(outcome.cause.find("MODULE.NAME, such as app.lambda_handler, but it is 'none'") !=
          std::string::npos);
    CHECK(outcome.cause.find("'timeout'") != std::string::npos);
    CHECK(outcome.cause.find("did you mean 'memory'?") != std::string::npos);
    functions.write("f", "handler: ../g/handler.handler\n", "function.yaml");
    CHECK(functions.legacy("f", "{}").error == "Stepwell.InvalidParameters");
    functions.write("f", "handler: app.run\n", "function.yaml");
    CHECK(functions.legacy("f", "{}").error == "Runtime.ImportModuleError");
}

TEST_CASE("a function's time-out does not count what loading its code takes") {
    Functions functions;
    functions.write("f",
                    "import time\ntime.sleep(0.4)\n"
                    "def handler(e, c):\n    time.sleep(e)\n"
                    "    return c.get_remaining_time_in_millis() > 0\n");
    functions.write("f", "timeout: 300ms\n", "function.yaml");
    const Outcome first = functions.legacy("f", "0");
    CAPTURE(first.cause);
    CHECK(first.output == "true");
    const Outcome slow = functions.legacy("f", "100");
    CHECK(slow.error == "Sandbox.Timedout");
    CHECK(slow.cause.find("Task timed out after 0.30 seconds") != std::string::npos);
}

TEST_CASE("a function that holds more than its memory is killed") {
    Functions functions;
    functions.write("f", "def handler(e, c):\n    kept = b'x' * (300 << 20)\n    while e: pass\n");
    functions.write("f", "memory: 150MB\n", "function.yaml");
    const Outcome outcome = functions.legacy("f", "1");
    CHECK(outcome.error == "Runtime.ExitError");
    CHECK(outcome.cause.find("Runtime exited with error: signal: killed") != std::string::npos);
}

TEST_CASE("a result that is too large is said to be") {
    Functions functions;
    functions.write("f", "def handler(e, c): return 'x' * e");
    constexpr std::size_t kMost = 6'291'556;  // Lambda's 6 MB, quotes included
    const Outcome most = functions.legacy("f", std::to_string(kMost - 2));
    CHECK(most.error == "");
    CHECK(most.output.size() == kMost);
    const Outcome more = functions.legacy("f", std::to_string(kMost - 1));
    CHECK(more.error == "Function.ResponseSizeTooLarge");
    CHECK(
        more.cause ==
        R"({"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes)."})");
}

TEST_CASE("calls beyond a function's concurrency are refused, and work again afterwards") {
    Functions functions;
    functions.write("f",
                    "import os, time\ndef handler(e, c):\n    print('in')\n    while e and not "
                    "os.path.exists(e): time.sleep(0.01)\n    return 1\n");
    functions.write("f", "concurrency: 1\n", "function.yaml");
    const std::string gate = (functions.folder.path() / "gate").string();
    runtime::TaskRequest request;
    request.resource = std::string(kArn) + "f";
    request.parameters = Payload(Json(gate));
    const TaskToken token = functions.fixture.start(std::move(request));
    while (functions.fixture.sink.lines(token).empty()) {
        REQUIRE(functions.fixture.run("stepwell:echo").kind == "succeeded");
    }
    const Outcome refused = functions.legacy("f", "\"\"");
    CHECK(refused.error == "Lambda.TooManyRequestsException");
    CHECK(masked(refused.cause) ==
          "Rate Exceeded. (Service: AWSLambda; Status Code: 429; Error Code: "
          "TooManyRequestsException; Request ID: <id>; Proxy: null)");
    std::ofstream(gate) << "open";
    CHECK(functions.fixture.sink.outcome(token).output == "1");
    CHECK(functions.legacy("f", "\"\"").output == "1");
    functions.write("f", "concurrency: 0\n", "function.yaml");
    CHECK(functions.legacy("f", "\"\"").error == "Lambda.TooManyRequestsException");
}

TEST_CASE("a function for Node answers as Lambda's Node runtime does") {
    struct Case {
        std::string name;
        std::string file;
        std::string code;
        std::string want;
    };
    // clang-format off
    const Case cases[] = {
        {"a promise", "handler.js", "exports.handler = async (event) => ({event});", R"({"event":{"a":1.5}})"},
        {"a module", "handler.mjs", "import fs from 'node:fs';\nexport const handler = async (event) => typeof fs.readFileSync;", R"("function")"},
        {"CommonJS", "handler.cjs", "exports.handler = async () => 'grün';", R"("grün")"},
        {"nothing", "handler.js", "exports.handler = async () => {};", "null"},
        {"a callback", "handler.js", "exports.handler = (event, context, callback) => { setTimeout(() => callback(null, 7), 1); };", "7"},
        {"a callback before the event loop is empty", "handler.js", "exports.handler = (event, context, callback) => { context.callbackWaitsForEmptyEventLoop = false; setInterval(() => {}, 1000); callback(null, 8); };", "8"},
        {"nobody answers", "handler.js", "exports.handler = () => {};", "null"},
        {"its surroundings", "handler.js", "exports.handler = async (e, c) => [c.functionName, c.functionVersion, c.memoryLimitInMB, c.getRemainingTimeInMillis() > 1000, process.env.AWS_REGION];",
         R"(["f","$LATEST","128",true,"us-east-1"])"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.name);
        Functions functions;
        functions.write("f", c.code, c.file);
        const Outcome outcome = functions.legacy("f", R"({"a":1.5})");
        CAPTURE(outcome.error);
        CAPTURE(outcome.cause);
        CHECK(outcome.output == c.want);
        CHECK(functions.legacy("f", R"({"a":1.5})").output == c.want);  // and when it is warm
    }
}

TEST_CASE("errors of a function for Node have the names and the shape of its runtime") {
    struct Case {
        std::string name;
        std::string code;
        std::string error;
        std::string cause;  // how it begins
    };
    // clang-format off
    const Case cases[] = {
        {"thrown", "exports.handler = async () => { throw new TypeError('no'); };", "TypeError",
         R"x({"errorType":"TypeError","errorMessage":"no","trace":["TypeError: no","    at exports.handler (/var/task/handler.js:1:39)"]})x"},
        {"thrown at once", "exports.handler = () => { throw new Error('at once'); };", "Error", R"x({"errorType":"Error","errorMessage":"at once","trace":["Error: at once",)x"},
        {"no error at all", "exports.handler = async () => { throw 'text'; };", "string", R"x({"errorType":"string","errorMessage":"text","trace":[]})x"},
        {"by the callback", "exports.handler = (e, c, callback) => callback(new RangeError('far'));", "RangeError", R"x({"errorType":"RangeError","errorMessage":"far",)x"},
        {"no JSON", "exports.handler = async () => { const a = {}; a.a = a; return a; };", "Error", R"x({"errorType":"Error","errorMessage":"Unable to stringify response body",)x"},
        {"no handler", "exports.other = 1;", "Runtime.HandlerNotFound", R"x({"errorType":"Runtime.HandlerNotFound","errorMessage":"handler.handler is undefined or not exported",)x"},
        {"no function", "exports.handler = 1;", "Runtime.HandlerNotFound", R"x({"errorType":"Runtime.HandlerNotFound","errorMessage":"handler.handler is not a function",)x"},
        {"a missing module", "require('no-such-module');", "Runtime.ImportModuleError", R"x({"errorType":"Runtime.ImportModuleError","errorMessage":"Error: Cannot find module 'no-such-module')x"},
        {"no JavaScript", "let x = = 1;", "Runtime.UserCodeSyntaxError", R"x({"errorType":"Runtime.UserCodeSyntaxError","errorMessage":"SyntaxError: Unexpected token '='")x"},
        {"nobody catches it", "exports.handler = () => new Promise(() => setImmediate(() => { throw new EvalError('late'); }));", "EvalError", R"x({"errorType":"EvalError","errorMessage":"late",)x"},
        {"a promise that nobody looks at", "exports.handler = () => new Promise(() => { Promise.reject(new Error('alone')); });", "Runtime.UnhandledPromiseRejection",
         R"x({"errorType":"Runtime.UnhandledPromiseRejection","errorMessage":"Error: alone",)x"},
        {"an exit", "exports.handler = async () => process.exit(4);", "Runtime.ExitError", R"x({"errorType":"Runtime.ExitError","errorMessage":"RequestId: )x"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.name);
        Functions functions;
        functions.write("f", c.code, "handler.js");
        const Outcome outcome = functions.legacy("f", "{}");
        CHECK(outcome.error == c.error);
        CAPTURE(outcome.cause);
        CHECK(outcome.cause.substr(0, c.cause.size()) == c.cause);
    }
}

TEST_CASE("a process for Node is kept warm, logs, and takes one call after another") {
    Functions functions;
    functions.write(
        "f", "let n = 0;\nexports.handler = async () => { console.log('call'); return ++n; };",
        "handler.js");
    CHECK(functions.legacy("f", "{}").output == "1");
    CHECK(functions.legacy("f", "{}").output == "2");
    runtime::TaskRequest request;
    request.resource = std::string(kArn) + "f";
    const TaskToken token = functions.fixture.start(std::move(request));
    CHECK(functions.fixture.sink.outcome(token).output == "3");
    CHECK(functions.fixture.sink.lines(token) == std::vector<std::string>{"call"});
}

}  // namespace stepwell::test
