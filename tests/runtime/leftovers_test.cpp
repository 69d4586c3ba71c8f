// What large executions leave behind when they end is removed a part at a time.
#include <algorithm>
#include <string>

#include "engine/journal/sqlite.hpp"
#include "engine/journal/sqlite_journal.hpp"
#include "tests/runtime/stage.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {

using namespace std::chrono_literals;
using namespace runtime;

namespace {

/// What a sweep may remove (loop_seal.cpp).
constexpr std::int64_t kRecordsPerSweep = 2'000;
constexpr std::int64_t kPayloadsPerSweep = 4;

/// An engine over SQLite that is stepped by hand, and the tables beside it.
class Shelf {
public:
    Shelf() { boot(); }

    void boot() {
        engine_.reset();
        journal_.reset();
        auto opened = journal::SqliteJournal::open(folder_.path(), 7);
        REQUIRE(opened);
        journal_ = std::move(*opened);
        engine_ = std::make_unique<Engine>(EngineSettings{}, *journal_, clock_);
        REQUIRE(engine_->start(runner_, Engine::Threading::manual));
        auto database = journal::Database::open(folder_.path() / "stepwell.db",
                                                journal::Database::Mode::read_only);
        REQUIRE(database);
        tables_ = std::move(*database);
    }

    void create(const std::string& name, const std::string& definition) {
        WorkflowSpec spec;
        spec.name = name;
        spec.definition = definition;
        engine_->create_workflow(spec, [](const auto& made) { REQUIRE(made); });
        settle();
    }
    /// Without a turn.
    void start(const std::string& workflow, const std::string& input) {
        StartRequest request;
        request.workflow = workflow;
        request.input = Payload::trusted(input);
        engine_->start_execution(request, [this](const Result<Started>& started) {
            REQUIRE(started);
            id = started->id;
        });
    }
    bool turn() { return engine_->step(); }
    void settle() {
        while (turn()) {
        }
    }
    void advance(Duration by) { clock_.advance(by); }
    std::int64_t count(const std::string& table) {
        return tables_.scalar("SELECT count(*) FROM " + table).value();
    }
    core::Status status() { return journal_->execution(id)->value().status; }

    ExecutionId id{};

private:
    TemporaryFolder folder_;
    FakeClock clock_;
    RememberingRunner runner_;
    std::unique_ptr<journal::SqliteJournal> journal_;
    std::unique_ptr<Engine> engine_;
    journal::Database tables_;
};

std::string map_of(const std::string& item_state) {
    return R"({"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.a","ResultPath":null,
        "End":true,"ItemProcessor":{"StartAt":"I","States":{"I":)" +
           item_state + "}}}}}";
}

std::string items(int count) {
    std::string list;
    for (int i = 0; i < count; ++i) list += list.empty() ? "0" : ",0";
    return R"({"a":[)" + list + "]}";
}

}  // namespace

TEST_CASE("the records of a large run that has ended are removed a part at a time") {
    Shelf shelf;
    shelf.create("many", map_of(R"({"Type":"Wait","Seconds":60,"End":true})"));
    shelf.start("many", items(9'000));
    shelf.settle();
    REQUIRE(shelf.count("records") >= 9'000);
    shelf.advance(60s);
    std::int64_t left = shelf.count("records");
    int sweeps = 0;
    while (shelf.turn()) {
        const std::int64_t now = shelf.count("records");
        CHECK(left - now <= kRecordsPerSweep);
        if (now < left) ++sweeps;
        left = now;
    }
    CHECK(shelf.status() == core::Status::succeeded);
    CHECK(left == 0);
    CHECK(sweeps > 4);
    CHECK(shelf.count("leftovers") == 0);
    CHECK(shelf.count("payloads") == 0);
}

TEST_CASE("what a run has left is removed in the next life, too") {
    Shelf shelf;
    shelf.create("many", map_of(R"({"Type":"Wait","Seconds":60,"End":true})"));
    shelf.start("many", items(9'000));
    shelf.settle();
    shelf.advance(60s);
    while (shelf.status() == core::Status::running) REQUIRE(shelf.turn());
    REQUIRE(shelf.count("leftovers") == 1);
    REQUIRE(shelf.count("records") > 0);
    shelf.boot();
    shelf.settle();
    CHECK(shelf.count("leftovers") == 0);
    CHECK(shelf.count("records") == 0);
}

TEST_CASE("large payloads of a run that has ended are removed a few at a time") {
    Shelf shelf;
    shelf.create("large", R"({"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.a",
        "ItemSelector":{"t.$":"$.t","i.$":"$$.Map.Item.Index"},"ResultPath":null,"End":true,
        "ItemProcessor":{"StartAt":"I","States":{
            "I":{"Type":"Wait","Seconds":60,"End":true}}}}}})");
    shelf.start("large",
                R"({"a":[0,0,0,0,0,0,0,0,0,0,0,0],"t":")" + std::string(10'000, 'x') + "\"}");
    shelf.settle();
    REQUIRE(shelf.count("payloads") > 12);
    shelf.advance(60s);
    std::int64_t left = shelf.count("payloads");
    while (shelf.turn()) {
        const std::int64_t now = shelf.count("payloads");
        CHECK(left - now <= kPayloadsPerSweep);
        left = now;
    }
    CHECK(shelf.status() == core::Status::succeeded);
    CHECK(left == 0);
    CHECK(shelf.count("leftovers") == 0);
}

TEST_CASE("the records of a large Map go when it is over, and the rest of the run keeps its own") {
    Shelf shelf;
    shelf.create("many", R"({"StartAt":"P","States":{"P":{"Type":"Parallel","End":true,"Branches":[
        {"StartAt":"M","States":{
            "M":{"Type":"Map","ItemsPath":"$.a","ResultPath":null,"Next":"W",
                "ItemProcessor":{"StartAt":"I","States":{
                    "I":{"Type":"Wait","Seconds":60,"End":true}}}},
            "W":{"Type":"Wait","Seconds":60,"End":true}}},
        {"StartAt":"V","States":{"V":{"Type":"Wait","Seconds":90,"End":true}}}]}}})");
    shelf.start("many", items(3'000));
    shelf.settle();
    REQUIRE(shelf.count("records") >= 3'000);
    shelf.advance(60s);
    shelf.settle();
    CHECK(shelf.count("records") < 5);
    shelf.boot();
    shelf.advance(30s);
    shelf.settle();
    CHECK(shelf.status() == core::Status::running);
    shelf.advance(30s);
    shelf.settle();
    CHECK(shelf.status() == core::Status::succeeded);
    CHECK(shelf.count("records") == 0);
}

}  // namespace stepwell::test
