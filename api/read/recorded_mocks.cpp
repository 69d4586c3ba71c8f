#include "api/read/recorded_mocks.hpp"

#include <algorithm>
#include <charconv>

#include "api/read/state_tracker.hpp"
#include "api/read/views.hpp"
#include "engine/core/rehearsal.hpp"

namespace stepwell::api {
namespace {

/// As AWS has it: a run without end shall end here, too.
constexpr std::uint64_t kEventsMax = 25'000;

/// Reads the parts, and keeps what is wrong with them.
class MocksReader {
public:
    RecordedMocks read(const Json& document) {
        RecordedMocks mocks;
        for (const auto& [name, value] : members(document, "MockedResponses", "")) {
            mocks.responses[name] = response(value, "MockedResponses." + name);
        }
        for (const auto& [name, value] : members(document, "StateMachines", "")) {
            const std::string place = "StateMachines." + name;
            for (const auto& [test, states] : members(value, "TestCases", place + ".")) {
                mocks.machines[name][test] = test_case(states, place + ".TestCases." + test, mocks);
            }
        }
        return mocks;
    }

    std::string faults;

private:
    void fault(const std::string& place, const std::string& expected) {
        faults += (faults.empty() ? "" : "\n") + place + ": " + expected;
    }

    std::vector<std::pair<std::string, Json>> members(const Json& object, const char* name,
                                                      const std::string& place) {
        std::vector<std::pair<std::string, Json>> all;
        const Json* found = find(object, name);
        if (!found || !found->is_object()) {
            fault(place + name, "expected an object");
            return all;
        }
        for (const auto& [key, value] : found->items()) all.emplace_back(key, value);
        return all;
    }

    RecordedMocks::TestCase test_case(const Json& states, const std::string& place,
                                      const RecordedMocks& mocks) {
        RecordedMocks::TestCase out;
        if (!states.is_object()) {
            fault(place, "expected an object of states and their mocked responses");
            return out;
        }
        for (const auto& [state, response] : states.items()) {
            const std::string name = response.is_string() ? response.get<std::string>() : "";
            if (mocks.responses.contains(name)) {
                out[state] = name;
            } else {
                fault(
                    place + "." + state,
                    "expected the name of a mocked response, but there is no " + to_text(response));
            }
        }
        return out;
    }

    MockedResponse response(const Json& attempts, const std::string& place) {
        MockedResponse out;
        if (!attempts.is_object() || attempts.empty()) {
            fault(place, R"(expected an object with attempts such as "0" or "1-2")");
            return out;
        }
        for (const auto& [key, value] : attempts.items()) {
            auto range = range_of(key);
            if (!range) {
                fault(place + "." + key, R"(expected an attempt such as "0" or "1-2")");
                continue;
            }
            range->answer = answer(value, place + "." + key);
            out.ranges.push_back(*std::move(range));
        }
        return out;
    }

    static std::optional<std::uint32_t> number_of(std::string_view text) {
        std::uint32_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        const bool is_number = error == std::errc() && end == text.data() + text.size();
        return is_number ? std::optional(number) : std::nullopt;
    }

    static std::optional<MockedResponse::Range> range_of(std::string_view key) {
        const auto dash = key.find('-');
        const auto first = number_of(key.substr(0, dash));
        const auto last = dash == key.npos ? first : number_of(key.substr(dash + 1));
        if (!first || !last || *last < *first) return std::nullopt;
        return MockedResponse::Range{*first, *last, {}};
    }

    TrialMock answer(const Json& value, const std::string& place) {
        TrialMock mock;
        const Json* result = find(value, "Return");
        const Json* failure = find(value, "Throw");
        if ((result != nullptr) == (failure != nullptr)) {
            fault(place, "expected either 'Return' or 'Throw'");
        } else if (result) {
            mock.result = Payload(*result);
        } else if (string_or(*failure, "Error", "").empty()) {
            fault(place + ".Throw", "expected an 'Error', and a 'Cause' where there is one");
        } else {
            mock.failure.error = string_or(*failure, "Error", "");
            mock.failure.cause = string_or(*failure, "Cause", "");
        }
        return mock;
    }
};

std::string names_text(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

/// What the task gives this time; counts its attempts.
Result<TrialMock> answer_to(const std::string& state, const RecordedMocks& mocks,
                            const RecordedMocks::TestCase& test_case,
                            std::map<std::string, std::uint32_t>& attempts) {
    const auto named = test_case.find(state);
    if (named == test_case.end()) {
        return fail(ErrorCode::invalid, "expected a mocked response for the state '" + state +
                                            "', but the test case has none: no task is run here");
    }
    const std::uint32_t attempt = attempts[state]++;
    const TrialMock* answer = mocks.responses.at(named->second).at(attempt);
    if (answer) return *answer;
    return fail(ErrorCode::invalid, "expected '" + named->second + "' to say what attempt " +
                                        std::to_string(attempt) + " of the state '" + state +
                                        "' gives, but it does not");
}

core::StartExecution start_of(const MockedRun& run) {
    const std::string scope = "arn:aws:states:us-east-1:123456789012:";
    core::StartExecution start;
    start.name = "test";
    start.workflow_name = run.workflow;
    start.workflow_arn = scope + "stateMachine:" + run.workflow;
    start.arn = scope + "execution:" + run.workflow + ":test";
    start.input = run.input;
    return start;
}

Json view_of(const core::Rehearsal& rehearsal) {
    const core::Header& header = rehearsal.execution().header();
    Json out{{"status", status_word(header.status)}};
    if (header.output) out["output"] = header.output->json();
    if (header.error) out["error"] = *header.error;
    if (header.cause) out["cause"] = *header.cause;
    out["elapsed_ms"] = rehearsal.elapsed().count();
    StateTracker tracker;
    tracker.take(rehearsal.events());
    Json& states = out["states"] = Json::array();
    for (const StateRow& row : tracker.rows()) {
        Json state{{"state", row.place}, {"type", row.kind}, {"outcome", row.outcome}};
        if (!row.attempts.empty()) state["attempts"] = row.attempts.size();
        if (!row.error.empty()) state["error"] = row.error;
        states.push_back(std::move(state));
    }
    return out;
}

}  // namespace

const TrialMock* MockedResponse::at(std::uint32_t attempt) const {
    const auto found = std::find_if(ranges.begin(), ranges.end(), [&](const Range& range) {
        return range.first <= attempt && attempt <= range.last;
    });
    return found == ranges.end() ? nullptr : &found->answer;
}

Result<RecordedMocks> read_recorded_mocks(std::string_view text) {
    const Json document = SW_TRY(parse_json(text));
    MocksReader reader;
    RecordedMocks mocks = reader.read(document);
    if (!reader.faults.empty()) return fail(ErrorCode::invalid, std::move(reader.faults));
    return mocks;
}

Result<std::map<std::string, RecordedMocks::TestCase>> cases_of(const RecordedMocks& mocks,
                                                                const std::string& machine) {
    if (mocks.machines.size() == 1) return mocks.machines.begin()->second;
    const auto found = mocks.machines.find(machine);
    if (found != mocks.machines.end()) return found->second;
    std::vector<std::string> names;
    for (const auto& [name, cases] : mocks.machines) names.push_back(name);
    return fail(ErrorCode::not_found, "expected test cases of the state machine '" + machine +
                                          "', but there are only those of: " + names_text(names));
}

Result<Json> run_with_mocks(const MockedRun& run, const RecordedMocks& mocks,
                            const RecordedMocks::TestCase& test_case) {
    core::Moment moment;
    moment.now = run.now;
    moment.entropy = run.entropy;
    moment.limits.events_max = kEventsMax;
    core::Rehearsal rehearsal(run.definition, start_of(run), std::move(moment));
    std::map<std::string, std::uint32_t> attempts;
    while (const auto task = rehearsal.next_task()) {
        const std::string& state = run.definition->state(task->state).name;
        auto answer = SW_TRY(answer_to(state, mocks, test_case, attempts));
        if (answer.result) {
            rehearsal.succeed(*task, *std::move(answer.result));
        } else {
            rehearsal.fail(*task, std::move(answer.failure));
        }
    }
    return view_of(rehearsal);
}

}  // namespace stepwell::api
