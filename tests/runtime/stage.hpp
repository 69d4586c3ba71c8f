// Stage: an engine in manual mode with all that it needs, in memory: a disk that outlives it, a
// clock that stands, and a runner that only remembers what it was asked to do.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/journal/memory_journal.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/read/reader.hpp"
#include "engine/runtime/work/task_gate.hpp"
#include "tests/support/fake_clock.hpp"

namespace stepwell::test {

class RememberingRunner final : public runtime::TaskRunner {
public:
    void start(runtime::TaskRequest request) override { started.push_back(std::move(request)); }
    void cancel(const TaskToken& token) override { cancelled.push_back(token); }
    std::vector<runtime::TaskRequest> started;
    std::vector<TaskToken> cancelled;
};

class Stage {
public:
    explicit Stage(runtime::EngineSettings settings = {}, runtime::PoolSlots pools = {})
        : settings_(std::move(settings)), pools_(std::move(pools)) {
        boot();
    }

    /// Of the next life.
    void set_pools(runtime::PoolSlots pools) { pools_ = std::move(pools); }

    /// A new life on the same disk: what was in memory is gone.
    void boot() {
        boot_with([](runtime::TaskRunner& last) -> runtime::TaskRunner& { return last; });
    }
    /// The same, with what `between` makes between the gate and the runner.
    template <class Between>
    void boot_with(Between between) {
        engine_.reset();
        disk->repair();
        journal_ = std::make_unique<journal::MemoryJournal>(disk);
        runner = {};
        engine_ = std::make_unique<runtime::Engine>(settings_, *journal_, clock);
        engine_->on_failure([this](const Error& error) { failure = error; });
        gate = std::make_unique<runtime::TaskGate>(pools_, between(runner));
        engine_->add_observer(*gate);
        REQUIRE(engine_->start(*gate, runtime::Engine::Threading::manual));
    }

    runtime::Engine& engine() { return *engine_; }
    journal::Journal& journal() { return *journal_; }

    /// Turns until nothing is left to do at this time.
    void settle() {
        while (engine_->step()) {
        }
    }
    void advance(Duration by) {
        clock.advance(by);
        settle();
    }

    /// Asks, settles and gives the answer. `ask` gets the answer's callback.
    template <class T, class Ask>
    Result<T> answer_of(Ask ask) {
        auto answer = std::make_shared<std::optional<Result<T>>>();
        ask([answer](Result<T> result) { *answer = std::move(result); });
        settle();
        REQUIRE(answer->has_value());
        return std::move(**answer);
    }

    /// Makes the workflow, or a new version of it. `options`: as in a workflow file.
    Result<runtime::WorkflowStatus> put(const std::string& name, const std::string& definition,
                                        const std::string& options) {
        runtime::WorkflowSpec spec;
        spec.name = name;
        spec.definition = definition;
        spec.settings = R"({"options":)" + options + "}";
        return answer_of<runtime::WorkflowStatus>(
            [&](auto answer) { engine().put_workflow(spec, answer); });
    }
    Result<runtime::WorkflowStatus> create(const std::string& name, const std::string& definition) {
        runtime::WorkflowSpec spec;
        spec.name = name;
        spec.definition = definition;
        return answer_of<runtime::WorkflowStatus>(
            [&](auto answer) { engine().create_workflow(spec, answer); });
    }
    Result<runtime::Started> start(const std::string& workflow, const std::string& input = "{}",
                                   std::optional<std::string> name = std::nullopt) {
        return answer_of<runtime::Started>([&](auto answer) {
            runtime::StartRequest request;
            request.workflow = workflow;
            request.name = name;
            request.input = Payload::trusted(input);
            engine().start_execution(request, answer);
        });
    }
    /// Ends the attempt that was started last.
    void succeed(const std::string& output) {
        REQUIRE_FALSE(runner.started.empty());
        engine().succeeded(runner.started.back().token, Payload::trusted(output));
        settle();
    }

    /// "SUCCEEDED {...}", "FAILED Error", "RUNNING".
    std::string outcome(ExecutionId id) {
        auto description = reader().describe(id);
        REQUIRE(description);
        std::string text = core::name_of(description->summary.status);
        if (description->output) text += " " + description->output->text();
        if (description->error) text += " " + *description->error;
        return text;
    }
    /// The types of its history, joined by blanks.
    std::string types(ExecutionId id) {
        auto page = reader().history(id, {});
        REQUIRE(page);
        std::string text;
        for (const Json& event : page->items) {
            text += (text.empty() ? "" : " ") + event["type"].get<std::string>();
        }
        return text;
    }
    runtime::Reader& reader() {
        reader_ = std::make_unique<runtime::Reader>(*journal_);
        return *reader_;
    }

    std::shared_ptr<journal::MemoryDisk> disk = std::make_shared<journal::MemoryDisk>();
    FakeClock clock;
    RememberingRunner runner;
    std::unique_ptr<runtime::TaskGate> gate;  // in front of the runner
    std::optional<Error> failure;

private:
    runtime::EngineSettings settings_;
    runtime::PoolSlots pools_;
    std::unique_ptr<journal::MemoryJournal> journal_;
    std::unique_ptr<runtime::Engine> engine_;
    std::unique_ptr<runtime::Reader> reader_;
};

/// Definitions that tests share.
inline const std::string kPass =
    R"({"StartAt":"A","States":{"A":{"Type":"Pass","Result":{"a":1},"End":true}}})";
inline const std::string kWait =
    R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}})";
inline const std::string kTask =
    R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"stepwell:shell",
        "Parameters":{"x.$":"$.x"},"TimeoutSeconds":100,
        "Retry":[{"ErrorEquals":["E"],"IntervalSeconds":5,"MaxAttempts":1}],"Next":"P"},
        "P":{"Type":"Pass","End":true}}})";

}  // namespace stepwell::test
