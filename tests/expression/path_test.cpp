#include "engine/expression/path.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "tests/expression/support.hpp"

namespace stepwell::test {
namespace {

using expression::Path;

std::string evaluated(const std::string& path, const World& world) {
    auto parsed = Path::parse(path);
    if (!parsed) return "refused: " + parsed.error().message;
    return outcome(parsed->evaluate(world.environment()));
}

constexpr std::string_view kStore = R"({
    "a": {"b": [10, 20, 30, 40], "c d": 1, "it's": 2, "n": null},
    "users": [{"name": "Ann", "year": 1997, "tags": ["x", "y"]},
              {"name": "Bob", "year": 1998, "tags": []},
              {"name": "Cyd", "tags": ["y"], "friend": {"name": "Ann"}}],
    "deep": {"name": "top", "list": [{"name": "inner"}, 5]}})";

TEST_CASE("a definite path gives the value, or says where it got lost") {
    struct Case {
        std::string path;
        std::string want;
    };
    const Case cases[] = {
        {"$.a.b[0]", "10"},
        {"$.a.b[-1]", "40"},
        {"$['a']['c d']", "1"},
        {R"($["a"]["c d"])", "1"},
        {R"($.a['it\'s'])", "2"},
        {"$.a.n", "null"},
        {"$$.Execution.Name", "\"run-1\""},
        {"$$", R"({"Execution":{"Name":"run-1"}})"},
        {"$v.x[1]", "2"},
        {"$v", R"({"x":[1,2]})"},
        {"$.x", "States.Runtime: No results for path: $['x']"},
        {"$.a.x", "States.Runtime: No results for path: $['a']['x']"},
        {"$.no.such.path", "States.Runtime: Missing property in path $['no']"},
        {"$.a.no.path", "States.Runtime: Missing property in path $['a']['no']"},
        {"$.a.b[9]", "States.Runtime: No results for path: $['a']['b'][9]"},
        {"$.a.b.x",
         "States.Runtime: Expected to find an object with property ['x'] in path $['a']['b'] but "
         "found 'an array'"},
        {"$.a[0]",
         "States.Runtime: Filter: [0] can only be applied to arrays. Current context is: an "
         "object"},
        {"$gone.x", "States.Runtime: No results for path: $gone"},
    };
    const World world(kStore, R"({"Execution": {"Name": "run-1"}})", R"({"v": {"x": [1, 2]}})");
    for (const Case& c : cases) {
        CAPTURE(c.path);
        CHECK(evaluated(c.path, world) == c.want);
    }
}

TEST_CASE("an indefinite path gives the list of its matches, and [] for none") {
    struct Case {
        std::string path;
        std::string want;
    };
    const Case cases[] = {
        {"$.a.b[*]", "[10,20,30,40]"},
        {"$.a.b[1:3]", "[20,30]"},
        {"$.a.b[2:]", "[30,40]"},
        {"$.a.b[:1]", "[10]"},
        {"$.a.b[-2:]", "[30,40]"},
        {"$.a.b[:-3]", "[10]"},
        {"$.a.b[9:]", "[]"},
        {"$.a.b[0,2,9]", "[10,30]"},
        {"$.users[*].name", R"(["Ann","Bob","Cyd"])"},
        {"$.users[*].year", "[1997,1998]"},
        {"$.users[*].tags[0]", R"(["x","y"])"},
        {"$..name", R"(["Ann","Bob","Cyd","Ann","top","inner"])"},
        {"$.deep.*", R"(["top",[{"name":"inner"},5]])"},
        {"$.no.such[*].x", "[]"},
        {"$.no[1:5]", "[]"},
        {"$.a.b[*].x", "[]"},
        {"$.users[0]['name','year']", R"({"name":"Ann","year":1997})"},
        {"$.users[0:2]['name','year']",
         R"([{"name":"Ann","year":1997},{"name":"Bob","year":1998}])"},
        {"$.deep['list','none'][0]", R"([{"name":"inner"}])"},
    };
    const World world(kStore);
    for (const Case& c : cases) {
        CAPTURE(c.path);
        CHECK(evaluated(c.path, world) == c.want);
    }
}

TEST_CASE("a filter keeps the elements that pass, and an object as a whole") {
    struct Case {
        std::string filter;
        std::string want;  // the names of the users that pass
    };
    const Case cases[] = {
        {"@.year == 1997", R"(["Ann"])"},
        {"@.year == '1997'", R"(["Ann"])"},
        {"@.year === '1997'", "[]"},
        {"@.year != 1997", R"(["Bob","Cyd"])"},
        {"@.year >= 1998", R"(["Bob"])"},
        {"@.year < 1998.5", R"(["Ann","Bob"])"},
        {"@.name > 'Ann'", R"(["Bob","Cyd"])"},
        {"@.name > 5", "[]"},
        {"@.name <= 5", "[]"},
        {"@.year", R"(["Ann","Bob"])"},
        {"!@.year", R"(["Cyd"])"},
        {"@.tags[*]", R"(["Ann","Cyd"])"},
        {"@.year && @.tags empty false", R"(["Ann"])"},
        {"@.year == 1998 || @.friend.name == 'Ann'", R"(["Bob","Cyd"])"},
        {"@.name == 'Cyd' || @.name == 'Ann' && @.year == 1998", R"(["Cyd"])"},
        {"(@.name == 'Cyd' || @.name == 'Ann') && !(@.year == 1998)", R"(["Ann","Cyd"])"},
        {"@.name in ['Bob', \"Cyd\"]", R"(["Bob","Cyd"])"},
        {"@.name nin ['Bob']", R"(["Ann","Cyd"])"},
        {"@.year nin [1997]", R"(["Bob","Cyd"])"},
        {"@.tags contains 'y'", R"(["Ann","Cyd"])"},
        {"@.name contains 'y'", R"(["Cyd"])"},
        {"@.tags size 2", R"(["Ann"])"},
        {"@.tags subsetof ['y', 'z']", R"(["Bob","Cyd"])"},
        {"@.tags anyof ['x']", R"(["Ann"])"},
        {"@.tags noneof ['x']", R"(["Bob","Cyd"])"},
        {"@.name =~ /.*(nn|o).*/", R"(["Ann","Bob"])"},
        {"@.name =~ /b.b/i && @.year", R"(["Bob"])"},
        {"@.name =~ /A/", "[]"},
        {"@.year =~ /1997/", "[]"},
        {"@.friend.name == $.users[0].name", R"(["Cyd"])"},
        {"@.missing == null", "[]"},
        // Words without quotes are texts.
        {"@.name == Bob", R"(["Bob"])"},
        {"Ann == @.name", R"(["Ann"])"},
        {"@.name in [Bob, Cyd]", R"(["Bob","Cyd"])"},
        {"@.name == nullable || @.name == zh-TW_2", "[]"},
        {"@['name']=='Bob'", R"(["Bob"])"},
    };
    const World world(kStore);
    for (const Case& c : cases) {
        CAPTURE(c.filter);
        CHECK(evaluated("$.users[?(" + c.filter + ")].name", world) == c.want);
    }
    CHECK(evaluated("$.deep[?(@.name == 'top')].list[1]", world) == "[5]");
    CHECK(evaluated("$.deep[?(@.name == 'other')]", world) == "[]");
    CHECK(evaluated("$..[?(@.name == 'Ann')].year", world) == "[1997]");
    // An index after a filter looks into each match, not into the list of matches.
    CHECK(evaluated("$.users[?(@.year)][0]", world) == "[]");
}

TEST_CASE(
    "a name in brackets keeps a backslash, except before its own quote and another backslash") {
    const World world(R"T({"x\\\"y": 1, "x'y": 2, "x\\y": 3})T");
    CHECK(evaluated(R"T($['x\"y'])T", world) == "1");
    CHECK(evaluated(R"T($["x\\\"y"])T", world) == "1");
    CHECK(evaluated(R"T($['x\'y'])T", world) == "2");
    CHECK(evaluated(R"T($["x'y"])T", world) == "2");
    CHECK(evaluated(R"T($['x\\y'])T", world) == "3");
    CHECK(evaluated(R"T($['x\y'])T", world) == "3");
}

TEST_CASE("the length of a string is counted in characters, not in bytes") {
    const World world(R"({"text": "äöü", "list": [{"name": "äöü"}]})");
    CHECK(evaluated("$.text.length()", world) == "3");
    CHECK(evaluated("$.text.size()", world) == "3");
    CHECK(evaluated("$.list[?(@.name size 3)].name", world) == R"(["äöü"])");
}

TEST_CASE("a function at the end of a path computes from each match") {
    struct Case {
        std::string path;
        std::string want;
    };
    const Case cases[] = {
        {"$.a.b.length()", "4"},
        {"$.users[0].name.length()", "3"},
        {"$.a.b.min()", "10.0"},
        {"$.a.b.max()", "40.0"},
        {"$.a.b.avg()", "25.0"},
        {"$.a.b.sum()", "100.0"},
        {"$.a.b.first()", "10"},
        {"$.a.b.last()", "40"},
        {"$.a.b.index(-2)", "30"},
        {"$.deep.keys()", R"(["name","list"])"},
        {"$.users[*].tags.length()", "[2,0,1]"},
        {"$.deep.min()",
         "States.Runtime: Aggregation function attempted to calculate value using empty array"},
        {"$.gone.length()", "States.Runtime: No results for path: $.gone.length()"},
    };
    const World world(kStore);
    for (const Case& c : cases) {
        CAPTURE(c.path);
        CHECK(evaluated(c.path, world) == c.want);
    }
}

TEST_CASE("what is no path is refused with the place and what was expected there") {
    struct Case {
        std::string path;
        std::string want;
    };
    const Case cases[] = {
        {"", "expected '$' at character 1, but the text ends there"},
        {"a.b", "expected '$' at character 1, but found 'a'"},
        {"$.",
         "expected a name, '*' or '['; other names go in ['...'] at character 3, but the text "
         "ends there"},
        {"$.a b",
         "expected '.', '[' or the end of the path (other names go in ['...']) at character "
         "4, but found ' '"},
        {"$[",
         "expected a name in quotes, an index, '*' or '?(' at character 3, but the text ends "
         "there"},
        {"$[a]", "expected a name in quotes, an index, '*' or '?(' at character 3, but found 'a'"},
        {"$['a", "expected the closing quote at character 5, but the text ends there"},
        {"$[1", "expected ']' at character 4, but the text ends there"},
        {"$[99999999999]", "expected an integer at character 3, but found '9'"},
        {"$[1:2:3]", "expected ']' at character 6, but found ':'"},
        {"$.a[?(@.b ==)]",
         "expected '@', '$', a number, a text in quotes, true, false, null or a "
         "list at character 13, but found ')'"},
        {"$.a[?(@.b =~ /[/)]",
         "expected a pattern that can be read (in it: expected ']' at character "
         "2, but the text ends there) at character 15, but found '['"},
        {"$.a[?(5)]", "expected a comparison such as '==' at character 8, but found ')'"},
        {"$.a.nope()",
         "expected the end of the name (there is no such function) at character 9, "
         "but found '('"},
        {"$.a.min().b",
         "expected the end of the path after a function at character 10, but found "
         "'.'"},
        {"$states.input",
         "expected '.', '[' or a variable ($states is there in JSONata only) at "
         "character 2, but found 's'"},
    };
    const World world("{}");
    for (const Case& c : cases) {
        CAPTURE(c.path);
        CHECK(evaluated(c.path, world) == "refused: " + c.want);
    }
    CHECK_FALSE(Path::parse("$" + std::string(60, '[')));
    CHECK_FALSE(Path::parse("$[?(" + std::string(60, '(') + "@.a" + std::string(60, ')') + ")]"));
}

TEST_CASE("a path knows what it may be used for") {
    struct Case {
        std::string path;
        bool is_definite;
        bool is_reference;
        Path::Source source;
        std::string variable;
    };
    const Case cases[] = {
        {"$", true, true, Path::Source::data, ""},
        {"$.a-b['c d'][0]", true, true, Path::Source::data, ""},
        {"$.a[-1]", true, false, Path::Source::data, ""},
        {"$$.Map.Item", true, true, Path::Source::context, ""},
        {"$total.x", true, true, Path::Source::variable, "total"},
        {"$.a[*]", false, false, Path::Source::data, ""},
        {"$.a.*", false, false, Path::Source::data, ""},
        {"$..a", false, false, Path::Source::data, ""},
        {"$.a[0,1]", false, false, Path::Source::data, ""},
        {"$.a[1:]", false, false, Path::Source::data, ""},
        {"$['a','b']", false, false, Path::Source::data, ""},
        {"$.a.length()", false, false, Path::Source::data, ""},
    };
    for (const Case& c : cases) {
        CAPTURE(c.path);
        const auto path = Path::parse(c.path);
        REQUIRE(path);
        CHECK(path->text() == c.path);
        CHECK(path->is_definite() == c.is_definite);
        CHECK(path->is_reference() == c.is_reference);
        CHECK(path->source() == c.source);
        CHECK(path->variable() == c.variable);
        CHECK(path->is_root() == (c.path == "$"));
    }
}

TEST_CASE("a definite path finds its value in place, without a copy") {
    const World world(kStore, "{}", R"({"v": {"x": 1}})");
    const auto path = Path::parse("$.a.b");
    REQUIRE(path);
    CHECK(path->find(world.environment()) == &world.data["a"]["b"]);
    CHECK(Path::parse("$v.x")->find(world.environment()) == &world.variables["v"]["x"]);
    CHECK(Path::parse("$.a.x")->find(world.environment()) == nullptr);
}

TEST_CASE(
    "an assignment makes the objects on its way, and changes nothing where it cannot arrive") {
    struct Case {
        std::string path;
        std::string before;
        std::string want;
    };
    const Case cases[] = {
        {"$", R"({"a":1})", "9"},
        {"$.b", R"({"a":1})", R"({"a":1,"b":9})"},
        {"$.a", R"({"a":1,"c":2})", R"({"a":9,"c":2})"},
        {"$.x.y['z w']", "{}", R"({"x":{"y":{"z w":9}}})"},
        {"$.a[1]", R"({"a":[1,2]})", R"({"a":[1,9]})"},
        {"$.a[1].b.c", R"({"a":[1,{}]})", R"({"a":[1,{"b":{"c":9}}]})"},
        {"$[0]", "[1]", "[9]"},
        {"$.a[2]", R"({"a":[1,2]})", "States.ResultPathMatchFailure"},
        {"$.a.b", R"({"a":1})", "States.ResultPathMatchFailure"},
        {"$.x[0]", "{}", "States.ResultPathMatchFailure"},
        {"$.a", "[1]", "States.ResultPathMatchFailure"},
        {"$.a", "\"text\"", "States.ResultPathMatchFailure"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.path);
        CAPTURE(c.before);
        Json document = json_of(c.before);
        const auto assigned = Path::parse(c.path)->assign(document, Json(9));
        CHECK((assigned ? to_text(document) : assigned.error().error) == c.want);
        if (!assigned) CHECK(to_text(document) == c.before);
    }
}

TEST_CASE("no assignment makes a document deeper than what can be read again") {
    Json deep = Json::array();
    for (int i = 1; i < kJsonDepthMax; ++i) deep = Json::array({deep});
    Json document = Json::object();
    CHECK(Path::parse("$")->assign(document, deep));
    document = Json::object();
    const auto assigned = Path::parse("$.a")->assign(document, deep);
    REQUIRE_FALSE(assigned);
    CHECK(assigned.error().error == "States.DataLimitExceeded");
    CHECK(document.empty());
}

TEST_CASE("a path that would visit without end fails instead") {
    Json chain = Json(1);
    for (int i = 0; i < 120; ++i) chain = Json::array({chain});
    Json wide = Json::array();
    for (int i = 0; i < 2000; ++i) wide.push_back(i);
    World world("{}");
    world.data["chain"] = std::move(chain);
    world.data["long"] = std::string(10'000, 'a');
    world.data["wide"] = std::move(wide);
    for (const std::string path :
         {"$..*..*..*..*", "$.wide[?($.wide[?(@ == 1)])]",
          "$.wide[?($.wide == @ || $.wide == $.wide)]", "$.wide[?($.wide subsetof $.wide)]",
          "$.wide[?($.long =~ /(a?){200}b/)]"}) {
        CAPTURE(path);
        CHECK(evaluated(path, world).starts_with("States.Runtime: The path '"));
    }
}

}  // namespace
}  // namespace stepwell::test
