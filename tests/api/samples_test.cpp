#include "api/router/samples.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace stepwell::test {

using api::with_hidden_samples;

TEST_CASE("samples keep their number and their places, and lose their values") {
    struct Case {
        std::string name;
        std::string value;
        std::string want;
    };
    const std::string text_of_result = to_text(Json(
        R"({"checks":[{"name":"c","samples":[{"line":3,"value":"abc"}]}],"rows":{"read":2}})"));
    const std::vector<Case> cases = {
        {"a result",
         R"({"checks":[{"failed":1,"samples":[{"line":3,"value":"abc","row":{"id":7,"x":null}}]}]})",
         R"({"checks":[{"failed":1,"samples":[{"line":3,"value":"•••","row":{"id":"•••","x":null}}]}]})"},
        {"values without names, and of the other list",
         R"({"checks":[{"samples":["a",[1]],"unexpected":[true]}]})",
         R"({"checks":[{"samples":["•••",["•••"]],"unexpected":["•••"]}]})"},
        {"as deep as it may be", R"([{"a":{"b":[{"checks":[{"samples":[1]}]}]}}])",
         R"([{"a":{"b":[{"checks":[{"samples":["•••"]}]}]}}])"},
        {"a text that is JSON", R"({"output":)" + text_of_result + "}",
         R"({"output":"{\"checks\":[{\"name\":\"c\",\"samples\":[{\"line\":3,\"value\":\"•••\"}]}],\"rows\":{\"read\":2}}"})"},
        {"words before it", R"(["TaskFailed: {\"checks\":[{\"samples\":[1]}]}"])",
         R"(["TaskFailed: {\"checks\":[{\"samples\":[\"•••\"]}]}"])"},
        {"a text that was cut", R"(["cause {\"checks\":[{\"samples\":[{\"value\":\"ab"])",
         R"(["cause •••"])"},
        {"a text in a text", R"(["{\"Cause\":\"{\\\"checks\\\":[{\\\"samples\\\":[1]}]}\"}"])",
         R"(["{\"Cause\":\"{\\\"checks\\\":[{\\\"samples\\\":[\\\"•••\\\"]}]}\"}"])"},
        {"what only looks like it",
         R"({"samples":[1],"checks":{"samples":[1]},"x":[{"checks":[{"samples":20},5]}]})",
         R"({"samples":[1],"checks":{"samples":[1]},"x":[{"checks":[{"samples":20},5]}]})"},
        {"texts of people", R"(["took 5 samples {of} [it]","{\"a\":1.50}"])",
         R"(["took 5 samples {of} [it]","{\"a\":1.50}"])"}};
    for (const Case& c : cases) {
        CAPTURE(c.name);
        CHECK(to_text(with_hidden_samples(Json::parse(c.value))) == c.want);
    }
}

TEST_CASE("a text in a text beyond all sense is hidden whole") {
    Json value = Json::parse(R"({"checks":[{"samples":["secret"]}]})");
    for (int i = 0; i < 8; ++i) value = Json{{"text", to_text(value)}};
    CHECK(to_text(with_hidden_samples(value)).find("secret") == std::string::npos);
}

}  // namespace stepwell::test
