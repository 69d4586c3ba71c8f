// The JSON Schema that editors use names the same fields as the reader takes.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "engine/definition/workflow_members.hpp"
#include "tests/definition/support.hpp"

namespace stepwell::test {
namespace {

using Names = std::vector<std::string>;

const Json& schema() {
    static const Json value = [] {
        std::ostringstream text;
        text << std::ifstream(SW_SOURCE_DIR "/workflows/workflow.schema.json").rdbuf();
        return parse_json(text.str()).value_or(Json());
    }();
    return value;
}

Names properties_of(const Json& definition) {
    Names names;
    for (const auto& [name, value] : definition.at("properties").items()) names.push_back(name);
    std::sort(names.begin(), names.end());
    return names;
}

/// The names in quotes behind `marker`: "its fields are 'A', 'B' and 'C'".
Names names_in(const std::string& hint, const std::string& marker) {
    Names names;
    const auto at = hint.find(marker);
    REQUIRE_MESSAGE(at != hint.npos, hint);
    std::istringstream rest(hint.substr(at + marker.size()));
    std::string part;
    while (std::getline(rest, part, '\'') && std::getline(rest, part, '\'')) names.push_back(part);
    std::sort(names.begin(), names.end());
    return names;
}

/// What the reader says the fields are, when it meets one that is near to none of them.
Names fields_from(const std::string& yaml, const std::string& marker) {
    for (const auto& diagnostic : parse_yaml_file(yaml).diagnostics) {
        if (diagnostic.message.find("'QQQQQQQQQQQQ' is none") == std::string::npos) continue;
        return names_in(diagnostic.hint, marker);
    }
    return {};
}

}  // namespace

TEST_CASE("the schema has the fields of each type of state") {
    for (const std::string type :
         {"Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map"}) {
        CAPTURE(type);
        const Names taken = fields_from(
            "{StartAt: S, States: {S: {Type: " + type + ", QQQQQQQQQQQQ: 1}}}", "its fields are ");
        std::string key = type;
        key[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(key[0])));
        CHECK(properties_of(schema().at("$defs").at(key)) == taken);
    }
}

TEST_CASE("the schema has the fields of the machine and Stepwell's members") {
    CHECK(properties_of(schema()) == fields_from("{QQQQQQQQQQQQ: 1}", "the fields are "));
    for (const std::string& name : definition::workflow_member_names()) {
        CHECK(schema().at("properties").contains(name));
    }
}

TEST_CASE("the schema has the fields of retriers, catchers and processors") {
    const std::string task =
        "{StartAt: S, States: {S: {Type: Task, Resource: stepwell:etl, End: true, ";
    const std::string map = "{StartAt: S, States: {S: {Type: Map, End: true, ItemProcessor: ";
    const Json& definitions = schema().at("$defs");
    const std::string marker = "the fields are ";
    CHECK(properties_of(definitions.at("retrier")) ==
          fields_from(task + "Retry: [{QQQQQQQQQQQQ: 1}]}}}", marker));
    CHECK(properties_of(definitions.at("catcher")) ==
          fields_from(task + "Catch: [{QQQQQQQQQQQQ: 1}]}}}", marker));
    CHECK(properties_of(definitions.at("processor")) ==
          fields_from(map + "{QQQQQQQQQQQQ: 1}}}}", marker));
}

TEST_CASE("the schema has the fields of schedules, triggers and deadlines") {
    const Json& definitions = schema().at("$defs");
    const std::string marker = "the fields are ";
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"schedule", "{schedules: [{cron: '@daily', QQQQQQQQQQQQ: 1}]}"},
        {"fileTrigger", "{triggers: [{files: a, QQQQQQQQQQQQ: 1}]}"},
        {"webhookTrigger", "{triggers: [{webhook: {name: a}, QQQQQQQQQQQQ: 1}]}"},
        {"deadline", "{deadlines: {start_by: '8:00', QQQQQQQQQQQQ: 1}}"}};
    for (const auto& row : cases) {
        const auto& name = row.first;
        const auto& text = row.second;
        CAPTURE(name);
        CHECK(properties_of(definitions.at(name)) == fields_from(text, marker));
    }
    CHECK(properties_of(definitions.at("webhookTrigger").at("properties").at("webhook")) ==
          fields_from("{triggers: [{webhook: {name: a, QQQQQQQQQQQQ: 1}}]}", marker));
}

TEST_CASE("the schema has every operator of a rule") {
    const Names known = properties_of(schema().at("$defs").at("nestedRule"));
    for (const std::string& name : expression::ChoiceRule::operators()) {
        CAPTURE(name);
        CHECK(std::find(known.begin(), known.end(), name) != known.end());
    }
    CHECK(known.size() == expression::ChoiceRule::operators().size() + 5);
}

}  // namespace stepwell::test
