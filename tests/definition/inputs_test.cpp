#include "engine/definition/inputs.hpp"

#include <doctest/doctest.h>

#include "tests/definition/support.hpp"

namespace stepwell::test {
namespace {

constexpr const char* kParameters = R"({"parameters": {
    "day": {"type": "date", "required": true},
    "region": {"type": "text", "choices": ["eu", "us"], "default": "eu"},
    "rows": {"type": "integer", "min": 1, "max": 1000},
    "since": "timestamp", "dry": {"type": "flag", "default": false}, "tags": "list",
    "options": {"type": "object", "default": {"fast": true}}}})";

/// The completed input, or what is wrong with it.
std::string completed(const std::string& members, const std::string& input) {
    std::string faults;
    const auto inputs = definition::read_inputs(
        *parse_json(members), [&](const std::string& pointer, const std::string& message) {
            faults += pointer + ": " + message + "\n";
        });
    CHECK(faults == "");
    const auto whole = inputs.complete(*parse_json(input));
    return whole ? to_text(*whole) : whole.error().message;
}

std::string faults_of(const std::string& parameters) {
    std::string faults;
    const Json members = {{"parameters", *parse_json(parameters)}};
    static_cast<void>(definition::read_inputs(
        members, [&](const std::string& pointer, const std::string& message) {
            faults += (faults.empty() ? "" : " | ") + pointer + ": " + message;
        }));
    return faults;
}

std::string file_faults(const std::string& members) {
    std::string faults;
    for (const auto& fault :
         parse_yaml_file("{" + members + ", StartAt: A, States: {A: {Type: Succeed}}}")
             .diagnostics) {
        faults += (faults.empty() ? "" : " | ") + fault.location + ": " + fault.message;
    }
    return faults;
}

}  // namespace

TEST_CASE("An input gets the defaults of what it does not give") {
    CHECK(completed(kParameters, R"({"day": "2024-01-31"})") ==
          R"({"day":"2024-01-31","region":"eu","dry":false,"options":{"fast":true}})");
    CHECK(completed(kParameters,
                    R"({"region": "us", "day": "2024-01-31", "dry": true, "rows": 5, "tags": [1],
                        "since": "2024-01-31T08:00:00Z", "options": {}, "trigger": {"files": []}})") ==
          R"({"region":"us","day":"2024-01-31","dry":true,"rows":5,"tags":[1],)"
          R"("since":"2024-01-31T08:00:00Z","options":{},"trigger":{"files":[]}})");
    CHECK(completed("{}", R"([1, 2])") == "[1,2]");
    CHECK(completed(R"({"parameters": {}})", R"({"any": 1})") == R"({"any":1})");
}

TEST_CASE("An input that does not fit is refused with all that is wrong with it") {
    const std::string prefix = "the input does not fit the workflow's parameters: ";
    CHECK(completed(kParameters, "[]") == prefix + "expected an object, but got an empty list");
    CHECK(completed(kParameters, R"({"region": "as", "rows": "5", "dya": "2024-01-31"})") ==
          prefix +
              "region: expected one of eu, us, but got 'as' (did you mean 'us'?); rows: expected a "
              "whole number from 1 to 1000, but got the text '5'; dya: expected a parameter, but "
              "'dya' is none (did you mean 'day'?); day: expected a date such as 2024-01-31, but "
              "it is not there");
    for (const char* day : {"2024-02-30", "31.01.2024", "2024-01-31T00:00:00Z", ""}) {
        CAPTURE(day);
        CHECK(completed(kParameters, to_text(Json{{"day", day}})).starts_with(prefix + "day: "));
    }
}

TEST_CASE("Wrong declarations are told with their place, and read as far as they are right") {
    CHECK(faults_of(R"({"a": {"type": "txt"}})")
              .find("/parameters/a/type: expected one of text, integer") == 0);
    CHECK(faults_of(R"({"a": {"type": "text", "defualt": 1}})") ==
          "/parameters/a/defualt: expected a parameter, but 'defualt' is none; did you mean "
          "'default'?");
    CHECK(faults_of(R"({"a": {"type": "integer", "min": 3, "default": 2}})") ==
          "/parameters/a/default: expected a whole number of at least 3, but got 2");
    CHECK(faults_of(R"({"a": {"type": "integer", "choices": ["x"]}})") ==
          "/parameters/a/choices: expected choices of a text, but it is integer");
    CHECK(faults_of(R"({"a": {"type": "text", "min": 1, "required": true, "default": "x"}})") ==
          "/parameters/a/min: expected a limit of a number, but it is text | "
          "/parameters/a/required: expected either required or a default, but there are both");
    CHECK(faults_of(R"({"a b": "text"})") ==
          "/parameters/a b: expected a name of letters, digits, '_' and '-', but it is 'a b'");
    CHECK(faults_of(R"({"trigger": "text"})") ==
          "/parameters/trigger: expected another name: starts add 'trigger' by themselves");
    const auto inputs = definition::read_inputs(
        *parse_json(R"({"parameters": {"a": {"type": "txt"}, "b": "flag"}})"), nullptr);
    CHECK(inputs.complete(Json{{"b", true}}).has_value());
    CHECK_FALSE(inputs.complete(Json{{"b", 1}}).has_value());
}

TEST_CASE("What schedules and arriving files give is checked with the file") {
    const std::string parameters = "parameters: {day: {type: date, required: true}, n: integer}, ";
    CHECK(file_faults(parameters +
                      R"(schedules: [{cron: "@daily", input: {day: "{{ scheduled_date }}"}}])") ==
          "");
    CHECK(file_faults(parameters +
                      R"(schedules: [{cron: "@daily", input: {day: 2024-01-31, n: x}}])") ==
          "/schedules[0]/input/n: expected a whole number, but got the text 'x'");
    CHECK(file_faults(parameters + R"(schedules: [{cron: "@daily"}])") ==
          "/schedules[0]/input/day: expected a date such as 2024-01-31, but it is not there");
    CHECK(file_faults(parameters + R"(triggers: [{files: "a/*", input: {dya: x}}])")
              .find("/triggers[0]/input/dya: expected a parameter, but 'dya' is none") !=
          std::string::npos);
    CHECK(file_faults(parameters + R"(triggers: [{webhook: {name: a, token: "${env:T}"}}])") == "");
}

}  // namespace stepwell::test
