// Executions whose decision ends the process: the processes of these tests end for real.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <memory>
#include <stdexcept>

#include "engine/journal/sqlite_journal.hpp"
#include "engine/runtime/engine.hpp"
#include "engine/runtime/loop/poison_guard.hpp"
#include "engine/runtime/read/reader.hpp"
#include "tests/runtime/stage.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {
namespace {

using namespace std::chrono_literals;
using namespace runtime;

const std::string kDeadly =
    R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"Next":"Deadly"},
        "Deadly":{"Type":"Task","Resource":"stepwell:shell","End":true}}})";

/// It is asked in the middle of a decision.
class DeadlyRunner final : public TaskRunner {
public:
    [[nodiscard]] bool has_to_wait(const TaskPlace& place) const override {
        if (place.state == "Deadly") ::raise(SIGKILL);
        if (place.state == "Wrong") throw std::runtime_error("a mistake of ours");
        return false;
    }
    void start(TaskRequest) override {}
    void cancel(const TaskToken&) override {}
};

/// A life of the daemon in `folder`, up to when nothing is left to do.
struct Life {
    explicit Life(const std::filesystem::path& folder) {
        EngineSettings settings;
        settings.guard_file = folder / "stepwell.guard";
        journal = std::move(journal::SqliteJournal::open(folder, 1)).value();
        engine = std::make_unique<Engine>(settings, *journal, clock);
        SW_ASSERT(engine->start(runner, Engine::Threading::manual));
    }
    void settle() const {
        while (engine->step()) {
        }
    }
    template <class T, class Ask>
    Result<T> answer_of(Ask ask) {
        std::optional<Result<T>> answer;
        ask([&answer](Result<T> result) { answer = std::move(result); });
        settle();
        SW_ASSERT(answer.has_value());
        return *std::move(answer);
    }
    Result<WorkflowStatus> create(const std::string& name, const std::string& definition) {
        WorkflowSpec spec;
        spec.name = name;
        spec.definition = definition;
        return answer_of<WorkflowStatus>(
            [&](auto answer) { engine->create_workflow(spec, answer); });
    }
    Result<Started> start(const std::string& workflow) {
        StartRequest request;
        request.workflow = workflow;
        request.input = Payload::trusted("{}");
        return answer_of<Started>([&](auto answer) { engine->start_execution(request, answer); });
    }

    FakeClock clock;
    DeadlyRunner runner;
    std::unique_ptr<journal::SqliteJournal> journal;
    std::unique_ptr<Engine> engine;
};

/// In a process of its own. Its status, as wait() tells it.
int status_after(const std::function<void()>& life) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        life();
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return status;
}

bool is_killed(int status) {
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

core::Status status_of(Life& life, ExecutionId id) {
    return Reader(*life.journal).describe(id)->summary.status;
}

}  // namespace

TEST_CASE("an execution that ends the process each time is put aside, and the others go on") {
    const TemporaryFolder folder;
    ExecutionId before{};
    ExecutionId sick{};
    ExecutionId after{};
    {
        Life life(folder.path());
        for (const auto& [name, text] : {std::pair("deadly", kDeadly), std::pair("sleep", kWait)}) {
            REQUIRE(life.create(name, text));
        }
        before = life.start("sleep")->id;
        sick = life.start("deadly")->id;
        after = life.start("sleep")->id;
    }
    const auto live = [&] {
        Life life(folder.path());
        life.clock.advance(60s);
        life.settle();
    };
    for (std::uint64_t n = 0; n < PoisonGuard::kDeathsMax; ++n) {
        REQUIRE(is_killed(status_after(live)));
    }
    CHECK(status_after(live) == 0);

    Life life(folder.path());
    life.clock.advance(60s);
    life.settle();
    CHECK(status_of(life, before) == core::Status::succeeded);
    CHECK(status_of(life, after) == core::Status::succeeded);
    CHECK(life.engine->statistics().quarantined == 1);
    // It is shown,
    CHECK(status_of(life, sick) == core::Status::running);
    CHECK(Reader(*life.journal).history(sick, {})->items.size() == 2);
    const auto inspected =
        life.answer_of<Inspection>([&](auto answer) { life.engine->inspect(sick, answer); });
    CHECK(inspected.error().code == ErrorCode::corruption);
    // stopped,
    REQUIRE(life.answer_of<Timestamp>([&](auto answer) {
        life.engine->stop_execution(sick, {"Operator", "it kills"}, answer);
    }));
    CHECK(status_of(life, sick) == core::Status::aborted);
    CHECK(life.engine->statistics().quarantined == 0);
    // and removed.
    Removals removals;
    removals.runs.push_back({sick, (*life.journal->execution(sick))->last_chunk});
    REQUIRE(life.answer_of<void>([&](auto answer) { life.engine->remove(removals, answer); }));
    CHECK_FALSE(Reader(*life.journal).describe(sick));
    life.engine.reset();
    CHECK(PoisonGuard::open(folder.path() / "stepwell.guard")->poisonous().empty());
}

TEST_CASE("a workflow whose starts end the process is not started until it has a new version") {
    const TemporaryFolder folder;
    const auto first_state_is = [](const std::string& state) {
        return R"({"StartAt":")" + state + R"(","States":{")" + state +
               R"(":{"Type":"Task","Resource":"stepwell:shell","End":true}}})";
    };
    {
        Life life(folder.path());
        REQUIRE(life.create("deadly", first_state_is("Deadly")));
        REQUIRE(life.create("sound", first_state_is("Sound")));
    }
    // As a schedule does: the same fire is asked for again in each life.
    const auto live = [&] {
        Life life(folder.path());
        SW_ASSERT(life.start("sound").has_value());
        const auto started = life.start("deadly");
        SW_ASSERT(!started && started.error().code == ErrorCode::corruption);
    };
    for (std::uint64_t n = 0; n < PoisonGuard::kDeathsMax; ++n) {
        REQUIRE(is_killed(status_after(live)));
    }
    CHECK(status_after(live) == 0);
    {
        Life life(folder.path());
        WorkflowSpec spec;
        spec.name = "deadly";
        spec.definition = first_state_is("Sound");
        REQUIRE(life.answer_of<WorkflowStatus>(
            [&](auto answer) { life.engine->put_workflow(spec, answer); }));
        CHECK(life.start("deadly"));
    }
    { const Life life(folder.path()); }
    CHECK(PoisonGuard::open(folder.path() / "stepwell.guard")->poisonous_versions().empty());
}

TEST_CASE("a workflow of which a start went well is not to blame for what ends the process then") {
    const TemporaryFolder folder;
    const auto file = folder.path() / "stepwell.guard";
    const auto die = [&](bool has_started_well) {
        CHECK(is_killed(status_after([&] {
            auto guard = PoisonGuard::open(file);
            if (has_started_well) {
                const PoisonGuard::Work well(*guard, VersionId{1});
            }
            const PoisonGuard::Work work(*guard, VersionId{1});
            ::raise(SIGKILL);
        })));
    };
    for (int n = 0; n < 5; ++n) die(true);
    CHECK(PoisonGuard::open(file)->poisonous_versions().empty());
    for (int n = 0; n < 3; ++n) die(false);
    const auto guard = PoisonGuard::open(file);
    CHECK(guard->poisonous_versions() == std::vector<VersionId>{VersionId{1}});
    CHECK(guard->poisonous().empty());
}

TEST_CASE("whoever waits for an execution whose decision goes wrong is told, before and after") {
    const TemporaryFolder folder;
    Life life(folder.path());
    const std::string wrong =
        R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"Next":"Wrong"},
        "Wrong":{"Type":"Task","Resource":"stepwell:shell","End":true}}})";
    REQUIRE(life.create("wrong", wrong));
    const ExecutionId id = life.start("wrong")->id;
    std::optional<Result<Closed>> told;
    life.engine->when_closed(id, [&](auto closed) { told = std::move(closed); });
    life.settle();
    CHECK_FALSE(told);
    life.clock.advance(60s);
    life.settle();
    REQUIRE(told);
    CHECK(told->error().code == ErrorCode::corruption);
    const auto late =
        life.answer_of<Closed>([&](auto answer) { life.engine->when_closed(id, answer); });
    CHECK(late.error().code == ErrorCode::corruption);
    REQUIRE(life.answer_of<Timestamp>([&](auto answer) {
        life.engine->stop_execution(id, {"Operator", "it is wrong"}, answer);
    }));
    CHECK(status_of(life, id) == core::Status::aborted);
    const auto closed =
        life.answer_of<Closed>([&](auto answer) { life.engine->when_closed(id, answer); });
    CHECK(closed->status == core::Status::aborted);
}

TEST_CASE("who is at work when a process is killed from outside now and then is not put aside") {
    const TemporaryFolder folder;
    const auto file = folder.path() / "stepwell.guard";
    const auto die_at = [&](std::uint64_t id) {
        CHECK(is_killed(status_after([&] {
            auto guard = PoisonGuard::open(file);
            const PoisonGuard::Work work(*guard, ExecutionId{id});
            ::raise(SIGKILL);
        })));
    };
    const auto poisonous = [&] { return PoisonGuard::open(file)->poisonous(); };
    die_at(1);
    die_at(1);
    CHECK(poisonous().empty());
    CHECK(poisonous().empty());  // a life that ended in good order
    die_at(1);
    CHECK(poisonous().empty());
    // Two that take turns are both found.
    for (int n = 0; n < 3; ++n) {
        die_at(2);
        die_at(3);
    }
    CHECK(poisonous() == std::vector<ExecutionId>{ExecutionId{2}, ExecutionId{3}});
    CHECK(poisonous().size() == 2);  // they stay so,
    auto guard = PoisonGuard::open(file);
    guard->forgive(ExecutionId{2});  // until they have ended
    CHECK(guard->poisonous() == std::vector<ExecutionId>{ExecutionId{3}});
}

}  // namespace stepwell::test
