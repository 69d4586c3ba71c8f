#include "engine/definition/variable_references.hpp"

#include <doctest/doctest.h>

#include "engine/definition/workflow.hpp"

namespace stepwell::test {

using namespace definition;

namespace {

/// "A: x y; B: z"
std::string references_of(const std::string& states) {
    const auto parsed = parse(R"({"StartAt":"A","States":)" + states + "}", {});
    REQUIRE_MESSAGE(parsed.is_valid(), to_aws_text(parsed.diagnostics));
    std::string text;
    for (const auto& [state, names] : variable_references(*parsed.workflow.definition)) {
        text += (text.empty() ? "" : "; ") + state + ":";
        for (const std::string& name : names) text += " " + name;
    }
    return text;
}

}  // namespace

TEST_CASE("variables are found wherever a state reads them") {
    struct Case {
        std::string state;
        std::string want;
    };
    // clang-format off
    const Case cases[] = {
        {R"J("Type":"Pass","Assign":{"x":"$y"},"Parameters":{"a":"$y"},"End":true)J", ""},
        {R"J("Type":"Pass","Parameters":{"a.$":"$y.b","c":[{"d.$":"$x"}]},"End":true)J", "A: x y"},
        {R"J("Type":"Pass","Assign":{"s.$":"States.MathAdd(States.MathAdd($y, $x), $y)"},"End":true)J", "A: x y"},
        {R"J("Type":"Pass","InputPath":"$in","OutputPath":"$out","End":true)J", "A: in out"},
        {R"J("Type":"Pass","Parameters":{"a.$":"$.x","b.$":"$$.Execution.Id"},"End":true)J", ""},
        {R"J("Type":"Wait","SecondsPath":"$s","End":true)J", "A: s"},
        {R"J("Type":"Wait","TimestampPath":"$t","End":true)J", "A: t"},
        {R"J("Type":"Fail","ErrorPath":"$e","CausePath":"States.Format('{}', $c)")J", "A: c e"},
        {R"J("Type":"Choice","Choices":[{"Variable":"$guess","StringEqualsPath":"$answer","Assign":{"n.$":"$old"},"Next":"Z"}],"Default":"Z")J", "A: answer guess old"},
        {R"J("Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f"},"TimeoutSecondsPath":"$late","ResultSelector":{"a.$":"$sel"},"Catch":[{"ErrorEquals":["States.ALL"],"Next":"A","Assign":{"b.$":"$caught"}}],"End":true)J", "A: caught late sel"},
        {R"J("QueryLanguage":"JSONata","Type":"Pass","Output":"{% ($local := $a; $sum([$local, $b]) & $states.input.c) %}","End":true)J", "A: a b"},
        {R"J("QueryLanguage":"JSONata","Type":"Wait","Seconds":"{% $s %}","End":true)J", "A: s"},
        {R"J("Type":"Map","ItemsPath":"$all","MaxConcurrencyPath":"$most","ItemSelector":{"v.$":"$with"},"ItemProcessor":{"StartAt":"B","States":{"B":{"Type":"Pass","Parameters":{"a.$":"$inner"},"End":true}}},"End":true)J", "A: all most with; B: inner"},
        {R"J("Type":"Parallel","Branches":[{"StartAt":"B","States":{"B":{"Type":"Pass","Parameters":{"a.$":"$inner"},"End":true}}}],"End":true)J", "B: inner"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.state);
        const bool goes_on = c.state.find(R"("Z")") != c.state.npos;
        const std::string end = goes_on ? R"(,"Z":{"Type":"Succeed"})" : "";
        CHECK(references_of(R"({"A":{)" + c.state + "}" + end + "}") == c.want);
    }
}

}  // namespace stepwell::test
