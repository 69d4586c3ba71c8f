#include "api/runs/flow.hpp"

#include <doctest/doctest.h>

using namespace stepwell;
using namespace stepwell::api::answers;

namespace {

Json parsed(const std::string& text) {
    auto json = parse_json(text);
    REQUIRE(json);
    return *std::move(json);
}

std::string paths(const Json& asl) {
    std::string out;
    for (const FlowState& state : flow_of(asl)) out += (out.empty() ? "" : " ") + state.path;
    return out;
}

}  // namespace

TEST_CASE("states are listed as a run passes them") {
    struct Case {
        std::string asl;
        std::string want;
    };
    // clang-format off
    const Case cases[] = {
        {R"({"StartAt":"B","States":{"A":{"Type":"Succeed"},"B":{"Type":"Pass","Next":"A"}}})", "B A"},
        {R"({"StartAt":"C","States":{"Z":{"Type":"Pass","End":true},"C":{"Type":"Choice","Choices":[{"Next":"X"},{"Next":"Y"}],"Default":"Z"},
             "Y":{"Type":"Pass","Next":"Z"},"X":{"Type":"Pass","Next":"Z"}}})", "C X Z Y"},
        {R"({"StartAt":"T","States":{"Oops":{"Type":"Fail"},"T":{"Type":"Task","Catch":[{"Next":"Oops"}],"Next":"Done"},"Done":{"Type":"Succeed"}}})", "T Done Oops"},
        {R"({"StartAt":"M","States":{"M":{"Type":"Map","Next":"E","ItemProcessor":{"StartAt":"I","States":{"J":{"Type":"Pass","End":true},"I":{"Type":"Pass","Next":"J"}}}},
             "E":{"Type":"Succeed"}}})", "M M/I M/J E"},
        {R"({"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"L","States":{"L":{"Type":"Pass","End":true}}},
             {"StartAt":"R","States":{"R":{"Type":"Pass","End":true}}}]}}})", "P P/L P/R"},
        {R"({"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},"B":{"Type":"Choice","Choices":[{"Next":"A"}],"Default":"C"},"C":{"Type":"Succeed"}}})", "A B C"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.asl);
        CHECK(paths(parsed(c.asl)) == c.want);
    }
}

TEST_CASE("what differs between two versions is named by state and field") {
    const Json before = parsed(R"({"StartAt":"A","TimeoutSeconds":10,"States":{
        "A":{"Type":"Task","Resource":"stepwell:shell","Next":"M"},
        "M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}},
        "Old":{"Type":"Succeed"}}})");
    CHECK(is_same_definition(definition_difference(before, before)));

    const Json after = parsed(R"({"StartAt":"A","TimeoutSeconds":20,"States":{
        "A":{"Type":"Task","Resource":"stepwell:load","TimeoutSeconds":5,"Next":"M"},
        "M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","Result":1,"End":true}}}},
        "New":{"Type":"Succeed"}}})");
    const Json difference = definition_difference(before, after);
    CHECK_FALSE(is_same_definition(difference));
    CHECK(
        to_text(difference) ==
        R"({"added":["New"],"removed":["Old"],"changed":[{"state":"A","fields":["Resource",)"
        R"("TimeoutSeconds"]},{"state":"I","fields":["Result"]}],"workflow":["TimeoutSeconds"]})");
}
