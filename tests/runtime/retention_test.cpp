#include "engine/runtime/keep/retention.hpp"

#include <fstream>
#include <string>

#include "engine/journal/memory_journal.hpp"
#include "engine/journal/sqlite_journal.hpp"
#include "engine/runtime/keep/age_walk.hpp"
#include "engine/runtime/work/task_log.hpp"
#include "tests/runtime/stage.hpp"
#include "tests/support/commit.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {

using namespace std::chrono_literals;
using namespace runtime;

namespace {

using definition::RetentionRule;
using journal::ExecutionRecord;

/// Ends as its input says: {"ok": true}, or fails; takes {"times": n} turns.
const std::string kBrief =
    R"({"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[{"Variable":"$.ok",
        "BooleanEquals":true,"Next":"S"}],"Default":"F"},"S":{"Type":"Succeed"},
        "F":{"Type":"Fail","Error":"E"}}})";

ExecutionRecord run_of(core::Status status, std::int64_t stopped_days_ago, WorkflowId workflow,
                       Timestamp now) {
    ExecutionRecord run;
    run.workflow = workflow;
    run.status = status;
    if (status != core::Status::running) {
        run.stopped_at = now - std::chrono::days(stopped_days_ago);
    }
    return run;
}

/// A real journal, an engine with a thread, and a retention whose passes the test makes.
class Keeper {
public:
    explicit Keeper(RetentionRule rule) : rule_(rule) { boot(); }
    ~Keeper() { engine->stop(); }

    void boot() {
        if (engine) engine->stop();
        engine.reset();
        journal_.reset();
        journal_ = std::move(*journal::SqliteJournal::open(folder_.path(), 7));
        EngineSettings settings;
        settings.logs_folder = logs();
        engine = std::make_unique<Engine>(settings, *journal_, clock);
        REQUIRE(engine->start(runner_));
    }
    std::filesystem::path logs() const { return folder_.path() / "logs"; }

    void put(const std::string& name, const std::string& definition,
             const std::string& options = "{}") {
        WorkflowSpec spec;
        spec.name = name;
        spec.definition = definition;
        spec.settings = R"({"options":)" + options + "}";
        REQUIRE(engine->put_workflow_now(spec));
    }
    ExecutionId start(const std::string& workflow, const std::string& input) {
        StartRequest request;
        request.workflow = workflow;
        request.input = Payload::trusted(input);
        const auto started = engine->start_execution_now(request);
        REQUIRE(started);
        return started->id;
    }
    RetentionStatistics pass() {
        RetentionSettings settings{rule_, logs(), 1s, claims};
        settings.bytes_apart = [this](journal::JournalReader&) -> Result<std::uint64_t> {
            return bytes_apart;
        };
        Retention retention(settings, *engine, clock, [this] { return open_reader(); });
        REQUIRE(retention.pass());
        return retention.statistics();
    }
    Result<std::unique_ptr<journal::JournalReader>> open_reader() {
        std::unique_ptr<journal::JournalReader> reader =
            SW_TRY(journal::SqliteReader::open(folder_.path()));
        return reader;
    }
    /// Commits behind the engine's back, between two lives of it.
    void inject(const journal::Batch& batch) {
        engine->stop();
        REQUIRE(commit(*journal_, batch));
        boot();
    }
    std::string runs() {
        auto reader = *open_reader();
        std::string text;
        const auto all = *reader->executions({});
        for (const auto& run : all) {
            text = std::to_string(value_of(run.id)) + " " + text;
        }
        return text;
    }

    FakeClock clock;
    std::unique_ptr<Engine> engine;
    ClaimRule claims;
    std::uint64_t bytes_apart = 0;

private:
    RetentionRule rule_;
    TemporaryFolder folder_;
    RememberingRunner runner_;
    std::unique_ptr<journal::SqliteJournal> journal_;
};

}  // namespace

TEST_CASE("how long a run is kept: by its end, what its workflow says before the rest") {
    const Timestamp now = from_ms(1'700'000'000'000);
    constexpr WorkflowId kOwn{1};
    constexpr WorkflowId kOther{2};
    constexpr WorkflowId kForever{3};
    RetentionRules rules({std::chrono::days(30), std::chrono::days(90), {}, {}});
    rules.set(kOwn, {std::chrono::days(7), {}, {}, {}});
    rules.set(kForever, {Duration::max(), Duration::max(), {}, {}});
    struct Case {
        core::Status status;
        std::int64_t days;
        WorkflowId workflow;
        bool is_due;
    };
    const std::vector<Case> cases = {{core::Status::succeeded, 29, kOther, false},
                                     {core::Status::succeeded, 31, kOther, true},
                                     {core::Status::failed, 31, kOther, false},
                                     {core::Status::timed_out, 91, kOther, true},
                                     {core::Status::aborted, 91, kOther, true},
                                     {core::Status::running, 500, kOther, false},
                                     {core::Status::succeeded, 8, kOwn, true},
                                     {core::Status::failed, 89, kOwn, false},
                                     {core::Status::failed, 91, kOwn, true},
                                     {core::Status::succeeded, 9'999, kForever, false}};
    for (const Case& c : cases) {
        CAPTURE(std::string(core::name_of(c.status)));
        CAPTURE(c.days);
        CHECK(rules.is_too_old(run_of(c.status, c.days, c.workflow, now), now) == c.is_due);
    }
    CHECK(rules.youngest_due(now) == now - std::chrono::days(7));
    CHECK_FALSE(RetentionRules({}).youngest_due(now));
}

TEST_CASE("runs that are kept longer are not looked at again before one of them is due") {
    using std::chrono::days;
    const Timestamp now = from_ms(1'700'000'000'000);
    const RetentionRules rules({days(30), days(90), {}, {}});
    const auto pass = [&](AgeWalk& walk, std::uint64_t id, core::Status status, int days_ago) {
        ExecutionRecord run = run_of(status, days_ago, WorkflowId{1}, now);
        run.id = ExecutionId{id};
        walk.pass(run);
    };
    AgeWalk walk;
    CHECK(walk.begin(rules, now) == ExecutionId{});
    pass(walk, 1, core::Status::failed, 80);
    pass(walk, 2, core::Status::succeeded, 31);  // goes
    pass(walk, 3, core::Status::failed, 31);
    pass(walk, 4, core::Status::succeeded, 30);  // is due at once
    pass(walk, 5, core::Status::failed, 1);
    CHECK(walk.begin(rules, now + 1min) == ExecutionId{3});
    CHECK(walk.begin(rules, now + days(10) - 1s) == ExecutionId{3});
    CHECK(walk.begin(rules, now + days(10)) == ExecutionId{});  // the first one is due

    pass(walk, 3, core::Status::failed, 31);
    CHECK(walk.begin(rules, now + days(10)) == ExecutionId{3});
    CHECK(walk.begin(rules, now + days(9)) == ExecutionId{});  // the clock was set back
    pass(walk, 3, core::Status::failed, 31);
    CHECK(walk.begin(RetentionRules({days(29), days(90), {}, {}}), now + days(9)) == ExecutionId{});
    pass(walk, 3, core::Status::failed, 31);
    // One that ran, or was opened again, may have ended and be due.
    CHECK(walk.begin(RetentionRules({days(29), days(90), {}, {}}), now + days(38)) ==
          ExecutionId{});
}

TEST_CASE("a pass of retention begins behind what the one before has found to stay") {
    Stage stage;
    REQUIRE(stage.create("etl", kBrief));
    std::vector<ExecutionId> begun;
    /// Says where each list of closed runs begins.
    class Listed final : public journal::MemoryJournal {
    public:
        Listed(std::shared_ptr<journal::MemoryDisk> disk, std::vector<ExecutionId>& begun)
            : MemoryJournal(std::move(disk), Access::reading), begun_(begun) {}
        Result<std::vector<ExecutionRecord>> closed_executions(
            const journal::ClosedQuery& query) override {
            begun_.push_back(query.after);
            return MemoryJournal::closed_executions(query);
        }

    private:
        std::vector<ExecutionId>& begun_;
    };
    for (int i = 0; i < 3; ++i) REQUIRE(stage.start("etl", R"({"ok":false})"));
    stage.clock.advance(std::chrono::days(40));
    Retention retention({{std::chrono::days(30), std::chrono::days(90), {}, {}}, {}, 1s, {}},
                        stage.engine(), stage.clock, [&] {
                            return Result<std::unique_ptr<journal::JournalReader>>(
                                std::make_unique<Listed>(stage.disk, begun));
                        });
    REQUIRE(retention.pass());
    stage.clock.advance(1min);
    REQUIRE(retention.pass());
    CHECK(begun == std::vector{ExecutionId{}, ExecutionId{3}, ExecutionId{3}});
}

TEST_CASE("old runs are forgotten with their logs, failed ones later, open ones never") {
    Keeper keeper({std::chrono::days(1), std::chrono::days(3), {}, {}});
    keeper.put("etl", kBrief);
    keeper.put("slow", R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":99999999,
                           "End":true}}})");
    keeper.start("etl", R"({"ok":true})");
    keeper.start("etl", R"({"ok":false})");
    keeper.start("slow", "{}");
    for (const std::string run : {"1", "2"}) {
        std::filesystem::create_directories(keeper.logs() / "0" / run);
        std::ofstream(keeper.logs() / "0" / run / "0-1.log") << "{}\n";
    }
    keeper.clock.advance(std::chrono::days(2));
    keeper.start("etl", R"({"ok":true})");
    CHECK(keeper.runs() == "1 2 3 4 ");
    CHECK(keeper.pass().by_age == 1);
    CHECK(keeper.runs() == "2 3 4 ");
    CHECK_FALSE(std::filesystem::exists(keeper.logs() / "0" / "1"));
    CHECK(std::filesystem::exists(keeper.logs() / "0" / "2"));
    keeper.clock.advance(std::chrono::days(2));
    CHECK(keeper.pass().by_age == 2);
    CHECK(keeper.runs() == "3 ");
    auto reader = *keeper.open_reader();
    CHECK_FALSE(reader->document("retention", "begun")->has_value());
}

TEST_CASE("an id is not used again, whatever was forgotten") {
    Keeper keeper({1s, 1s, {}, {}});
    keeper.put("etl", kBrief);
    keeper.start("etl", R"({"ok":true})");
    keeper.clock.advance(1min);
    CHECK(keeper.pass().by_age == 1);
    keeper.boot();
    CHECK(keeper.start("etl", R"({"ok":true})") == ExecutionId{2});
}

TEST_CASE("beyond the count the oldest go: failed ones when no other is left") {
    Keeper keeper({{}, {}, 3, {}});
    keeper.put("etl", kBrief);
    for (const std::string ok : {"false", "true", "false", "true", "true", "false"}) {
        keeper.start("etl", R"({"ok":)" + ok + "}");
    }
    CHECK(keeper.pass().by_count == 3);
    CHECK(keeper.runs() == "1 3 6 ");
    keeper.start("etl", R"({"ok":false})");
    CHECK(keeper.pass().by_count == 1);
    CHECK(keeper.runs() == "3 6 7 ");
}

TEST_CASE("a workflow's own count holds for its own runs only") {
    Keeper keeper({});
    keeper.put("few", kBrief, R"({"retention":{"runs":1}})");
    keeper.put("all", kBrief);
    for (int n = 0; n < 3; ++n) {
        keeper.start("few", R"({"ok":true})");
        keeper.start("all", R"({"ok":true})");
    }
    CHECK(keeper.pass().by_count == 2);
    CHECK(keeper.runs() == "2 4 5 6 ");
}

TEST_CASE("beyond the bytes the oldest go until it fits, and their space is used again") {
    Keeper keeper({{}, {}, {}, 3'000'000});
    keeper.put("etl", kBrief);
    const std::string filler = R"({"ok":true,"x":")" + std::string(50'000, 'x') + "\"}";
    const auto fill = [&] {
        for (int n = 0; n < 60; ++n) keeper.start("etl", filler);
    };
    fill();
    CHECK(keeper.pass().by_bytes > 4);
    auto reader = *keeper.open_reader();
    CHECK(reader->size()->bytes_used <= 3'000'000);
    CHECK_FALSE(keeper.runs().empty());
    const std::uint64_t file = reader->size()->bytes_of_file;
    for (int round = 0; round < 3; ++round) {
        fill();
        keeper.pass();
    }
    CHECK(reader->size()->bytes_of_file < 2 * file);
}

TEST_CASE("what retention cannot free is not counted, and costs no run") {
    Keeper keeper({{}, {}, {}, 3'000'000});
    keeper.put("etl", kBrief);
    for (int n = 0; n < 30; ++n) keeper.start("etl", R"({"ok":true})");
    journal::Batch batch;
    for (int n = 0; n < 60; ++n) {
        batch.add(journal::DocumentWrite{"audit", std::to_string(n), std::string(100'000, 'x')});
    }
    keeper.inject(batch);
    keeper.bytes_apart = 60 * 100'000;
    CHECK(keeper.pass().by_bytes == 0);
    // Where something else takes the space, no pass forgets more than twice what is too much.
    keeper.bytes_apart = (*keeper.open_reader())->size()->bytes_used - 3'000'000 - 1'000;
    CHECK(keeper.pass().by_bytes <= 8);
}

TEST_CASE("a history too long for one transaction goes in pieces, also over a crash") {
    Keeper keeper({1s, 1s, {}, {}});
    keeper.put("etl", kBrief);
    journal::Batch batch;
    journal::ExecutionWrite run;
    run.id = ExecutionId{1};
    run.start =
        journal::ExecutionStart{WorkflowId{1}, VersionId{1}, "", keeper.clock.now(), "", ""};
    run.end = journal::ExecutionEnd{core::Status::succeeded, keeper.clock.now(), ""};
    for (std::uint64_t n = 1; n <= 700; ++n) {
        run.chunks.push_back({journal::ChunkId{n}, journal::ChunkId{n - 1}, n, "events"});
    }
    batch.add(std::move(run));
    keeper.inject(batch);
    constexpr ExecutionId id{1};
    auto reader = *keeper.open_reader();
    const auto chunks_left = [&] {
        std::size_t count = 0;
        for (std::uint64_t n = 1; n <= 700; ++n) {
            count += reader->chunk_link(journal::ChunkId{n})->has_value() ? 1 : 0;
        }
        return count;
    };
    REQUIRE(chunks_left() == 700);
    keeper.clock.advance(1min);
    // What a daemon leaves that is killed after the first piece.
    const auto row = **reader->execution(id);
    Removals first;
    first.runs = {{id, row.last_chunk}};
    first.chunks = {row.last_chunk};
    journal::DocumentWrite begun;
    begun.collection = "retention";
    begun.key = "begun";
    begun.value = R"({"runs":[1],"chunk":)" +
                  std::to_string(value_of((*reader->chunk_link(row.last_chunk))->previous)) + "}";
    first.documents = {begun};
    REQUIRE(keeper.engine->remove_now(first));
    CHECK(keeper.runs().empty());
    keeper.pass();
    CHECK(chunks_left() == 0);
}

TEST_CASE("old claims go where their runs are gone, but the newest, and never those of files") {
    Keeper keeper({std::chrono::days(60), std::chrono::days(60), {}, {}});
    keeper.claims = {{"schedule:", "hook:"}, std::chrono::days(30), 2};
    keeper.put("etl", kBrief);
    const auto claim = [&](const std::string& source, const std::string& key, bool starts) {
        if (!starts) {
            Writes writes;
            writes.claims = {{source, key, "{}"}};
            REQUIRE(keeper.engine->write_now(std::move(writes)));
            return;
        }
        StartRequest request;
        request.workflow = "etl";
        request.input = Payload::trusted(R"({"ok":true})");
        request.claims = {{source, key, "{}"}};
        REQUIRE(keeper.engine->start_execution_now(request));
    };
    const auto keys = [&](const std::string& source) {
        auto reader = *keeper.open_reader();
        const auto page = *reader->claims({source, {}, 10});
        std::string text;
        for (const auto& listed : page) text = listed.record.claim.key + " " + text;
        return text;
    };
    for (const std::string source : {"schedule:etl#0", "hook:etl", "files:etl#1"}) {
        claim(source, "a", true);
        claim(source, "b", false);
    }
    keeper.clock.advance(std::chrono::days(31));
    CHECK(keeper.pass().claims == 0);  // there are no more than are kept
    for (const std::string source : {"schedule:etl#0", "files:etl#1"}) {
        for (const std::string key : {"c", "d", "e"}) claim(source, key, false);
    }
    CHECK(keeper.pass().claims == 1);
    CHECK(keys("schedule:etl#0") == "a c d e ");  // the run of a is still there; c is young
    keeper.clock.advance(std::chrono::days(30));
    CHECK(keeper.pass().by_age == 3);
    CHECK(keys("schedule:etl#0") == "d e ");
    CHECK(keys("hook:etl") == "a b ");
    CHECK(keys("files:etl#1") == "a b c d e ");
}

TEST_CASE("what went on since it was planned is not removed") {
    Keeper keeper({});
    keeper.put("etl", kBrief);
    const ExecutionId id = keeper.start("etl", R"({"ok":true})");
    Removals removals;
    removals.runs = {{id, journal::ChunkId{99}}};
    CHECK(keeper.engine->remove_now(removals).error().code == ErrorCode::conflict);
    removals.runs = {{ExecutionId{77}, journal::ChunkId{1}}};
    CHECK(keeper.engine->remove_now(removals).error().code == ErrorCode::conflict);
    CHECK(keeper.runs() == "1 ");
}

}  // namespace stepwell::test
