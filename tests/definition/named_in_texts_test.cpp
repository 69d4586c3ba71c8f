// Secrets and lakes that texts of a workflow file name.
#include <doctest/doctest.h>

#include "tests/definition/support.hpp"

namespace stepwell::test {
namespace {

/// "secrets crm at /States/A/Parameters/b", a line each.
std::string named_in(const std::string& text) {
    const auto parsed = parse_yaml_file(text);
    std::string all;
    for (const auto& reference : parsed.references) {
        all += reference.section + " " + reference.name + " at " + reference.location + "\n";
    }
    return all;
}

const std::string kTask = "StartAt: A\nStates:\n  A: {Type: Task, Resource: 'stepwell:shell', ";

std::string named_in_parameters(const std::string& parameters) {
    return named_in(kTask + "Parameters: " + parameters + ", End: true}\n");
}

}  // namespace

TEST_CASE("secrets and lakes are noted wherever a text of a task names them") {
    CHECK(named_in_parameters(
              R"({a: "Bearer ${secret:crm#token}", b: [{c: "{{resolve:secretsmanager:db}}"}]})") ==
          "secrets crm at /States/A/Parameters/a\n"
          "secrets db at /States/A/Parameters/b[0]/c\n");
    CHECK(named_in_parameters(
              R"({uri: "lake://raw/x/*.csv", move: "lake://in/a -> lake://out/a"})") ==
          "lakes raw at /States/A/Parameters/uri\n"
          "lakes in at /States/A/Parameters/move\n"
          "lakes out at /States/A/Parameters/move\n");
    CHECK(named_in(kTask + "QueryLanguage: JSONata, Arguments: {a: 'lake://raw', "
                           "b: \"{% 'lake://other/' & $x %}\"}, End: true}\n") ==
          "lakes raw at /States/A/Arguments/a\n");
}

TEST_CASE("what is computed, and what only looks like a lake, names nothing") {
    CHECK(named_in_parameters(R"x({uri.$: "States.Format('lake://{}/a', $.zone)"})x").empty());
    CHECK(named_in_parameters(R"({a: "lake://*/x", b: "lake://", c: "datalake://raw/x"})").empty());
    CHECK(named_in(kTask + "QueryLanguage: JSONata, Arguments: \"{% 'lake://raw/' & $x %}\", "
                           "End: true}\n")
              .empty());
}

TEST_CASE("triggers name lakes and secrets, too") {
    CHECK(named_in(R"(
triggers:
  - {files: lake://inbox/*.csv}
  - webhook: {name: hook, token: "${secret:hook}"}
StartAt: A
States: {A: {Type: Pass, End: true}}
)") == "lakes inbox at /triggers[0]/files\nsecrets hook at /triggers[1]/webhook/token\n");
}

TEST_CASE("a secret that is not well named is told when the file is read") {
    const auto parsed =
        parse_yaml_file(kTask + R"(Parameters: {a: {b: "${secret:no good}"}}, End: true})");
    CHECK(text_of(parsed) ==
          "3:67 at /States/A/Parameters/a/b: expected a secret as ${secret:NAME} or "
          "${secret:NAME#FIELD}, but got '${secret:no good}'");
}

}  // namespace stepwell::test
