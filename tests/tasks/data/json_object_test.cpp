// Which lines are rows: JSON objects as RFC 8259 has them, with members of different names.
#include "tasks/files/json_object.hpp"

#include <doctest/doctest.h>

namespace stepwell::test {
namespace {

using tasks::data::json_object_fault;

TEST_CASE("Objects are rows whatever is in them") {
    for (const std::string line :
         {R"({})", R"( { } )", R"({"a":1})", R"({"a":{"b":1,"b":2},"b":[{"a":1},{}, [ ]]})",
          R"({"a":"\"\\\/\b\f\n\r\t\u00fc\ud83d\ude00"})",
          R"({"a":-0.5e+10,"b":0,"c":1E9,"d":10.25})", R"({"a":true,"b":false,"c":null})",
          R"({"a":1,"A":2})"}) {
        INFO(line);
        CHECK(json_object_fault(line) == "");
    }
    CHECK(json_object_fault(R"({"a":)" + std::string(100'000, '[') + std::string(100'000, ']') +
                            "}") == "");
}

TEST_CASE("What is not JSON is none, also where other readers take it") {
    for (const std::string line : {"",
                                   " ",
                                   "{",
                                   "}",
                                   "{}}",
                                   "{} {}",
                                   R"({"a"})",
                                   R"({"a":})",
                                   R"({"a":1,})",
                                   R"({,"a":1})",
                                   R"({"a":[1,]})",
                                   R"({"a":[1})",
                                   R"({"a":1]})",
                                   R"({a:1})",
                                   R"({'a':1})",
                                   R"({"a":NaN})",
                                   R"({"a":nan})",
                                   R"({"a":Infinity})",
                                   R"({"a":-Infinity})",
                                   R"({"a":inf})",
                                   R"({"a":01})",
                                   R"({"a":+1})",
                                   R"({"a":.5})",
                                   R"({"a":1.})",
                                   R"({"a":1e})",
                                   R"({"a":0x10})",
                                   R"({"a":"})",
                                   R"({"a":"\x"})",
                                   R"({"a":"\u12g4"})",
                                   R"({"a":"\ud83d"})",
                                   R"({"a":"\ude00\ud83d"})",
                                   R"({"a":nulls})",
                                   "{\"a\":\"\n\"}",
                                   R"({"a":1} // one)",
                                   R"({"a":1 "b":2})",
                                   R"([1, 2)",
                                   "not json"}) {
        INFO(line);
        CHECK(json_object_fault(line) == "the line is not JSON");
    }
}

TEST_CASE("What is no object says so, and which member comes twice") {
    for (const std::string line : {"1", "\"{}\"", "[{}]", "null"}) {
        INFO(line);
        CHECK(json_object_fault(line) == "the line is not a JSON object");
    }
    CHECK(json_object_fault(R"({"a":1,"b":2,"a":1})") == "the line has member 'a' twice");
    CHECK(json_object_fault(R"({"ü":1,"\u00fc":2})") == "the line has member 'ü' twice");
    CHECK(json_object_fault(R"({"":1,"":2})") == "the line has member '' twice");
}

}  // namespace
}  // namespace stepwell::test
