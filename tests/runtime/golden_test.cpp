// The journals of releases: each later one opens them, brings them up to date, and goes on with
// what is in them. tests/golden/README.md says how one is made.
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/journal/sqlite_journal.hpp"
#include "engine/runtime/redrive.hpp"
#include "tests/runtime/stage.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {
namespace {

using namespace std::chrono_literals;
using namespace runtime;
namespace fs = std::filesystem;

/// A copy of a release's data folder, with an engine on it that runs no task by itself.
class Release {
public:
    explicit Release(const fs::path& golden) {
        fs::copy(golden, folder_.path(), fs::copy_options::recursive);
        boot();
    }

    void boot() {
        engine.reset();
        journal.reset();
        runner = {};
        auto opened = journal::SqliteJournal::open(folder_.path(), 1);
        REQUIRE(opened);
        journal = std::move(*opened);
        reader = std::make_unique<Reader>(*journal);
        if (clock.now() < last_time()) clock.set(last_time());
        engine = std::make_unique<Engine>(EngineSettings{}, *journal, clock);
        REQUIRE(engine->start(runner, Engine::Threading::manual));
        settle();
    }
    void settle() {
        while (engine->step()) {
        }
    }
    void advance(Duration by) {
        clock.advance(by);
        settle();
    }

    /// "SUCCEEDED {...}", "FAILED Error", "RUNNING".
    std::string outcome(const std::string& run) {
        const auto id = reader->find(run);
        REQUIRE(id);
        const auto description = reader->describe(*id);
        REQUIRE(description);
        std::string text = core::name_of(description->summary.status);
        if (description->output) text += " " + description->output->text();
        if (description->error) text += " " + *description->error;
        return text;
    }
    std::string types(const std::string& run) {
        const auto history = reader->history(*reader->find(run), {});
        REQUIRE(history);
        std::string text;
        for (const Json& event : history->items) text += event.at("type").get<std::string>() + " ";
        return text;
    }

    FakeClock clock;
    RememberingRunner runner;
    std::unique_ptr<journal::SqliteJournal> journal;
    std::unique_ptr<Reader> reader;
    std::unique_ptr<Engine> engine;

private:
    /// When the release did something for the last time.
    Timestamp last_time() {
        const auto runs = journal->executions({});
        REQUIRE(runs);
        Timestamp last;
        for (const auto& run : *runs) {
            last = std::max({last, run.started_at, run.stopped_at.value_or(last)});
        }
        return last;
    }

    TemporaryFolder folder_;
};

/// The releases whose journals are kept.
std::vector<fs::path> releases() {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(fs::path(SW_SOURCE_DIR) / "tests/golden")) {
        if (entry.is_directory()) found.push_back(entry.path());
    }
    REQUIRE_FALSE(found.empty());
    return found;
}

/// What releases after the first one hold as well.
bool has_later_things(Release& release) {
    return release.reader->find("nests/nesting").has_value();
}

void check_what_is_open(Release& release) {
    REQUIRE(release.runner.started.size() == 1);
    CHECK(release.runner.started[0].is_restarted);
    CHECK(release.runner.started[0].execution_name == "in-flight");
    release.engine->succeeded(release.runner.started[0].token, Payload::trusted(R"({"ok":1})"));
    release.settle();
    CHECK(release.outcome("flies/in-flight") == R"(SUCCEEDED {"ok":1})");

    CHECK(release.outcome("waits/waiting") == "RUNNING");
    if (has_later_things(release)) CHECK(release.outcome("nests/nesting") == "RUNNING");
    release.advance(24h + 1min);
    if (has_later_things(release)) {
        CHECK(release.outcome("nests/nesting") == R"(SUCCEEDED {"output":{"waited":true}})");
    }
    CHECK(release.outcome("waits/waiting") == R"(SUCCEEDED {"waited":true})");
    CHECK(release.outcome("fans/fanned-out") == R"(SUCCEEDED {"items":[1,2,3],"done":[1,2,3]})");
    REQUIRE(release.runner.started.size() == 2);
    const TaskRequest second = release.runner.started[1];
    CHECK((second.execution_name == "retrying" && second.retry_count == 1));
    release.engine->failed(second.token, "E", std::nullopt);
    release.settle();
    release.advance(48h + 1min);
    REQUIRE(release.runner.started.size() == 3);
    release.engine->succeeded(release.runner.started[2].token, Payload::trusted("{}"));
    release.settle();
    CHECK(release.outcome("retries/retrying") == "SUCCEEDED {}");
}

void check_what_has_ended(Release& release) {
    CHECK(release.outcome("passes/good") == R"(SUCCEEDED {"n": 2})");
    CHECK(release.outcome("passes/bad") == "FAILED E.Small");
    CHECK(release.outcome("waits/stopped") == "ABORTED Operator");
    CHECK(release.outcome("shells/echoed").starts_with("SUCCEEDED"));  // its workflow is deleted
    CHECK(release.types("passes/bad") ==
          "ExecutionStarted PassStateEntered PassStateExited ChoiceStateEntered ChoiceStateExited "
          "FailStateEntered ExecutionFailed ");
    const auto redriven = release.reader->describe(*release.reader->find("passes/redriven"));
    CHECK((redriven->summary.redrives == 1 && redriven->error == "E.Small"));
    CHECK(release.types("passes/redriven").find("ExecutionRedriven") != std::string::npos);
    CHECK(release.reader->rebuild(*release.reader->find("passes/redriven")));
}

void check_later_things(Release& release) {
    const ExecutionId failed = *release.reader->find("fails/failed");
    const auto rows = release.journal->run_rows({failed});
    REQUIRE(rows);
    REQUIRE(rows->size() == 1);
    REQUIRE(rows->front().failures.size() == 1);
    CHECK(rows->front().failures[0].state == "T");
    const ExecutionId length = *release.reader->find("counts/long");
    CHECK(release.journal->mark_after(length, 0)->has_value());
    HistoryQuery end;
    end.is_reversed = true;
    end.limit = 1;
    CHECK(release.reader->history(length, end)->items[0].at("type") == "ExecutionSucceeded");
    const auto child = release.journal->execution(*release.reader->find("waits/nested"));
    REQUIRE((*child)->parent);
    CHECK((*child)->parent->token.execution == *release.reader->find("nests/nesting"));
    const auto known = release.journal->execution(*release.reader->find("fails/failed"));
    CHECK_FALSE((*known)->principal.empty());
}

void check_what_stands_around(Release& release) {
    const auto documents = release.journal->documents("schedules", "", 10);
    REQUIRE(documents);
    CHECK(documents->size() == 1);
    const auto sources = release.journal->claim_sources("", 10);
    REQUIRE(sources);
    REQUIRE(sources->size() == 1);
    const auto claims = release.journal->claims({sources->front(), {}, 10});
    REQUIRE_FALSE(claims->empty());
    const auto fired = release.journal->execution(claims->front().record.execution);
    REQUIRE(*fired);
    CHECK((*fired)->origin == "schedule");
}

}  // namespace

TEST_CASE("the journal of each release is opened and gone on with") {
    for (const fs::path& golden : releases()) {
        CAPTURE(golden.filename().string());
        Release release(golden);
        check_what_has_ended(release);
        check_what_stands_around(release);
        if (has_later_things(release)) check_later_things(release);
        check_what_is_open(release);
        release.boot();
        CHECK(release.outcome("retries/retrying") == "SUCCEEDED {}");
        CHECK(release.runner.started.empty());
        check_what_has_ended(release);
    }
}

}  // namespace stepwell::test
