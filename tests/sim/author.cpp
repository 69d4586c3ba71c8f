#include "tests/sim/author.hpp"

#include <utility>
#include <vector>

namespace stepwell::test {

std::string Author::definition() {
    Json machine = scope(3);
    if (timing_ == Timing::any && chance(6)) machine["TimeoutSeconds"] = 5 + random_.below(60);
    return to_text(machine);
}

Json Author::scope(int depth) {
    std::vector<std::string> names;
    for (std::uint64_t i = 0; i < 1 + random_.below(4); ++i) {
        names.push_back("S" + std::to_string(next_++));
    }
    Json made{{"StartAt", names.front()}, {"States", Json::object()}};
    for (std::size_t i = 0; i < names.size(); ++i) {
        const bool is_last = i + 1 == names.size();
        Json body = state(depth, is_last);
        const std::string type = body["Type"];
        if (type == "Choice") {
            body["Choices"][0]["Next"] = names[i + 1];
            body["Default"] = names.back();
        } else if (type != "Fail" && type != "Succeed") {
            if (is_last) {
                body["End"] = true;
            } else {
                body["Next"] = names[i + 1];
            }
        }
        if (type == "Task" || type == "Parallel" || type == "Map") {
            add_handlers(body, is_last ? "" : names.back());
        }
        made["States"][names[i]] = std::move(body);
    }
    return made;
}

Json Author::state(int depth, bool is_last) {
    if (is_last && chance(8)) return {{"Type", "Fail"}, {"Error", "Given.Up"}, {"Cause", "so"}};
    if (is_last && chance(6)) return {{"Type", "Succeed"}};
    switch (random_.below(depth > 0 ? 10 : 7)) {
        case 0:
            return {{"Type", "Pass"}, {"Assign", {{"d" + std::to_string(depth), 1}}}};
        case 1:
            return wait();
        case 2:
            return is_last ? task() : choice();
        case 3:
            return pass();
        case 4:
        case 5:
        case 6:
            return task();
        case 7:
            return parallel(depth);
        default:
            return map(depth);
    }
}

/// What looks into its input, puts it together anew and makes it deeper, in a
/// workflow of any timing; most of it fails on some inputs.
Json Author::pass() {
    if (timing_ == Timing::exact || chance(2)) return {{"Type", "Pass"}, {"Result", {1, 2}}};
    Json body{{"Type", "Pass"}};
    switch (random_.below(6)) {
        case 0:
            body["Parameters"] = {{"all.$", "$"}, {"again.$", "$"}};
            break;
        case 1:
            body["Parameters"] = {{"text.$", "States.JsonToString($)"},
                                  {"list.$", "States.Array($, $$.Execution.Input)"}};
            break;
        case 2:
            body["ResultPath"] = "$.into[2].this";
            break;
        case 3:
            body["OutputPath"] = "$..*";
            break;
        case 4:
            body["InputPath"] = "$[0]";
            break;
        default:
            // A name of its own: no scope may assign what one around it has.
            body["Assign"] = {{"kept" + std::to_string(next_++) + ".$", "$"}};
            break;
    }
    return body;
}

Json Author::wait() {
    Json body{{"Type", "Wait"}};
    if (timing_ == Timing::exact || chance(2)) {
        body["Seconds"] = random_.below(5);
    } else if (chance(2)) {
        body["SecondsPath"] = "$[0]";
    } else {
        body["Timestamp"] = "2023-11-14T22:30:00Z";  // a quarter of an hour after a clock begins
    }
    return body;
}

/// A name of its own makes attempts meet: at one execution, or at a refusal.
Json Author::nested() {
    constexpr const char* kPatterns[] = {"", ".sync", ".sync:2", ".sync:2"};
    Json parameters{
        {"StateMachineArn",
         std::string("arn:aws:states:us-east-1:123456789012:stateMachine:") + kChildName},
        {"Input.$", "$"}};
    if (chance(5)) parameters["Name"] = "given-" + std::to_string(random_.below(2));
    Json body{{"Type", "Task"},
              {"Resource",
               std::string("arn:aws:states:::states:startExecution") + kPatterns[random_.below(4)]},
              {"Parameters", std::move(parameters)}};
    if (chance(3)) body["TimeoutSeconds"] = 1 + random_.below(9);
    if (chance(2)) body["ResultPath"] = nullptr;
    return body;
}

Json Author::task() {
    if (has_child_ && chance(3)) return nested();
    constexpr const char* kResources[] = {"stepwell:load",
                                          "stepwell:load",
                                          "stepwell:load",
                                          "arn:aws:lambda:us-east-1:123456789012:function:f",
                                          "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                                          kActivityArn};
    const std::size_t which =
        timing_ == Timing::any ? static_cast<std::size_t>(random_.below(6)) : 0;
    Json body{{"Type", "Task"}, {"Resource", kResources[which]}};
    if (chance(4)) body["ResultPath"] = nullptr;
    if (timing_ == Timing::any) {
        if (chance(3)) body["TimeoutSeconds"] = 2 + random_.below(5);
        if (chance(4)) body["HeartbeatSeconds"] = 1;
    }
    return body;
}

Json Author::choice() {
    return {{"Type", "Choice"},
            {"Choices", Json::array({{{"Variable", "$"}, {"IsPresent", chance(2)}}})}};
}

Json Author::parallel(int depth) {
    Json branches = Json::array();
    for (std::uint64_t i = 0; i < 1 + random_.below(3); ++i) branches.push_back(scope(depth - 1));
    return {{"Type", "Parallel"}, {"Branches", std::move(branches)}};
}

Json Author::map(int depth) {
    Json body{{"Type", "Map"},
              {"ItemsPath", "$$.Execution.Input"},
              {"MaxConcurrency", random_.below(3)},
              {"ItemProcessor", scope(depth - 1)}};
    if (chance(3)) body["ToleratedFailureCount"] = random_.below(3);
    if (timing_ == Timing::any && chance(3)) {
        body["ItemSelector"] = {{"item.$", "$$.Map.Item.Value"}, {"rest.$", "$"}};
    }
    return body;
}

void Author::add_handlers(Json& state, const std::string& after) {
    if (chance(2)) {
        Json retrier{{"ErrorEquals", {"States.ALL"}},
                     {"MaxAttempts", 1 + random_.below(2)},
                     {"IntervalSeconds", 1}};
        if (timing_ == Timing::any) retrier["JitterStrategy"] = "FULL";
        state["Retry"] = Json::array({std::move(retrier)});
    }
    if (!after.empty() && chance(3)) {
        state["Catch"] = Json::array({{{"ErrorEquals", {"States.ALL"}}, {"Next", after}}});
    }
}

}  // namespace stepwell::test
