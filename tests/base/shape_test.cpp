#include "engine/base/shape.hpp"

#include <doctest/doctest.h>

namespace stepwell::test {
namespace {

using shape::object;
using shape::text;
using shape::texts;

bool is_even(const Json& value) {
    return value.is_number_integer() && value.get<int>() % 2 == 0;
}

const Shape& example() {
    static const Shape shape = object(
        {text("name", "").needed(), text("mode", "").one_of({"append", "replace"}),
         shape::flag("fast", ""), shape::whole("threads", "").from_to(1, 16),
         shape::number("share", "").from_to(0, 1), texts("keys", "").filled(),
         shape::scalar("null_as", ""),
         shape::special("even", "", "an even number", is_even, {"integer"}),
         shape::list("steps", "",
                     object({text("trim", ""), text("filter", "")})
                         .just_one_of({"trim", "filter"})
                         .called("step")),
         shape::mapping(
             "columns", "",
             shape::either("", "", {text("", "").one_of({"int"}), object({text("type", "")})})),
         shape::any("body", "")});
    return shape;
}

/// "place: message (hint)", one after the other.
std::string faults_of(const std::string& json, Written written = Written::plainly) {
    const auto value = parse_json(json);
    REQUIRE(value.has_value());
    std::string all;
    for (const ShapeFault& fault : shape_faults(example(), *value, written)) {
        all += (all.empty() ? "" : " | ") + fault.place + ": " + fault.message +
               (fault.hint.empty() ? "" : " (" + fault.hint + ")");
    }
    return all;
}

}  // namespace

TEST_CASE("A value is told apart from its shape at every depth, all faults at once") {
    struct {
        std::string value;
        std::string faults;
    } const cases[] = {
        {R"({"name": "a"})", ""},
        {R"({"name": "a", "mode": null, "keys": "id", "null_as": 0, "body": [1, {"x": 2}]})", ""},
        {R"([1])", ": expected an object, but got a list"},
        {R"({})", "name: expected a text, but it is not there"},
        {R"({"name": ""})", "name: expected a text, but it is empty"},
        {R"({"name": 1, "nmae": 2})",
         "name: expected a text, but got 1 | nmae: expected a parameter, but 'nmae' is none (did "
         "you mean 'name'?)"},
        {R"({"name": "a", "mode": "apend"})",
         "mode: expected one of append, replace, but got 'apend' (did you mean 'append'?)"},
        {R"({"name": "a", "fast": "true", "threads": "4"})",
         "fast: expected true or false, but got the text 'true' | threads: expected a whole number "
         "from 1 to 16, but got the text '4'"},
        {R"({"name": "a", "threads": 17, "share": 1.5})",
         "threads: expected a whole number from 1 to 16, but got 17 | share: expected a number "
         "from "
         "0 to 1, but got 1.5"},
        {R"({"name": "a", "keys": [], "even": 3})",
         "keys: expected at least one text | even: expected an even number, but got 3"},
        {R"({"name": "a", "keys": ["id", 2]})", "keys[1]: expected a text, but got 2"},
        {R"({"name": "a", "steps": [{"trim": "x"}, {"trim": "x", "filter": "y"}, {"fliter": "y"}]})",
         "steps[1]: expected exactly one of trim and filter, but got 2 of them | steps[2].fliter: "
         "expected a step, but 'fliter' is none (did you mean 'filter'?)"},
        {R"({"name": "a", "steps": [{}]})",
         "steps[0]: expected exactly one of trim and filter, but got none of them"},
        {R"({"name": "a", "columns": {"id": "int", "n": {"type": 3}, "m": "itn", "o": 7}})",
         "columns.n.type: expected a text, but got 3 | columns.m: expected one of int, but got "
         "'itn' (did you mean 'int'?) | columns.o: expected one of int or an object, but got 7"},
    };
    for (const auto& test : cases) {
        CAPTURE(test.value);
        CHECK(faults_of(test.value) == test.faults);
    }
}

TEST_CASE("What is computed counts as given, and is not looked into") {
    CHECK(faults_of(R"({"name.$": "$.n", "threads.$": "$.t", "steps": [{"trim.$": "$.x"}]})",
                    Written::as_paths)
              .empty());
    CHECK(faults_of(R"({"name.$": "$.n", "nmae.$": "$.n"})", Written::as_paths) ==
          "nmae.$: expected a parameter, but 'nmae' is none (did you mean 'name'?)");
    CHECK(faults_of(R"({"name": "{% $n %}", "threads": "{% $t %}", "columns": "{% $c %}"})",
                    Written::as_queries)
              .empty());
    CHECK(faults_of(R"({"name": "{% $n %}", "threads": "{% $t"})", Written::as_queries) ==
          "threads: expected a whole number from 1 to 16, but got the text '{% $t'");
    CHECK_FALSE(faults_of(R"({"name": "a", "threads": "{% $t %}"})", Written::as_paths).empty());
}

TEST_CASE("Of several forms the one is meant whose members are there") {
    const Shape shape = shape::either("", "",
                                      {object({text("uri", ""), text("format", "")}).where({"uri"}),
                                       shape::mapping("", "", object({text("uri", "").needed()}))});
    const auto faults = [&](const char* json) {
        return shape_faults(shape, *parse_json(json), Written::as_paths);
    };
    CHECK(faults(R"({"uri": "x", "format": "csv"})").empty());
    CHECK(faults(R"({"uri.$": "$.x"})").empty());
    CHECK(faults(R"({"format": {"uri": "x"}})").empty());
    REQUIRE(faults(R"({"a": {"url": "x"}})").size() == 2);
    CHECK(faults(R"({"a/b": {"url": "x"}})")[0].pointer == "/a~1b/url");
}

TEST_CASE("Names that mean something elsewhere are found where they stand") {
    const Shape shape = object(
        {texts("to", "").naming("channels"), text("connection", "").naming("connections"),
         shape::list("checks", "",
                     object({text("connection", "").naming("connections"), text("sql", "")}))});
    const auto found = [&](const char* json, Written written) {
        std::string all;
        for (const auto& one : shape_references(shape, *parse_json(json), written)) {
            all += one.pointer + "=" + one.section + ":" + one.name + " ";
        }
        return all;
    };
    CHECK(
        found(
            R"({"to": ["a", "b"], "connection": "wh", "checks": [{"sql": "x"}, {"connection": "app"}]})",
            Written::plainly) ==
        "/to/0=channels:a /to/1=channels:b /connection=connections:wh "
        "/checks/1/connection=connections:app ");
    CHECK(found(R"({"to": "{% $x %}", "connection.$": "$.c", "checks": 3})", Written::as_queries) ==
          "");
}

}  // namespace stepwell::test
