// No state makes others wait: whatever a definition asks of whatever payload, one turn does no more
// work than the limits say. Counted in units of work, not in time.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/core/world.hpp"

namespace stepwell::test {
namespace {

constexpr std::size_t kInputBytes = 250'000;

std::string repeated(std::string_view item, char open, char close) {
    std::string text(1, open);
    while (text.size() + item.size() + 2 < kInputBytes) {
        if (text.size() > 1) text += ',';
        text += item;
    }
    return text + close;
}

std::string text_of(std::size_t bytes, char c) {
    return "\"" + std::string(bytes, c) + "\"";
}

std::string distinct_numbers() {
    std::string text = "[0";
    for (int i = 1; text.size() < kInputBytes - 10; ++i) text += "," + std::to_string(i);
    return text + "]";
}

std::string with_list(const std::string& list) {
    return R"({"a":)" + list + "}";
}

std::string pass_of(const std::string& fields) {
    return R"({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true, )" + fields + "}}}";
}

std::string path_of(const std::string& path) {
    return pass_of(R"("Parameters": {"x.$": ")" + path + R"("}, "OutputPath": null)");
}

std::string choice_of(const std::string& rule) {
    return R"({"StartAt": "C", "States": {"C": {"Type": "Choice", "Default": "E", "Choices": [)" +
           rule + R"(]}, "E": {"Type": "Succeed", "OutputPath": null}}})";
}

/// Many times the same, in one template.
std::string many(const std::string& value, int count) {
    std::string members;
    for (int i = 0; i < count; ++i) {
        members += (i > 0 ? R"(, "m)" : R"("m)") + std::to_string(i) + R"(.$": ")" + value + "\"";
    }
    return pass_of(R"("Parameters": {)" + members + R"(}, "OutputPath": null)");
}

std::string rules(const std::string& rule, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += (i > 0 ? ", " : "") + rule;
    return R"({"Or": [)" + text + R"(], "Next": "E"})";
}

std::string map_of(const std::string& fields) {
    return R"({"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.a", "ResultPath": null,
        "End": true, )" +
           fields +
           R"(, "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}}}})";
}

struct Shape {
    const char* name;
    std::string workflow;
    std::string input;
};

std::vector<Shape> shapes() {
    const std::string zeros = with_list(repeated("0", '[', ']'));
    const std::string numbers = with_list(distinct_numbers());
    const std::string small = R"({"a":[)" +
                              [] {
                                  std::string list = "0";
                                  for (int i = 1; i < 300; ++i) list += "," + std::to_string(i);
                                  return list;
                              }() +
                              R"(],"t":)" + text_of(200'000, 'a') + "}";
    const std::string objects = with_list(repeated(R"({"k":1})", '[', ']'));
    const std::string lists = with_list(repeated("[1,2]", '[', ']'));
    const std::string texts =
        R"({"t":)" + text_of(120'000, 'a') + R"(,"u":")" + std::string(100'000, 'a') + "b\"}";
    const std::string deep =
        with_list(std::string(200, '[') + repeated("0", '[', ']') + std::string(200, ']'));
    const std::string collide = with_list(repeated("9007199254740993", '[', ']'));
    return {
        {"a wildcard", path_of("$.a[*]"), zeros},
        {"two wildcards", path_of("$.a[*][*]"), lists},
        {"a descent", path_of("$..*"), deep},
        {"descents in descents", path_of("$..*..*..*"), deep},
        {"a union", path_of("$.a[0,0,0,0,0,0,0,0,0,0]"), deep},
        {"a slice", path_of("$.a[1:]"), objects},
        {"a filter with ==", path_of("$.a[?(@ == 'x')]"), zeros},
        {"a filter with == of the whole", path_of("$.a[?(@ == $)]"), zeros},
        {"a filter with === of the whole", path_of("$.a[?($.a === $.a)]"), zeros},
        {"a filter with in", path_of("$.a[?(@ in $.a)]"), numbers},
        {"a filter with nin", path_of("$.a[?(@ nin $.a)]"), collide},
        {"a filter with contains", path_of("$.a[?($.a contains @)]"), numbers},
        {"a filter with contains of texts", path_of("$.a[?($.t contains 'aaaab')]"), small},
        {"a filter with subsetof", path_of("$.a[?($.a subsetof $.a)]"), numbers},
        {"a filter with anyof", path_of("$.a[?(@ anyof $.a)]"), lists},
        {"a filter with noneof", path_of("$.a[?(@ noneof $.a)]"), lists},
        {"a filter with size", path_of("$.a[?($.t size 3)]"), small},
        {"a filter with empty", path_of("$.a[?($.t empty true)]"), small},
        {"a filter with order of texts", path_of("$.a[?($.t < $.t)]"), small},
        {"a filter with a pattern", path_of("$.a[?($.t =~ /(a?){200}b/)]"), small},
        {"a filter in a filter", path_of("$.a[?($.a[?(@ == 1)])]"), numbers},
        {"a descent with a filter", path_of("$..[?(@..k)]"), objects},
        {"a descent below each node", path_of("$.a[?(@..* contains 5)]"), lists},
        {"a filter with a number in a text", path_of("$.a[?(@ == $.t)]"), small},
        {"a function", path_of("$.a.sum()"), zeros},
        {"many functions", many("$.a.length()", 3'000), zeros},
        {"many paths", many("$.a", 3'000), zeros},
        {"many indefinite paths", many("$.a[*]", 3'000), zeros},
        {"StringMatches",
         choice_of(R"({"Variable": "$.t", "StringMatches": "*)" + std::string(100'000, 'a') +
                   R"(b*c", "Next": "E"})"),
         texts},
        {"many StringMatches",
         choice_of(rules(R"({"Variable": "$.t", "StringMatches": "*aaab*c"})", 3'000)), texts},
        {"many StringEqualsPath",
         choice_of(rules(R"({"Variable": "$.t", "StringEqualsPath": "$.u"})", 3'000)), texts},
        {"many comparisons over all",
         choice_of(rules(R"({"Variable": "$..k", "IsNull": true})", 3'000)), objects},
        {"many IsPresent",
         choice_of(rules(R"({"Variable": "$.a[9].x", "IsPresent": true})", 3'000)), objects},
        {"StringSplit", path_of("States.StringSplit($.t, $.u)"), texts},
        {"ArrayUnique", path_of("States.ArrayUnique($.a)"), numbers},
        {"ArrayUnique of what a double cannot tell apart", path_of("States.ArrayUnique($.a)"),
         collide},
        {"ArrayContains", many("States.ArrayContains($.a, $.a)", 1'000), lists},
        {"ArrayPartition", path_of("States.ArrayPartition($.a, 1)"), zeros},
        {"ArrayRange", many("States.ArrayRange(1, 1000, 1)", 3'000), "{}"},
        {"Array", path_of("States.Array($, $, $, $, $, $)"), zeros},
        {"ArrayGetItem", many("States.ArrayGetItem($.a, 0)", 3'000), deep},
        {"Format", path_of("States.Format('{}{}{}{}{}{}', $.a, $.a, $.a, $.a, $.a, $.a)"), zeros},
        {"JsonMerge", many("States.JsonMerge($, $, false)", 1'000), objects},
        {"JsonToString", many("States.JsonToString($.a)", 1'000), zeros},
        {"StringToJson", path_of("States.StringToJson(States.JsonToString($))"), zeros},
        {"Hash", many("States.Hash($.a, 'SHA-512')", 1'000), zeros},
        {"the context", many("$$.Execution.Input", 1'000), zeros},
        {"a ResultPath into much", pass_of(R"("Result": 1, "ResultPath": "$.b")"), zeros},
        {"an Assign of much", pass_of(R"("Assign": {"v.$": "$.a", "w.$": "$.a"})"), zeros},
        {"an OutputPath of all", pass_of(R"("OutputPath": "$..*")"), deep},
        {"an ItemSelector that takes all each time", map_of(R"("ItemSelector": {"x.$": "$.a"})"),
         zeros},
        {"an ItemSelector that looks through all",
         map_of(R"("ItemSelector": {"x.$": "$.a[?(@ == 7)]"})"), numbers},
        {"items of many", map_of(R"("MaxConcurrency": 1)"), objects},
        {"a ResultSelector of joined outputs",
         R"json({"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.a", "End": true,
             "ResultSelector": {"x.$": "$[?(@.y in $[*].y)]"}, "OutputPath": null,
             "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true,
                "Parameters": {"y.$": "$"}}}}}}})json",
         R"({"a":[1,2,3,4,5,6,7,8,9]})"},
    };
}

}  // namespace

TEST_CASE("no turn does more work than its limits say, whatever is asked of whatever payload") {
    for (const Shape& shape : shapes()) {
        CAPTURE(shape.name);
        World world(shape.workflow);
        world.check_invariants = false;
        world.start(shape.input);
        // A turn ends after the state that goes beyond; that one may have gone in and come out.
        const std::uint64_t bound =
            world.limits.work_per_turn_max + 2 * world.limits.work_per_state_max;
        CHECK(world.work_of_turn_max <= bound);
        for (int turn = 0; turn < 5 && world.tick(); ++turn) CHECK(world.work_of_turn_max <= bound);
    }
}

TEST_CASE("a state that needs more work than it may do fails, and says what asked for it") {
    World world(path_of("$.a[?($.a[?(@ == 1)] === $.a)]"));
    world.limits.work_per_state_max = 20'000;
    world.start(R"({"a": )" + std::string("[") + [] {
        std::string list = "1";
        for (int i = 0; i < 500; ++i) list += ",1";
        return list;
    }() + "]}");
    CHECK(world.execution().status() == Status::failed);
    CHECK(world.execution().header().error == "States.Runtime");
    CHECK(world.cause().find("The path '$.a[?($.a[?(@ == 1)] === $.a)]' needs more work than one "
                             "state may do (20000 units") != std::string::npos);
}

TEST_CASE("a turn that has done its work is cut, and a join waits for the next") {
    World world(R"({"StartAt": "A", "States": {"A": {"Type": "Parallel", "Next": "B", "Branches": [
        {"StartAt": "P", "States": {"P": {"Type": "Pass", "Parameters": {"x.$": "$..*"},
            "End": true}}},
        {"StartAt": "Q", "States": {"Q": {"Type": "Pass", "Parameters": {"x.$": "$..*"},
            "End": true}}}]},
        "B": {"Type": "Map", "MaxConcurrency": 1, "End": true, "ItemProcessor": {"StartAt": "R",
            "States": {"R": {"Type": "Pass", "Parameters": {"x.$": "$..*"}, "End": true}}}}}})");
    world.limits.work_per_turn_max = 1;
    world.start(R"({"a": [1, 2, 3]})");
    CHECK(world.execution().status() == Status::running);
    CHECK(world.events().back().type == EventType::pass_state_exited);
    int turns = 1;
    while (world.execution().status() == Status::running && world.tick()) ++turns;
    CHECK(world.execution().status() == Status::succeeded);
    CHECK(turns > 6);
}

TEST_CASE("outputs that are too much to be joined fail the state; unused ones are not joined") {
    const std::string items = [] {
        std::string list = "0";
        for (int i = 1; i < 30; ++i) list += ",0";
        return list;
    }();
    const auto error_with = [&](const std::string& fields) {
        World world(R"({"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.items",
            "ItemSelector": {"t.$": "$.text"}, "End": true, )" +
                    fields + R"(, "ItemProcessor": {"StartAt": "P", "States": {"P": {
                "Type": "Pass", "End": true}}}}}})");
        world.check_invariants = false;
        world.start(R"({"items": [)" + items + R"(], "text": )" + text_of(200'000, 'x') + "}");
        world.settle();
        return world.execution().header().error.value_or("");
    };
    CHECK(error_with(R"json("ResultSelector": {"n.$": "$.length()"})json") ==
          "States.DataLimitExceeded");
    CHECK(error_with(R"("ResultPath": null)").empty());
    CHECK(error_with(R"("ResultSelector": {})").empty());
}

}  // namespace stepwell::test
