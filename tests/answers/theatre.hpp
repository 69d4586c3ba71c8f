// Theatre: a stage whose tasks are answered by a script, and the answers over what was played.
#pragma once

#include <deque>
#include <map>

#include "api/read/histories.hpp"
#include "api/read/run_row.hpp"
#include "tests/runtime/stage.hpp"

namespace stepwell::test {

namespace answers = api::answers;

/// How a state's task ends, try by try; the last one stands for those after it. Empty: it never
/// does. "{...}": with this output. "E_X: because": it fails.
using Script = std::map<std::string, std::deque<std::string>>;

class Theatre : public Stage {
public:
    explicit Theatre(runtime::EngineSettings settings = {}, runtime::PoolSlots pools = {})
        : Stage(with_rows(std::move(settings)), std::move(pools)) {}

    static runtime::EngineSettings with_rows(runtime::EngineSettings settings) {
        settings.fold_run = answers::run_row_of;
        return settings;
    }

    /// Starts a run and answers its tasks, a second after the other, until nothing is left to
    /// answer or to wait for.
    ExecutionId play(const std::string& workflow, Script script, const std::string& input = "{}") {
        const auto started = start(workflow, input);
        REQUIRE(started);
        while (answer_one(script) || pass_time()) {
        }
        return started->id;
    }

    /// Reads that one answer may make.
    answers::Histories histories(std::size_t reads_max = 100) {
        return {reader(), cache, reads_max};
    }
    answers::DigestPtr digest(ExecutionId run) {
        auto all = histories();
        auto described = reader_for_digest().describe(run);
        REQUIRE(described);
        auto digest = all.digest_of_one(described->summary);
        REQUIRE(digest);
        return *digest;
    }

    answers::DigestCache cache;

private:
    bool answer_one(Script& script) {
        while (at_ < runner.started.size()) {
            const auto request = runner.started[at_++];
            auto& tries = script[request.state_name];
            if (tries.empty()) continue;
            const std::string said = tries.front();
            if (tries.size() > 1) tries.pop_front();
            advance(std::chrono::seconds(1));
            if (said.starts_with('{')) {
                engine().succeeded(request.token, Payload::trusted(said));
            } else {
                const auto colon = said.find(": ");
                engine().failed(request.token, said.substr(0, colon), said.substr(colon + 2));
            }
            settle();
            return true;
        }
        return false;
    }
    bool pass_time() {
        const auto due = engine().next_due();
        if (!due || ++waits_ > 100) return false;
        clock.set(std::max(*due, clock.now()));
        settle();
        return true;
    }
    runtime::Reader& reader_for_digest() {
        digest_reader_ = std::make_unique<runtime::Reader>(journal());
        return *digest_reader_;
    }
    std::size_t at_ = 0;
    std::size_t waits_ = 0;
    std::unique_ptr<runtime::Reader> digest_reader_;
};

/// {"StartAt": the first, "States": {...}} with `states` as the members of States.
inline std::string machine(const std::string& start, const std::string& states) {
    return R"({"StartAt":")" + start + R"(","States":{)" + states + "}}";
}
/// A Task; `rest` as further members: R"("Next":"B")".
inline std::string task(const std::string& name, const std::string& rest = R"("End":true)") {
    return "\"" + name + R"(":{"Type":"Task","Resource":"stepwell:shell",)" + rest + "}";
}

}  // namespace stepwell::test
