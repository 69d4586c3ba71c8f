// What parse() makes of documents without fault.
#include <doctest/doctest.h>

#include "tests/definition/support.hpp"

namespace stepwell::test {
namespace {

using definition::Definition;
using definition::Parsed;
using definition::Resource;
using definition::Selection;
using definition::State;
using definition::StateKind;

const State& state_named(const Definition& definition, const std::string& name) {
    for (const State& state : definition.states) {
        if (state.name == name) return state;
    }
    FAIL("no state " << name);
    return definition.states.front();
}

std::string next_of(const Definition& definition, const State& state) {
    return state.next ? definition.state(*state.next).name : "";
}

const std::string kNested = R"(
StartAt: Fan
Comment: outer
TimeoutSeconds: 60
States:
  Fan:
    Type: Parallel
    Branches:
      - StartAt: Left
        States: {Left: {Type: Succeed}}
      - StartAt: Each
        States:
          Each:
            Type: Map
            ItemsPath: $.items
            MaxConcurrency: 3
            ItemProcessor:
              ProcessorConfig: {Mode: INLINE}
              StartAt: One
              States: {One: {Type: Pass, End: true}}
            End: true
    Next: Done
  Done: {Type: Succeed}
)";

}  // namespace

TEST_CASE("states and scopes are numbered in document order") {
    const Parsed parsed = parse_yaml_file(kNested);
    REQUIRE_MESSAGE(parsed.is_valid(), text_of(parsed));
    const Definition& definition = *parsed.workflow.definition;
    std::string names;
    for (const State& state : definition.states) names += state.name + " ";
    CHECK(names == "Fan Left Each One Done ");
    REQUIRE(definition.scopes.size() == 4);
    CHECK(definition.state(definition.scope(kRootScope).start).name == "Fan");
    CHECK_FALSE(definition.scope(kRootScope).owner.has_value());
    CHECK(definition.state(*definition.scope(ScopeId{2}).owner).name == "Fan");
    CHECK(definition.state(*definition.scope(ScopeId{3}).owner).name == "Each");
    CHECK(definition.comment == "outer");
    CHECK(definition.timeout_seconds == 60);

    const State& fan = definition.states[0];
    CHECK(fan.kind() == StateKind::parallel);
    CHECK(next_of(definition, fan) == "Done");
    CHECK(std::get<definition::ParallelState>(fan.body).branches ==
          std::vector<ScopeId>{ScopeId{1}, ScopeId{2}});
    const State& each = definition.states[2];
    const auto& map = std::get<definition::MapState>(each.body);
    CHECK(each.scope == ScopeId{2});
    CHECK(map.processor == ScopeId{3});
    CHECK(map.max_concurrency.number == 3);
    CHECK(map.items_path->text() == "$.items");
    CHECK_FALSE(each.next.has_value());
}

TEST_CASE("a state keeps its data flow, its retriers and its catchers") {
    const Parsed parsed = parse_yaml_file(R"(
StartAt: T
States:
  T:
    Type: Task
    Resource: stepwell:etl
    InputPath: null
    OutputPath: $
    ResultPath: $.result
    Parameters: {a.$: "$.a", b: 1}
    ResultSelector: {x.$: "$.x"}
    Assign: {seen: true}
    TimeoutSeconds: 10
    HeartbeatSecondsPath: $.beat
    Retry:
      - ErrorEquals: [States.Timeout, Custom]
        IntervalSeconds: 2
        MaxAttempts: 0
        BackoffRate: 1.5
        MaxDelaySeconds: 9
        JitterStrategy: FULL
      - ErrorEquals: [States.ALL]
    Catch:
      - {ErrorEquals: [States.ALL], ResultPath: $.error, Next: F, Assign: {why.$: $.Error}}
    End: true
  F: {Type: Fail, Error: E, CausePath: $.error.Cause}
)");
    REQUIRE_MESSAGE(parsed.is_valid(), text_of(parsed));
    const Definition& definition = *parsed.workflow.definition;
    const State& state = state_named(definition, "T");
    CHECK(state.input_path.kind == Selection::Kind::nothing);
    CHECK(state.output_path.kind == Selection::Kind::whole);
    REQUIRE(state.result_path.kind == Selection::Kind::path);
    CHECK(state.result_path.path->text() == "$.result");
    CHECK(state.parameters.has_value());
    CHECK(state.result_selector.has_value());
    CHECK(state.assign.has_value());
    const auto& task = std::get<definition::TaskState>(state.body);
    CHECK(task.timeout_seconds.number == 10);
    CHECK(task.heartbeat_seconds.path->text() == "$.beat");

    REQUIRE(state.retry.size() == 2);
    CHECK(state.retry[0].error_equals == definition::ErrorNames{"States.Timeout", "Custom"});
    CHECK(state.retry[0].interval_seconds == 2);
    CHECK(state.retry[0].attempts_max == 0);
    CHECK(state.retry[0].backoff_rate == 1.5);
    CHECK(state.retry[0].max_delay_seconds == 9);
    CHECK(state.retry[0].full_jitter);
    CHECK(state.retry[1].interval_seconds == 1);
    CHECK(state.retry[1].attempts_max == 3);
    CHECK(state.retry[1].backoff_rate == 2.0);
    CHECK_FALSE(state.retry[1].full_jitter);
    REQUIRE(state.catchers.size() == 1);
    CHECK(definition.state(state.catchers[0].next).name == "F");
    CHECK(state.catchers[0].assign.has_value());
    const auto& fail = std::get<definition::FailState>(state_named(definition, "F").body);
    CHECK(fail.error.text == "E");
    CHECK(fail.cause.path->text() == "$.error.Cause");
}

TEST_CASE("Choice, Wait and Pass keep what they say") {
    const Parsed parsed = parse_yaml_file(R"(
StartAt: C
States:
  C:
    Type: Choice
    Choices:
      - {Variable: $.a, NumericGreaterThan: 3, Next: W, Assign: {big: true}}
      - {Not: {Variable: $.b, IsPresent: true}, Next: P}
    Default: P
  W: {Type: Wait, Timestamp: "2030-01-31T08:00:00+01:00", Next: W2}
  W2: {Type: Wait, SecondsPath: $$.Execution.Input.wait, Next: P}
  P: {Type: Pass, Result: null, End: true}
)");
    REQUIRE_MESSAGE(parsed.is_valid(), text_of(parsed));
    const Definition& definition = *parsed.workflow.definition;
    const auto& choice = std::get<definition::ChoiceState>(state_named(definition, "C").body);
    REQUIRE(choice.branches.size() == 2);
    CHECK(definition.state(choice.branches[0].next).name == "W");
    CHECK(choice.branches[0].assign.has_value());
    CHECK(definition.state(*choice.otherwise).name == "P");
    const auto& wait = std::get<definition::WaitState>(state_named(definition, "W").body);
    CHECK(wait.timestamp->seconds == 1'896'073'200);
    const auto& other = std::get<definition::WaitState>(state_named(definition, "W2").body);
    CHECK(other.seconds.path->text() == "$$.Execution.Input.wait");
    const auto& pass = std::get<definition::PassState>(state_named(definition, "P").body);
    REQUIRE(pass.result.has_value());
    CHECK(pass.result->text() == "null");
}

TEST_CASE("an old Map with Iterator and Parameters is read as one with ItemProcessor") {
    const Parsed parsed = parse_yaml_file(R"(
StartAt: M
States:
  M:
    Type: Map
    ItemsPath: $
    Parameters: {v.$: $$.Map.Item.Value}
    Iterator: {StartAt: P, States: {P: {Type: Pass, End: true}}}
    End: true
)");
    REQUIRE_MESSAGE(parsed.is_valid(), text_of(parsed));
    const State& state = parsed.workflow.definition->states[0];
    const auto& map = std::get<definition::MapState>(state.body);
    CHECK(map.item_selector.has_value());
    CHECK_FALSE(state.parameters.has_value());
    CHECK_FALSE(map.items_path.has_value());
    CHECK(map.processor == ScopeId{1});
}

TEST_CASE("a Resource is classified by what it names") {
    struct Case {
        std::string text;
        Resource::Kind kind;
        Resource::Pattern pattern;
        std::string service;
        std::string action;
    };
    using Kind = Resource::Kind;
    using Pattern = Resource::Pattern;
    // clang-format off
    const std::vector<Case> cases = {
        {"stepwell:etl", Kind::builtin, Pattern::request_response, "stepwell", "etl"},
        {"arn:aws:lambda:us-east-1:123456789:function:f", Kind::lambda, Pattern::request_response, "lambda", "f"},
        {"arn:aws-cn:lambda:r:a:function:f:PROD", Kind::lambda, Pattern::request_response, "lambda", "f:PROD"},
        {"arn:aws:states:us-east-1:1:activity:act", Kind::activity, Pattern::request_response, "activity", "act"},
        {"arn:aws:states:::lambda:invoke", Kind::integration, Pattern::request_response, "lambda", "invoke"},
        {"arn:aws:states:::glue:startJobRun.sync", Kind::integration, Pattern::sync, "glue", "startJobRun.sync"},
        {"arn:aws:states:::states:startExecution.sync:2", Kind::integration, Pattern::sync2, "states", "startExecution.sync:2"},
        {"arn:aws:states:::sqs:sendMessage.waitForTaskToken", Kind::integration, Pattern::wait_for_task_token, "sqs", "sendMessage.waitForTaskToken"},
        {"arn:aws:states:::aws-sdk:s3:listBuckets", Kind::integration, Pattern::request_response, "aws-sdk:s3", "listBuckets"},
        {"arn:aws:states:::aws-sdk:sfn:startExecution.waitForTaskToken", Kind::integration, Pattern::wait_for_task_token, "aws-sdk:sfn", "startExecution.waitForTaskToken"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.text);
        const Parsed parsed = parse_yaml_file("{StartAt: T, States: {T: {Type: Task, Resource: '" +
                                              c.text + "', End: true}}}");
        REQUIRE_MESSAGE(parsed.is_valid(), text_of(parsed));
        const State& state = parsed.workflow.definition->states[0];
        const Resource& resource = std::get<definition::TaskState>(state.body).resource;
        CHECK(resource.kind == c.kind);
        CHECK(resource.pattern == c.pattern);
        CHECK(resource.text == c.text);
        CHECK(resource.service == c.service);
        CHECK(resource.action == c.action);
    }
}

TEST_CASE("Stepwell's own members are taken apart from the ASL") {
    const Parsed parsed = parse_yaml_file(R"(
name: nightly
description: What it does.
schedules: [{cron: "0 6 * * *"}]
notify: {failed: [ops]}
StartAt: A
States: {A: {Type: Succeed}}
)");
    REQUIRE_MESSAGE(parsed.is_valid(), text_of(parsed));
    CHECK(parsed.workflow.name == "nightly");
    CHECK(parsed.workflow.description == "What it does.");
    CHECK(to_text(parsed.workflow.options) ==
          R"({"schedules":[{"cron":"0 6 * * *"}],"notify":{"failed":["ops"]}})");
    CHECK(parsed.workflow.asl == R"({"StartAt":"A","States":{"A":{"Type":"Succeed"}}})");
}

TEST_CASE("a workflow without a name has its file's") {
    CHECK(parse_yaml_file("{StartAt: A, States: {A: {Type: Succeed}}}").workflow.name == "file");
    struct Case {
        std::string file;
        std::string name;
        bool is_workflow;
    };
    const std::vector<Case> cases = {
        {"a/b/daily.yaml", "daily", true}, {"daily.yml", "daily", true},
        {"x.asl.json", "x", true},         {"x.json", "x", true},
        {"x.txt", "x.txt", false},         {"dir.yaml/.yaml", ".yaml", false},
    };
    for (const Case& c : cases) {
        CAPTURE(c.file);
        CHECK(definition::workflow_name_of(c.file) == c.name);
        CHECK(definition::format_of(c.file).has_value() == c.is_workflow);
    }
}

TEST_CASE("the definition is shared with nothing that changes and kept from faulty files") {
    const Parsed faulty = parse_yaml_file("{StartAt: A, States: {A: {Type: Pass}}}");
    CHECK_FALSE(faulty.is_valid());
    CHECK(faulty.workflow.definition == nullptr);
    const Parsed warned =
        parse_yaml_file("{StartAt: A, States: {A: {Type: Pass, Parameters: {x: $.y}, End: true}}}");
    CHECK(warned.is_valid());
    CHECK(warned.diagnostics.size() == 1);
}

TEST_CASE("what was accepted once is read again as it ran, whatever rules came since") {
    const auto parse = [](const std::string& text, definition::ParseOptions::Purpose purpose) {
        definition::ParseOptions options;
        options.purpose = purpose;
        options.allow_workflow_members = false;
        options.is_express = true;
        return definition::parse(text, options);
    };
    const auto machine = [](const std::string& states) {
        return R"({"StartAt":"A","States":{)" + states + "}}";
    };
    const std::string end = R"("A":{"Type":"Pass","End":true})";
    const std::string all = R"({"ErrorEquals":["States.ALL","E"],"Next":"B"})";
    const std::vector<std::string> against_rules = {
        machine(R"("A":{"Type":"Pass","Later":1,"End":true})"),
        R"({"StartAt":"A","Later":1,"States":{)" + end + "}}",
        machine(end + R"(,"B":{"Type":"Succeed"})"),
        machine(R"("A":{"Type":"Pass","Next":"A"})"),
        machine(R"("A":{"Type":"Pass","Next":")" + std::string(81, 'b') + R"("},")" +
                std::string(81, 'b') + R"(":{"Type":"Succeed"})"),
        machine(R"("A":{"Type":"Task","Resource":"arn:aws:states:::glue:startJobRun.sync",
                    "End":true})"),
        machine(R"("A":{"Type":"Task","Resource":"stepwell:x","Catch":[)" + all + R"(],"End":true},
                   "B":{"Type":"Succeed"})"),
    };
    for (const std::string& text : against_rules) {
        CAPTURE(text);
        CHECK_FALSE(parse(text, definition::ParseOptions::Purpose::accept).is_valid());
        const auto again = parse(text, definition::ParseOptions::Purpose::reload);
        CHECK_MESSAGE(again.is_valid(), text_of(again));
        CHECK_FALSE(again.diagnostics.empty());
    }
    const std::vector<std::string> not_runnable = {
        "{",
        machine(R"("A":{"Type":"Later","End":true})"),
        machine(R"("A":{"Type":"Pass","Next":"B"})"),
        machine(R"("A":{"Type":"Pass"})"),
        machine(R"("A":{"Type":"Pass","InputPath":"a b","End":true})"),
        machine(R"("A":{"Type":"Task","Resource":"arn:x","End":true})"),
        machine(R"("A":{"Type":"Map","End":true})"),
    };
    for (const std::string& text : not_runnable) {
        CAPTURE(text);
        CHECK_FALSE(parse(text, definition::ParseOptions::Purpose::reload).is_valid());
    }
}

}  // namespace stepwell::test
