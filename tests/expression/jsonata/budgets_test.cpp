#include <doctest/doctest.h>

#include "tests/expression/jsonata/support.hpp"

namespace stepwell::test {
namespace {

std::string message_under(std::string_view expression, const Budget& budget) {
    const auto parsed = expression::jsonata::Expression::parse(expression, budget.options);
    if (!parsed) return message_of(parsed.error());
    Prng random(1);
    Work work(budget.units);
    const auto answer = parsed->evaluate({nullptr, nullptr, random, work, {}});
    return answer ? "answered" : message_of(answer.error());
}

}  // namespace

TEST_CASE("what loops, recurses or grows ends within its budget, and says how") {
    Budget small;
    small.units = 200'000;
    small.options.bytes_max = 1'000'000;
    struct Case {
        const char* expression;
        const char* message;
    };
    const Case cases[] = {
        {"($f := function($n) { 1 + $f($n) }; $f(1))", "Stack overflow error"},
        {"($f := function() { $f() }; $f())", "Expression evaluation"},
        {"[1..10000000]", "Expression evaluation memory limit exceeded"},
        {"$pad('', 999999999)", "Expression evaluation memory limit exceeded"},
        {"$reduce([1..60], function($a, $b) { $a & $a }, 'x')",
         "Expression evaluation memory limit exceeded"},
        {"$map([1..30000], function($a) { [1..30000] })", "Expression evaluation"},
        {"$match($pad('', 3000, 'a'), /(a*)*(a*)*b|a/)", "Expression evaluation"},
        {"$sort([1..20000], function($a, $b) { $a < $b })", "Expression evaluation"},
        {"$reduce([1..1000], function($a, $b) { {'a': $a} })", "Stack overflow error"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.expression);
        CHECK(message_under(c.expression, small).starts_with(c.message));
    }
}

TEST_CASE("an expression that is too deep to be walked is refused") {
    const std::string parentheses = std::string(5'000, '(') + "1" + std::string(5'000, ')');
    CHECK(evaluated(parentheses).starts_with("U1001"));
    std::string sum = "1";
    for (int i = 0; i < 5'000; ++i) sum += "+1";
    CHECK(evaluated(sum).starts_with("U1001"));
    std::string brackets(100'000, '[');
    CHECK(evaluated(brackets).starts_with("U1001"));
}

TEST_CASE("what is nested deeper than a stack, or holds itself, ends an evaluation and no more") {
    Budget large;
    large.units = 50'000'000;
    const std::string deep = "$reduce([1..100000], function($a, $b) { {'a': $a} })";
    for (const std::string use :
         {"$clone($d)", "$d = $d.a", "$string($d)", "$distinct([$d, $d.a])"}) {
        CAPTURE(use);
        CHECK(evaluated("($d := " + deep + "; " + use + ")", "", large).starts_with("U1001"));
    }
    CHECK(evaluated("$ ~> |$|{'b': $}|", R"({"a": 1})") == R"({"a":1,"b":{"a":1}})");
    CHECK(evaluated("($f := $sum(?); $f('abc'))").starts_with("T0412"));
}

TEST_CASE("a chain of a few hundred operators is none too many") {
    std::string sum = "1";
    for (int i = 0; i < 500; ++i) sum += "+1";
    CHECK(evaluated(sum) == "501");
}

TEST_CASE("the same evaluation costs the same") {
    const auto cost = [] {
        const auto parsed = expression::jsonata::Expression::parse("$sum($map([1..100], $string))");
        Prng random(1);
        Work work(1'000'000);
        (void)parsed->evaluate({nullptr, nullptr, random, work, {}});
        return work.used();
    };
    CHECK(cost() == cost());
    CHECK(cost() < 5'000);
}

}  // namespace stepwell::test
