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

}  // namespace
}  // namespace stepwell::test
