#include <doctest/doctest.h>

#include "tests/expression/jsonata/support.hpp"

namespace stepwell::test {

TEST_CASE("operators bind as JSONata says") {
    CHECK(evaluated("1 + 2 * 3") == "7");
    CHECK(evaluated("(1 + 2) * 3") == "9");
    CHECK(evaluated("7 % 4 & '|' & -2") == "\"3|-2\"");
    CHECK(evaluated("1 = 1 and 2 > 3 or true") == "true");
    CHECK(evaluated("2 in [1, 2]") == "true");
    CHECK(evaluated("[1..3, 7]") == "[1,2,3,7]");
    CHECK(evaluated("1 < 2 ? 'a' : 'b'") == "\"a\"");
    CHECK(evaluated("x ?? 5") == "5");
    CHECK(evaluated("0 ?: 5") == "5");
    CHECK(evaluated("x + 1") == "nothing");
    CHECK(evaluated("x = x") == "false");
}

TEST_CASE("what came later than JSONata 2.0 can be left out") {
    Budget strict;
    strict.options.has_defaults = false;
    CHECK(evaluated("x ?? 5", "", strict) == "S0211 at 4 '?'");
    CHECK(evaluated("$eval('1')", "", strict) == "T1006 at 6 'eval'");
}

TEST_CASE("a block has variables of its own, a function those of where it was made") {
    CHECK(evaluated("($x := 1; ($x := 2); $x)") == "1");
    CHECK(evaluated("($x := 1; $f := function() { $x }; $x := 2; $f())") == "2");
    CHECK(evaluated("($add := function($a, $b) { $a + $b }; $one := $add(1, ?); $one(2))") == "3");
    CHECK(evaluated("$map([1, 2], function($v, $i) { $v * 10 + $i })") == "[10,21]");
    CHECK(evaluated("('abc' ~> $uppercase ~> $length)") == "3");
    CHECK(evaluated("($f := $trim ~> $uppercase; $f(' a '))") == "\"A\"");
}

TEST_CASE("functions check what they are given") {
    CHECK(evaluated("$sum('a')") == "T0412 at 5 'sum'");
    CHECK(evaluated("$length(1)") == "T0410 at 8 'length'");
    CHECK(evaluated("$uppercase()", "1") == "T0411 at 11 'uppercase'");
    CHECK(evaluated("('a').$uppercase()") == "\"A\"");
    CHECK(evaluated("(function($a)<n:n>{$a})('x')") == "T0410 at 24");
}

TEST_CASE("calls in tail position need no depth") {
    Budget flat;
    flat.options.depth_max = 100;
    flat.units = 20'000'000;
    CHECK(evaluated("($f := function($n) { $n = 0 ? 'done' : $f($n - 1) }; $f(20000))", "", flat) ==
          "\"done\"");
}

TEST_CASE("variables come from the caller, and hide functions of the library") {
    CHECK(evaluated("$a.b", "", {}, R"({"a": {"b": 1}})") == "1");
    CHECK(evaluated("$sum", "", {}, R"({"sum": 4})") == "4");
    CHECK(evaluated("$a := 5", "", {}, R"({"a": 1})") == "5");
}

TEST_CASE(
    "a whole number beyond 64 bits comes out as it came in, and is computed with as a double") {
    const std::string input = R"({"n": 123456789012345678901234567890, "l": [1]})";
    CHECK(evaluated("n", input) == "123456789012345678901234567890");
    CHECK(evaluated("{'a': [n, l]}", input) == R"({"a":[123456789012345678901234567890,1]})");
    CHECK(evaluated("n > 1 and n = n and $type(n) = 'number'", input) == "true");
    CHECK(evaluated("n / 1e29 < 1.3", input) == "true");
    CHECK(evaluated("$sum([n, -n])", input) == "0");
    CHECK(evaluated("n + 1", input) == "1.2345678901234568e+29");
}

TEST_CASE("an expression says what it reads of the caller's variables") {
    const auto parsed =
        expression::jsonata::Expression::parse("($t := 1; $t + $a.x + $sum($b) + $states.input.y)");
    REQUIRE(parsed.has_value());
    CHECK(parsed->variables() == std::vector<std::string>{"a", "b", "states", "sum"});
    CHECK(parsed->reads("states", "input"));
    CHECK_FALSE(parsed->reads("states", "result"));
    CHECK(expression::jsonata::Expression::parse("$states")->reads("states", "result"));
}

}  // namespace stepwell::test
