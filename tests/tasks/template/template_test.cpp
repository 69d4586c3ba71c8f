// The expected texts are what Jinja 3.1 gives for the same template and variables.
#include "tasks/template/template.hpp"

#include <doctest/doctest.h>

#include <thread>

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

std::string rendered(const std::string& source, const Syntax& syntax = {},
                     const Limits& limits = {}) {
    Environment environment;
    environment.limits = limits;
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

namespace {

std::string repeated(const std::string& text, int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += text;
    return all;
}

bool is_refused(const std::string& source, const std::string& reason) {
    const std::string text = rendered(source);
    const bool is_so = text.starts_with("error: t.sql:") && text.find(reason) != std::string::npos;
    if (!is_so) MESSAGE(text.substr(0, 300));
    return is_so;
}

}  // namespace

TEST_CASE("whatever goes deep is refused, before the stack ends") {
    const std::string deep[] = {
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% macro f() %}{{ " + repeated("not ", 180) + "f() }}{% endmacro %}{{ f() }}",
        "{% macro f() %}" + repeated("{% if 1 %}", 190) + "{{ f() }}" +
            repeated("{% endif %}", 190) + "{% endmacro %}{{ f() }}",
        "{% macro f() %}{% for x in [1] %}{{ [f()] | map('upper') | join }}{% endfor %}{% endmacro "
        "%}"
        "{{ f() }}",
        "{% macro f() %}{% call g() %}{{ f() }}{% endcall %}{% endmacro %}"
        "{% macro g() %}{{ caller() }}{% endmacro %}{{ f() }}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(400) %}{% set ns.l = [ns.l] %}{% endfor "
        "%}"
        "{% for x in ns.l recursive %}{{ loop(x) }}{% endfor %}{% macro f() %}{% for x in ns.l "
        "recursive "
        "%}{{ f() ~ loop(x) }}{% endfor %}{% endmacro %}{{ f() }}",
    };
    for (const std::string& source : deep) {
        CAPTURE(source.substr(0, 200));
        CHECK(is_refused(source, ""));
    }
    const std::string nested[] = {
        "{{ " + repeated("(", 5000) + "1" + repeated(")", 5000) + " }}",
        "{{ 1" + repeated(" + 1", 100'000) + " }}",
        "{{ 'x'" + repeated("|upper", 100'000) + " }}",
        "{{ 'x'" + repeated(" ~ 'x'", 100'000) + " }}",
        "{{ d" + repeated(".x", 100'000) + " }}",
        "{{ " + repeated("not ", 100'000) + "1 }}",
        "{{ " + repeated("-", 100'000) + "1 }}",
        "{{ 1" + repeated(" if 1 else 1", 100'000) + " }}",
    };
    for (const std::string& source : nested) {
        CAPTURE(source.substr(0, 40));
        CHECK(is_refused(source, "nested deeper"));
    }
}

TEST_CASE("deep values are made, compared and freed without deep recursion") {
    const std::string deep = repeated("{% set x = [x] %}", 20'000);
    CHECK(rendered("{% set x = 1 %}" + deep + "{{ x | length }}") == "1");
    CHECK(is_refused(
        "{% set x = 1 %}" + deep + "{% set y = x %}{% set x = 1 %}" + deep + "{{ x == y }}", ""));
    CHECK(rendered("{% set x = 1 %}" + repeated("{% set x = {'k': (x,)} %}", 20'000) +
                   "{{ x is mapping }}") == "True");
    CHECK(rendered(repeated("{% set x = namespace(p=x) %}", 20'000) + "{{ x.p is defined }}") ==
          "True");
}

TEST_CASE("the values and texts of a render have limits, however they come about") {
    Limits limits;
    limits.value_bytes = 4u << 20;
    limits.steps = 300'000;
    const std::string doubled =
        "{% set ns = namespace(s='x' * 1000) %}{% for i in range(60) %}"
        "{% set ns.s = ns.s ~ ns.s %}{% endfor %}";
    const std::string shared =
        "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}"
        "{% set ns.l = [ns.l, ns.l] %}{% endfor %}";
    const std::string many = "{% set l = [] %}{% for i in range(1000000) %}";
    const std::string large[] = {
        doubled,
        "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = ns.l + ns.l %}{% "
        "endfor %}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% do ns.l.extend(ns.l) %}{% "
        "endfor %}",
        many + "{% do l.append('x' * 10000) %}{% endfor %}",
        many + "{% do l.append([i] * 1000) %}{% endfor %}",
        "{% set m = {} %}{% for i in range(1000000) %}{% do m.update({i: 'x' * 10000}) %}{% endfor "
        "%}",
        shared + "{{ ns.l }}",
        shared + "{{ ns.l | tojson }}",
        shared + "{{ ns.l | pprint }}",
        shared + "{{ ns.l | string | length }}",
        shared + "{% set a = ns.l %}" + shared + "{{ a == ns.l }}",
        shared + "{{ {(ns.l | string): 1} }}",
        "{% set s = 'x' * 1000000 %}{{ ([s] * 1000) | join }}",
        "{{ ('x' * 1000000) | replace('x', 'y' * 1000) }}",
        "{{ ('x' * 1000000) | replace('', 'y' * 1000) }}",
        "{{ 'x'.center(10000000000) }}",
        "{{ 'x'.zfill(9000000000000000000) }}",
        "{{ '\t'.expandtabs(9000000000000000000) }}",
        "{{ '%9999999999d' % 1 }}",
        "{{ '{:9999999999}'.format(1) }}",
        "{{ '%.9999999f' % 1.5 }}",
        "{{ 'abc' * 100000000 }}",
        "{{ range(10000000) }}",
        "{% set x = (1,) %}" + repeated("{% set x = (x, x) %}", 60) + "{{ {x: 1} | length }}",
        "{{ lipsum(n=100000000, min=9000, max=9999) }}",
        "{{ ('\\n' * 1000000) | indent('x' * 1000, blank=true) }}",
    };
    for (const std::string& source : large) {
        CAPTURE(source.substr(0, 160));
        const std::string text = rendered(source, {}, limits);
        CHECK(text.starts_with("error: t.sql:1: "));
        if (!text.starts_with("error: t.sql:1: ")) MESSAGE(text.substr(0, 300));
    }
    CHECK(rendered("{% for i in range(50) %}{% set s = 'x' * 1000000 %}{% endfor %}ok", {},
                   limits) == "ok");
}

TEST_CASE("steps and output are limited") {
    Environment environment;
    environment.limits.steps = 1000;
    environment.limits.output_bytes = 100;
    const auto loops = Template::parse("{% for i in range(5000) %}{% endfor %}", "t.sql");
    CHECK(!render(environment, *loops, {}));
    const auto writes = Template::parse("{% for i in range(50) %}long text {% endfor %}", "t.sql");
    CHECK(!render(environment, *writes, {}));
    // Large values are work, too.
    for (const std::string source :
         {"{{ range(100000) | length }}", "{{ ('x' * 60000) | length }}"}) {
        CAPTURE(source);
        const auto parsed = Template::parse(source, "t.sql");
        CHECK(!render(environment, *parsed, {}));
        CHECK(render(Environment(), *parsed, {}).has_value());
    }
}

TEST_CASE("a call with arguments that its target has not is refused") {
    const Case cases[] = {
        {"{% macro f(a) %}{% endmacro %}{{ f(1, 2) }}",
         "t.sql:1: macro 'f' takes at most 1 arguments, but got 2"},
        {"{% macro f(a) %}{% endmacro %}{{ f(1, b=2) }}",
         "t.sql:1: macro 'f' takes no argument 'b'"},
        {"{% macro f(a) %}{% endmacro %}{{ f(1, a=2) }}",
         "t.sql:1: macro 'f' takes no argument 'a'"},
        {"{% macro f() %}{% endmacro %}{% call f() %}{% endcall %}",
         "t.sql:1: macro 'f' takes no argument 'caller'; it does not call its block"},
        {"{{ 'x' | upper(1) }}", "t.sql:1: upper() takes at most 0 arguments, but got 1"},
        {"{{ 'x' | replace('a') }}", "t.sql:1: replace() expects 'new'"},
        {"{{ 'x' | round(how=1) }}", "t.sql:1: round() takes no argument named 'how'"},
        {"{{ 'x'.replace(old='a', new='b') }}", "t.sql:1: replace() takes no argument named 'old'"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.source);
        CHECK(rendered(c.source) == "error: " + c.expected);
    }
}

TEST_CASE("what outlives its loop still works") {
    CHECK(rendered("{% set ns = namespace() %}{% for i in [1] %}{% set ns.f = loop.changed %}"
                   "{% endfor %}{{ ns.f(1) }}{{ ns.f(1) }}") == "TrueFalse");
    CHECK(rendered("{% set ns = namespace() %}{% for i in [[1]] recursive %}{% set ns.l = loop %}"
                   "{% endfor %}{{ ns.l.index }}") == "2");
    CHECK(rendered("{% set f = cycler('a', 'b').next %}{{ f() }}{{ f() }}{{ f() }}") == "aba");
}

TEST_CASE("the values of a macro file are frozen: all renders share them") {
    const Environment environment;
    const auto library = Template::parse(
        "{% set l = [1, {'k': [2]}] %}{% set ns = namespace(x=1) %}{% set c = cycler(1, 2) %}"
        "{% macro grow() %}{% do l.append(2) %}{% endmacro %}{% macro name() %}{% set ns.x = 2 %}"
        "{% endmacro %}{% macro inner() %}{% do l[1].k.append(3) %}{% endmacro %}"
        "{% macro copied() %}{% set mine = l.copy() %}{% do mine.append(3) %}{{ mine }}{% endmacro "
        "%}",
        "m.sql");
    const auto module = load_module(environment, *library, {});
    REQUIRE(module);
    for (const std::string call : {"grow()", "name()", "inner()", "c.next()"}) {
        CAPTURE(call);
        const auto parsed = Template::parse("{{ " + call + " }}", "t.sql");
        CHECK(!render(environment, *parsed, module->names));
    }
    const auto parsed = Template::parse("{{ copied() }}{{ l }}", "t.sql");
    std::vector<std::thread> threads;
    std::vector<std::string> texts(4);
    for (auto& text : texts) {
        threads.emplace_back([&] {
            for (int i = 0; i < 50; ++i)
                text = render(environment, *parsed, module->names).value_or("refused");
        });
    }
    for (auto& thread : threads) thread.join();
    for (const auto& text : texts) CHECK(text == "[1, {'k': [2]}, 3][1, {'k': [2]}]");
}

TEST_CASE("freezing looks at each value once") {
    const Environment environment;
    const auto library = Template::parse(
        "{% set x = (1,) %}" + repeated("{% set x = (x, namespace(p=x)) %}", 60), "m.sql");
    CHECK(load_module(environment, *library, {}).has_value());
}

TEST_CASE("tags that load other templates are refused by name") {
    for (const std::string tag :
         {"include 'x'", "import 'x' as y", "from 'x' import y", "extends 'x'", "block b"}) {
        CAPTURE(tag);
        CHECK(is_refused("{% " + tag + " %}", "is not supported"));
    }
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
