#include <doctest/doctest.h>

#include <set>
#include <vector>

#include "engine/expression/payload_template.hpp"
#include "tests/expression/support.hpp"

namespace stepwell::test {
namespace {

using expression::IntrinsicCall;

std::string called(const std::string& call, const World& world) {
    auto parsed = IntrinsicCall::parse(call);
    if (!parsed) return "refused: " + parsed.error().message;
    return outcome(parsed->evaluate(world.environment()));
}

struct CallCase {
    std::string call;
    std::string want;
};

void check(const std::vector<CallCase>& cases, const World& world) {
    for (const CallCase& c : cases) {
        CAPTURE(c.call);
        CHECK(called(c.call, world) == c.want);
    }
}

/// What a call says of itself where its arguments do not fit.
std::string failing(const std::string& call, const std::string& reason) {
    return "States.IntrinsicFailure: The function '" + call +
           "' had the following error: " + reason;
}

TEST_CASE("texts are formatted, split, coded and hashed") {
    const World world(
        R"({"name": "Ann", "o": {"Arg1": 1, "Arg2": [], "Arg3": "x"}, "n": null,
            "list": [1.0, "b", {"c": true}], "template": "{} is \\{{}\\}", "odd": "{",
            "lines": "a\nb,,c;"})");
    check(
        {
            {"States.Format('Hi {}.', $.name)", R"("Hi Ann.")"},
            {"States.Format('{}{}', 1.50, -2)", R"("1.5-2")"},
            {"States.Format('{} {} {}', true, null, $.n)", R"("true null null")"},
            {"States.Format('{}', $.o)", R"("{Arg1=1, Arg2=[], Arg3=x}")"},
            {"States.Format('{}', $.list)", R"("[1.0, b, {c=true}]")"},
            {R"(States.Format('it\'s \{{}\} \\', 1))", R"("it's {1} \\")"},
            {"States.Format($.template, $.name, 'there')", R"("Ann is {there}")"},
            {"States.Format('plain')", R"("plain")"},
            {"States.Format('{}')",
             failing("States.Format('{}')",
                     "expected as many arguments as there are {} in the text, but there are 1 of "
                     "{} and 0 arguments")},
            {"States.Format($.odd)",
             failing("States.Format($.odd)",
                     "expected '{}' or an escaped brace, but found a single '{'")},
            {"States.Format($.n)",
             failing("States.Format($.n)", "expected a string as argument 1, but got null")},
            {"States.StringSplit($.lines, ',\n;')", R"(["a","b","c"])"},
            {"States.StringSplit('Zoë→b', '→')", R"(["Zoë","b"])"},
            {"States.StringSplit(',,', ',')", "[]"},
            {"States.StringSplit('', ',')", "[]"},
            {"States.StringSplit('a', '')", R"(["a"])"},
            {"States.Base64Encode('Data to encode')", R"("RGF0YSB0byBlbmNvZGU=")"},
            {"States.Base64Decode('RGF0YSB0byBlbmNvZGU=')", R"("Data to encode")"},
            {"States.Base64Decode('/w==')", "\"\xEF\xBF\xBD\""},
            {"States.Base64Decode('x')",
             failing("States.Base64Decode('x')", "expected base64 text as argument 1")},
            {"States.Hash('input data', 'MD5')", R"("812f45842bc6d66ee14572ce20db8e86")"},
            {"States.Hash('abc', 'SHA-1')", R"("a9993e364706816aba3e25717850c26c9cd0d89d")"},
            {"States.Hash('abc', 'SHA-256')",
             R"("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")"},
            {"States.Hash('abc', 'CRC')",
             failing("States.Hash('abc', 'CRC')",
                     "expected MD5, SHA-1, SHA-256, SHA-384 or SHA-512 as argument 2")},
        },
        world);
    CHECK(called("States.Hash($.o, 'MD5')", world) ==
          called(R"T(States.Hash('\{"Arg1":1,"Arg2":[],"Arg3":"x"\}', 'MD5'))T", world));
}

TEST_CASE("texts to be coded or hashed have at most 10,000 characters") {
    World world("{}");
    std::string text;
    for (int i = 0; i < 10'000; ++i) text += "é";
    world.data["fits"] = text;
    world.data["long"] = text + "x";
    CHECK(called("States.Base64Encode($.fits)", world).starts_with("\"w6nDqc"));
    CHECK(called("States.Base64Encode($.long)", world).starts_with("States.IntrinsicFailure: "));
    CHECK(called("States.Hash($.long, 'MD5')", world).starts_with("States.IntrinsicFailure: "));
}

TEST_CASE("JSON is read, written and merged") {
    const World world(R"({"s": "{\"a\": [1, 1.0]}", "bad": "{", "a": {"x": 1, "y": {"p": 1}},
                          "b": {"z": 3, "y": {"q": 2}}})");
    check(
        {
            {"States.StringToJson($.s)", R"({"a":[1,1.0]})"},
            {"States.StringToJson('')", "null"},
            {"States.StringToJson(' \t')", "null"},
            {"States.StringToJson('-0')", "0"},
            {"States.StringToJson('\"x\"')", "\"x\""},
            {"States.JsonToString($.a)", R"("{\"x\":1,\"y\":{\"p\":1}}")"},
            {"States.JsonToString(1.0)", "\"1.0\""},
            {"States.JsonMerge($.a, $.b, false)", R"({"x":1,"y":{"q":2},"z":3})"},
            {"States.JsonMerge($.a, $.b, true)",
             failing("States.JsonMerge($.a, $.b, true)",
                     "expected false as argument 3: only shallow merging is supported")},
            {"States.JsonMerge($.a, 5, false)",
             failing("States.JsonMerge($.a, 5, false)",
                     "expected an object as argument 2, but got a number")},
        },
        world);
    CHECK(called("States.StringToJson($.bad)", world)
              .starts_with(failing("States.StringToJson($.bad)", "expected JSON, but found: ")));
}

TEST_CASE("arrays are made, cut, searched and counted") {
    const World world(R"({"l": [1, 2, 3, 4, 5], "d": [1, {"a": 1, "b": 2}, 1.0, {"b": 2, "a": 1},
                          null, null, "1", [1], [1]]})");
    check(
        {
            {"States.Array()", "[]"},
            {"States.Array( 1 , 'a' , $.l[0] , States.Array(true) )", "[1,\"a\",1,[true]]"},
            {"States.ArrayPartition($.l, 2)", "[[1,2],[3,4],[5]]"},
            {"States.ArrayPartition($.l, 1.5)", "[[1,2],[3,4],[5]]"},
            {"States.ArrayPartition(States.Array(), 3)", "[]"},
            {"States.ArrayPartition($.l, 0)",
             failing("States.ArrayPartition($.l, 0)",
                     "expected a chunk size above zero as argument 2, but got 0")},
            {"States.ArrayContains($.l, 5)", "true"},
            {"States.ArrayContains(States.Array(123456789012345678901234567890), "
             "123456789012345678901234567891)",
             "false"},
            {"States.Array(-123456789012345678901234567890)", "[-123456789012345678901234567890]"},
            {"States.ArrayContains($.l, '5')", "false"},
            {"States.ArrayContains($.d, null)", "true"},
            {"States.ArrayContains($.d, $.d[3])", "true"},
            {"States.ArrayContains('x', 1)",
             failing("States.ArrayContains('x', 1)",
                     "expected an array as argument 1, but got a string")},
            {"States.ArrayRange(1, 9, 2)", "[1,3,5,7,9]"},
            {"States.ArrayRange(1, 8, 2)", "[1,3,5,7]"},
            {"States.ArrayRange(3, 1, -1)", "[3,2,1]"},
            {"States.ArrayRange(1, 3, -1)", "[]"},
            {"States.ArrayRange(3, 1, 1)", "[]"},
            {"States.ArrayRange(2, 2, -1)", "[2]"},
            {"States.ArrayRange(0.5, 2.4, 1)", "[1,2]"},
            {"States.ArrayRange(1, 2, 0)",
             failing("States.ArrayRange(1, 2, 0)",
                     "expected a step other than zero as argument 3")},
            {"States.ArrayRange(1, 1001, 1)",
             failing("States.ArrayRange(1, 1001, 1)",
                     "expected a range of at most 1000 elements, but it has 1001")},
            {"States.ArrayLength(States.ArrayRange(1, 1000, 1))", "1000"},
            {"States.ArrayGetItem($.l, 4)", "5"},
            {"States.ArrayGetItem($.l, 5)",
             failing("States.ArrayGetItem($.l, 5)",
                     "expected an index from 0 below 5 as argument 2, but got 5")},
            {"States.ArrayGetItem($.l, -1)",
             failing("States.ArrayGetItem($.l, -1)",
                     "expected an index from 0 below 5 as argument 2, but got -1")},
            {"States.ArrayLength($.d)", "9"},
            {"States.ArrayUnique($.d)", R"([1,{"a":1,"b":2},null,"1",[1]])"},
            {"States.ArrayLength($.l[9:])", "0"},
        },
        world);
}

TEST_CASE("numbers are rounded as Java does, halves up") {
    const World world(R"({"big": 2147483648})");
    check(
        {
            {"States.MathAdd(1, -3)", "-2"},
            {"States.MathAdd(2.5, 0)", "3"},
            {"States.MathAdd(-0.5, 0)", "0"},
            {"States.MathAdd(-1.5, 0)", "-1"},
            {"States.MathAdd(1e3, 0)", "1000"},
            {"States.MathAdd(2147483647, -2147483648)", "-1"},
            {"States.MathAdd($.big, 0)",
             failing("States.MathAdd($.big, 0)",
                     "expected a number from -2147483648 to 2147483647 as argument 1, but got "
                     "2147483648")},
            {"States.MathAdd('1', 0)",
             failing("States.MathAdd('1', 0)",
                     "expected a number as argument 1, but got a string")},
            {"States.MathRandom(5, 6)", "5"},
            {"States.MathRandom(5, 5)",
             failing("States.MathRandom(5, 5)", "expected an end above the start 5, but got 5")},
        },
        world);
}

TEST_CASE("random numbers stay in their range, and a seed gives the same one again") {
    const World world("{}");
    std::set<std::string> seen;
    for (int i = 0; i < 200; ++i) seen.insert(called("States.MathRandom(-1, 2)", world));
    CHECK(seen == std::set<std::string>{"-1", "0", "1"});
    const World other("{}");
    CHECK(called("States.MathRandom(0, 1000000, 3)", world) ==
          called("States.MathRandom(0, 1000000, 3)", other));
    CHECK(called("States.UUID()", world) != called("States.UUID()", world));
    CHECK(called("States.UUID()", world).size() == 38);
}

TEST_CASE("a call fails where a path in it finds nothing, and names the inner call") {
    const World world(R"({"a": 1})");
    const std::string missing =
        "The function 'States.Array($.x)' had the following error: The "
        "JSONPath '$.x' could not be found in the input '{\"a\":1}'";
    CHECK(called("States.Array($.x)", world) == "States.IntrinsicFailure: " + missing);
    CHECK(called("States.ArrayLength(States.Array($.x))", world) ==
          "States.IntrinsicFailure: " + missing);
    CHECK(called("States.Array($.x[*])", world) == "[[]]");
}

TEST_CASE("what is no call is refused with the place") {
    const World world("{}");
    const std::string argument =
        "a path, a text in single quotes, a number, true, false, null or a call";
    check(
        {
            {"Format('x')", "refused: expected States. at character 1, but found 'F'"},
            {"States.Array(",
             "refused: expected " + argument + " at character 14, but the text ends there"},
            {"States.Array(1",
             "refused: expected ',' or ')' at character 15, but the text ends "
             "there"},
            {"States.Array(1,)",
             "refused: expected " + argument + " at character 16, but found ')'"},
            {"States.Array(\"x\")",
             "refused: expected " + argument + " at character 14, but found '\"'"},
            {"States.Array(1.)",
             "refused: expected a digit after the point at character 16, but "
             "found ')'"},
            {"States.Array('a\\n')",
             "refused: expected one of ' { } \\ after the backslash at character 17, but found "
             "'n'"},
            {"States.Array(1) x",
             "refused: expected the end of the text after ')' at character 16, "
             "but found ' '"},
            {"States.UUID(1)", "refused: expected 0 arguments of States.UUID, but there are 1"},
            {"States.MathRandom(1)",
             "refused: expected 2 to 3 arguments of States.MathRandom, but there are 1"},
            {"States.Format()",
             "refused: expected at least 1 arguments of States.Format, but there "
             "are 0"},
        },
        world);
    CHECK(called("States.Nope(1)", world)
              .starts_with("refused: expected one of Format, StringToJson, "));
    CHECK(called("States.Format('{')", world)
              .starts_with("refused: expected a text with paired braces ("));
}

TEST_CASE("calls stand in each other at most 10 deep") {
    const World world("{}");
    const auto nested = [](int depth) {
        std::string call = "1";
        for (int i = 0; i < depth; ++i) call = "States.Array(" + call + ")";
        return call;
    };
    CHECK(called(nested(10), world) == "[[[[[[[[[[1]]]]]]]]]]");
    CHECK(called(nested(11), world)
              .starts_with("refused: expected at most 10 calls in each other at character "));
}

TEST_CASE("a call knows whether it gives a string and which variables it reads") {
    for (const std::string call : {"States.UUID()", "States.Format('{}', $.a)",
                                   "States.JsonToString($)", "States.ArrayGetItem($.a, 0)"}) {
        CHECK(IntrinsicCall::parse(call)->gives_string());
    }
    CHECK_FALSE(IntrinsicCall::parse("States.Array('a')")->gives_string());
    CHECK(IntrinsicCall::parse("States.Array($b, States.Array($a.x, $b[0]), $.c)")->variables() ==
          std::vector<std::string>{"a", "b"});
}

TEST_CASE("a call whose result would grow without end fails") {
    World world("{}");
    world.data = std::string(1'000'000, 'x');
    CHECK(called("States.Format('{}{}', $, $)", world).size() == 2'000'002);
    world.work.begin_part(Work::kUnlimited);
    CHECK(
        called("States.Array($, $, $, $, $)", world).ends_with("the result is larger than 4 MiB"));
}

}  // namespace
}  // namespace stepwell::test
