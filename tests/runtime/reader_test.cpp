#include <string>

#include "tests/runtime/stage.hpp"
#include "tests/support/commit.hpp"

namespace stepwell::test {

using namespace std::chrono_literals;
using namespace runtime;

namespace {

std::string ids_of(const std::vector<Json>& events) {
    std::string text;
    for (const Json& event : events) text += event.at("id").dump() + " ";
    return text;
}

/// All pages of a history, "1 2 | 3 4 | ...".
std::string pages_of(Reader& reader, ExecutionId id, HistoryQuery query) {
    std::string text;
    do {
        auto page = reader.history(id, query);
        REQUIRE(page);
        if (!text.empty()) text += "| ";
        text += ids_of(page->items);
        query.token = page->next;
    } while (query.token);
    return text;
}

/// Retention takes a run away when the first chunk of it is read.
class Vanishing final : public journal::MemoryJournal {
public:
    Vanishing(std::shared_ptr<journal::MemoryDisk> disk, ExecutionId run, bool is_damaged)
        : MemoryJournal(disk), disk_(std::move(disk)), run_(run), is_damaged_(is_damaged) {}
    Result<std::optional<journal::ChunkRecord>> chunk(journal::ChunkId id) override {
        journal::Removal removal;
        if (!is_damaged_) removal.executions = {run_};
        removal.chunks = {id};
        journal::Batch batch;
        batch.add(std::move(removal));
        MemoryJournal other(disk_);
        REQUIRE(stepwell::test::commit(other, batch));
        return MemoryJournal::chunk(id);
    }

private:
    std::shared_ptr<journal::MemoryDisk> disk_;
    ExecutionId run_;
    bool is_damaged_;
};

}  // namespace

TEST_CASE("an execution is found by ARN, number, generated name, and workflow and name") {
    Stage stage;
    REQUIRE(stage.create("etl", kPass));
    const auto named = stage.start("etl", "{}", "monday");
    const auto generated = stage.start("etl");
    Reader& reader = stage.reader();
    CHECK(*reader.find(named->arn) == named->id);
    CHECK(*reader.find("etl/monday") == named->id);
    CHECK(*reader.find(std::to_string(value_of(named->id))) == named->id);
    CHECK(*reader.find(generated->arn) == generated->id);
    CHECK(*reader.find(generated->name) == generated->id);
    CHECK(*reader.find("etl/" + generated->name) == generated->id);
    for (const std::string& text :
         {std::string("99"), std::string("tuesday"), std::string("etl/tuesday"), std::string(),
          named->arn + "x", generated->arn + "0", std::string("other/monday"),
          "other/" + generated->name}) {
        CAPTURE(text);
        CHECK(reader.find(text).error().code == ErrorCode::not_found);
    }
}

TEST_CASE("a description has the input, and what came of it") {
    Stage stage;
    REQUIRE(stage.create("etl", kTask));
    const auto started = stage.start("etl", R"({"x" : 7})", "monday");
    auto description = stage.reader().describe(started->id);
    REQUIRE(description);
    CHECK((description->summary.name == "monday" && description->summary.arn == started->arn));
    CHECK(description->input.text() == R"({"x" : 7})");
    CHECK((!description->output && !description->summary.stopped_at));
    stage.clock.advance(7s);
    stage.engine().failed(stage.runner.started[0].token, "Broken", "because");
    stage.settle();
    description = stage.reader().describe(started->id);
    CHECK(description->summary.status == core::Status::failed);
    CHECK((description->error == "Broken" && description->cause == "because"));
    CHECK(description->summary.error == "Broken");
    CHECK(*description->summary.stopped_at - description->summary.started_at == 7s);
}

TEST_CASE("lists come newest first in pages, and a token belongs to its query") {
    Stage stage;
    REQUIRE(stage.create("a", kPass));
    REQUIRE(stage.create("b", kWait));
    for (int i = 0; i < 5; ++i) {
        REQUIRE(stage.start("a"));
        REQUIRE(stage.start("b"));
    }
    ListQuery query;
    query.workflow = "a";
    query.limit = 2;
    std::string seen;
    std::string token;
    do {
        const auto page = stage.reader().list(query);
        REQUIRE(page);
        for (const auto& item : page->items) seen += std::to_string(value_of(item.id)) + " ";
        seen += "| ";
        query.token = page->next;
        if (query.token) token = *query.token;
    } while (query.token);
    CHECK(seen == "9 7 | 5 3 | 1 | ");

    query.workflow.reset();
    query.token = token;
    CHECK(stage.reader().list(query).error().message == "Invalid Token: 'Invalid token'");
    query.token = "nonsense";
    CHECK(stage.reader().list(query).error().code == ErrorCode::invalid);
    query.token.reset();
    query.status = core::Status::running;
    query.limit = 100;
    CHECK(stage.reader().list(query)->items.size() == 5);
    query.workflow = "c";
    CHECK(stage.reader().list(query).error().code == ErrorCode::not_found);
}

TEST_CASE("a page in the middle of a long history costs no more than one at an end") {
    EngineSettings settings;
    settings.limits.transitions_per_turn_max = 1;
    Stage stage(settings);
    REQUIRE(stage.create("each", R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,
        "ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}}}})"));
    std::string items = "[0";
    for (int i = 1; i < 2'000; ++i) items += ",0";
    const auto started = stage.start("each", items + "]");
    const std::size_t count = 4 + 2'000 * 4 + 2;
    for (const bool is_reversed : {false, true}) {
        HistoryQuery query;
        query.is_reversed = is_reversed;
        query.limit = 100;
        std::size_t seen = 0;
        do {
            const std::uint64_t before = stage.disk->links_read();
            const auto page = stage.reader().history(started->id, query);
            REQUIRE(page);
            CHECK(stage.disk->links_read() - before < 1'500);
            for (const Json& event : page->items) {
                ++seen;
                CHECK(event["id"] == (is_reversed ? count + 1 - seen : seen));
            }
            query.token = page->next;
        } while (query.token);
        CHECK(seen == count);
    }
}

TEST_CASE("a history comes in pages of any size, forwards and backwards") {
    Stage stage;
    REQUIRE(stage.create("etl", kTask));
    const auto started = stage.start("etl", R"({"x":7})");
    stage.engine().failed(stage.runner.started[0].token, "E", std::nullopt);
    stage.settle();
    stage.advance(5s);
    stage.succeed("{}");
    Reader& reader = stage.reader();
    const auto all = reader.history(started->id, {});
    REQUIRE(all);
    const std::size_t count = all->items.size();
    REQUIRE(count > 8);
    CHECK_FALSE(all->next);
    for (std::size_t limit = 1; limit <= count + 1; ++limit) {
        CAPTURE(limit);
        std::string forwards;
        std::string backwards;
        for (std::size_t i = 0; i < count; ++i) {
            const std::string separator = i > 0 && i % limit == 0 ? "| " : "";
            forwards += separator + std::to_string(i + 1) + " ";
            backwards += separator + std::to_string(count - i) + " ";
        }
        CHECK(pages_of(reader, started->id, {false, true, limit, {}}) == forwards);
        CHECK(pages_of(reader, started->id, {true, true, limit, {}}) == backwards);
    }
    const auto bare = reader.history(started->id, {false, false, 1, {}});
    CHECK(to_text(bare->items[0]).find("\"x\"") == std::string::npos);
    CHECK(reader.history(ExecutionId{99}, {}).error().code == ErrorCode::not_found);
    const auto events = reader.events(started->id);
    REQUIRE(events);
    CHECK(events->size() >= count);
}

TEST_CASE("workflows are described by name and ARN, and an execution knows its version") {
    Stage stage;
    const auto created = stage.create("etl", kWait);
    const auto started = stage.start("etl");
    WorkflowUpdate change;
    change.definition = kPass;
    REQUIRE(stage.answer_of<WorkflowStatus>(
        [&](auto answer) { stage.engine().update_workflow("etl", change, answer); }));
    Reader& reader = stage.reader();
    CHECK(reader.workflow("etl")->version.definition == kPass);
    CHECK(reader.workflow(created->arn)->version.number == 2);
    CHECK(reader.workflow_of(started->id)->version.definition == kWait);
    CHECK(reader.workflows()->size() == 1);
    CHECK(reader.workflow("nobody").error().code == ErrorCode::not_found);
}

TEST_CASE("a search looks at some twenty thousand executions at most, whatever it asks for") {
    constexpr std::uint64_t kMany = 25'000;
    Stage stage;
    REQUIRE(stage.create("a", kPass));
    journal::Batch batch;
    for (std::uint64_t n = 1; n <= kMany; ++n) {
        journal::ExecutionWrite run;
        run.id = ExecutionId{n};
        run.start =
            journal::ExecutionStart{WorkflowId{1}, VersionId{1}, "", stage.clock.now(), "", ""};
        // The oldest one is what is asked for.
        const auto status = n == 1 ? core::Status::succeeded : core::Status::failed;
        run.end = journal::ExecutionEnd{status, stage.clock.now(), n == 1 ? "Rare" : "E"};
        run.chunks.push_back({journal::ChunkId{n}, journal::ChunkId{0}, 0, "events"});
        batch.add(std::move(run));
    }
    REQUIRE(commit(stage.journal(), batch));
    struct Case {
        std::string name;
        RunQuery query;
    };
    std::vector<Case> cases(4);
    cases[0].name = "a status that most have not";
    cases[0].query.statuses = {core::Status::succeeded};
    cases[1].name = "of a workflow";
    cases[1].query.statuses = {core::Status::succeeded, core::Status::timed_out};
    cases[1].query.workflows = {"a"};
    cases[2].name = "an error";
    cases[2].query.error = "R*";
    cases[2].query.statuses = {core::Status::succeeded, core::Status::failed};
    cases[3].name = "a duration that none has";
    cases[3].query.workflows = {"a"};
    for (Case& c : cases) {
        CAPTURE(c.name);
        const bool is_none = &c == &cases[3];
        if (is_none) c.query.duration_from = 1h;
        auto page = stage.reader().search(c.query);
        REQUIRE(page);
        CHECK(page->items.empty());
        REQUIRE(page->next);
        c.query.token = page->next;
        page = stage.reader().search(c.query);
        CHECK(page->items.size() == (is_none ? 0 : 1));
        CHECK_FALSE(page->next);
    }
    RunQuery timed_out;
    timed_out.statuses = {core::Status::timed_out};
    CHECK_FALSE(stage.reader().search(timed_out)->next);  // an index says so
}

TEST_CASE("a run that retention takes away while it is read is not found, and not called damaged") {
    for (const bool is_damaged : {false, true}) {
        CAPTURE(is_damaged);
        const auto code = [&](auto read) {
            Stage stage;
            REQUIRE(stage.create("p", kPass));
            const ExecutionId id = stage.start("p")->id;
            Vanishing journal(stage.disk, id, is_damaged);
            Reader reader(journal);
            const auto got = read(reader, id);
            REQUIRE_FALSE(got);
            return got.error().code;
        };
        const ErrorCode want = is_damaged ? ErrorCode::corruption : ErrorCode::not_found;
        CHECK(code([](Reader& reader, ExecutionId id) { return reader.history(id, {}); }) == want);
        CHECK(code([](Reader& reader, ExecutionId id) { return reader.events(id); }) == want);
        CHECK(code([](Reader& reader, ExecutionId id) { return reader.describe(id); }) == want);
        CHECK(code([](Reader& reader, ExecutionId id) { return reader.rebuild(id); }) == want);
    }
}

}  // namespace stepwell::test
