// What is known in advance of the parameters of built-in tasks is what the tasks take.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "tests/tasks/host/test_tasks_support.hpp"

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

/// What the JSON Schema for editors has for the task; nothing where it does not know it.
Names in_schema(const std::string& name) {
    std::ostringstream text;
    text << std::ifstream(SW_SOURCE_DIR "/workflows/workflow.schema.json").rdbuf();
    const Json schema = Json::parse(text.str());
    for (const Json& rule : schema["$defs"]["task"]["allOf"]) {
        if (!rule.contains("if")) continue;
        if (rule["if"]["properties"]["Resource"]["const"] != "stepwell:" + name) continue;
        Names names;
        for (const auto& [key, value] :
             rule["then"]["properties"]["Parameters"]["properties"].items()) {
            if (!key.ends_with(".$")) names.push_back(key);
        }
        std::sort(names.begin(), names.end());
        return names;
    }
    return {};
}

}  // namespace

TEST_CASE("the checks of files and the schema know the parameters that a task takes") {
    RunnerFixture fixture;
    for (const std::string name : {"http", "notify", "shell", "function"}) {
        CAPTURE(name);
        Names known = tasks::builtin_catalog().find("stepwell:" + name)->parameters;
        std::sort(known.begin(), known.end());
        CHECK(known == taken_by(fixture, name));
        CHECK(known == in_schema(name));
    }
}

}  // namespace stepwell::test
