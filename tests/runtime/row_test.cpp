// Run rows: what is folded in the turn that ends a run, and what beside the engine.
#include <algorithm>
#include <string>

#include "engine/journal/sqlite_journal.hpp"
#include "engine/runtime/keep/row_keeper.hpp"
#include "engine/runtime/loop/trail.hpp"
#include "tests/runtime/stage.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {

using namespace runtime;

namespace {

/// The largest payload of its events that is not a task's result, and the count of results.
struct Seen {
    std::size_t bytes = 0;
    std::size_t results = 0;
};

Seen seen_in(const std::vector<core::Event>& events) {
    Seen seen;
    for (const core::Event& event : events) {
        if (const auto* entered = std::get_if<core::EnteredInfo>(&event.details)) {
            seen.bytes = std::max(seen.bytes, entered->input.bytes());
        } else if (const auto* task = std::get_if<core::TaskInfo>(&event.details)) {
            if (task->output) ++seen.results;
        }
    }
    return seen;
}

EngineSettings folding(std::vector<Seen>& seen) {
    EngineSettings settings;
    settings.fold_run = [&seen](const journal::ExecutionRecord&,
                                const std::vector<core::Event>& events) {
        seen.push_back(seen_in(events));
        return std::optional(journal::RunRow{});
    };
    return settings;
}

bool is_folded(journal::JournalReader& journal, ExecutionId run) {
    const auto rows = journal.run_rows({run});
    REQUIRE(rows);
    REQUIRE(rows->size() == 1);
    return rows->front().is_folded;
}

constexpr const char* kTwoTasks = R"({"StartAt":"A","States":{
    "A":{"Type":"Task","Resource":"stepwell:x","Next":"B"},
    "B":{"Type":"Task","Resource":"stepwell:x","End":true}}})";

/// An engine that remembers what each of its runs was folded from, a line an event.
struct Told {
    std::vector<std::string> histories;
    EngineSettings settings;
    Told() {
        settings.fold_run = [this](const journal::ExecutionRecord&,
                                   const std::vector<core::Event>& events) {
            const std::string lines = core::trace(events);
            histories.push_back(lines.substr(lines.find('\n')));  // behind the name
            return std::optional(journal::RunRow{});
        };
    }
};

std::string large(std::size_t bytes) {
    return R"({"x":")" + std::string(bytes, 'x') + "\"}";
}

}  // namespace

TEST_CASE("a run of many bytes is not folded in the turn in which it ends") {
    std::vector<Seen> seen;
    EngineSettings settings = folding(seen);
    settings.folded_bytes_max = 5'000;
    Stage stage(settings);
    REQUIRE(stage.create("etl", kTask));
    const auto small = stage.start("etl", large(100));
    stage.succeed("{}");
    CHECK(seen.size() == 1);
    CHECK(is_folded(stage.journal(), small->id));
    const auto big = stage.start("etl", large(5'000));
    stage.succeed("{}");
    CHECK(seen.size() == 1);
    CHECK_FALSE(is_folded(stage.journal(), big->id));
}

TEST_CASE("a run is folded from all of its history, whether the engine remembers it or not") {
    Told told;
    Stage stage(told.settings);
    REQUIRE(stage.create("etl", kTwoTasks));
    const auto links_read_by = [&](const auto& work) {
        const std::uint64_t before = stage.disk->links_read();
        work();
        return stage.disk->links_read() - before;
    };

    const std::uint64_t remembered = links_read_by([&] {
        REQUIRE(stage.start("etl"));
        stage.succeed("{}");
        stage.succeed("{}");
    });
    CHECK(remembered == 0);

    const std::uint64_t of_earlier_life = links_read_by([&] {
        REQUIRE(stage.start("etl"));
        stage.succeed("{}");
        const TaskToken second = stage.runner.started.back().token;
        stage.boot();
        stage.settle();
        stage.engine().succeeded(second, Payload());
        stage.settle();
    });
    CHECK(of_earlier_life > 0);

    const std::uint64_t too_large = links_read_by([&] {
        REQUIRE(stage.start("etl"));
        stage.succeed(large(Trail::kBytesMax));
        stage.succeed("{}");
    });
    CHECK(too_large > 0);

    REQUIRE(told.histories.size() == 3);
    CHECK(told.histories[1] == told.histories[0]);
    CHECK(told.histories[2] == told.histories[0]);
}

TEST_CASE("a redriven run is folded from all of its history") {
    Told told;
    Stage stage(told.settings);
    REQUIRE(stage.create("etl", kTwoTasks));
    const auto started = stage.start("etl");
    REQUIRE(started);
    stage.succeed("{}");
    stage.engine().failed(stage.runner.started.back().token, "E", std::nullopt);
    stage.settle();
    REQUIRE(stage.answer_of<Redriven>([&](auto answer) {
        stage.engine().redrive_execution({started->id, {}, {}}, answer);
    }));
    stage.succeed("{}");
    REQUIRE(told.histories.size() == 2);
    CHECK(told.histories[1].starts_with(told.histories[0]));
}

TEST_CASE("what is folded beside the engine has the results of tasks, and no other payload") {
    const TemporaryFolder folder;
    std::vector<Seen> seen;
    EngineSettings settings = folding(seen);
    settings.folded_bytes_max = 1;
    auto journal = journal::SqliteJournal::open(folder.path(), 7);
    REQUIRE(journal);
    Engine engine(settings, **journal, system_clock());
    RememberingRunner runner;
    REQUIRE(engine.start(runner));
    WorkflowSpec spec;
    spec.name = "etl";
    spec.definition = kTask;
    REQUIRE(engine.create_workflow_now(spec));
    StartRequest request;
    request.workflow = "etl";
    request.input = Payload::trusted(large(100'000));
    const auto started = engine.start_execution_now(request);
    REQUIRE(started);
    auto closed = engine.closed_future(started->id);
    // Its token: the engine answers after it has told the runner.
    const TaskToken token = runner.started.at(0).token;
    engine.succeeded(token, Payload::trusted(large(50'000)));
    REQUIRE(closed.get());
    const auto open = [&] { return journal::SqliteReader::open(folder.path()); };
    auto reader = open();
    REQUIRE(reader);
    RowKeeper keeper(settings.fold_run, engine, nullptr);
    REQUIRE(keeper.pass(**reader));
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].bytes < 100);
    CHECK(seen[0].results == 1);
    CHECK(is_folded(**reader, started->id));
}

}  // namespace stepwell::test
