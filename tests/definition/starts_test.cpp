// `schedules`, `triggers` and `deadlines` in a workflow file: what is said of each fault, and
// where.
#include "engine/definition/starts.hpp"

#include <doctest/doctest.h>

#include "tests/definition/support.hpp"

namespace stepwell::test {
namespace {

const std::string kAfter = "\nStartAt: S\nStates: {S: {Type: Succeed}}\n";

definition::Starts starts_of_yaml(const std::string& members) {
    const auto parsed = parse_yaml_file(members + kAfter);
    REQUIRE_MESSAGE(parsed.is_valid(), text_of(parsed));
    const Json settings{{"options", parsed.workflow.options}};
    auto starts = definition::starts_of(to_text(settings));
    REQUIRE(starts);
    return std::move(*starts);
}

}  // namespace

// clang-format off
TEST_CASE("Schedules: the rules") {
    const std::vector<RuleCase> cases = {
        {"a schedule says when",
         R"~([{timezone: UTC}])~",
         R"~(1:13 at /schedules[0]: expected one of 'cron', 'rate' and 'at', but there is none)~"},
        {"in one way only",
         R"~([{cron: "0 6 * * *", rate: 5 minutes}])~",
         R"~(1:33 at /schedules[0]/rate: expected either 'cron' or 'rate', but both are there)~"},
        {"a wrong cron is told where",
         R"~([{cron: "0 25 * * *"}])~",
         R"~(1:20 at /schedules[0]/cron: expected the hour to be 0 to 23, but got '25' at column 3 of '0 25 * * *')~"},
        {"a day that never comes",
         R"~([{cron: "0 6 30 2 *"}])~",
         R"~(1:20 at /schedules[0]/cron: expected a time that comes, but no day of any year matches '0 6 30 2 *')~"},
        {"a wrong rate",
         R"~([{rate: 1 minutes}])~",
         R"~(1:20 at /schedules[0]/rate: expected a rate such as '5 minutes', '1 hour' or 'rate(2 days)', but got '1 minutes'; write 1 minute)~"},
        {"an unknown time zone",
         R"~([{cron: "@daily", timezone: Europe/Berlim}])~",
         R"~(1:40 at /schedules[0]/timezone: expected a time zone of the IANA database such as Europe/Berlin or UTC, but got 'Europe/Berlim')~"},
        {"an unknown field has a hint",
         R"~([{cron: "@daily", timezon: UTC}])~",
         R"~(1:30 at /schedules[0]/timezon: expected a field of a schedule, but 'timezon' is none (did you mean 'timezone'?))~"},
        {"policies are words",
         R"~([{cron: "@daily", catchup: yes}, {cron: "@daily", overlap: never}])~",
         R"~(1:39 at /schedules[0]/catchup: The field 'catchup' should have one of these values: [none, last, all]
1:71 at /schedules[1]/overlap: The field 'overlap' should have one of these values: [allow, skip, queue, cancel_running])~"},
        {"changes of clocks",
         R"~([{cron: "@daily", dst: {gap: never, fold: first, fild: last}}])~",
         R"~(1:41 at /schedules[0]/dst/gap: The field 'gap' should have one of these values: [next, skip]
1:61 at /schedules[0]/dst/fild: expected a field of 'dst', but 'fild' is none (did you mean 'fold'?))~"},
        {"placeholders of the input",
         R"~([{cron: "@daily", input: {day: "{{ scheduled_dat }}", list: ["{{ x }}"]}}])~",
         R"~(1:43 at /schedules[0]/input/day: expected {{ }} to hold 'scheduled_date' and 'scheduled_time', but it holds 'scheduled_dat' (did you mean 'scheduled_date'?)
1:73 at /schedules[0]/input/list[0]: expected {{ }} to hold 'scheduled_date' and 'scheduled_time', but it holds 'x')~"},
        {"the input's own member",
         R"~([{cron: "@daily", input: {schedule: 1}}])~",
         R"~(1:38 at /schedules[0]/input/schedule: expected members other than 'schedule', which tells the run what started it)~"},
        {"names are their own",
         R"~([{name: a, cron: "@daily"}, {name: a, cron: "@hourly"}])~",
         R"~(1:47 at /schedules[1]/name: expected a name of its own, but another schedule of this file is 'a')~"},
        {"names have plain letters",
         R"~([{name: a b, cron: "@daily"}])~",
         R"~(1:20 at /schedules[0]/name: expected 'name' to be 1 to 80 letters, digits, '-', '_' and '.', but it is 'a b')~"},
    };
    check_rules(cases, "schedules: ", kAfter);
}

TEST_CASE("Triggers: the rules") {
    const std::vector<RuleCase> cases = {
        {"a trigger is one of two",
         R"~([{name: x}])~",
         R"~(1:12 at /triggers[0]: expected 'files' or 'webhook', but there is neither)~"},
        {"a slip in the name has a hint",
         R"~([{file: "in/*"}])~",
         R"~(1:12 at /triggers[0]: expected 'files' or 'webhook', but there is neither
1:13 at /triggers[0]/file: expected a field of a trigger, but 'file' is none (did you mean 'files'?))~"},
        {"a schedule among them is told its place",
         R"~([{schedule: {cron: "@daily"}}])~",
         R"~(1:12 at /triggers[0]: expected 'files' or 'webhook', but there is neither (a schedule stands under 'schedules')
1:13 at /triggers[0]/schedule: expected a field of a trigger, but 'schedule' is none (the fields are 'files', 'webhook', 'name', 'input' and 'enabled'))~"},
        {"spans have units",
         R"~([{files: "in/*", stable_for: 10, poll: 10ms}])~",
         R"~(1:40 at /triggers[0]/stable_for: expected 'stable_for' to be a span of time such as 500ms, 10s, 5m, 2h or 1d, but it is 10
1:50 at /triggers[0]/poll: expected 'poll' to be a span of time such as 500ms, 10s, 5m, 2h or 1d, at least 100ms, but it is '10ms')~"},
        {"files are texts",
         R"~([{files: []}, {files: [1]}, {files: ""}])~",
         R"~(1:20 at /triggers[0]/files: expected 'files' to be a text or a list of texts, but it is an empty array
1:33 at /triggers[1]/files: expected 'files' to be a text or a list of texts, but it is an array
1:47 at /triggers[2]/files: expected 'files' to be a text or a list of texts, but it is '')~"},
        {"files are on this machine or in a lake",
         R"~([{files: [a/*, "s3://b/*"]}])~",
         R"~(1:20 at /triggers[0]/files: expected a path, file:// or lake://ZONE/, but got 's3://b/*')~"},
        {"a marker belongs to its file",
         R"~([{files: a, done_marker: DONE}])~",
         R"~(1:36 at /triggers[0]/done_marker: expected 'done_marker' to be a path with {path} or {name} in it, such as {path}.done, but it is 'DONE')~"},
        {"a batch has its limits, and no one file",
         R"~([{files: "in/*", batch: {one_run_per: batch, max_files: 501}, input: {u: "{{ file.uri }}"}}])~",
         R"~(1:67 at /triggers[0]/batch/max_files: expected 'max_files' to be a whole number from 1 to 500, but it is 501
1:84 at /triggers[0]/input/u: expected {{ }} to hold nothing here, but it holds 'file.uri')~"},
        {"a webhook has a name and a door",
         R"~([{webhook: {}}])~",
         R"~(1:13 at /triggers[0]/webhook: expected a 'name', which makes the address POST /hooks/NAME
1:13 at /triggers[0]/webhook: expected 'token' or 'hmac', but there is none: anybody could start runs)~"},
        {"a secret does not stand in the file",
         R"~([{webhook: {name: w, token: "hunter2"}}])~",
         R"~(1:39 at /triggers[0]/webhook/token: expected 'token' to say where the secret is kept, not the secret itself (write ${secret:NAME}, ${env:NAME} or ${file:PATH}))~"},
        {"what names a secret is well formed",
         R"~([{webhook: {name: w, token: "${secret:a b}"}}, {webhook: {name: v, token: "x${env:A}"}}, {webhook: {name: u, token: "${secret:a/b#c}"}}])~",
         R"~(1:39 at /triggers[0]/webhook/token: expected 'token' to say where the secret is kept, not the secret itself (write ${secret:NAME}, ${env:NAME} or ${file:PATH})
1:85 at /triggers[1]/webhook/token: expected 'token' to say where the secret is kept, not the secret itself (write ${secret:NAME}, ${env:NAME} or ${file:PATH}))~"},
        {"one door",
         R"~([{webhook: {name: w, token: "${env:A}", hmac: {secret: "${env:A}"}}}])~",
         R"~(1:51 at /triggers[0]/webhook/hmac: expected either 'token' or 'hmac', but both are there)~"},
        {"a signature needs its secret",
         R"~([{webhook: {name: w, hmac: {header: "X Y"}}}])~",
         R"~(1:32 at /triggers[0]/webhook/hmac: The field 'secret' is required but was missing
1:47 at /triggers[0]/webhook/hmac/header: expected 'header' to be the name of a header, but it is 'X Y')~"},
        {"a tolerance beyond what signatures are remembered for",
         R"~([{webhook: {name: w, hmac: {secret: "${env:A}", tolerance: 8d}}}])~",
         R"~(1:70 at /triggers[0]/webhook/hmac/tolerance: expected 'tolerance' to be a span of time of at most 7d, but it is '8d')~"},
    };
    check_rules(cases, "triggers: ", kAfter);
}

TEST_CASE("Deadlines: the rules") {
    const std::vector<RuleCase> cases = {
        {"a deadline says what",
         R"~({days: MON})~",
         R"~(1:1 at /deadlines: expected one of 'start_by', 'finish_by' and 'file_by', but there is none)~"},
        {"by a time of day",
         R"~([{finish_by: "25:00"}, {start_by: 8}])~",
         R"~(1:25 at /deadlines[0]/finish_by: expected 'finish_by' to be a time of day such as 08:30, but it is '25:00'
1:46 at /deadlines[1]/start_by: expected 'start_by' to be a string, but it is 8)~"},
        {"on days of the week",
         R"~({finish_by: "8:00", days: MON-FUN})~",
         R"~(1:38 at /deadlines/days: expected 'days' to be days of the week such as MON-FRI or MON,THU, but it is 'MON-FUN')~"},
        {"a file needs its trigger",
         R"~({file_by: "8:00"})~",
         R"~(1:12 at /deadlines: expected 'trigger' to name a file trigger of this workflow, but there are 0)~"},
        {"each its own name",
         R"~([{finish_by: "8:00"}, {name: a, finish_by: "9:00"}, {name: a, finish_by: "9:30"}])~",
         R"~(1:71 at /deadlines[2]/name: expected a name of its own, but another deadline of this file is 'a-finish_by')~"},
    };
    check_rules(cases, "deadlines: ", kAfter);
}
// clang-format on

TEST_CASE("All faults of a file come at once, those of the machine too") {
    const auto parsed = parse_yaml_file(
        "schedules: [{cron: x}]\ntriggers: [{files: 1}]\ndeadlines: {start_by: x}\nStartAt: T\n"
        "States: {S: {Type: Succeed}}\n");
    CHECK(parsed.diagnostics.size() == 4);
    CHECK_FALSE(parsed.is_valid());
}

TEST_CASE("What the file says arrives, with defaults for what it does not") {
    const auto starts = starts_of_yaml(R"(
schedules:
  - {cron: "0 6 * * *"}
  - {name: often, cron: rate(5 minutes), catchup: all, catchup_max: 7, overlap: queue, enabled: false}
triggers:
  - {files: [a/*, b/*], stable_for: 2m}
  - webhook: {name: hook, token: "${secret:x}"}
  - {name: drop, files: c/*, batch: {max_files: 5}, ignore: "*.bak"}
deadlines:
  - {finish_by: "08:30", start_by: "7:00", days: MON-FRI, timezone: Europe/Berlin, window: 6h}
  - {name: file, file_by: "6:00", trigger: drop}
)");
    REQUIRE(starts.schedules.size() == 2);
    CHECK(starts.schedules[0].name == "0");
    CHECK(starts.schedules[0].when.timezone == "UTC");
    CHECK(starts.schedules[0].catchup.catchup == schedule::Catchup::last);
    CHECK(starts.schedules[1].when.kind == schedule::ScheduleText::Kind::rate);
    CHECK(starts.schedules[1].catchup.fires_max == 7);
    CHECK(starts.schedules[1].overlap == definition::ScheduleSpec::Overlap::queue);
    CHECK_FALSE(starts.schedules[1].is_enabled);
    REQUIRE(starts.files.size() == 2);
    CHECK(starts.files[0].files == std::vector<std::string>{"a/*", "b/*"});
    CHECK(starts.files[0].stable_for == std::chrono::minutes(2));
    CHECK_FALSE(starts.files[0].is_batch);
    CHECK(starts.files[1].name == "drop");
    CHECK(starts.files[1].is_batch);
    CHECK(starts.files[1].files_max == 5);
    CHECK(starts.files[1].ignore == std::vector<std::string>{"*.bak"});
    REQUIRE(starts.webhooks.size() == 1);
    CHECK(starts.webhooks[0].token == "${secret:x}");
    REQUIRE(starts.deadlines.size() == 3);
    CHECK(starts.deadlines[0].name == "start_by");
    CHECK(starts.deadlines[0].when.text == "00 7 * * MON-FRI");
    CHECK(starts.deadlines[1].when.text == "30 08 * * MON-FRI");
    CHECK(starts.deadlines[1].window == std::chrono::hours(6));
    CHECK(starts.deadlines[2].name == "file-file_by");
    CHECK(starts.deadlines[2].trigger == "drop");
}

}  // namespace stepwell::test
