// Searches for runs: against a reference that looks at each of them.
#include <algorithm>
#include <map>
#include <random>

#include "engine/base/ascii.hpp"
#include "engine/journal/sqlite_journal.hpp"
#include "engine/runtime/names.hpp"
#include "tests/runtime/stage.hpp"
#include "tests/support/commit.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {

using namespace std::chrono_literals;
using namespace runtime;
using core::Status;

namespace {

constexpr std::int64_t kBegin = 1'700'000'000'000;
constexpr const char* kWorkflows[] = {"flights-daily", "flights-monthly", "banking", "quiet"};
constexpr const char* kOrigins[] = {"", "api", "schedule", "file", "webhook", "parent"};
constexpr const char* kErrors[] = {"E_QUALITY", "E_CONFIG", "States.Timeout", "e*"};
constexpr const char* kMessages[] = {"37 rows are bad", "Disk Full", "no such table"};

/// What one run is, as far as a search can ask.
struct Known {
    std::uint64_t id = 0;
    std::size_t workflow = 0;
    std::uint32_t version = 1;
    Status status = Status::running;
    std::string name;
    std::string origin;
    std::string trigger;
    std::string error;
    std::string message;
    std::uint32_t caught = 0;
    Timestamp started_at;
    std::optional<Timestamp> stopped_at;
};

class Dice {
public:
    explicit Dice(unsigned seed) : engine_(seed) {}
    std::size_t below(std::size_t count) { return engine_() % count; }
    template <class T, std::size_t n>
    const T& of(const T (&values)[n]) {
        return values[below(n)];
    }
    bool is_one_in(std::size_t count) { return below(count) == 0; }

private:
    std::mt19937 engine_;
};

Known some_run(Dice& dice, std::uint64_t id) {
    Known run;
    run.id = id;
    run.workflow = dice.below(3);  // the last one has none
    run.version = 1 + static_cast<std::uint32_t>(dice.below(2));
    run.started_at = from_ms(kBegin + static_cast<std::int64_t>(id / 3 * 20'000));
    run.origin = dice.of(kOrigins);
    if (dice.is_one_in(2)) run.name = "run-" + std::to_string(id);
    const bool has_trigger = run.origin == "schedule" || run.origin == "file";
    if (has_trigger) {
        run.trigger = std::string(kWorkflows[run.workflow]) + "#t" + std::to_string(dice.below(2));
    }
    run.status = static_cast<Status>(dice.below(5));
    if (run.status == Status::running) return run;
    run.stopped_at = run.started_at + Duration(1'000 * dice.below(200));
    run.caught = dice.is_one_in(3) ? 1 : 0;
    if (run.status == Status::succeeded) return run;
    run.error = dice.of(kErrors);
    run.message = dice.of(kMessages);
    return run;
}

journal::RunRow row_of(const Known& run) {
    journal::RunRow row;
    row.id = ExecutionId{run.id};
    row.workflow = WorkflowId{run.workflow + 1};
    row.started_at = run.started_at;
    row.revision = journal::ChunkId{run.id};
    row.caught = run.caught;
    row.details = "{}";
    if (!run.message.empty()) {
        row.failures.push_back({"print", "Validate", "Each month/Validate", run.error, run.message,
                                run.message, false});
    }
    return row;
}

journal::ExecutionWrite write_of(const Known& run) {
    journal::ExecutionWrite write;
    write.id = ExecutionId{run.id};
    const auto version = VersionId{run.workflow * 2 + run.version};
    write.start = journal::ExecutionStart{
        WorkflowId{run.workflow + 1}, version, run.name, run.started_at, run.origin, ""};
    write.chunks.push_back({journal::ChunkId{run.id}, journal::ChunkId{0}, 0, "events"});
    if (run.stopped_at) {
        write.end = journal::ExecutionEnd{run.status, *run.stopped_at, run.error};
        write.row = row_of(run);
    } else {
        journal::OpenRecord open;
        open.id = write.id;
        open.last_chunk = journal::ChunkId{run.id};
        write.open = open;
    }
    return write;
}

std::vector<Known> fill(journal::Journal& journal, Dice& dice, std::size_t count) {
    journal::Batch batch;
    for (std::size_t i = 0; i < std::size(kWorkflows); ++i) {
        batch.add(journal::WorkflowRecord{WorkflowId{i + 1}, kWorkflows[i],
                                          std::string("arn:") + kWorkflows[i], "STANDARD",
                                          from_ms(kBegin)});
        for (std::uint32_t number = 1; number <= 2; ++number) {
            journal::VersionRecord version;
            version.id = VersionId{i * 2 + number};
            version.workflow = WorkflowId{i + 1};
            version.number = number;
            version.definition = version.settings = "{}";
            version.created_at = from_ms(kBegin);
            batch.add(version);
        }
    }
    std::vector<Known> runs;
    for (std::uint64_t id = 1; id <= count; ++id) {
        runs.push_back(some_run(dice, id));
        const Known& run = runs.back();
        batch.add(write_of(run));
        if (run.trigger.empty()) continue;
        const std::string kind = run.origin == "schedule" ? "schedule:" : "files:";
        batch.add(journal::ClaimRecord{
            {kind + run.trigger, std::to_string(id), "{}"}, ExecutionId{id}, run.started_at});
    }
    REQUIRE(commit(journal, batch));
    return runs;
}

template <class T>
bool is_among(const std::vector<T>& wanted, const T& value) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

bool is_late(const Known& run, const std::map<std::string, Timestamp>& late_before) {
    const auto until = late_before.find(kWorkflows[run.workflow]);
    return run.status == Status::running && until != late_before.end() &&
           run.started_at < until->second;
}

bool has_workflow(const RunQuery& query, const std::string& workflow) {
    return query.workflows.empty() ||
           std::any_of(query.workflows.begin(), query.workflows.end(),
                       [&](const std::string& one) { return fits_glob(workflow, one); });
}

/// The reference: what the conditions mean, one after the other.
bool fits(const Known& run, const RunQuery& query, const ExecutionNames& names) {
    const std::string name = run.name.empty() ? names.name_of(ExecutionId{run.id}) : run.name;
    if (!has_workflow(query, kWorkflows[run.workflow])) return false;
    if (query.version && run.version != *query.version) return false;
    if (!is_among(query.statuses, run.status)) return false;
    if (!is_among(query.origins, run.origin)) return false;
    if (query.trigger && run.trigger != *query.trigger) return false;
    if (query.name && !fits_glob(name, *query.name)) return false;
    if (query.error && (run.error.empty() || !fits_glob(run.error, *query.error))) return false;
    if (query.has_caught && run.caught == 0) return false;
    if (query.started_from && run.started_at < *query.started_from) return false;
    if (query.started_until && run.started_at >= *query.started_until) return false;
    if (query.among && !is_among(*query.among, ExecutionId{run.id})) return false;
    if (query.late_before && !is_late(run, *query.late_before)) return false;
    const bool has_duration = query.duration_from || query.duration_until;
    if (has_duration && !run.stopped_at) return false;
    const Duration took = run.stopped_at ? *run.stopped_at - run.started_at : Duration{};
    if (query.duration_from && took < *query.duration_from) return false;
    if (query.duration_until && took >= *query.duration_until) return false;
    if (!query.text) return true;
    const std::string path = run.message.empty() ? "" : "Each month/Validate";
    return has_part(name, *query.text) || has_part(run.error, *query.text) ||
           has_part(run.message, *query.text) || has_part(path, *query.text);
}

void ask_for_workflow(Dice& dice, RunQuery& query) {
    if (dice.is_one_in(2)) return;
    if (dice.is_one_in(3)) {
        query.workflows = {dice.is_one_in(2) ? "flights-*" : "*a?l*"};
    } else {
        query.workflows = {dice.of(kWorkflows)};
        if (dice.is_one_in(3)) query.workflows.emplace_back(dice.of(kWorkflows));
    }
    const bool is_one =
        query.workflows.size() == 1 && query.workflows[0].find('*') == std::string::npos;
    if (is_one && dice.is_one_in(3)) {
        query.version = 1 + static_cast<std::uint32_t>(dice.below(2));
    }
}

void ask_for_texts(Dice& dice, const std::vector<Known>& runs, const ExecutionNames& names,
                   RunQuery& query) {
    const Known& one = runs[dice.below(runs.size())];
    const std::string name = one.name.empty() ? names.name_of(ExecutionId{one.id}) : one.name;
    if (dice.is_one_in(5)) query.trigger = one.trigger.empty() ? "quiet#t" : one.trigger;
    if (dice.is_one_in(6)) query.name = dice.is_one_in(2) ? name : name.substr(0, 5) + "*";
    if (dice.is_one_in(5)) query.error = dice.is_one_in(2) ? dice.of(kErrors) : "E_*";
    if (dice.is_one_in(5)) {
        query.text = dice.is_one_in(2) ? "DISK" : dice.is_one_in(2) ? "month/val" : "run-1";
    }
}

RunQuery some_query(Dice& dice, const std::vector<Known>& runs, const ExecutionNames& names) {
    RunQuery query;
    ask_for_workflow(dice, query);
    ask_for_texts(dice, runs, names, query);
    if (dice.is_one_in(3)) query.statuses = {static_cast<Status>(dice.below(5))};
    if (!query.statuses.empty() && dice.is_one_in(2)) query.statuses.push_back(Status::failed);
    if (dice.is_one_in(4)) query.origins = {dice.of(kOrigins), "api"};
    query.has_caught = dice.is_one_in(6);
    const auto some_time = [&] { return runs[dice.below(runs.size())].started_at; };
    if (dice.is_one_in(4)) query.started_from = some_time();
    if (dice.is_one_in(4)) query.started_until = some_time();
    if (dice.is_one_in(5)) query.duration_from = Duration(1'000 * dice.below(200));
    if (dice.is_one_in(5)) query.duration_until = Duration(1'000 * dice.below(200));
    if (dice.is_one_in(8)) query.late_before = {{"banking", some_time()}, {"quiet", some_time()}};
    if (dice.is_one_in(8)) {
        query.among.emplace(1, ExecutionId{5'000});  // there is none
        for (int i = 0; i < 700; ++i) {
            query.among->push_back(ExecutionId{1 + dice.below(runs.size())});
        }
    }
    const std::size_t budgets[] = {3, 7, 100, 20'000};
    const std::size_t limits[] = {2, 7, 50, 1'000};
    query.budget = dice.of(budgets);
    query.limit = dice.of(limits);
    return query;
}

/// All pages, "9 7 5 ".
std::string found(Reader& reader, RunQuery query) {
    std::string text;
    for (;;) {
        const auto page = reader.search(query);
        REQUIRE(page);
        CHECK(page->items.size() <= query.limit);
        for (const auto& item : page->items) text += std::to_string(value_of(item.id)) + " ";
        if (!page->next) return text;
        query.token = page->next;
    }
}

std::string expected(const std::vector<Known>& runs, const RunQuery& query,
                     const ExecutionNames& names) {
    std::string text;
    for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
        if (fits(*run, query, names)) text += std::to_string(run->id) + " ";
    }
    return text;
}

}  // namespace

TEST_CASE("a search finds what fits all conditions, whatever they are and a page may cost") {
    TemporaryFolder folder;
    const auto opened = journal::SqliteJournal::open(folder.path(), 7);
    REQUIRE(opened);
    Dice dice(20);
    const std::vector<Known> runs = fill(**opened, dice, 500);
    Reader reader(**opened);
    const ExecutionNames names((*opened)->secret());
    std::size_t some = 0;
    for (int i = 0; i < 300; ++i) {
        CAPTURE(i);
        const RunQuery query = some_query(dice, runs, names);
        const std::string want = expected(runs, query, names);
        some += want.empty() ? 0 : 1;
        CHECK(found(reader, query) == want);
    }
    CHECK(some > 60);  // else it would have asked for nothing
}

TEST_CASE("a tally counts what a search finds, by minute and status") {
    TemporaryFolder folder;
    const auto opened = journal::SqliteJournal::open(folder.path(), 7);
    REQUIRE(opened);
    Dice dice(21);
    const std::vector<Known> runs = fill(**opened, dice, 600);
    Reader reader(**opened);
    const ExecutionNames names((*opened)->secret());
    for (int i = 0; i < 300; ++i) {
        CAPTURE(i);
        RunQuery query = dice.is_one_in(2) ? some_query(dice, runs, names) : RunQuery{};
        if (dice.is_one_in(2)) query.started_from = runs[dice.below(600)].started_at;
        if (dice.is_one_in(2)) query.started_until = runs[dice.below(600)].started_at;
        query.budget = 20'000;
        std::map<std::pair<std::int64_t, Status>, std::uint64_t> want;
        std::uint64_t count = 0;
        for (const Known& run : runs) {
            if (!fits(run, query, names)) continue;
            ++count;
            ++want[{to_ms(run.started_at) / 60'000, run.status}];
        }
        const auto tally = reader.tally(query);
        REQUIRE(tally);
        CHECK_FALSE(tally->counted_from);
        CHECK(tally->count == count);
        std::map<std::pair<std::int64_t, Status>, std::uint64_t> got;
        for (const auto& part : tally->parts) {
            got[{to_ms(part.minute) / 60'000, part.status}] += part.count;
        }
        CHECK(got == want);
    }
}

TEST_CASE("a tally whose budget is used up says from when on it has counted") {
    TemporaryFolder folder;
    const auto opened = journal::SqliteJournal::open(folder.path(), 7);
    REQUIRE(opened);
    Dice dice(3);
    const std::vector<Known> runs = fill(**opened, dice, 300);
    Reader reader(**opened);
    RunQuery query;
    query.duration_until = 1h;
    query.budget = 100;
    const auto tally = reader.tally(query);
    REQUIRE(tally);
    CHECK(tally->counted_from == runs[200].started_at);
    const auto ended = std::count_if(runs.begin() + 200, runs.end(),
                                     [](const Known& run) { return run.stopped_at.has_value(); });
    CHECK(tally->count == static_cast<std::uint64_t>(ended));
    query.duration_until.reset();
    CHECK_FALSE(reader.tally(query)->counted_from);  // the counts by minute tell
    CHECK(reader.tally(query)->count == 300);
}

TEST_CASE("the last runs that succeeded are found behind any number that failed") {
    Stage stage;
    REQUIRE(stage.create("etl", R"({"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[
        {"Variable":"$.ok","BooleanEquals":true,"Next":"S"}],"Default":"F"},
        "S":{"Type":"Succeed"},"F":{"Type":"Fail","Error":"E"}}})"));
    const auto run = [&](bool is_good, int count) {
        for (int n = 0; n < count; ++n) {
            REQUIRE(stage.start("etl", is_good ? R"({"ok":true})" : R"({"ok":false})"));
            stage.advance(1s);
        }
    };
    run(true, 7);
    run(false, 3'000);
    RunQuery query;
    query.workflows = {"etl"};
    query.statuses = {Status::succeeded};
    query.limit = 5;
    auto& reader = stage.reader();
    const std::uint64_t before = stage.disk->rows_listed();
    const auto page = reader.search(query);
    REQUIRE(page);
    REQUIRE(page->items.size() == 5);
    CHECK(page->items.front().id == ExecutionId{7});
    CHECK(stage.disk->rows_listed() - before < 200);
    query.token = page->next;
    const auto rest = reader.search(query);
    REQUIRE(rest);
    CHECK(rest->items.size() == 2);
    CHECK_FALSE(rest->next);
}

TEST_CASE("a search says what it does not know") {
    TemporaryFolder folder;
    const auto opened = journal::SqliteJournal::open(folder.path(), 7);
    REQUIRE(opened);
    Dice dice(1);
    fill(**opened, dice, 10);
    Reader reader(**opened);
    RunQuery query;
    query.version = 1;
    CHECK(reader.search(query).error().code == ErrorCode::invalid);
    query.workflows = {"fl*"};
    CHECK(reader.search(query).error().code == ErrorCode::invalid);
    query.workflows = {"banking"};
    CHECK(reader.search(query));
    query.version = 3;
    CHECK(reader.search(query).error().code == ErrorCode::not_found);
    query.version.reset();
    query.workflows = {"banking", "nobody"};
    CHECK(reader.search(query).error().code == ErrorCode::not_found);
    query.workflows = {"no*"};
    CHECK(reader.search(query)->items.empty());
}

}  // namespace stepwell::test
