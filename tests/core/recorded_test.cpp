// AWS's own recordings, for all that needs nothing but the core: no Distributed Map,
// and of tasks only the Lambda functions below.
#include "tests/core/recorded.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/core/world.hpp"

namespace stepwell::test {

namespace {

struct RecordedCase {
    std::string name;
    Json spec;
};

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

/// The Lambda functions of the recordings, without Lambda; nothing: it never answers.
std::optional<Input> answer(const definition::Definition& definition, const StartTask& task) {
    const auto& state = std::get<definition::TaskState>(definition.state(task.state).body);
    const std::string& name = state.resource.text;
    if (name.ends_with(":id_function")) return TaskSucceeded{task.token, task.parameters};
    if (name.ends_with(":echo_function")) {
        return TaskSucceeded{task.token, Payload::trusted(R"({"Return":"HelloWorld"})")};
    }
    if (name.ends_with(":return_bytes_str")) {
        return TaskSucceeded{task.token, Payload::trusted(R"("HelloWorld!")")};
    }
    if (name.ends_with(":large_output_string") ||
        task.parameters.text().find("large_output_string") != std::string::npos) {
        return TaskSucceeded{task.token,
                             Payload::trusted("\"" + std::string(257 * 1024, 'a') + "\"")};
    }
    return std::nullopt;
}

/// What the core can do alone. Functions of other kinds are for the end-to-end run.
bool is_for_the_core(const Json& spec) {
    if (spec["kind"] != "execution" || spec.contains("machines")) return false;
    const std::string text = spec["definition"].dump();
    for (const char* const other : {"DISTRIBUTED", "Distributed", "aws-sdk", "sqs", "dynamodb",
                                    "raise_", "no_such_function"}) {
        if (text.find(other) != std::string::npos) return false;
    }
    const bool invokes = text.find("lambda:invoke") != std::string::npos;
    const Json functions = spec.value("functions", Json::array());
    const bool has_answer = std::all_of(functions.begin(), functions.end(), [&](const Json& name) {
        return name == "wait_60_seconds" || name == "large_output_string" ||
               (!invokes &&
                (name == "id_function" || name == "echo_function" || name == "return_bytes_str"));
    });
    return has_answer && !(invokes && functions.empty());
}

std::vector<RecordedCase> recorded_cases() {
    std::vector<RecordedCase> cases;
    for (const auto& entry : std::filesystem::directory_iterator(SW_CONFORMANCE_CASES)) {
        for (const Json& spec : Json::parse(read_file(entry.path()))) {
            const std::string name =
                entry.path().stem().string() + "::" + spec["name"].get<std::string>();
            if (is_for_the_core(spec)) cases.push_back({name, spec});
        }
    }
    std::sort(cases.begin(), cases.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return cases;
}

/// "<now+3d>" becomes the moment of the World's start, three days later.
std::string with_dates(std::string text) {
    for (std::size_t at = 0; (at = text.find("<now+", at)) != std::string::npos;) {
        const std::size_t end = text.find("d>", at);
        const int days = std::stoi(text.substr(at + 5, end - at - 5));
        const auto when = from_ms(1'704'164'645'000) + std::chrono::hours(24 * days);
        std::string date = to_iso8601(when);
        date.pop_back();  // the recording says what stands behind it
        text.replace(at, end + 2 - at, date);
    }
    return text;
}

std::string run(const Json& spec) {
    World world(spec["definition"].dump());
    world.start(with_dates(spec["input"].get<std::string>()));
    for (int steps = 0; steps < 1000 && world.execution().is_running(); ++steps) {
        bool has_answered = false;
        for (const StartTask& task : world.in_flight()) {
            if (const auto input = answer(world.definition(), task)) {
                world.report(*input);
                has_answered = true;
                break;
            }
        }
        if (!has_answered && !world.tick()) return "it neither waits nor ends";
    }
    const Json& expect = spec["expect"];
    if (expect.contains("output")) return difference(expect["output"], world.output(), "output");
    Json got = core::to_history(world.events(), true);
    Json want = expect["events"];
    if (spec.value("history", Json::object()).contains("reverseOrder")) {
        std::reverse(got.begin(), got.end());
    }
    return history_difference(want, got, expect.value("unordered", false));
}

}  // namespace

TEST_CASE("executions are as AWS recorded them, to the last field of each event") {
    const std::vector<RecordedCase> cases = recorded_cases();
    CHECK(cases.size() > 450);
    for (const RecordedCase& c : cases) {
        CAPTURE(c.name);
        CHECK(run(c.spec) == "");
    }
}

}  // namespace stepwell::test
