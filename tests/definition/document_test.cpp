// Reading text: where things stand, what YAML's scalars mean, and what is refused.
#include "engine/definition/document.hpp"

#include <doctest/doctest.h>

#include "tests/definition/support.hpp"

namespace stepwell::test {
namespace {

using definition::Document;
using definition::SourceNode;

/// "key@line:column value@line:column" of each member at any depth, in document order.
void add_places(const Json& value, const SourceNode& source, std::string& text) {
    std::size_t index = 0;
    const auto place = [](const definition::Position& at) {
        return std::to_string(at.line) + ":" + std::to_string(at.column);
    };
    for (auto it = value.begin(); value.is_structured() && it != value.end(); ++it, ++index) {
        const SourceNode& child = source.children.at(index);
        const std::string name = value.is_object() ? it.key() : std::to_string(index);
        text += name + "@" + place(child.key) + "=" + place(child.value) + " ";
        add_places(it.value(), child, text);
    }
}

std::string places_of(const Document& document) {
    std::string text;
    add_places(document.value, document.source, text);
    return text;
}

Document json(const std::string& text) {
    return definition::read_json(text, definition::RepeatedKeys::error);
}

/// The error's message, or the value as JSON.
std::string yaml(const std::string& text) {
    auto value = definition::parse_yaml(text);
    return value ? to_text(*value) : value.error().message;
}

std::string repeat(const std::string& text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) result += text;
    return result;
}

}  // namespace

TEST_CASE("JSON keeps the line and column of each key and value") {
    const Document document =
        json("{\n  \"a\": 1, \"ü\": \"x\\\"y\",\n\t\"b\" : [ true,\n {\"c\":-1.5e3}]}");
    REQUIRE(document.is_complete);
    CHECK(places_of(document) ==
          "a@2:3=2:8 ü@2:11=2:16 b@3:2=3:8 0@3:10=3:10 1@4:2=4:2 c@4:3=4:7 ");
}

TEST_CASE("YAML keeps the line and column of each key and value") {
    const Document document = definition::read_yaml(
        "a: 1\nü: {x: 'y', z: [1, 2]}\nb:\n  - c: |\n      text\n  - &n d\n  - *n\n");
    REQUIRE(document.is_complete);
    CHECK(places_of(document) ==
          "a@1:1=1:4 ü@2:1=2:4 x@2:5=2:8 z@2:13=2:16 0@2:17=2:17 1@2:20=2:20 b@3:1=4:3 "
          "0@4:5=4:5 c@4:5=4:8 1@6:5=6:5 2@6:5=6:5 ");
}

TEST_CASE("plain YAML scalars have YAML 1.1's types without its traps") {
    struct Case {
        std::string text;
        std::string want;
    };
    // clang-format off
    const std::vector<Case> cases = {
        {"", "null"}, {"~", "null"}, {"null", "null"}, {"NULL", "null"}, {"nUll", R"("nUll")"},
        {"true", "true"}, {"Yes", "true"}, {"ON", "true"}, {"false", "false"}, {"no", "false"},
        {"off", "false"}, {"y", R"("y")"}, {"n", R"("n")"}, {"yEs", R"("yEs")"},
        {"0", "0"}, {"-7", "-7"}, {"+7", "7"}, {"1_000", "1000"}, {"0x1F", "31"}, {"-0x10", "-16"},
        {"9223372036854775807", "9223372036854775807"}, {"18446744073709551615", "18446744073709551615"},
        {"017", R"("017")"}, {"08", R"("08")"}, {"0o17", R"("0o17")"}, {"0b11", R"("0b11")"}, {"12:30", R"("12:30")"},
        {"1.5", "1.5"}, {"-.5", "-0.5"}, {"1.", "1.0"}, {"1e3", "1000.0"}, {"1.5E-2", "0.015"}, {"1e", R"("1e")"},
        {".", R"(".")"}, {"1.2.3", R"("1.2.3")"}, {"01.5", R"("01.5")"},
        {"2024-01-31", R"("2024-01-31")"}, {"text with blanks", R"("text with blanks")"},
        {"'5'", R"("5")"}, {"\"true\"", R"("true")"}, {"''", R"("")"},
        {"!!str 5", R"("5")"}, {"!!int 5", "5"}, {"!!float 5", "5.0"}, {"!!bool yes", "true"}, {"!!null ''", "null"},
        {"!!seq [1]", "[1]"}, {"!!map {a: 1}", R"({"a":1})"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.text);
        CHECK(yaml("v: " + c.text) == "{\"v\":" + c.want + "}");
    }
}

TEST_CASE("names of members are texts whatever they look like") {
    CHECK(yaml("{5: a, true: b, 'null': c, 'x y': d}") ==
          R"({"5":"a","true":"b","null":"c","x y":"d"})");
}

TEST_CASE("aliases are copied and '<<' fills up from other mappings") {
    CHECK(yaml("a: &x {p: 1}\nb: *x\nc: [*x]\n") == R"({"a":{"p":1},"b":{"p":1},"c":[{"p":1}]})");
    CHECK(yaml("a: &x {p: 1, q: 2}\nb:\n  q: 3\n  <<: *x\n") ==
          R"({"a":{"p":1,"q":2},"b":{"q":3,"p":1}})");
    CHECK(yaml("a: &x {p: 1}\nb: &y {p: 2, q: 2}\nc: {<<: [*x, *y]}\n") ==
          R"({"a":{"p":1},"b":{"p":2,"q":2},"c":{"p":1,"q":2}})");
    CHECK(yaml("k: &k name\nm: {*k : 1}\n") == R"({"k":"name","m":{"name":1}})");
    CHECK(yaml("'<<': 1\n") == R"({"<<":1})");
}

TEST_CASE("an empty YAML document is null, and marks around one are allowed") {
    CHECK(yaml("") == "null");
    CHECK(yaml("# nothing\n") == "null");
    CHECK(yaml("---\na: 1\n...\n") == R"({"a":1})");
    CHECK(yaml("\xEF\xBB\xBF"
               "a: 1\n") == R"({"a":1})");
}

TEST_CASE("a block that keeps the lines at its end keeps all of them") {
    const std::pair<std::string, std::string> cases[] = {
        {"a: >+\n  x\n  y\n", "x y\n"},
        {"a: >+\n  x\n\n", "x\n\n"},
        {"a: >+\n  x\n\n\nb: 1\n", "x\n\n\n"},
        {"a: &t >2+ # kept\n  x\n\n  y\n\n# end\n", "x\ny\n\n"},
        {"b:\n  - 1\na: !!str >+\n\n  + x\n   \n", "\n+ x\n \n"},
        {"a: |+\n  x\n\n", "x\n\n"},
        {"a: >\n  x +\n\n", "x +\n"},
        {"a: \">+\\n\"\n\n", ">+\n"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.first);
        CHECK(definition::read_yaml(one.first).value["a"] == one.second);
    }
}

TEST_CASE("YAML beyond its limits is refused with line and column") {
    struct Case {
        std::string rule;
        std::string text;
        std::string want;
    };
    // clang-format off
    const std::vector<Case> cases = {
        {"an alias inside its own value", "a: &x [*x]",
         "line 1, column 8: expected an alias of a finished value, but it stands inside the value that it names"},
        {"an alias inside its own mapping", "a: &x\n  b: {c: *x}",
         "line 2, column 10: expected an alias of a finished value, but it stands inside the value that it names"},
        {"a name twice", "a: 1\nb: {c: 1, c: 2}\na: 3\n",
         "line 2, column 11: expected each name once in an object, but 'c' is there again; "
         "line 3, column 1: expected each name once in an object, but 'a' is there again"},
        {"a tab as indentation", "a:\n\tb: 1\n", "line 2, column 1: expected blanks as indentation, but there is a tab"},
        {"a second document", "a: 1\n---\nb: 2\n", "line 2, column 1: expected one YAML document in a file, but a second begins"},
        {"unknown tags", "a: !Ref x\nb: !!set {}\n",
         "line 1, column 4: expected a value without a tag or with one of !!str, !!int, !!float, !!bool, !!null, !!map, !!seq, but its tag is '!Ref'; "
         "line 2, column 4: expected a value without a tag or with one of !!str, !!int, !!float, !!bool, !!null, !!map, !!seq, but its tag is 'tag:yaml.org,2002:set'"},
        {"a tag that does not fit", "a: !!int x\n", "line 1, column 4: expected a value that JSON has, but it is 'x'"},
        {"no number", "a: .nan\nb: -.inf\n",
         "line 1, column 4: expected a value that JSON has, but it is '.nan'; line 2, column 4: expected a value that JSON has, but it is '-.inf'"},
        {"a number beyond all", "a: 1e400\nb: -1.5e+999\n",
         "line 1, column 4: expected a value that JSON has, but it is '1e400'; line 2, column 4: expected a value that JSON has, but it is '-1.5e+999'"},
        {"null as a name", "a: 1\nnull: 2\n", "line 2, column 1: expected a name, but there is null or nothing"},
        {"a list as a name", "? [a]\n: 1\n", "line 1, column 3: expected a text as a name, but a list or a mapping"},
        {"'<<' with something else", "<<: 5\n", "line 1, column 5: expected '<<' to be followed by a mapping or a list of mappings"},
        {"65 levels", "a: " + repeat("[", 64) + repeat("]", 64), "line 1, column 67: expected nesting at most 64 deep, but it is deeper"},
        {"100,000 values and more", "a: [" + repeat("1,", 100'000) + "1]",
         "line 1, column 200001: expected at most 100000 values (aliases count as often as they are used), but there are more"},
        {"more than 1 MiB", "a: " + std::string(1'048'576, 'x'), "expected at most 1048576 bytes, but there are 1048579"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.rule);
        CHECK(yaml(c.text) == c.want);
    }
}

TEST_CASE("aliases of aliases are counted before they are copied") {
    std::string text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < 9; ++i) {
        const std::string before = "*a" + std::to_string(i - 1);
        text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before +
                repeat("," + before, 9) + "]\n";
    }
    CHECK(yaml(text).find("expected at most 100000 values") != std::string::npos);
}

TEST_CASE("YAML's syntax faults name line and column") {
    for (const std::string text : {"a: [1, 2", "a: 'x", "a: b: c", "- a\nb: 1\n", "*x", "a: @b"}) {
        CAPTURE(text);
        CHECK(yaml(text).substr(0, 5) == "line ");
    }
}

TEST_CASE("JSON's syntax faults are worded and placed as Jackson does") {
    struct Case {
        std::string text;
        std::string want;
    };
    // clang-format off
    const std::vector<Case> cases = {
        {"not a definition", "1:1 Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n"
                             " at [Source: (String)\"not a definition\"; line: 1, column: 4]"},
        {"{'a': 1}", "1:2 Unexpected character (''' (code 39)): was expecting double-quote to start field name\n"
                     " at [Source: (String)\"{'a': 1}\"; line: 1, column: 3]"},
        {"{\"a\": 1,\n}", "2:1 Unexpected character ('}' (code 125)): was expecting double-quote to start field name\n"
                          " at [Source: (String)\"{\"a\": 1,\n}\"; line: 2, column: 2]"},
        {"{\"a\": ", "1:7 Unexpected end-of-input\n at [Source: (String)\"{\"a\": \"; line: 1, column: 7]"},
        {"{\"a\": // x", "1:7 Unexpected character ('/' (code 47)): was expecting a value, a comma or a closing bracket\n"
                        " at [Source: (String)\"{\"a\": // x\"; line: 1, column: 8]"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.text);
        const Document document = json(c.text);
        CHECK_FALSE(document.is_complete);
        REQUIRE(document.faults.size() == 1);
        const auto& fault = document.faults[0];
        CHECK(fault.code == "INVALID_JSON_DESCRIPTION");
        CHECK(std::to_string(fault.position.line) + ":" + std::to_string(fault.position.column) +
                  " " + fault.message ==
              c.want);
    }
    for (const std::string text : {"{\"a\": 01}", "{\"a\": \"\\q\"}", "{\"a\": \"\n\"}",
                                   "{\"a\" 1}", "[1 2]", "{} {}", "\"\xFF\""}) {
        CAPTURE(text);
        CHECK_FALSE(json(text).is_complete);
        CHECK(json(text).faults.size() == 1);
    }
}

TEST_CASE("JSON nested too deep is refused before anything recurses") {
    const Document document = json(repeat("[", 100'000));
    REQUIRE(document.faults.size() == 1);
    CHECK(document.faults[0].code == "TOO_DEEPLY_NESTED");
    CHECK(document.faults[0].position == definition::Position{1, 257});
}

TEST_CASE("of names that are repeated without end some are told, and the rest is counted") {
    std::string text = "{\"a\": 0";
    for (int i = 0; i < 50'000; ++i) text += ", \"a\": " + std::to_string(i);
    const std::uint64_t before = ordered_map_comparisons;
    const Document document = json(text + "}");
    CHECK(ordered_map_comparisons - before < 200'000);
    CHECK(document.value["a"] == 49'999);
    REQUIRE(document.faults.size() == 21);
    CHECK(document.faults.back().message ==
          "expected each name once in an object, but 49980 more are there again");
}

TEST_CASE("a repeated name in JSON is an error in a file, and only a warning to the AWS API") {
    const std::string text =
        "{\"StartAt\": \"A\", \"Comment\": \"x\", \"Comment\": \"y\", "
        "\"States\": {\"A\": {\"Type\": \"Succeed\"}}}";
    const auto parsed = parse_for_api(text);
    CHECK(text_of(parsed) ==
          "1:34 warning: expected each name once in an object, but 'Comment' is "
          "there again (it stands first in line 1)");
    REQUIRE(parsed.is_valid());
    CHECK(parsed.workflow.definition->comment == "y");
    CHECK_FALSE(parse_yaml_file(text).is_valid());
}

TEST_CASE("anchors inside anchors are counted each") {
    std::string text = "a: ";
    for (int i = 0; i < 50; ++i) text += "&a" + std::to_string(i) + " [";
    CHECK(yaml(text + repeat("1,", 10'000) + repeat("]", 50))
              .find("expected anchors for at most 100000 values") != std::string::npos);
}

TEST_CASE("positions in one long line are right") {
    const Document document = definition::read_yaml("[" + repeat("ä, ", 5'000) + "{k: v}]");
    REQUIRE(document.source.children.size() == 5'001);
    CHECK(document.source.children[4'999].value == definition::Position{1, 2 + 3 * 4'999});
    CHECK(document.source.children[5'000].children[0].value == definition::Position{1, 15'006});
}

TEST_CASE("of very many faults the first are told, and how many there are") {
    std::string text = "StartAt: A\nStates: {A: {Type: Succeed}}\n";
    for (int i = 0; i < 5'000; ++i) text += "field" + std::to_string(i) + ": 1\n";
    const auto parsed = parse_yaml_file(text);
    REQUIRE(parsed.diagnostics.size() == 501);
    CHECK(parsed.diagnostics[499].position.line == 502);
    CHECK(parsed.diagnostics[500].message ==
          "expected fewer faults, but there are 4500 more than are shown");
}

TEST_CASE("a large scope full of slips is read in time that grows with its size") {
    std::string text = "StartAt: State 0\nStates:\n";
    for (int i = 0; i < 5'000; ++i) {
        text += "  State " + std::to_string(i) + ": {Type: Pass, Next: Stat " + std::to_string(i) +
                "}\n";
    }
    const auto parsed = parse_yaml_file(text);
    CHECK(parsed.diagnostics.size() == 501);
    CHECK(parsed.diagnostics[0].hint == "did you mean 'State 0'?");
}

TEST_CASE("hostile objects of many names are read in time that grows with their size") {
    std::string text = "{";
    for (int i = 0; i < 90'000; ++i) text += "\"" + std::to_string(i) + "\":0,";
    const Document document = json(text + "\"x\":0}");
    CHECK(document.is_complete);
    CHECK(document.value.size() == 90'001);
}

}  // namespace stepwell::test
