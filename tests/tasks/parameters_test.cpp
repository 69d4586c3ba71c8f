// What is known in advance of the parameters of built-in tasks is what the tasks take, and what is
// written down of them is what is known.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/tasks/host/test_tasks_support.hpp"
#include "tests/tasks/reference/reference.hpp"

namespace stepwell::test {

namespace {

using Names = std::vector<std::string>;

/// What the task itself lists, when it meets a field that is near to none.
Names taken_by(RunnerFixture& fixture, const std::string& name) {
    const Outcome outcome = fixture.run("stepwell:" + name, {{"QQQQQQQQ", 1}});
    const std::string marker = "there is no field 'QQQQQQQQ'; there are ";
    const auto at = outcome.cause.find(marker);
    REQUIRE_MESSAGE(at != std::string::npos, outcome.cause);
    std::istringstream list(outcome.cause.substr(at + marker.size()));
    Names names;
    for (std::string part; std::getline(list, part, ',');) {
        names.push_back(part.substr(part.front() == ' ' ? 1 : 0));
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(SW_SOURCE_DIR + path).rdbuf();
    return text.str();
}

/// The file says `expected`. With STEPWELL_KEEP=1 it is made to.
void check_written(const std::string& path, const std::string& expected) {
    CAPTURE(path);
    const char* keeps = std::getenv("STEPWELL_KEEP");
    if (keeps != nullptr && std::string_view(keeps) == "1") {
        std::ofstream(SW_SOURCE_DIR + path) << expected;
    }
    const bool is_written = text_of(path) == expected;
    CHECK_MESSAGE(is_written, "out of date: run test_tasks with STEPWELL_KEEP=1");
}

}  // namespace

TEST_CASE("what is declared of a task is what it takes") {
    RunnerFixture fixture;
    for (const std::string name : {"http", "notify", "shell", "function"}) {
        CAPTURE(name);
        Names known = tasks::builtin_catalog().find("stepwell:" + name)->parameters.member_names();
        std::sort(known.begin(), known.end());
        CHECK(known == taken_by(fixture, name));
    }
}

TEST_CASE("the schema of tasks and the page of parameters say what is declared") {
    check_written("/workflows/tasks.schema.json", tasks_schema());
    check_written("/docs/tasks/parameters.md", parameters_page());
}

TEST_CASE("the schema of workflow files sends each task to its parameters") {
    const Json schema = Json::parse(text_of("/workflows/workflow.schema.json"));
    Json expected = Json::object();
    for (const tasks::TaskType& type : tasks::builtin_tasks()) {
        if (type.parameters.kind == Shape::Kind::any) continue;
        expected["stepwell:" + type.name] = "tasks.schema.json#/$defs/" + type.name;
    }
    Json found = Json::object();
    for (const Json& rule : schema["$defs"]["task"]["allOf"]) {
        if (!rule.contains("if")) continue;
        found[rule["if"]["properties"]["Resource"]["const"].get<std::string>()] =
            rule["then"]["properties"]["Parameters"]["$ref"];
    }
    CHECK(found == expected);
}

}  // namespace stepwell::test
