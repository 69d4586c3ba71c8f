#include <atomic>
#include <string>
#include <thread>

#include "engine/journal/sqlite_journal.hpp"
#include "engine/runtime/work/task_log.hpp"
#include "tests/runtime/stage.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {

using namespace runtime;

namespace {

/// Answers each task at once, from the thread that started it.
class InstantRunner final : public TaskRunner {
public:
    explicit InstantRunner(TaskSink& sink) : sink_(sink) {}
    void start(TaskRequest request) override {
        sink_.log(request.token, "done");
        sink_.succeeded(request.token, request.parameters);
    }
    void cancel(const TaskToken&) override {}

private:
    TaskSink& sink_;
};

/// "STATE: LINE" of the first execution's only attempt.
std::string first_log(const std::filesystem::path& folder) {
    const auto logs = read_task_logs(folder, ExecutionId{1});
    if (!logs || logs->size() != 1 || logs->front().lines.size() != 1) return "";
    return logs->front().header.state + ": " + logs->front().lines.front();
}

}  // namespace

TEST_CASE("many threads start executions at once, and each learns its own end") {
    TemporaryFolder folder;
    auto journal = journal::SqliteJournal::open(folder.path(), 7);
    REQUIRE(journal);
    EngineSettings settings;
    settings.logs_folder = folder.path() / "logs";
    Engine engine(settings, **journal, system_clock());
    InstantRunner runner(engine);
    REQUIRE(engine.start(runner));
    std::atomic<int> events{0};
    Listener listener;
    listener.events = [&](const core::Execution&, const std::vector<core::Event>& all) {
        events += static_cast<int>(all.size());
    };
    Subscription subscription = engine.subscribe(listener);
    WorkflowSpec spec;
    spec.name = "etl";
    spec.definition = kTask;
    REQUIRE(engine.create_workflow_now(spec));

    constexpr int kThreads = 4;
    constexpr int kStarts = 50;
    std::atomic<int> succeeded{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < kStarts; ++i) {
                StartRequest request;
                request.workflow = "etl";
                const std::string mark = std::to_string(t * kStarts + i);
                request.input = Payload::trusted(R"({"x":)" + mark + "}");
                auto started = engine.start_execution_now(request);
                if (!started) continue;
                auto closed = engine.closed_future(started->id).get();
                if (closed && closed->output->text() == R"({"x":)" + mark + "}") ++succeeded;
            }
        });
    }
    constexpr int kLists = 50;
    std::atomic<int> listed{0};
    std::thread reading([&] {
        auto reader = Reader::open(folder.path());
        for (int i = 0; i < kLists && reader; ++i) {
            if ((*reader)->list({})) ++listed;
        }
    });
    for (auto& thread : threads) thread.join();
    reading.join();
    CHECK(succeeded == kThreads * kStarts);
    CHECK(listed == kLists);
    subscription.reset();
    CHECK(events > kThreads * kStarts);
    engine.stop();
    CHECK(engine.start_execution_now({}).error().code == ErrorCode::unavailable);
    CHECK(first_log(settings.logs_folder) == "T: done");
}

TEST_CASE("an engine on SQLite goes on where the one before stopped") {
    TemporaryFolder folder;
    std::optional<ExecutionId> id;
    {
        auto journal = journal::SqliteJournal::open(folder.path(), 7);
        Engine engine({}, **journal, system_clock());
        RememberingRunner runner;
        REQUIRE(engine.start(runner));
        WorkflowSpec spec;
        spec.name = "etl";
        spec.definition = kTask;
        REQUIRE(engine.create_workflow_now(spec));
        StartRequest request;
        request.workflow = "etl";
        request.input = Payload::trusted(R"({"x":1})");
        id = engine.start_execution_now(request)->id;
        engine.stop();
        CHECK(runner.started.size() == 1);
    }
    auto journal = journal::SqliteJournal::open(folder.path(), 8);
    Engine engine({}, **journal, system_clock());
    InstantRunner runner(engine);
    REQUIRE(engine.start(runner));
    const auto closed = engine.closed_future(*id).get();
    REQUIRE(closed);
    CHECK(closed->output->text() == R"({"x":1})");
}

}  // namespace stepwell::test
