// TestState: what it takes, what it refuses, and what it answers.
#include <doctest/doctest.h>

#include <functional>
#include <set>

#include "api/aws/test_state_run.hpp"

using namespace stepwell;
using namespace stepwell::api::aws;

namespace {

constexpr const char* kTask = R"({"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",
    "Parameters":{"FunctionName":"f"},"Next":"After",
    "Retry":[{"ErrorEquals":["Again"],"IntervalSeconds":2,"MaxAttempts":2}],
    "Catch":[{"ErrorEquals":["States.ALL"],"Next":"Saved","ResultPath":"$.e"}]})";
constexpr const char* kParallel = R"({"Type":"Parallel","End":true,"Branches":[
    {"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}]})";

core::Moment moment() {
    core::Moment at;
    at.now = from_ms(1'704'164'645'678);
    at.entropy = 7;
    return at;
}

/// The answer, or what it was refused with.
Json ask(const Json& body) {
    auto request = read_test_state(body, {"shell"});
    if (!request) return {{request.error().type, request.error().message}};
    TestStateRun run(*std::move(request), Account{}, moment());
    const auto task = run.begin();
    if (!task) return {{task.error().type, task.error().message}};
    if (*task) run.finish(Payload::from_text(R"({"ran":")" + (*task)->resource + "\"}").value());
    return run.answer();
}

Json with(Json body, const Json& more) {
    for (const auto& [name, value] : more.items()) body[name] = value;
    return body;
}

Json task_with(const Json& more) {
    return with({{"definition", kTask}, {"input", R"({"a":1})"}}, more);
}

Json failing(const char* error, int retries) {
    return task_with({{"mock", {{"errorOutput", {{"error", error}, {"cause", "why"}}}}},
                      {"stateConfiguration", {{"retrierRetryCount", retries}}},
                      {"inspectionLevel", "DEBUG"}});
}

}  // namespace

TEST_CASE("TestState answers with what a state by itself makes of its input") {
    const Json pass{{"definition", R"({"Type":"Pass","Result":{"r":1},"Next":"Other"})"}};
    CHECK(to_text(ask(pass)) ==
          R"({"output":"{\"r\":1}","nextState":"Other","status":"SUCCEEDED"})");
    CHECK(
        to_text(ask(with(pass, {{"inspectionLevel", "DEBUG"}}))["inspectionData"]) ==
        R"({"input":"{}","result":"{\"r\":1}","afterResultSelector":"{\"r\":1}","afterResultPath":"{\"r\":1}"})");
    const Json fail{{"definition", R"({"Type":"Fail","Error":"E","Cause":"C"})"}};
    CHECK(to_text(ask(fail)) == R"({"error":"E","cause":"C","status":"FAILED"})");
}

TEST_CASE("TestState finds a state of a whole definition by its name, at any depth") {
    const Json machine{
        {"definition",
         R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"In","States":{
            "In":{"Type":"Pass","Parameters":{"n.$":"$$.State.Name"},"Next":"Out"},"Out":{"Type":"Succeed"}}}}}})"}};
    const Json answer = ask(with(machine, {{"stateName", "In"}}));
    CHECK(answer["output"] == R"({"n":"In"})");
    CHECK(answer["nextState"] == "Out");
    CHECK(ask(with(machine, {{"stateName", "No"}})) ==
          Json{{"ValidationException", "State not found in definition"}});
}

TEST_CASE("a task without a mock is done, one with a mock is not") {
    const Json done = ask(task_with({{"roleArn", "arn:aws:iam::1:role/r"}}));
    CHECK(done["output"] == R"({"ran":"arn:aws:states:::lambda:invoke"})");
    const Json mocked = ask(task_with({{"mock", {{"result", R"({"m":1})"}}}}));
    CHECK(mocked["output"] == R"({"m":1})");
    CHECK(mocked["nextState"] == "After");
    // Only what AWS would have to be allowed needs a role.
    CHECK(ask(task_with(Json::object())) ==
          Json{{"ValidationException", "RoleArn must be specified when testing a Task state"}});
    const Json own{{"definition", R"({"Type":"Task","Resource":"stepwell:shell","End":true})"}};
    CHECK(ask(own)["status"] == "SUCCEEDED");
}

TEST_CASE("an error that is mocked is retried, then caught") {
    const Json again = ask(failing("Again", 1));
    CHECK(again["status"] == "RETRIABLE");
    CHECK(to_text(again["inspectionData"]["errorDetails"]) ==
          R"({"retryIndex":0,"retryBackoffIntervalSeconds":4})");
    const Json caught = ask(failing("Other", 0));
    CHECK(caught["status"] == "CAUGHT_ERROR");
    CHECK(caught["nextState"] == "Saved");
    CHECK(caught["output"] == R"({"a":1,"e":{"Error":"Other","Cause":"why"}})");
    CHECK(to_text(caught["inspectionData"]["errorDetails"]) == R"({"catchIndex":0})");
}

TEST_CASE("who reads the whole of $states gets what there is of it") {
    const Json answer = ask(
        {{"definition",
          R"({"Type":"Task","QueryLanguage":"JSONata","Resource":"arn:aws:states:::lambda:invoke","End":true,
              "Catch":[{"ErrorEquals":["States.ALL"],"Output":"{% $keys($states) %}","Next":"Saved"}]})"},
         {"mock", {{"errorOutput", {{"error", "E"}}}}}});
    CHECK(answer["status"] == "CAUGHT_ERROR");
    CHECK(answer["output"] == R"(["input","context","errorOutput"])");
}

TEST_CASE("variables and a context object come from the request") {
    const Json answer = ask(
        {{"definition",
          R"({"Type":"Pass","Parameters":{"v.$":"$v","id.$":"$$.Execution.Id","n.$":"$$.State.Name"},
                                  "Assign":{"w":2},"End":true})"},
         {"variables", R"({"v":1})"},
         {"context", R"({"Execution":{"Id":"mine"}})"},
         {"inspectionLevel", "TRACE"}});
    CHECK(answer["output"] == R"({"v":1,"id":"mine","n":"StateName"})");
    CHECK(answer["inspectionData"]["variables"] == R"({"v":1,"w":2})");
}

TEST_CASE("a Map fails where more iterations do than it tolerates") {
    const auto failed = [](int count) {
        return ask(
            {{"definition",
              R"({"Type":"Map","ToleratedFailureCount":1,"End":true,"ItemProcessor":{"StartAt":"A",
                         "States":{"A":{"Type":"Pass","End":true}}}})"},
             {"input", "[1,2]"},
             {"mock", {{"result", "[0,1]"}}},
             {"stateConfiguration", {{"mapIterationFailureCount", count}}}});
    };
    CHECK(failed(1)["output"] == "[0,1]");
    CHECK(failed(2)["error"] == "States.ExceedToleratedFailureThreshold");
    CHECK(failed(3) == Json{{"ValidationException",
                             "Map iteration failure count must be less than or equal to the number "
                             "of Map iterations"}});
}

namespace {

/// A Map over items that a reader would read, with `more` for `fields` of the state.
Json distributed(const std::string& fields, const Json& more) {
    const Json body{
        {"definition",
         R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,"Label":"l","MaxConcurrency":2,)" +
             fields + R"("ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED",
                "ExecutionType":"STANDARD"},"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}}}})"},
        {"stateName", "M"},
        {"mock", {{"result", "[5]"}}},
        {"inspectionLevel", "DEBUG"}};
    return with(body, more);
}

std::string reader(const std::string& config) {
    return R"("ItemReader":{"Resource":"arn:aws:states:::s3:getObject",
        "Parameters":{"Bucket":"b","Key":"k"},"ReaderConfig":{)" +
           config + "}},";
}

Json reading(const std::string& data) {
    return {{"stateConfiguration", {{"mapItemReaderData", data}}}};
}

}  // namespace

TEST_CASE("a Map whose iterations would be executions shows what these would begin with") {
    const std::string fields = reader(R"("InputType":"JSON","MaxItems":3)") +
                               R"("ItemSelector":{"v.$":"$$.Map.Item.Value"},
        "ItemBatcher":{"MaxItemsPerBatch":2,"BatchInput":{"b":1}},
        "ToleratedFailurePercentagePath":"$.percent",)";
    const Json answer =
        ask(with(distributed(fields, reading("[1,2,3,4]")), {{"input", R"({"percent":20})"}}));
    CHECK(answer["output"] == "[5]");
    const Json& seen = answer["inspectionData"];
    CHECK(seen["maxConcurrency"] == 2);
    CHECK(seen["afterItemsPath"] == "[1, 2, 3]");
    CHECK(seen["afterItemSelector"] == R"([{"v":1},{"v":2},{"v":3}])");
    CHECK(
        seen["afterItemBatcher"] ==
        R"([{"BatchInput":{"b":1},"Items":[{"v":1},{"v":2}]},{"BatchInput":{"b":1},"Items":[{"v":3}]}])");
    CHECK(seen["toleratedFailurePercentage"] == 20.0);
    CHECK_FALSE(seen.contains("afterItemsPointer"));
}

TEST_CASE("an ItemSelector in JSONata is seen, too") {
    const Json answer = ask(
        {{"definition",
          R"({"Type":"Map","QueryLanguage":"JSONata","End":true,"ItemSelector":{"n":"{% $states.context.Map.Item.Index %}"},
              "ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}})"},
         {"input", "[7,8]"},
         {"mock", {{"result", "[0,0]"}}},
         {"inspectionLevel", "DEBUG"}});
    CHECK(answer["inspectionData"]["afterItemSelector"] == R"([{"n":0},{"n":1}])");
}

TEST_CASE("what an ItemReader would read comes as it is in its source") {
    struct Case {
        const char* config;
        const char* data;
        std::string want;  // the items, or why there are none
    };
    const std::string data = "expected 'stateConfiguration.mapItemReaderData' to be ";
    const Case cases[] = {
        {R"("InputType":"JSON")", "[1]", "[1]"},
        {R"("InputType":"JSON")", R"({"a":[1]})", data + "the text of a JSON array"},
        {R"("InputType":"JSON","ItemsPointer":"/a~1b/1/c")", R"({"a/b":[0,{"c":[2,3]}]})",
         "[2, 3]"},
        {R"("InputType":"JSON","ItemsPointer":"/a/x")", R"({"a":[1]})",
         data + "a document with a value at the ItemsPointer '/a/x', but there is none"},
        {R"("InputType":"JSONL")", "{\"a\":1}\n\n2\n", R"([{"a": 1}, 2])"},
        {R"("InputType":"CSV","CSVHeaderLocation":"FIRST_ROW")", R"([{"c":"1"}])",
         R"([{"c": "1"}])"},
        {R"("InputType":"CSV","CSVHeaderLocation":"FIRST_ROW")", "c\n1\n",
         data + "the text of a JSON array of what is read: CSV itself is not read in a test"},
    };
    for (const Case& c : cases) {
        CAPTURE(std::string(c.config) + " " + c.data);
        const Json answer = ask(distributed(reader(c.config), reading(c.data)));
        const Json* refusal = find(answer, "ValidationException");
        CHECK((refusal ? *refusal : answer["inspectionData"]["afterItemsPath"]) == Json(c.want));
    }
    const Json pointed = ask(
        distributed(reader(R"("InputType":"JSON","ItemsPointer":"/a")"), reading(R"({"a":[1]})")));
    CHECK(pointed["inspectionData"]["afterItemsPointer"] == "[1]");
    const Json broken = ask(distributed(reader(R"("InputType":"JSONL")"), reading("1\n{\n")));
    CHECK(broken["ValidationException"].get<std::string>().starts_with(data +
                                                                       "JSON lines, but line 2: "));
}

TEST_CASE("a Map is refused whose items nobody gives, or somebody too many") {
    CHECK(ask(distributed(reader(R"("InputType":"JSON")"), Json::object())) ==
          Json{{"ValidationException",
                "expected 'stateConfiguration.mapItemReaderData', for what the Map's ItemReader "
                "names is not read in a test"}});
    CHECK(ask(with(distributed("", reading("[1]")), {{"input", "[2]"}})) ==
          Json{{"ValidationException",
                "expected 'stateConfiguration.mapItemReaderData' to be absent, for the state is no "
                "Map with an ItemReader"}});
}

TEST_CASE("a Map whose results become files gives an object") {
    const auto written = [](const char* result) {
        return ask(distributed(R"("ResultWriter":{"Resource":"arn:aws:states:::s3:putObject",
                "Parameters":{"Bucket":"b"}},)",
                               {{"mock", {{"result", result}}}, {"input", "[1]"}}));
    };
    CHECK(written("[1]") == Json{{"ValidationException", "Mocked result must be a JSON object."}});
    CHECK(written(R"({"MapRunArn":"m"})")["output"] == R"({"MapRunArn":"m"})");
}

TEST_CASE("a mock is held against the model of the API that it stands for") {
    constexpr const char* kError = "Mock result schema validation error: ";
    const auto ask_about = [](const char* resource, const char* result, const char* mode) {
        Json mock{{"result", result}};
        if (*mode != '\0') mock["fieldValidationMode"] = mode;
        const std::string text = R"({"Type":"Task","End":true,"Resource":"arn:aws:states:::)" +
                                 std::string(resource) + "\"}";
        const Json answer = ask({{"definition", text}, {"mock", mock}});
        const Json* refusal = find(answer, "ValidationException");
        return refusal ? refusal->get<std::string>() : answer["status"].get<std::string>();
    };
    struct Case {
        const char* resource;
        const char* result;
        const char* mode;
        std::string want;
    };
    const std::string missing = std::string(kError) + "Required field 'ExecutionArn' is missing";
    const std::string no_number = std::string(kError) + "Field 'FailedEntryCount' must be a number";
    const Case cases[] = {
        {"states:startExecution", "{}", "", missing},
        {"states:startExecution", "{}", "STRICT", missing},
        {"states:startExecution", "{}", "PRESENT", "SUCCEEDED"},
        {"states:startExecution", R"({"ExecutionArn":"a","StartDate":1})", "STRICT", "SUCCEEDED"},
        {"states:startExecution", R"({"ExecutionArn":1})", "PRESENT",
         std::string(kError) + "Field 'ExecutionArn' must be a string"},
        {"states:startExecution", R"({"ExecutionArn":""})", "PRESENT",
         std::string(kError) + "Field 'ExecutionArn' is smaller than the minimum length"},
        {"events:putEvents", R"({"FailedEntryCount":"0"})", "PRESENT", no_number},
        {"events:putEvents", R"({"FailedEntryCount":0.5})", "PRESENT", no_number},
        {"events:putEvents", R"({"FailedEntryCount":"0"})", "NONE", "SUCCEEDED"},
        {"events:putEvents", R"({"Entries":{}})", "PRESENT",
         std::string(kError) + "Field 'Entries' must be an array"},
        {"events:putEvents", R"({"Entries":[{"EventId":"e"},{"EventId":1}]})", "PRESENT",
         std::string(kError) + "Field 'EventId' must be a string"},
        {"events:putEvents", R"({"random":[1]})", "STRICT", "SUCCEEDED"},
        {"aws-sdk:sqs:receiveMessage", R"({"Messages":[{"Attributes":{"SentTimestamp":1}}]})", "",
         std::string(kError) + "Field 'Attributes' must be a string"},
        // What ends an integration that waits is the answer of the API that it asks.
        {"states:startExecution.sync", R"({"ExecutionArn":"a","StateMachineArn":"m",
            "StartDate":1,"Status":"DONE"})",
         "", std::string(kError) + "Field 'Status' is not an expected value"},
        {"states:startExecution.sync", R"({"Output":{}})", "PRESENT",
         std::string(kError) + "Field 'Output' must be a string"},
        {"states:startExecution.sync:2", R"({"Output":{}})", "PRESENT", "SUCCEEDED"},
        // Nor is a text or a document of a function bound to a form; nor what a token brings.
        {"lambda:invoke", R"({"Payload":{"a":1}})", "STRICT", "SUCCEEDED"},
        {"lambda:invoke.waitForTaskToken", "1", "STRICT", "SUCCEEDED"},
        {"aws-sdk:lambda:invoke", R"({"Payload":{"a":1}})", "STRICT",
         std::string(kError) + "Field 'Payload' must be a string"},
        {"sns:publish", "[]", "", "Mocked result must be a JSON object."},
        // Where there is no model, nobody says that it was asked.
        {"aws-sdk:ec2:runInstances", R"({"Instances":1})", "", "SUCCEEDED"},
        {"aws-sdk:ec2:runInstances", R"({"Instances":1})", "NONE", "SUCCEEDED"},
        {"aws-sdk:ec2:runInstances", R"({"Instances":1})", "PRESENT",
         "expected 'mock.fieldValidationMode' to be 'NONE', for Stepwell has no model of what "
         "'aws-sdk:ec2:runInstances' answers"},
    };
    for (const Case& c : cases) {
        CAPTURE(std::string(c.resource) + " " + c.result);
        CHECK(ask_about(c.resource, c.result, c.mode) == c.want);
    }
}

TEST_CASE("every model that there is can be read") {
    constexpr const char* kLines[] = {
#include "api/aws/mock_models.inc"
    };
    const std::set<std::string> known{"string", "number", "integer", "boolean",
                                      "time",   "enum",   "any"};
    const std::function<void(const Json&)> check = [&](const Json& model) {
        if (model.is_structured()) {
            for (const Json& part : model) check(part);
        } else {
            const auto text = model.get<std::string>();
            CHECK(known.contains(text.substr(0, text.find(' '))));
        }
    };
    for (const std::string line : kLines) {
        CAPTURE(line);
        const std::size_t action = line.find(' ') + 1;
        const std::size_t end = line.find(' ', action);
        const auto model =
            mock_model(line.substr(0, action - 1), line.substr(action, end - action));
        REQUIRE(model.has_value());
        REQUIRE(model->is_object());
        check(*model);
    }
}

TEST_CASE("what AWS refuses is refused in its words") {
    const Json nothing = Json::object();
    const Json result{{"result", "{}"}};
    struct Case {
        Json body;
        const char* want;
    };
    const Case cases[] = {
        {task_with({{"mock", nothing}}),
         "A test mock should have only one of the following fields: [result, errorOutput]."},
        {task_with({{"mock", {{"result", "{"}}}}), "Mocked result must be valid JSON"},
        {task_with({{"mock", result}, {"revealSecrets", true}}),
         "TestState does not support RevealSecrets when a mock is specified."},
        {{{"definition", R"({"Type":"Pass","End":true})"}, {"mock", result}},
         "State type 'Pass' is not supported when a mock is specified"},
        {{{"definition", kParallel}, {"mock", result}}, "Mocked result must be an array."},
        {{{"definition", kParallel}, {"mock", {{"result", "[1,2]"}}}},
         "Mocked result must contain the same number of items as number of Parallel branches."},
        {task_with({{"mock", result}, {"context", R"({"Map":{}})"}}),
         "Invalid Context object provided: 'Map' field is not supported when mocking a Context "
         "object"},
        {task_with({{"mock", result}, {"context", R"({"Execution":{"Id":1}})"}}),
         "Invalid Context object provided: Execution.Id must be a string"},
        {task_with({{"mock", result}, {"context", R"({"Other":{}})"}}),
         "Invalid Context object provided: Field 'Other' is not allowed"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.want);
        CHECK(ask(c.body) == Json{{"ValidationException", c.want}});
    }
    CHECK(ask({{"definition", kParallel}}).contains("InvalidDefinition"));
    CHECK(ask({{"definition", "{"}}).contains("InvalidDefinition"));
    CHECK(ask({{"definition", R"({"Type":"Pass","End":true})"}, {"input", "x"}})
              .contains("InvalidExecutionInput"));
}
