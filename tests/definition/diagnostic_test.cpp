// How faults are shown: to people, and to clients of the AWS API.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/base/nearest.hpp"
#include "tests/definition/support.hpp"

namespace stepwell::test {
namespace {

using definition::Diagnostic;
using definition::Parsed;

std::string contents_of(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

Diagnostic fault_at(definition::Position position, const std::string& message) {
    return {definition::Severity::error, "", message, "", "", position};
}

std::string aws_text_of(const std::string& json, bool is_express = false) {
    definition::ParseOptions options;
    options.allow_workflow_members = false;
    options.is_express = is_express;
    return definition::to_aws_text(definition::parse(json, options).diagnostics);
}

std::string task_of(const std::string& resource) {
    return R"({"StartAt":"X","States":{"X":{"Type":"Task","End":true,"Resource":")" + resource +
           "\"}}}";
}

}  // namespace

TEST_CASE("a fault is shown with its line, a caret and a hint") {
    const std::string text =
        "StartAt: First\nStates:\n  First:\n    Type: Pass\n    Next: Secnd\n  Second: {Type: "
        "Succeed}\n";
    CHECK(
        definition::render(parse_yaml_file(text).diagnostics, "etl.yaml", text) ==
        "etl.yaml:5:11: error: expected 'Next' to name a state of the same scope, but there is no "
        "'Secnd' [/States/First/Next]\n"
        "        Next: Secnd\n"
        "              ^ did you mean 'Second'?\n");
}

TEST_CASE("a file with ten faults gives ten diagnostics, in the order of the text") {
    const std::string text = R"(name: daily etl
schedules: {cron: "0 6 * * *"}
StartAt: Frist
States:
  First:
    Type: Task
    Resource: stepwell:shel
    TimeoutSeconds: 0
    Retry: [{ErrorEquals: [], BackoffRate: 0.5}]
    Next: Last
  Last:
    Type: Wait
    Timestamp: tomorrow
    InputPaht: $.a
    OutputPath: b
    End: true
)";
    const auto parsed = parse_yaml_file(text);
    CHECK_FALSE(parsed.is_valid());
    CHECK(parsed.diagnostics.size() == 10);
    int line = 0;
    for (const Diagnostic& diagnostic : parsed.diagnostics) {
        CHECK(diagnostic.position.line >= line);
        line = diagnostic.position.line;
    }
}

TEST_CASE("the caret stands under its character in lines of any length and script") {
    const std::string text = "# " + std::string(300, 'x') + "\n\tä日本: fault\n";
    const std::vector<Diagnostic> faults = {
        fault_at({2, 7}, "wide"),
        fault_at({1, 250}, "long"),
        {definition::Severity::warning, "", "none", "", "why", {}},
    };
    const std::string shown = definition::render(faults, "f", text);
    CHECK(shown.find("f:2:7: error: wide\n     ä日本: fault\n          ^\n") != std::string::npos);
    CHECK(shown.find("f: warning: none\n    why\n") != std::string::npos);
    std::istringstream lines(shown);
    for (std::string line; std::getline(lines, line);) CHECK(line.size() < 200);
}

TEST_CASE("control characters of a source line do not reach the terminal") {
    const std::string shown = definition::render({fault_at({1, 1}, "m")}, "f", "a\x1b[31mb\n");
    CHECK(shown == "f:1:1: error: m\n    a [31mb\n    ^\n");
}

TEST_CASE("the AWS API quotes faults in the words that AWS uses") {
    struct Case {
        std::string json;
        std::string want;
    };
    const std::string known =
        "is not recognized. The value is not a valid resource ARN, or the "
        "resource is not available in this region.";
    // clang-format off
    const std::vector<Case> cases = {
        {"{}", "SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /"},
        {" ", "SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object"},
        {"[]", "SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object"},
        {"nope", "INVALID_JSON_DESCRIPTION: Unrecognized token 'nope': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n"
                 " at [Source: (String)\"nope\"; line: 1, column: 5]"},
        {R"({"StartAt":"X","States":{"X":{"Type":"Nope","End":true}}})",
         "SCHEMA_VALIDATION_FAILED: The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map] at /States/X/Type"},
        {R"({"StartAt":"X","States":{"X":{"Type":"Parallel","Branches":[],"End":true}}})",
         "SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/X/Branches"},
        {task_of("arn:aws:states:::nope:nope"), "SCHEMA_VALIDATION_FAILED: The resource provided arn:aws:states:::nope:nope " + known + " at /States/X/Resource"},
        {R"({"StartAt":"X","States":{"X":{"Type":"Pass","Parameters":{"a":{"k.$":"x"}},"End":true}}})",
         "SCHEMA_VALIDATION_FAILED: The value for the field 'k.$' must be a valid JSONPath or a valid intrinsic function call at /States/X/Parameters"},
        {R"({"StartAt":"X","States":{"X":{"Type":"Wait","Timestamp":"{% 1 %}","End":true}}})",
         "SCHEMA_VALIDATION_FAILED: String does not match RFC3339 timestamp at /States/X/Timestamp"},
        {R"({"StartAt":"X","States":{"X":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Credentials":{},"End":true}}})",
         "SCHEMA_VALIDATION_FAILED: The field 'RoleArn' is required but was missing at /States/X/Credentials"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.json);
        CHECK(aws_text_of(c.json) == c.want);
    }
}

TEST_CASE("an Express machine has no jobs to wait for, no callbacks and no activities") {
    const std::string start = "SCHEMA_VALIDATION_FAILED: Express state machine does not support ";
    struct Case {
        std::string resource;
        std::string want;
    };
    const std::vector<Case> cases = {
        {"arn:aws:states:::states:startExecution.sync",
         start + "'.sync' service integration at /States/X/Resource"},
        {"arn:aws:states:::states:startExecution.sync:2",
         start + "'.sync' service integration at /States/X/Resource"},
        // Two blanks before "at": recorded so.
        {"arn:aws:states:::sqs:sendMessage.waitForTaskToken",
         start + "'.waitForTaskToken' service integration  at /States/X/Resource"},
        {"arn:aws:states:us-east-1:111111111111:activity:a",
         start + "Activity ARN at /States/X/Resource"},
        {"arn:aws:states:::sqs:sendMessage", ""},
    };
    for (const Case& c : cases) {
        CAPTURE(c.resource);
        CHECK(aws_text_of(task_of(c.resource), true) == c.want);
        CHECK(aws_text_of(task_of(c.resource), false) == "");
    }
}

TEST_CASE("the AWS API takes no members of Stepwell's") {
    CHECK(aws_text_of(R"({"name":"x","StartAt":"X","States":{"X":{"Type":"Succeed"}}})") ==
          "SCHEMA_VALIDATION_FAILED: expected a field of a state machine, but 'name' is none at "
          "/name");
}

TEST_CASE("several faults are joined, warnings left out") {
    CHECK(
        aws_text_of(R"({"StartAt":"X","States":{"X":{"Type":"Pass","Parameters":{"a":"$.b"}}}})") ==
        "SCHEMA_VALIDATION_FAILED: expected 'Next' or '\"End\": true', but there is neither at "
        "/States/X");
}

TEST_CASE("a definition of more than 1 MiB is refused") {
    CHECK(aws_text_of("{\"Comment\":\"" + std::string(1'048'576, 'x') + "\"}") ==
          "SCHEMA_VALIDATION_FAILED: expected at most 1048576 bytes, but there are 1048590");
}

TEST_CASE("the nearest name is offered where one is near enough to be meant") {
    struct Case {
        std::string word;
        std::string want;
    };
    const std::vector<std::string> names = {"Transform", "Load", "Validate", "C"};
    const std::vector<Case> cases = {
        {"Trasform", "Transform"},
        {"transform", "Transform"},
        {"Laod", "Load"},
        {"Valdiate", "Validate"},
        {"c", "C"},
        {"E", ""},
        {"Export", ""},
        {"", ""},
        {std::string(10'000, 'x'), ""},
    };
    for (const Case& c : cases) {
        CAPTURE(c.word);
        CHECK(nearest(c.word, names).value_or("") == c.want);
    }
}

TEST_CASE("the example workflows are without fault") {
    int count = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(std::string(SW_SOURCE_DIR) + "/workflows")) {
        const std::string path = entry.path().string();
        const std::string text = contents_of(path);
        const bool is_workflow = definition::format_of(path) && text.find("StartAt") != text.npos &&
                                 path.find("schema") == path.npos;
        if (!is_workflow) continue;
        definition::ParseOptions options;
        options.format = *definition::format_of(path);
        options.default_name = definition::workflow_name_of(path);
        const Parsed parsed = definition::parse(text, options);
        CHECK_MESSAGE(parsed.diagnostics.empty(),
                      definition::render(parsed.diagnostics, path, text));
        ++count;
    }
    CHECK(count >= 3);
}

}  // namespace stepwell::test
