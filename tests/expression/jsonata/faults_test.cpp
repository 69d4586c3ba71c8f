#include <doctest/doctest.h>

#include "tests/expression/jsonata/support.hpp"

namespace stepwell::test {

TEST_CASE("a fault says its code, where it is, and about which word") {
    struct Case {
        const char* expression;
        const char* fault;
    };
    const Case cases[] = {
        {"\"abc", "S0101 at 4"},
        {"1e999", "S0102 at 0 '1e999'"},
        {"\"\\y\"", "S0103 at 2 'y'"},
        {"\"\\u12g4\"", "S0104 at 2"},
        {"`abc", "S0105 at 4"},
        {"1 /* x", "S0106 at 2"},
        {"1 2", "S0201 at 3 '2'"},
        {"[1,2)", "S0202 at 5 ')'"},
        {"(1", "S0203 at 2 '(end)'"},
        {"[1!2]", "S0204 at 3 '!'"},
        {"1+", "S0207 at 2 '(end)'"},
        {"function(x){1}", "S0208 at 10 'x'"},
        {"a{b:c}[0]", "S0209 at 7"},
        {"a{b:c}{d:e}", "S0210 at 7"},
        {"*+]", "S0211 at 3 ']'"},
        {"x:=1", "S0212 at 1 'x'"},
        {"$.7", "S0213 at 3"},
        {"a@b", "S0214 at 3 '@'"},
        {"a[1]@$b", "S0215 at 5"},
        {"a^(b)@$c", "S0216 at 6"},
        {"%", "S0217 'parent'"},
        {"//", "S0301 at 1"},
        {"/abc", "S0302 at 4"},
        {"$x()", "T1006 at 3 'x'"},
        {"sum(1)", "T1005 at 4 'sum'"},
        {"'a' + 1", "T2001 at 5 '+'"},
        {"1 - 'a'", "T2002 at 3 '-'"},
        {"['a'..1]", "T2003 at 6 '..'"},
        {"[1..1.5]", "T2004 at 4 '..'"},
        {"1 ~> 2", "T2006 at 4"},
        {"1 < 'a'", "T2009 at 3 '<'"},
        {"true < 1", "T2010 at 6 '<'"},
        {"-'a'", "D1002 at 1 '-'"},
        {"$number('a')", "D3030 at 8 'number'"},
        {"$error('no')", "D3137 at 7 'error'"},
        {"$assert(false, 'no')", "D3141 at 8 'assert'"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.expression);
        CHECK(evaluated(c.expression) == c.fault);
    }
}

TEST_CASE("positions are counted as JavaScript counts characters") {
    CHECK(evaluated("'\xF0\x9F\x98\x80' + 1") == "T2001 at 6 '+'");
    CHECK(evaluated("'\xC3\xA9' + 1") == "T2001 at 5 '+'");
}

TEST_CASE("messages are the reference's") {
    const auto message = [](std::string_view expression) {
        const auto parsed = expression::jsonata::Expression::parse(expression);
        if (!parsed) return message_of(parsed.error());
        Prng random(1);
        Work work(10'000);
        return message_of(parsed->evaluate({nullptr, nullptr, random, work, {}}).error());
    };
    CHECK(message("$x()") == "Attempted to invoke a non-function");
    CHECK(message("sum(1)") == "Attempted to invoke a non-function. Did you mean $sum?");
    CHECK(message("$sum('a')") == "Argument 1 of function \"sum\" must be an array of \"numbers\"");
    CHECK(message("'a' + 1") == "The left side of the \"+\" operator must evaluate to a number");
    CHECK(message("$error('mine')") == "mine");
    CHECK(message("[1,2)") == "Expected \"]\", got \")\"");
}

}  // namespace stepwell::test
