// What is known in advance of the parameters of built-in tasks is what the tasks take, and what is
// written down of them is what is known.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tasks/configuration_shape.hpp"
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

/// Names of all members, at every depth.
void collect_members(const Shape& shape, std::set<std::string>& names) {
    for (const Shape& member : shape.members) {
        names.insert(member.name);
        collect_members(member, names);
    }
    for (const Shape& each : shape.each) collect_members(each, names);
    for (const Shape& form : shape.forms) collect_members(form, names);
}

/// Where the first argument of a call ends, from behind its bracket.
std::size_t end_of_argument(const std::string& code, std::size_t at) {
    int depth = 0;
    for (; at < code.size(); ++at) {
        const char c = code[at];
        if (c == '(' || c == '[' || c == '{') ++depth;
        if (depth == 0 && (c == ',' || c == ')' || c == ';')) break;
        if (c == ')' || c == ']' || c == '}') --depth;
    }
    return at;
}

/// The text in quotes that begins at `at`, blanks aside; empty where something else does.
std::string quoted_at(const std::string& code, std::size_t at) {
    at = code.find_first_not_of(" \n", at);
    if (at == std::string::npos || code[at] != '"') return "";
    return code.substr(at + 1, code.find('"', at + 1) - at - 1);
}

/// Names of members that the code asks JSON for: read.text("mode"), find(rule, "where").
std::set<std::string> names_read(const std::string& code) {
    std::set<std::string> names;
    const auto note = [&](const std::string& name) {
        if (!name.empty()) names.insert(name);
    };
    for (const std::string call :
         {"any(", "text(", "flag(", "whole(", "integer(", "number(", "texts(", "object(", "pairs(",
          "milliseconds(", "bytes(", "has(", "member(", "contains("}) {
        for (const std::string dot : {".", "->"}) {
            const std::string calling = dot + call;
            for (auto at = code.find(calling); at != code.npos; at = code.find(calling, at + 1)) {
                note(quoted_at(code, at + calling.size()));
            }
        }
    }
    for (const std::string call : {"find(", "string_or("}) {
        for (auto at = code.find(call); at != code.npos; at = code.find(call, at + 1)) {
            const std::size_t end = end_of_argument(code, at + call.size());
            if (end < code.size() && code[end] == ',') note(quoted_at(code, end + 1));
        }
    }
    return names;
}

/// The names that a folder of tasks reads and nobody declares, but for `others`: members of records
/// and answers of its own.
std::string undeclared(const std::string& folder, const Names& tasks, const Names& others) {
    std::set<std::string> declared(others.begin(), others.end());
    collect_members(tasks::configuration_shape(), declared);
    declared.insert("tasks");
    for (const std::string& task : tasks) {
        collect_members(tasks::builtin_catalog().find("stepwell:" + task)->parameters, declared);
    }
    std::string all;
    std::size_t files = 0;
    for (const auto& file : std::filesystem::directory_iterator(SW_SOURCE_DIR "/tasks/" + folder)) {
        if (file.path().extension() != ".cpp") continue;
        ++files;
        for (const auto& name :
             names_read(text_of("/tasks/" + folder + "/" + file.path().filename().string()))) {
            if (!declared.contains(name))
                all += file.path().filename().string() + ": " + name + "\n";
        }
    }
    REQUIRE(files > 0);
    return all;
}

}  // namespace

TEST_CASE("no task reads a parameter that it does not declare, at any depth") {
    CHECK(undeclared("load", {"load"}, {}) == "");
    CHECK(undeclared("etl", {"etl"}, {}) == "");
    CHECK(undeclared("data", {"load", "etl", "validate"}, {"message"}) == "");
    CHECK(undeclared("unload", {"unload"}, {"run_key"}) == "");
    CHECK(undeclared("validate", {"validate"},
                     {"etag", "target", "rejects", "value", "row", "line", "count", "identity",
                      "key", "run_key", "Check", "Uri"}) == "");
    CHECK(undeclared("refresh", {"refresh"},
                     {"schema_name", "table_name", "function_name", "cte_map", "map"}) == "");
    CHECK(undeclared("shell", {"shell"}, {}) == "");
    CHECK(undeclared("http", {"http"}, {"content-type"}) == "");
}

TEST_CASE("what code reads is found in it") {
    CHECK(names_read(R"(read.text("a"); x->any("b"); find(f(g, 1)[0], "c"); string_or(v, "d", "e");
                        find(v, name); all.find("g"); text("h", "says"))") ==
          std::set<std::string>{"a", "b", "c", "d"});
}

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
