// The expected texts are what Jinja 3.1 gives for the same template and variables.
#include "tasks/template/template.hpp"

#include <doctest/doctest.h>

namespace stepwell::test {
namespace {

using namespace stepwell::tasks::jinja;

Variables variables() {
    return {{"name", Value("World")},
            {"n", Value(3)},
            {"users",
             Value::from_json(Json::parse(R"([{"n":"b","a":2},{"n":"A","a":1},{"n":"c","a":2}])"))},
            {"d", Value::from_json(Json::parse(R"({"x":1,"items":5,"y":[1,2,3]})"))}};
}

std::string rendered(const std::string& source, const Syntax& syntax = {}) {
    const Environment environment;
    auto parsed = Template::parse(source, "t.sql", syntax);
    if (!parsed) return "error: " + parsed.error().message;
    auto text = render(environment, *parsed, variables());
    return text ? *text : "error: " + text.error().message;
}

struct Case {
    std::string source;
    std::string expected;
};

}  // namespace

TEST_CASE("expressions give what Jinja gives") {
    const Case cases[] = {
#include "tests/tasks/template/expressions.inc"
    };
    for (const auto& c : cases) {
        CAPTURE(c.source);
        CHECK(rendered(c.source) == c.expected);
    }
}

TEST_CASE("blocks are trimmed by Jinja's rules when the environment asks for it") {
    const Syntax trimmed{.trim_blocks = true, .lstrip_blocks = true, .keep_trailing_newline = true};
    CHECK(rendered("a\n  {% if n %}\nb\n  {% endif %}\nc\n", trimmed) == "a\nb\nc\n");
    CHECK(rendered("a\n  {%+ if n %}\nb{% endif %}\n", trimmed) == "a\n  b");
}

TEST_CASE("a value holds neither itself nor parts without end: it could not be freed") {
    const std::string loops[] = {
        "{% set l = [] %}{% do l.append(l) %}",
        "{% set l = [] %}{% do l.insert(0, [(1, l)]) %}",
        "{% set l = [] %}{% do l.extend([{'x': l}]) %}",
        "{% set m = {} %}{% do m.update({'x': [m]}) %}",
        "{% set m = {} %}{% do m.update(x=m) %}",
        "{% set m = {} %}{% do m.setdefault('x', m) %}",
        "{% set ns = namespace() %}{% set ns.x = ns %}",
        "{% set ns = namespace(l=[]) %}{% do ns.l.append(ns) %}",
    };
    for (const std::string& source : loops) {
        CAPTURE(source);
        CHECK(rendered(source) == "error: t.sql:1: a value cannot be put into itself");
    }
    CHECK(rendered("{% set ns = namespace(x=[]) %}{% for i in range(9999) %}"
                   "{% set ns.x = [ns.x, ns.x] %}{% endfor %}") ==
          "error: t.sql:1: a value cannot be nested more than 500 levels deep");
    CHECK(rendered("{% set l = [1] %}{% do l.append([l[0], [2]]) %}{% do l.extend(l) %}{{ l }}") ==
          "[1, [1, [2]], 1, [1, [2]]]");
}

TEST_CASE("faults say file and line and what was expected") {
    const Case cases[] = {
        {"a\n{{ 1 + }}", "t.sql:2: expected an expression, but found '}}'"},
        {"\n{% if n %}", "t.sql:2: expected '{% endif %}' for this 'if', but the file ends"},
        {"{{ x.y }}", "t.sql:1: 'x' is undefined"},
        {"{% endfor %}", "t.sql:1: '{% endfor %}' without a tag that it could end"},
        {"{% continue %}", "t.sql:1: '{% continue %}' without a loop around it"},
        {"{% for x in users %}{% macro f() %}{% break %}{% endmacro %}{% endfor %}",
         "t.sql:1: '{% break %}' without a loop around it"},
        {"{{ n | nope }}", "t.sql:1: there is no filter named 'nope'"},
        {"{{ 1 / 0 }}", "t.sql:1: division by zero"},
        {"{% macro f(x) %}\n{{ x.y.z }}{% endmacro %}{{ f({}) }}",
         "t.sql:2: 'dict object' has no attribute 'y' (in macro 'f')"},
        {"{{ 'a' + 1 }}", "t.sql:1: unsupported operand types for +: 'str' and 'int'"},
        {"{{ name() }}", "t.sql:1: 'str' object is not callable"},
        {"{{ name.__class__.x }}", "t.sql:1: 'str object' has no attribute '__class__'"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.source);
        CHECK(rendered(c.source) == "error: " + c.expected);
    }
}

TEST_CASE("a template cannot run, call or write without end") {
    CHECK(rendered("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}")
              .find("calls at most 100 deep") != std::string::npos);
    CHECK(rendered("{{ 'abc' * 100000000 }}").find("too long") != std::string::npos);
    CHECK(rendered("{{ range(10000000) }}").find("at most") != std::string::npos);
    CHECK(rendered("{{ " + std::string(5000, '(') + "1" + std::string(5000, ')') + " }}")
              .find("nested deeper") != std::string::npos);
    Environment environment;
    environment.limits.steps = 1000;
    environment.limits.output_bytes = 100;
    const auto loops = Template::parse("{% for i in range(5000) %}{% endfor %}", "t.sql");
    CHECK(!render(environment, *loops, {}));
    const auto writes = Template::parse("{% for i in range(50) %}long text {% endfor %}", "t.sql");
    CHECK(!render(environment, *writes, {}));
}

TEST_CASE("a template that is one expression renders natively to its value") {
    const Environment environment;
    const auto parsed = Template::parse("{{ [1, name] }}", "x.yml");
    const auto value = render_native(environment, *parsed, variables());
    REQUIRE(value);
    CHECK(value->to_json() == Json::parse(R"([1,"World"])"));
}

TEST_CASE("the macros of a module work in other templates") {
    const Environment environment;
    const auto library = Template::parse(
        "{% set base = 10 %}{% macro add(x, y=base) %}{{ return(x + y) }}{% endmacro %}", "m.sql");
    const auto module = load_module(environment, *library, {});
    REQUIRE(module);
    const auto parsed = Template::parse("{{ add(1) + 1 }} {{ add(1, y=2) }}", "t.sql");
    const auto text = render(environment, *parsed, module->names);
    REQUIRE(text);
    CHECK(*text == "12 3");
}

}  // namespace stepwell::test
