#include <doctest/doctest.h>

#include <vector>

#include "engine/expression/choice_rule.hpp"
#include "tests/expression/support.hpp"

namespace stepwell::test {
namespace {

using expression::ChoiceRule;

std::string decided(const Json& rule, const World& world) {
    const auto compiled = ChoiceRule::compile(rule);
    if (!compiled) return "refused";
    const auto matched = compiled->matches(world.environment());
    if (!matched) return matched.error().error + ": " + matched.error().detail;
    return *matched ? "true" : "false";
}

/// The test of `value` by `op` with `operand`, all JSON text.
std::string compared(const std::string& value, const std::string& op, const std::string& operand) {
    World world("{}");
    world.data["v"] = json_of(value);
    Json rule = {{"Variable", "$.v"}, {"Next", "N"}};
    rule[op] = json_of(operand);
    return decided(rule, world);
}

struct ChoiceCase {
    std::string value;
    std::string op;
    std::string operand;
    std::string want;
};

void check(const std::vector<ChoiceCase>& cases) {
    for (const ChoiceCase& c : cases) {
        CAPTURE(c.value);
        CAPTURE(c.op);
        CAPTURE(c.operand);
        CHECK(compared(c.value, c.op, c.operand) == c.want);
    }
}

TEST_CASE("values compare with operands of their type, and with no other") {
    check({
        {R"("a")", "StringEquals", R"("a")", "true"},
        {R"("a")", "StringEquals", R"("A")", "false"},
        {R"("A")", "StringLessThan", R"("A ")", "true"},
        {R"(" ")", "StringEquals", R"("     ")", "false"},
        {R"("\t\n")", "StringEquals", R"("\t\r\n")", "false"},
        {R"("b")", "StringGreaterThan", R"("a")", "true"},
        {R"("b")", "StringGreaterThanEquals", R"("b")", "true"},
        {R"("b")", "StringLessThanEquals", R"("a")", "false"},
        {R"("\ud83d\ude00")", "StringLessThan", R"("\uffee")", "true"},
        {"5", "StringEquals", R"("5")", "false"},
        {"1", "NumericEquals", "1.0", "true"},
        {"0", "NumericEquals", "-0.0", "true"},
        {R"("1")", "NumericEquals", "1", "false"},
        {"null", "NumericEquals", "0", "false"},
        {"9007199254740993", "NumericGreaterThan", "9007199254740992", "true"},
        {"18446744073709551615", "NumericGreaterThan", "-1", "true"},
        {"1.5", "NumericLessThan", "2", "true"},
        {"123456789012345678901234567891", "NumericGreaterThan", "123456789012345678901234567890",
         "true"},
        {"18446744073709551616", "NumericEquals", "18446744073709551615", "false"},
        {"-123456789012345678901234567890", "NumericLessThan", "-9223372036854775808", "true"},
        {"123456789012345678901234567890", "NumericLessThan", "1e30", "true"},
        {R"("123456789012345678901234567890")", "NumericEquals", "123456789012345678901234567890",
         "false"},
        {"2", "NumericLessThanEquals", "2", "true"},
        {"2", "NumericGreaterThanEquals", "3", "false"},
        {"true", "BooleanEquals", "true", "true"},
        {"false", "BooleanEquals", "false", "true"},
        {"0", "BooleanEquals", "false", "false"},
        {R"("")", "BooleanEquals", "false", "false"},
        {"null", "BooleanEquals", "false", "false"},
    });
}

TEST_CASE("timestamps compare as points in time") {
    check({
        {R"("2024-01-01T12:00:00Z")", "TimestampEquals", R"("2024-01-01T14:00:00+02:00")", "true"},
        {R"("2024-01-01T12:00:00.5Z")", "TimestampGreaterThan", R"("2024-01-01T12:00:00Z")",
         "true"},
        {R"("2024-01-01T12:00:00Z")", "TimestampLessThan", R"("2024-01-01T12:00:00Z")", "false"},
        {R"("2024-01-01T12:00:00Z")", "TimestampLessThanEquals", R"("2024-01-01T12:00:00Z")",
         "true"},
        {R"("2023-02-24 12:15:56.8")", "TimestampLessThan", R"("2024-01-01T12:00:00Z")", "false"},
        {R"("2023-02-24")", "TimestampLessThan", R"("2024-01-01T12:00:00Z")", "false"},
        {"5", "TimestampLessThan", R"("2024-01-01T12:00:00Z")", "false"},
        {R"("x")", "TimestampEquals", R"("yesterday")", "refused"},
    });
}

TEST_CASE("tests of the kind of a value can ask for it or against it") {
    check({
        {"null", "IsNull", "true", "true"},
        {"0", "IsNull", "true", "false"},
        {"0", "IsNull", "false", "true"},
        {"null", "IsPresent", "true", "true"},
        {"null", "IsPresent", "false", "false"},
        {"1.5", "IsNumeric", "true", "true"},
        {R"("1")", "IsNumeric", "true", "false"},
        {R"("1")", "IsNumeric", "false", "true"},
        {R"("1")", "IsString", "true", "true"},
        {"[]", "IsString", "true", "false"},
        {"false", "IsBoolean", "true", "true"},
        {"null", "IsBoolean", "true", "false"},
        {R"("2024-01-01T12:00:00Z")", "IsTimestamp", "true", "true"},
        {R"("2024-01-01")", "IsTimestamp", "true", "false"},
        {"5", "IsTimestamp", "false", "true"},
    });
}

TEST_CASE("a wildcard stands for any run of characters, and can be escaped") {
    check({
        {R"("log-2024.txt")", "StringMatches", R"("log-*.txt")", "true"},
        {R"("log-.txt")", "StringMatches", R"("log-*.txt")", "true"},
        {R"("log-2024.csv")", "StringMatches", R"("log-*.txt")", "false"},
        {R"("abcabc")", "StringMatches", R"("*abc")", "true"},
        {R"("abcabd")", "StringMatches", R"("*abc")", "false"},
        {R"("")", "StringMatches", R"("*")", "true"},
        {R"("")", "StringMatches", R"("")", "true"},
        {R"("a")", "StringMatches", R"("")", "false"},
        {R"("a*b")", "StringMatches", R"("a\\*b")", "true"},
        {R"("axb")", "StringMatches", R"("a\\*b")", "false"},
        {R"("a\\b")", "StringMatches", R"("a\\\\b")", "true"},
        {R"("a?b")", "StringMatches", R"("a?b")", "true"},
        {R"("aXb")", "StringMatches", R"("a?b")", "false"},
        {"5", "StringMatches", R"("*")", "false"},
    });
    CHECK(compared('"' + std::string(5000, 'a') + '"', "StringMatches", R"("*a*a*a*a*b")") ==
          "false");
}

TEST_CASE("an operand can come from a path, of the data, the context or a variable") {
    const World world(R"({"v": 5, "same": 5, "text": "5", "l": [5]})", R"({"c": 5})",
                      R"({"x": 5})");
    struct PathCase {
        std::string operand;
        std::string want;
    };
    const PathCase cases[] = {
        {"$.same", "true"},
        {"$.text", "false"},
        {"$$.c", "true"},
        {"$x", "true"},
        {"$.l[0]", "true"},
        {"$.gone",
         "States.Runtime: Invalid path '$.gone': The choice state's condition path "
         "references an invalid value."},
    };
    for (const PathCase& c : cases) {
        CAPTURE(c.operand);
        CHECK(decided({{"Variable", "$.v"}, {"NumericEqualsPath", c.operand}}, world) == c.want);
    }
    CHECK(decided({{"Variable", "$$.c"}, {"NumericEquals", 5}}, world) == "true");
    CHECK(decided({{"Variable", "$x"}, {"NumericEquals", 5}}, world) == "true");
}

TEST_CASE("every comparison that can be ordered has a form with a path") {
    const std::vector<std::string>& operators = ChoiceRule::operators();
    CHECK(operators.size() == 39);
    for (const std::string type : {"String", "Numeric", "Timestamp"}) {
        for (const std::string relation :
             {"Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"}) {
            CHECK(std::count(operators.begin(), operators.end(), type + relation) == 1);
            CHECK(std::count(operators.begin(), operators.end(), type + relation + "Path") == 1);
        }
    }
}

TEST_CASE("a missing variable is an error, but not for IsPresent") {
    const World world("{}");
    const std::string invalid =
        "States.Runtime: Invalid path '$.x': The choice state's condition "
        "path references an invalid value.";
    CHECK(decided(json_of(R"({"Variable": "$.x", "NumericEquals": 1})"), world) == invalid);
    CHECK(decided(json_of(R"({"Variable": "$.x", "IsNull": true})"), world) == invalid);
    CHECK(decided(json_of(R"({"Variable": "$.x", "IsPresent": true})"), world) == "false");
    CHECK(decided(json_of(R"({"Variable": "$.x", "IsPresent": false})"), world) == "true");
    CHECK(decided(json_of(R"({"Variable": "$.x[*]", "IsPresent": true})"), world) == "false");
}

TEST_CASE("And, Or and Not combine rules and stop at the first that decides") {
    const World world(R"({"a": 1})");
    const std::string yes = R"({"Variable": "$.a", "NumericEquals": 1})";
    const std::string no = R"({"Variable": "$.a", "NumericEquals": 2})";
    const std::string error = R"({"Variable": "$.x", "NumericEquals": 2})";
    struct RuleCase {
        std::string rule;
        std::string want;
    };
    const RuleCase cases[] = {
        {R"({"And": [)" + yes + "," + yes + R"(], "Next": "N"})", "true"},
        {R"({"And": [)" + yes + "," + no + "]}", "false"},
        {R"({"And": [)" + no + "," + error + "]}", "false"},
        {R"({"Or": [)" + no + "," + yes + "]}", "true"},
        {R"({"Or": [)" + yes + "," + error + "]}", "true"},
        {R"({"Or": [)" + no + "," + no + "]}", "false"},
        {R"({"Not": )" + no + "}", "true"},
        {R"({"Not": {"Not": {"And": [)" + yes + "]}}}", "true"},
    };
    for (const RuleCase& c : cases) {
        CAPTURE(c.rule);
        CHECK(decided(json_of(c.rule), world) == c.want);
    }
    CHECK(decided(json_of(R"({"And": [)" + yes + "," + error + "]}"), world)
              .starts_with("States.Runtime: "));
}

TEST_CASE("all faults of a rule are told, each with its place") {
    struct FaultCase {
        std::string rule;
        std::string want;  // "POINTER MESSAGE; ..."
    };
    const FaultCase cases[] = {
        {"5", " expected a rule (an object), but got a number"},
        {R"({"Variable": "$.a", "Next": "N"})",
         " expected a comparison (StringEquals, NumericLessThan, IsPresent, ...) or And, Or, Not, "
         "but there is none"},
        {R"({"Variable": "$.a", "StringEqual": "x"})",
         " expected a comparison (StringEquals, NumericLessThan, IsPresent, ...) or And, Or, Not, "
         "but got 'StringEqual'"},
        {R"({"StringEquals": "x"})", " expected a path as Variable, but there is none"},
        {R"({"Variable": "$[", "NumericEquals": "x"})",
         "/Variable expected a name in quotes, an index, '*' or '?(' at character 3, but the text "
         "ends there; /NumericEquals expected a number, but got \"x\""},
        {R"({"Variable": "$.a", "IsNull": true, "IsString": true})",
         "/IsString expected one comparison, but 'IsString' stands beside 'IsNull'"},
        {R"({"And": []})", "/And expected a list of at least one rule, but got an empty one"},
        {R"({"Or": 5})", "/Or expected a list of at least one rule, but got a number"},
        {R"({"And": [{"Variable": "$.a", "IsNull": true, "Next": "N"}], "Next": "M"})",
         "/And/0/Next expected 'Next' at the top of a rule only, but it is in a nested one"},
        {R"({"Not": {"Variable": 1, "IsNull": 1}})",
         "/Not/Variable expected a path as Variable, but got a number; /Not/IsNull expected true "
         "or false, but got a number"},
        {R"({"And": [{"Variable": "$.a", "IsNull": true}], "x/y": 1})",
         "/x~1y expected one comparison, but 'x/y' stands beside 'And'"},
    };
    for (const FaultCase& c : cases) {
        CAPTURE(c.rule);
        const auto compiled = ChoiceRule::compile(json_of(c.rule));
        REQUIRE_FALSE(compiled);
        std::string faults;
        for (const auto& fault : compiled.error()) {
            faults += (faults.empty() ? "" : "; ") + fault.pointer + " " + fault.message;
        }
        CHECK(faults == c.want);
    }
}

TEST_CASE("a rule knows which variables it reads") {
    const auto rule = ChoiceRule::compile(json_of(
        R"({"Or": [{"Variable": "$b.x", "NumericEqualsPath": "$a"},
                   {"Not": {"Variable": "$.c", "IsNull": true}}]})"));
    REQUIRE(rule);
    CHECK(rule->variables() == std::vector<std::string>{"a", "b"});
}

}  // namespace
}  // namespace stepwell::test
