#include <doctest/doctest.h>

#include "tests/expression/jsonata/support.hpp"

namespace stepwell::test {

TEST_CASE("a path gives nothing, one thing, or a list of them") {
    const auto* data = R"({"a": {"b": 1}, "c": [{"d": 1}, {"d": [2, 3]}, {}], "e": [[1], [2]]})";
    CHECK(evaluated("a.b", data) == "1");
    CHECK(evaluated("a.x", data) == "nothing");
    CHECK(evaluated("c.d", data) == "[1,2,3]");
    CHECK(evaluated("c[0].d", data) == "1");
    CHECK(evaluated("c[0].d[]", data) == "[1]");
    CHECK(evaluated("e", data) == "[[1],[2]]");
    CHECK(evaluated("e.$", data) == "[1,2]");
    CHECK(evaluated("a.x[]", data) == "nothing");
}

TEST_CASE("the input is itself an array, and a path looks into each element") {
    CHECK(evaluated("$", "[1, 2]") == "[1,2]");
    CHECK(evaluated("$[1]", "[1, 2]") == "2");
    CHECK(evaluated("$[-1]", "[1, 2]") == "2");
    CHECK(evaluated("a", R"([{"a": 1}, {"a": 2}])") == "[1,2]");
    CHECK(evaluated("$$.a", R"([{"a": 1}])") == "1");
}

TEST_CASE("predicates choose by number, by numbers, or by what is true") {
    const auto* data = R"({"n": [1, 2, 3, 4], "p": [{"x": 1, "y": "a"}, {"x": 2, "y": "b"}]})";
    CHECK(evaluated("n[$ > 2]", data) == "[3,4]");
    CHECK(evaluated("n[[0, -1]]", data) == "[1,4]");
    CHECK(evaluated("n[1.7]", data) == "2");
    CHECK(evaluated("p[x = 2].y", data) == "\"b\"");
    CHECK(evaluated("p[y = 'a'][0].x", data) == "1");
}

TEST_CASE("wildcards, descendants and parents") {
    const auto* data = R"({"a": {"b": [{"c": 1}, {"c": 2}], "n": "x"}})";
    CHECK(evaluated("a.*.c", data) == "[1,2]");
    CHECK(evaluated("**.c", data) == "[1,2]");
    CHECK(evaluated("a.b.{'c': c, 'n': %.n}", data) == R"([{"c":1,"n":"x"},{"c":2,"n":"x"}])");
    CHECK(evaluated("a.b.c.%.%.n", data) == R"(["x","x"])");
}

TEST_CASE("focus and index are bound beside each result of a step") {
    const auto* data = R"({"l": [{"i": 1, "b": 7}, {"i": 2, "b": 8}], "m": [{"b": 8, "t": "y"}]})";
    CHECK(evaluated("l@$l.m@$m[$l.b = $m.b].{'i': $l.i, 't': $m.t}", data) == R"({"i":2,"t":"y"})");
    CHECK(evaluated("l#$k.{'k': $k, 'i': i}", data) == R"([{"k":0,"i":1},{"k":1,"i":2}])");
}

TEST_CASE("results are grouped and ordered") {
    const auto* data = R"([{"k": "a", "v": 2}, {"k": "b", "v": 3}, {"k": "a", "v": 1}])";
    CHECK(evaluated("${k: $sum(v)}", data) == R"({"a":3,"b":3})");
    CHECK(evaluated("$^(v).v", data) == "[1,2,3]");
    CHECK(evaluated("$^(k, >v).v", data) == "[2,1,3]");
    CHECK(evaluated("$^(k)[0].v", data) == "2");
    CHECK(evaluated("{'a': 1, 'a': 2}") == "D1009 at 1");
    CHECK(evaluated("{1: 2}") == "T1003 at 1");
}

TEST_CASE("a transformation changes a copy") {
    const auto* data = R"({"a": [{"p": 1, "q": 2}, {"p": 3}], "b": 1})";
    CHECK(evaluated("$ ~> |a|{'p': p * 2}, 'q'|", data) == R"({"a":[{"p":2},{"p":6}],"b":1})");
    CHECK(evaluated("($ ~> |a|{'p': 0}|; a.p)", data) == "[1,3]");
    CHECK(evaluated("$ ~> |a|5|", data) == "T2011 at 9");
}

}  // namespace stepwell::test
