#include <doctest/doctest.h>

#include <vector>

#include "engine/expression/payload_template.hpp"
#include "tests/expression/support.hpp"

namespace stepwell::test {
namespace {

using expression::PayloadTemplate;

std::string filled(const std::string& source, const World& world) {
    auto compiled = PayloadTemplate::compile(json_of(source));
    if (!compiled) return "refused";
    return outcome(compiled->evaluate(world.environment()));
}

TEST_CASE("strings of the template itself are found where they are in the result") {
    struct Case {
        std::string source;
        std::vector<std::string> want;
    };
    // clang-format off
    const std::vector<Case> cases = {
        {R"("marked")", {""}},
        {R"({"a":"marked","b":"not","c":{"d/e":["x","marked"]}})", {"/a", "/c/d~1e/1"}},
        {R"({"a.$":"$.x","b":{"c":"marked","d.$":"$.x"}})", {"/b/c"}},
        {R"([{"a.$":"$.x"},"marked"])", {"/1"}},
        {R"({"a":"marked","a.$":"$.x"})", {}},
        {R"({"a.$":"$.x","a":"marked"})", {"/a"}},
        {R"T({"a.$":"States.Format('marked')"})T", {}},
        {R"({"marked":"a"})", {}},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.source);
        const auto compiled = PayloadTemplate::compile(json_of(c.source));
        REQUIRE(compiled);
        CHECK(compiled->literals_where([](std::string_view text) { return text == "marked"; }) ==
              c.want);
    }
}

TEST_CASE("members that end in .$ are computed at any depth, all others stay as they are") {
    struct Case {
        std::string source;
        std::string want;
    };
    const Case cases[] = {
        {R"({"a": 1, "b": "$.x", "c": ["$.x", {"d": null}]})",
         R"({"a":1,"b":"$.x","c":["$.x",{"d":null}]})"},
        {R"({"z.$": "$.x", "a": 1.0})", R"({"z":[1,2],"a":1.0})"},
        {R"({"a": {"b": [{"c.$": "$.x[1]"}, 5]}})", R"({"a":{"b":[{"c":2},5]}})"},
        {R"({"a.$": "$"})", R"({"a":{"x":[1,2],"n":null}})"},
        {R"({"a.$": "$.n"})", R"({"a":null})"},
        {R"({"a.$": "$.none[*]"})", R"({"a":[]})"},
        {R"({"a.$": "$$.Execution.Name"})", R"({"a":"run-1"})"},
        {R"({"a.$": "$v.k"})", R"({"a":7})"},
        {R"T({"a.$": "States.ArrayLength($.x)"})T", R"({"a":2})"},
        {R"({".$": "$.n"})", R"({"":null})"},
        {R"("$.x")", R"("$.x")"},
        {R"([{"a.$": "$.n"}])", R"([{"a":null}])"},
        {R"({"a.$": "$.x", "a": 5})", R"({"a":5})"},
        {R"({"deep": {"k.$": "$.no"}})",
         "States.Runtime: The JSONPath '$.no' specified for the field 'k.$' could not be found in "
         R"(the input '{"x":[1,2],"n":null}')"},
        {R"({"k.$": "$$.no"})",
         "States.Runtime: The JSONPath '$$.no' specified for the field 'k.$' could not be found in "
         R"(the input '{"x":[1,2],"n":null}')"},
        {R"({"k.$": "$gone"})",
         "States.Runtime: The JSONPath '$gone' specified for the field 'k.$' could not be found in "
         R"(the input '{"x":[1,2],"n":null}')"},
    };
    const World world(R"({"x": [1, 2], "n": null})", R"({"Execution": {"Name": "run-1"}})",
                      R"({"v": {"k": 7}})");
    for (const Case& c : cases) {
        CAPTURE(c.source);
        CHECK(filled(c.source, world) == c.want);
    }
}

TEST_CASE("a missing path quotes the state's input, also where $ is something else") {
    const World world("{}");
    const Json input = json_of(R"({"in": 1})");
    const expression::Environment environment{world.data,   world,      world,
                                              world.random, world.work, input};
    const auto compiled = PayloadTemplate::compile(json_of(R"({"k.$": "$.x"})"));
    REQUIRE(compiled);
    CHECK(outcome(compiled->evaluate(environment)).ends_with(R"(in the input '{"in":1}')"));
}

TEST_CASE("all faults of a template are told, each with its place") {
    const auto compiled = PayloadTemplate::compile(json_of(
        R"T({"a.$": 5, "b": [{"c/d": {"e.$": "text"}}], "f.$": "$[", "g.$": "States.No()"})T"));
    REQUIRE_FALSE(compiled);
    const auto& faults = compiled.error();
    REQUIRE(faults.size() == 4);
    CHECK(faults[0].pointer == "/a.$");
    CHECK(faults[0].key == "a.$");
    CHECK(faults[0].message ==
          "expected a JSONPath or an intrinsic function in a string, but got a number");
    CHECK(faults[1].pointer == "/b/0/c~1d/e.$");
    CHECK(faults[1].key == "e.$");
    CHECK(faults[2].pointer == "/f.$");
    CHECK(faults[3].pointer == "/g.$");
}

TEST_CASE("a template knows whether it computes and which variables it reads") {
    CHECK(PayloadTemplate::compile(json_of(R"({"a": [1, {"b": "$x"}]})"))->is_literal());
    const auto compiled = PayloadTemplate::compile(json_of(
        R"T({"a.$": "$y.z", "b": [{"c.$": "States.Array($x, $.d)"}], "e.$": "$$.f", "g.$": "$y"})T"));
    REQUIRE(compiled);
    CHECK_FALSE(compiled->is_literal());
    CHECK(compiled->variables() == std::vector<std::string>{"x", "y"});
}

TEST_CASE("a template cannot make more or deeper data than the limits") {
    World world("{}");
    world.data["deep"] = Json::array();
    for (int i = 2; i < kJsonDepthMax - 1; ++i)
        world.data["deep"] = Json::array({world.data["deep"]});
    CHECK(filled(R"({"a.$": "$.deep"})", world).starts_with(R"({"a":[[)"));
    CHECK(filled(R"({"a": {"b.$": "$.deep"}})", world).starts_with(R"({"a":{"b":[[)"));
    CHECK(filled(R"({"a": [{"b.$": "$.deep"}]})", world)
              .starts_with("States.DataLimitExceeded: The payload template gives data nested"));

    world.data = std::string(10'000'000, 'x');
    world.work.begin_part(Work::kUnlimited);
    CHECK(
        filled(R"({"a.$": "$", "b.$": "$", "c.$": "$", "d.$": "$"})", world)
            .starts_with("States.DataLimitExceeded: The payload template gives more than 32 MiB"));
}

}  // namespace
}  // namespace stepwell::test
