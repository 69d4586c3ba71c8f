#include "tests/journal/journal_contract.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/commit.hpp"

namespace stepwell::test {
namespace {

using namespace std::chrono_literals;
using core::RecordKey;
using journal::Batch;
using journal::ChunkId;
using journal::ChunkRecord;
using journal::ExecutionQuery;
using journal::ExecutionWrite;
using journal::HistoryMark;
using journal::Journal;
using journal::OpenRecord;

constexpr WorkflowId kEtl{1};
constexpr WorkflowId kOther{2};

Batch workflows() {
    Batch batch;
    batch.add(journal::WorkflowRecord{kEtl, "etl", "arn:etl", "STANDARD", from_ms(5)});
    batch.add(journal::WorkflowRecord{kOther, "other", "arn:other", "EXPRESS", from_ms(6)});
    batch.add(journal::VersionRecord{VersionId{1}, kEtl, 1, "", "{ \"a\" : 1}", "role", "{\"x\":1}",
                                     from_ms(5)});
    batch.add(journal::VersionRecord{VersionId{2}, kEtl, 2, "rev", "{}", "", "{}", from_ms(7)});
    batch.add(journal::VersionRecord{VersionId{3}, kOther, 1, "", "{}", "", "{}", from_ms(6)});
    return batch;
}

/// One that starts with one chunk, and stays open.
ExecutionWrite opened(std::uint64_t id, WorkflowId workflow, std::string name = "") {
    ExecutionWrite write;
    write.id = ExecutionId{id};
    write.start = journal::ExecutionStart{
        workflow, VersionId{1}, std::move(name), from_ms(static_cast<std::int64_t>(1000 + id)),
        "file",   "ann"};
    write.chunks.push_back({ChunkId{id * 100}, journal::kNoChunk, 0, "began"});
    write.open = OpenRecord{};
    write.open->id = write.id;
    write.open->last_chunk = ChunkId{id * 100};
    write.open->head = "head";
    return write;
}

ExecutionWrite closed(ExecutionWrite write, core::Status status, std::string error = "") {
    write.open.reset();
    write.end = journal::ExecutionEnd{status, from_ms(9000), std::move(error)};
    return write;
}

/// A later commit about an execution that `opened` made: a second chunk.
ExecutionWrite continued(std::uint64_t id) {
    ExecutionWrite write;
    write.id = ExecutionId{id};
    write.was_open = true;
    write.chunks.push_back({ChunkId{id * 100 + 1}, ChunkId{id * 100}, 3, "went on"});
    write.open = OpenRecord{};
    write.open->id = write.id;
    write.open->last_chunk = ChunkId{id * 100 + 1};
    return write;
}

/// A batch of things of one kind.
template <class Record>
Batch all_of(std::vector<Record> records) {
    Batch batch;
    for (auto& record : records) batch.add(std::move(record));
    return batch;
}

Batch of(std::vector<ExecutionWrite> executions) {
    return all_of(std::move(executions));
}

std::string ids_of(Result<std::vector<journal::ExecutionRecord>> rows) {
    REQUIRE(rows);
    std::string text;
    for (const auto& row : *rows) text += std::to_string(value_of(row.id)) + " ";
    return text;
}

std::string open_of(Journal& journal) {
    std::string text;
    REQUIRE(journal.scan_open([&](const journal::OpenSummary& open) {
        text += std::to_string(value_of(open.id));
        if (open.due) text += "@" + std::to_string(to_ms(*open.due));
        text += open.has_tasks ? " tasks" : "";
        text += open.is_quarantined ? " quarantined; " : "; ";
    }));
    return text;
}

void check_workflows(JournalUnderTest& under_test) {
    REQUIRE(commit(under_test.get(), workflows()));
    under_test.reopen();
    Journal& journal = under_test.get();

    REQUIRE(journal.workflows());
    CHECK(journal.workflows()->size() == 2);
    const auto etl = *journal.workflow_named("etl");
    REQUIRE(etl);
    CHECK((etl->id == kEtl && etl->arn == "arn:etl" && etl->type == "STANDARD"));
    CHECK(etl->created_at == from_ms(5));
    CHECK_FALSE(journal.workflow_named("nobody")->has_value());
    CHECK((*journal.latest_version(kEtl))->number == 2);
    const auto first = **journal.version(VersionId{1});
    CHECK((first.definition == "{ \"a\" : 1}" && first.role_arn == "role"));
    CHECK(first.settings == "{\"x\":1}");
    CHECK_FALSE(journal.version(VersionId{9})->has_value());

    Batch again;
    again.add(journal::WorkflowRecord{WorkflowId{3}, "etl", "arn:etl", "STANDARD", from_ms(8)});
    CHECK(commit(journal, again).error().code == ErrorCode::conflict);
    Batch removal;
    removal.add(journal::WorkflowDeletion{kEtl});
    REQUIRE(commit(journal, removal));
    CHECK_FALSE(journal.workflow_named("etl")->has_value());
    CHECK((*journal.workflow(kEtl))->is_deleted);
    REQUIRE(commit(journal, again));
    CHECK((*journal.workflow_named("etl"))->id == WorkflowId{3});
}

/// "7 monday; 9 ; " of those that have begun to work.
std::string begun_of(Journal& journal, std::string_view workflow) {
    std::string text;
    REQUIRE(journal.scan_begun(workflow, [&](ExecutionId id, const std::string& name) {
        text += std::to_string(value_of(id)) + " " + name + "; ";
    }));
    return text;
}

void check_begun(JournalUnderTest& under_test) {
    Journal& journal = under_test.get();
    REQUIRE(commit(journal, workflows()));
    auto begun = opened(7, kEtl, "monday");
    begun.open->has_begun = true;
    auto generated = opened(9, kEtl, "");
    generated.open->has_begun = true;
    REQUIRE(commit(journal, of({begun, opened(8, kEtl, "idle"), generated})));
    Batch removal;  // its runs go on
    removal.add(journal::WorkflowDeletion{kEtl});
    REQUIRE(commit(journal, removal));
    under_test.reopen();
    Journal& later = under_test.get();
    CHECK((*later.load(ExecutionId{7}))->open.has_begun);
    CHECK_FALSE((*later.load(ExecutionId{8}))->open.has_begun);
    CHECK(begun_of(later, "etl") == "7 monday; 9 ; ");
    CHECK(begun_of(later, "nobody").empty());
    REQUIRE(commit(later, of({closed(continued(7), core::Status::succeeded, "")})));
    CHECK(begun_of(later, "etl") == "9 ; ");
}

void check_life(JournalUnderTest& under_test) {
    REQUIRE(commit(under_test.get(), workflows()));
    auto write = opened(7, kEtl, "monday");
    write.open->due = from_ms(5000);
    write.put = {{RecordKey{1}, "facts"}, {RecordKey{5}, "frame"}};
    REQUIRE(commit(under_test.get(), of({write})));
    under_test.reopen();

    auto stored = **under_test.get().load(ExecutionId{7});
    CHECK((stored.record.name == "monday" && stored.record.started_at == from_ms(1007)));
    CHECK((stored.record.origin == "file" && stored.record.principal == "ann"));
    CHECK((stored.record.status == core::Status::running && !stored.record.stopped_at));
    CHECK((stored.open.due == from_ms(5000) && stored.open.head == "head"));
    REQUIRE(stored.records.size() == 2);
    CHECK((stored.records[1].key == RecordKey{5} && stored.records[1].bytes == "frame"));

    write = continued(7);
    write.open->has_tasks = true;
    write.put = {{RecordKey{5}, "frame again"}, {RecordKey{6}, std::string("\0x", 2)}};
    write.removed = {RecordKey{1}, RecordKey{99}};
    REQUIRE(commit(under_test.get(), of({write})));
    under_test.reopen();
    stored = **under_test.get().load(ExecutionId{7});
    CHECK((!stored.open.due && stored.open.has_tasks && stored.open.last_chunk == ChunkId{701}));
    REQUIRE(stored.records.size() == 2);
    CHECK(stored.records[0].bytes == "frame again");
    CHECK(stored.records[1].bytes.size() == 2);
    CHECK(open_of(under_test.get()) == "7 tasks; ");

    write = closed(continued(7), core::Status::failed, "E_QUALITY");
    write.chunks[0] = {ChunkId{702}, ChunkId{701}, 6, "over"};
    REQUIRE(commit(under_test.get(), of({write})));
    under_test.reopen();
    Journal& journal = under_test.get();
    CHECK_FALSE(journal.load(ExecutionId{7})->has_value());
    CHECK(open_of(journal).empty());
    const auto record = **journal.execution(ExecutionId{7});
    CHECK((record.status == core::Status::failed && record.stopped_at == from_ms(9000)));
    CHECK((record.error == "E_QUALITY" && record.last_chunk == ChunkId{702}));
    CHECK((record.first_chunk == ChunkId{700} && record.workflow == kEtl));
}

void check_reopening(JournalUnderTest& under_test) {
    REQUIRE(commit(under_test.get(), workflows()));
    auto end = closed(opened(7, kEtl, "monday"), core::Status::failed, "E_QUALITY");
    REQUIRE(commit(under_test.get(), of({end})));
    CHECK((*under_test.get().execution(ExecutionId{7}))->redrives == 0);

    auto again = continued(7);
    again.was_open = false;
    again.reopening = journal::ExecutionReopening{1, from_ms(9500)};
    again.put = {{RecordKey{1}, "facts"}};
    REQUIRE(commit(under_test.get(), of({again})));
    under_test.reopen();
    CHECK(open_of(under_test.get()) == "7; ");
    const auto stored = **under_test.get().load(ExecutionId{7});
    CHECK((stored.record.status == core::Status::running && !stored.record.stopped_at));
    CHECK((stored.record.error.empty() && stored.record.name == "monday"));
    CHECK((stored.record.redrives == 1 && stored.record.redriven_at == from_ms(9500)));
    CHECK((stored.record.first_chunk == ChunkId{700} && stored.record.last_chunk == ChunkId{701}));
    CHECK(stored.records.size() == 1);

    auto last = closed(continued(7), core::Status::succeeded);
    last.chunks[0] = {ChunkId{702}, ChunkId{701}, 6, "over"};
    REQUIRE(commit(under_test.get(), of({last})));
    CHECK((*under_test.get().execution(ExecutionId{7}))->redrives == 1);

    // One that ends in the turn in which it was reopened.
    REQUIRE(commit(under_test.get(), of({closed(opened(8, kEtl), core::Status::failed)})));
    auto brief = closed(continued(8), core::Status::aborted, "Again");
    brief.was_open = false;
    brief.reopening = journal::ExecutionReopening{1, from_ms(9600)};
    REQUIRE(commit(under_test.get(), of({brief})));
    under_test.reopen();
    CHECK(open_of(under_test.get()).empty());
    REQUIRE(commit(under_test.get(), of({opened(9, kEtl)})));
    CHECK(ids_of(under_test.get().executions({kEtl, {}, {}, {}, 100, true})) == "8 7 ");
    CHECK(ids_of(under_test.get().executions({kEtl, {}, {}, {}, 100, false})) == "9 ");
    const auto record = **under_test.get().execution(ExecutionId{8});
    CHECK((record.status == core::Status::aborted && record.error == "Again"));
    CHECK((record.redrives == 1 && record.last_chunk == ChunkId{801}));
}

void check_history(Journal& journal) {
    REQUIRE(commit(journal, workflows()));
    REQUIRE(commit(journal, of({opened(1, kEtl), opened(2, kEtl)})));
    CHECK((*journal.execution(ExecutionId{1}))->last_chunk == ChunkId{100});
    auto write = continued(1);
    write.chunks.push_back({ChunkId{102}, ChunkId{101}, 8, "and on"});
    write.open->last_chunk = ChunkId{102};
    REQUIRE(commit(journal, of({write})));

    const auto last = (*journal.execution(ExecutionId{1}))->last_chunk;
    const auto chunk = **journal.chunk(last);
    CHECK((chunk.bytes == "and on" && chunk.events_before == 8 && chunk.previous == ChunkId{101}));
    const auto link = **journal.chunk_link(chunk.previous);
    CHECK((link.bytes.empty() && link.previous == ChunkId{100} && link.events_before == 3));
    CHECK((*journal.chunk(ChunkId{100}))->previous == journal::kNoChunk);
    CHECK_FALSE(journal.chunk(ChunkId{5})->has_value());
}

void check_marks(Journal& journal) {
    REQUIRE(commit(journal, workflows()));
    REQUIRE(commit(journal, of({opened(1, kEtl), opened(2, kEtl)})));
    for (std::uint64_t n = 0; n < 4; ++n) {
        auto write = continued(1);
        ChunkRecord chunk{ChunkId{102 + n}, ChunkId{101 + n}, 10 * (n + 1), "more"};
        chunk.is_mark = n % 2 == 1;
        write.chunks = n == 0 ? write.chunks : std::vector<ChunkRecord>();
        write.chunks.push_back(chunk);
        write.open->last_chunk = chunk.id;
        REQUIRE(commit(journal, of({write})));
    }
    CHECK(**journal.mark_after(ExecutionId{1}, 0) == HistoryMark{ChunkId{103}, 20});
    CHECK(**journal.mark_after(ExecutionId{1}, 19) == HistoryMark{ChunkId{103}, 20});
    CHECK(**journal.mark_after(ExecutionId{1}, 20) == HistoryMark{ChunkId{105}, 40});
    CHECK_FALSE(journal.mark_after(ExecutionId{1}, 40)->has_value());
    CHECK_FALSE(journal.mark_after(ExecutionId{2}, 0)->has_value());
}

void check_names(Journal& journal) {
    REQUIRE(commit(journal, workflows()));
    REQUIRE(commit(journal, of({opened(1, kEtl, "a"), opened(2, kOther, "a"), opened(3, kEtl)})));
    CHECK((*journal.execution_named(kEtl, "a"))->id == ExecutionId{1});
    CHECK((*journal.execution_named(kOther, "a"))->id == ExecutionId{2});
    CHECK_FALSE(journal.execution_named(kEtl, "")->has_value());

    // The whole batch goes, the half of it that would fit too; and the journal can go on.
    auto refused = commit(journal, of({opened(4, kEtl, "b"), opened(5, kEtl, "a")}));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::conflict);
    CHECK_FALSE(journal.execution(ExecutionId{4})->has_value());
    CHECK(commit(journal, of({opened(4, kEtl), opened(5, kEtl)})));
}

void check_lists(Journal& journal) {
    REQUIRE(commit(journal, workflows()));
    using core::Status;
    REQUIRE(commit(journal, of({
                                closed(opened(1, kEtl), Status::succeeded),
                                closed(opened(2, kEtl), Status::failed, "E"),
                                opened(3, kOther),
                                closed(opened(4, kEtl), Status::succeeded),
                                opened(5, kEtl),
                                closed(opened(6, kOther), Status::aborted),
                            })));
    struct Case {
        std::string want;
        ExecutionQuery query;
    };
    // clang-format off
    const std::vector<Case> cases = {
        {"6 5 4 3 2 1 ", {{}, {}, {}, {}, 100}},
        {"6 5 ", {{}, {}, {}, {}, 2}},
        {"4 3 ", {{}, {}, {}, ExecutionId{5}, 2}},
        {"5 4 2 1 ", {kEtl, {}, {}, {}, 100}},
        {"2 1 ", {kEtl, {}, {}, ExecutionId{4}, 100}},
        {"4 1 ", {kEtl, {}, Status::succeeded, {}, 100}},
        {"2 ", {kEtl, {}, Status::failed, {}, 100}},
        {"5 ", {kEtl, {}, Status::running, {}, 100}},
        {"5 3 ", {{}, {}, Status::running, {}, 100}},
        {"3 ", {{}, {}, Status::running, ExecutionId{5}, 100}},
        {"6 ", {{}, {}, Status::aborted, {}, 100}},
        {"", {kOther, {}, Status::timed_out, {}, 100}},
        {"", {kEtl, VersionId{2}, {}, {}, 100}},
        {"5 4 2 1 ", {kEtl, VersionId{1}, {}, {}, 100}},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.want);
        CHECK(ids_of(journal.executions(c.query)) == c.want);
    }
}

void check_order(JournalUnderTest& under_test) {
    REQUIRE(commit(under_test.get(), workflows()));
    const auto made = [](std::uint64_t id) {
        return journal::WorkflowRecord{WorkflowId{id}, "etl", "arn:etl", "STANDARD", from_ms(8)};
    };
    Batch batch;
    batch.add(journal::WorkflowDeletion{kEtl});
    batch.add(made(3));
    batch.add(journal::WorkflowDeletion{WorkflowId{3}});
    batch.add(made(4));
    batch.add(journal::DocumentWrite{"state", "etl", "first"});
    batch.add(journal::DocumentWrite{"state", "etl", std::nullopt});
    batch.add(journal::DocumentWrite{"state", "etl", "last"});
    REQUIRE(commit(under_test.get(), batch));
    under_test.reopen();
    Journal& journal = under_test.get();
    CHECK((*journal.workflow_named("etl"))->id == WorkflowId{4});
    CHECK((*journal.workflow(WorkflowId{3}))->is_deleted);
    CHECK(journal.workflows()->size() == 2);
    CHECK(journal.document("state", "etl")->value() == "last");

    Batch early;  // the name is freed too late
    early.add(made(5));
    early.add(journal::WorkflowDeletion{WorkflowId{4}});
    const auto refused = commit(journal, early);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == journal::CommitError::Kind::refused);
    CHECK((*journal.workflow_named("etl"))->id == WorkflowId{4});
}

void check_lease(JournalUnderTest& under_test) {
    const journal::Lease old = under_test.get().lease();
    REQUIRE(commit(under_test.get(), workflows()));
    under_test.reopen();
    Journal& journal = under_test.get();
    CHECK(journal.lease().epoch > old.epoch);
    const auto fenced = journal.commit(of({opened(1, kEtl)}), old);
    REQUIRE_FALSE(fenced);
    CHECK(fenced.error().kind == journal::CommitError::Kind::fenced);
    CHECK_FALSE(journal.execution(ExecutionId{1})->has_value());
    // It is over for this one, whatever it tries.
    CHECK(commit(journal, of({opened(1, kEtl)})).error().kind ==
          journal::CommitError::Kind::fenced);
}

void check_counters(JournalUnderTest& under_test) {
    auto counters = *under_test.get().counters();
    CHECK((counters.execution == ExecutionId{1} && counters.chunk == ChunkId{1}));
    CHECK((counters.workflow == WorkflowId{1} && counters.version == VersionId{1}));
    REQUIRE(commit(under_test.get(), workflows()));
    REQUIRE(commit(under_test.get(), of({opened(8, kEtl)})));
    const auto secret = under_test.get().secret();
    under_test.reopen();
    counters = *under_test.get().counters();
    CHECK((counters.execution == ExecutionId{9} && counters.chunk == ChunkId{801}));
    CHECK((counters.workflow == WorkflowId{3} && counters.version == VersionId{4}));
    CHECK(under_test.get().secret() == secret);
}

std::string texts_of(const Result<std::vector<journal::DocumentRecord>>& rows) {
    REQUIRE(rows);
    std::string text;
    for (const auto& row : *rows) text += row.key + "=" + row.value + " ";
    return text;
}

void check_documents(JournalUnderTest& under_test) {
    using Documents = std::vector<journal::DocumentWrite>;
    Documents documents{{"users", "bo", "1"}, {"users", "ann", "2"}, {"tokens", "ann", "3"}};
    REQUIRE(commit(under_test.get(), all_of(documents)));
    documents = {{"users", "bo", "0"},
                 {"users", "bo", "4"},
                 {"users", "cy", "5"},
                 {"tokens", "ann", std::nullopt}};
    REQUIRE(commit(under_test.get(), all_of(documents)));
    under_test.reopen();
    Journal& journal = under_test.get();
    CHECK(journal.document("users", "bo")->value() == "4");
    CHECK_FALSE(journal.document("tokens", "ann")->has_value());
    CHECK(texts_of(journal.documents("users", "", 10)) == "ann=2 bo=4 cy=5 ");
    CHECK(texts_of(journal.documents("users", "ann", 1)) == "bo=4 ");
    CHECK(texts_of(journal.documents("none", "", 10)).empty());
}

void check_feed(Journal& journal) {
    CHECK(*journal.newest_chunk() == journal::kNoChunk);
    CHECK(journal.chunks_after(journal::kNoChunk, 10)->empty());
    REQUIRE(commit(journal, workflows()));
    REQUIRE(commit(journal, of({opened(1, kEtl)})));
    REQUIRE(commit(journal, of({continued(1), opened(2, kEtl)})));
    CHECK(*journal.newest_chunk() == ChunkId{200});
    const auto all = *journal.chunks_after(journal::kNoChunk, 10);
    REQUIRE(all.size() == 3);
    CHECK((all[0].id == ChunkId{100} && all[0].execution == ExecutionId{1}));
    CHECK((all[1].id == ChunkId{101} && all[1].bytes == "went on"));
    CHECK((all[2].id == ChunkId{200} && all[2].execution == ExecutionId{2}));
    const auto later = *journal.chunks_after(ChunkId{100}, 1);
    REQUIRE(later.size() == 1);
    CHECK(later[0].id == ChunkId{101});
}

void check_claims(JournalUnderTest& under_test) {
    REQUIRE(commit(under_test.get(), workflows()));
    Batch batch = of({opened(1, kEtl)});
    for (const journal::ClaimRecord& claim :
         std::vector<journal::ClaimRecord>{{{"files", "a.csv", "{}"}, ExecutionId{1}, from_ms(5)},
                                           {{"files", "b.csv", "{}"}, ExecutionId{1}, from_ms(5)},
                                           {{"hook", "a.csv", "{}"}, ExecutionId{0}, from_ms(6)}}) {
        batch.add(claim);
    }
    REQUIRE(commit(under_test.get(), batch));

    Batch again = of({opened(2, kEtl)});
    again.add(journal::ClaimRecord{{"files", "b.csv", "{}"}, ExecutionId{2}, from_ms(7)});
    const auto refused = commit(under_test.get(), again);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::conflict);
    under_test.reopen();
    Journal& journal = under_test.get();
    CHECK_FALSE(journal.execution(ExecutionId{2})->has_value());

    const auto claim = **journal.claim("files", "b.csv");
    CHECK((claim.execution == ExecutionId{1} && claim.at == from_ms(5)));
    CHECK_FALSE(journal.claim("files", "c.csv")->has_value());
    const auto newest = *journal.claims({"files", {}, 1});
    REQUIRE(newest.size() == 1);
    CHECK(newest[0].record.claim.key == "b.csv");
    const auto older = *journal.claims({"files", newest[0].row, 10});
    REQUIRE(older.size() == 1);
    CHECK(older[0].record.claim.key == "a.csv");
    CHECK(journal.claims_of(ExecutionId{1})->size() == 2);
    CHECK(journal.claims_of(ExecutionId{0})->empty());
}

/// "1 2* ": a star where the execution is still there.
std::string rows_of(Journal& journal, const journal::OldClaimQuery& query) {
    std::string text;
    const auto claims = *journal.old_claims(query);
    for (const auto& claim : claims) {
        text += std::to_string(claim.row) + (claim.has_execution ? "* " : " ");
    }
    return text;
}

void check_old_claims(JournalUnderTest& under_test) {
    REQUIRE(commit(under_test.get(), workflows()));
    Batch batch = of({opened(1, kEtl)});
    for (const journal::ClaimRecord& claim : std::vector<journal::ClaimRecord>{
             {{"schedule:a", "1", "{}"}, ExecutionId{0}, from_ms(5)},
             {{"hook:b", "1", "{}"}, ExecutionId{0}, from_ms(6)},
             {{"schedule:a", "2", "{}"}, ExecutionId{1}, from_ms(7)},
             {{"schedule:a", "3", "{}"}, ExecutionId{9}, from_ms(8)},
             {{"schedule:a", "4", "{}"}, ExecutionId{0}, from_ms(9)}}) {
        batch.add(claim);
    }
    REQUIRE(commit(under_test.get(), batch));
    Journal& journal = under_test.get();
    CHECK(rows_of(journal, {"schedule:a"}) == "1 3* 4 5 ");
    CHECK(rows_of(journal, {"schedule:a", 1}) == "1 3* 4 ");
    CHECK(rows_of(journal, {"schedule:a", 4}).empty());
    CHECK(rows_of(journal, {"schedule:a", 99}).empty());
    CHECK(rows_of(journal, {"schedule:a", 1, 1, 1}) == "3* ");
    CHECK(journal.old_claims({"schedule:a"})->front().at == from_ms(5));
    CHECK(*journal.claim_sources("", 9) == std::vector<std::string>{"hook:b", "schedule:a"});
    CHECK(*journal.claim_sources("", 1) == std::vector<std::string>{"hook:b"});
    CHECK(*journal.claim_sources("hook:b", 9) == std::vector<std::string>{"schedule:a"});
    CHECK(journal.claim_sources("schedule:a", 9)->empty());

    Batch removal;
    removal.add(journal::Removal{{}, {}, {1, 4}});
    REQUIRE(commit(journal, removal));
    under_test.reopen();
    CHECK(rows_of(under_test.get(), {"schedule:a"}) == "3* 5 ");
    Batch again;
    again.add(journal::ClaimRecord{{"schedule:a", "1", "{}"}, ExecutionId{0}, from_ms(10)});
    REQUIRE(commit(under_test.get(), again));
    CHECK(rows_of(under_test.get(), {"schedule:a"}) == "3* 5 6 ");
}

journal::RunRow row_of_run(std::uint64_t id, std::vector<std::string> fingerprints) {
    journal::RunRow row;
    row.id = ExecutionId{id};
    row.workflow = kEtl;
    row.started_at = from_ms(static_cast<std::int64_t>(1000 + id));
    row.revision = ChunkId{id * 100};
    row.caught = 2;
    row.rows_read = 10;
    row.queued = Duration(7);
    row.details = "{}";
    for (auto& print : fingerprints) {
        row.failures.push_back({std::move(print), "S", "Each/S", "E", "‹n› rows", "7 rows", false});
    }
    return row;
}

std::string counts_of(Journal& journal, const journal::RunCountQuery& query = {}) {
    auto rows = journal.run_counts(query);
    REQUIRE(rows);
    std::string text;
    for (const auto& row : *rows) {
        text += std::to_string(value_of(row.workflow)) + ":" +
                std::to_string(static_cast<int>(row.status)) + "@" +
                std::to_string(to_ms(row.minute)) + "=" + std::to_string(row.count) + " ";
    }
    return text;
}

std::string failures_in(Journal& journal, const std::string& fingerprint) {
    auto rows = journal.failures({fingerprint, std::nullopt, 10});
    REQUIRE(rows);
    std::string text;
    for (const auto& row : *rows) {
        text += std::to_string(value_of(row.run)) + (row.failure.is_recovered ? "r " : " ");
    }
    return text;
}

void check_run_rows(JournalUnderTest& under_test) {
    Journal& journal = under_test.get();
    REQUIRE(commit(journal, workflows()));
    CHECK(value_of(*journal.rows_from()) == 1);
    ExecutionWrite first = closed(opened(1, kEtl), core::Status::failed, "E");
    first.row = row_of_run(1, {"a", "b"});
    ExecutionWrite second = closed(opened(2, kEtl), core::Status::failed, "E");
    second.row = row_of_run(2, {"a"});
    REQUIRE(commit(journal, of({first, second, opened(3, kEtl), opened(4, kOther)})));
    CHECK(counts_of(journal) == "1:0@0=1 1:2@0=2 2:0@0=1 ");

    const auto rows = *journal.run_rows({ExecutionId{1}, ExecutionId{3}});
    REQUIRE(rows.size() == 1);
    CHECK((rows[0].caught == 2 && rows[0].rows_read == 10 && !rows[0].rows_rejected));
    CHECK((rows[0].failures.size() == 2 && rows[0].failures[0].message == "7 rows"));
    CHECK(journal.caught_runs(ExecutionId{2}, 10)->size() == 1);
    CHECK(failures_in(journal, "a") == "2 1 ");
    journal::FailureCountQuery span;
    span.from = from_ms(1'001);
    span.until = from_ms(1'002);
    CHECK(journal.failure_counts(span)->size() == 2);
    span.until = from_ms(1'003);
    span.interval = Duration(1);
    CHECK(journal.failure_counts(span)->size() == 3);

    // Reopened: the row goes, what it failed for stays; it ends well, and is counted so.
    ExecutionWrite reopening = opened(1, kEtl);
    reopening.start.reset();
    reopening.reopening = journal::ExecutionReopening{1, from_ms(9'500)};
    reopening.chunks = {{ChunkId{101}, ChunkId{100}, 3, "again"}};
    reopening.open->last_chunk = ChunkId{101};
    REQUIRE(commit(journal, of({reopening})));
    CHECK(journal.run_rows({ExecutionId{1}})->empty());
    CHECK(failures_in(journal, "a") == "2 1r ");
    CHECK(counts_of(journal) == "1:0@0=2 1:2@0=1 2:0@0=1 ");
    ExecutionWrite ended;
    ended.id = ExecutionId{1};
    ended.was_open = true;
    ended.chunks = {{ChunkId{102}, ChunkId{101}, 4, "end"}};
    REQUIRE(commit(journal, of({closed(ended, core::Status::succeeded)})));
    CHECK(counts_of(journal) == "1:0@0=1 1:1@0=1 1:2@0=1 2:0@0=1 ");

    // Folded later, and removed.
    Batch later;
    auto row = row_of_run(2, {"a"});
    row.is_folded = false;
    later.add(std::move(row));
    later.add(journal::RowsFrom{ExecutionId{2}});
    REQUIRE(commit(journal, later));
    CHECK(journal.unfolded_rows(10)->size() == 1);
    under_test.reopen();
    CHECK(value_of(*under_test.get().rows_from()) == 2);
    Batch removal;
    removal.add(journal::Removal{{ExecutionId{2}}, {}, {}});
    REQUIRE(commit(under_test.get(), removal));
    CHECK(under_test.get().run_rows({ExecutionId{2}})->empty());
    CHECK(failures_in(under_test.get(), "a") == "1r ");
    CHECK(counts_of(under_test.get()) == "1:0@0=1 1:1@0=1 2:0@0=1 ");
}

void check_removals(JournalUnderTest& under_test) {
    REQUIRE(commit(under_test.get(), workflows()));
    auto failed = closed(opened(2, kEtl, "monday"), core::Status::failed, "E");
    REQUIRE(commit(under_test.get(),
                   of({closed(opened(1, kEtl), core::Status::succeeded), std::move(failed),
                       opened(3, kEtl), closed(opened(4, kOther), core::Status::succeeded)})));
    const auto closed_of = [&](journal::ClosedQuery query) {
        return ids_of(under_test.get().closed_executions(query));
    };
    CHECK(closed_of({}) == "1 2 4 ");
    CHECK(closed_of({ExecutionId{1}, {}, false, 1}) == "2 ");
    CHECK(closed_of({ExecutionId{0}, {}, true, 10}) == "1 4 ");
    CHECK(closed_of({ExecutionId{0}, kEtl, false, 10}) == "1 2 ");
    CHECK((*under_test.get().count_closed({}) == 3 && *under_test.get().count_closed(kEtl) == 2));
    CHECK(under_test.get().size()->bytes_used > 0);
    CHECK((*under_test.get().chunk_link(ChunkId{200}))->size == 5);

    Batch removal;
    CHECK((*under_test.get().oldest_open())->id == ExecutionId{3});
    CHECK(*under_test.get().newest_id() == ExecutionId{4});
    removal.add(journal::Removal{
        {ExecutionId{2}, ExecutionId{4}, ExecutionId{3}}, {ChunkId{200}, ChunkId{400}}, {}});
    REQUIRE(commit(under_test.get(), removal));
    under_test.reopen();
    Journal& journal = under_test.get();
    CHECK(closed_of({}) == "1 ");
    CHECK(*journal.newest_id() == ExecutionId{4});
    CHECK(journal.execution(ExecutionId{3})->has_value());  // it is open
    CHECK_FALSE(journal.execution(ExecutionId{2})->has_value());
    CHECK_FALSE(journal.execution_named(kEtl, "monday")->has_value());
    CHECK_FALSE(journal.chunk(ChunkId{200})->has_value());
    CHECK(journal.chunk(ChunkId{100})->has_value());
    CHECK((journal.counters()->execution == ExecutionId{5} &&
           journal.counters()->chunk == ChunkId{401}));
}

constexpr TaskToken attempt_of(std::uint64_t execution, std::uint32_t frame) {
    return {ExecutionId{execution}, FrameId{frame}, 1};
}

ExecutionWrite started_by(ExecutionWrite write, const TaskToken& attempt, std::uint32_t depth) {
    write.parent = journal::ParentLink{attempt, depth};
    return write;
}

void check_parents(JournalUnderTest& under_test) {
    REQUIRE(commit(under_test.get(), workflows()));
    REQUIRE(commit(
        under_test.get(),
        of({opened(1, kEtl), started_by(opened(2, kEtl), attempt_of(1, 3), 1),
            started_by(closed(opened(3, kOther), core::Status::failed, "E"), attempt_of(1, 4), 0),
            started_by(opened(4, kEtl), attempt_of(2, 0), 2), opened(5, kEtl)})));
    // What an older Stepwell did not write down is known later.
    REQUIRE(commit(under_test.get(), of({started_by(continued(5), attempt_of(1, 5), 1)})));
    REQUIRE(commit(under_test.get(), of({closed(continued(2), core::Status::succeeded)})));
    under_test.reopen();
    Journal& journal = under_test.get();
    CHECK_FALSE((*journal.execution(ExecutionId{1}))->parent);
    CHECK((*journal.execution(ExecutionId{2}))->parent == journal::ParentLink{attempt_of(1, 3), 1});
    const auto children_of_1 = [&](auto narrow) {
        ExecutionQuery query;
        query.parent = ExecutionId{1};
        narrow(query);
        return ids_of(journal.executions(query));
    };
    CHECK(children_of_1([](auto&) {}) == "5 3 2 ");
    CHECK(children_of_1([](auto& q) { q.limit = 2; }) == "5 3 ");
    CHECK(children_of_1([](auto& q) { q.before = ExecutionId{3}; }) == "2 ");
    CHECK(children_of_1([](auto& q) { q.status = core::Status::failed; }) == "3 ");
    CHECK(children_of_1([](auto& q) { q.workflow = kEtl; }) == "5 2 ");
    CHECK(children_of_1([](auto& q) { q.version = VersionId{9}; }).empty());
    CHECK(children_of_1([](auto& q) { q.is_redriven = true; }).empty());
    CHECK(children_of_1([](auto& q) { q.is_oldest_first = true; }) == "2 3 5 ");
}

void check_waits(JournalUnderTest& under_test) {
    REQUIRE(commit(under_test.get(), workflows()));
    auto child = opened(2, kEtl);
    child.waits = {attempt_of(1, 4), attempt_of(1, 3)};
    child.open->is_awaited = true;
    REQUIRE(commit(under_test.get(), of({opened(1, kEtl), std::move(child), opened(3, kEtl)})));
    auto other = continued(3);
    other.waits = {attempt_of(1, 5), attempt_of(7, 1)};
    auto again = continued(2);
    again.waits = {attempt_of(1, 3)};  // is there already
    REQUIRE(commit(under_test.get(), of({std::move(other), std::move(again)})));
    under_test.reopen();
    Journal* journal = &under_test.get();
    CHECK((*journal->load(ExecutionId{2}))->open.is_awaited == false);  // the last row counts
    CHECK(*journal->awaited_by(attempt_of(1, 3)) == ExecutionId{2});
    CHECK(*journal->awaited_by(attempt_of(7, 1)) == ExecutionId{3});
    CHECK_FALSE(journal->awaited_by(attempt_of(7, 2))->has_value());
    using Tokens = std::vector<TaskToken>;
    CHECK(*journal->waiting_for(ExecutionId{2}) == Tokens{attempt_of(1, 3), attempt_of(1, 4)});
    CHECK(*journal->waits_of(ExecutionId{1}) ==
          std::vector<journal::Wait>{{attempt_of(1, 3), ExecutionId{2}},
                                     {attempt_of(1, 4), ExecutionId{2}},
                                     {attempt_of(1, 5), ExecutionId{3}}});
    // The end of whom they wait for ends their waiting.
    auto ended = continued(2);
    ended.chunks.front() = {ChunkId{202}, ChunkId{201}, 6, "ended"};
    ended = closed(std::move(ended), core::Status::aborted);
    ended.was_awaited = true;
    REQUIRE(commit(*journal, of({std::move(ended)})));
    under_test.reopen();
    journal = &under_test.get();
    CHECK(journal->waiting_for(ExecutionId{2})->empty());
    CHECK_FALSE(journal->awaited_by(attempt_of(1, 4))->has_value());
    CHECK(journal->waits_of(ExecutionId{1})->size() == 1);
    CHECK(journal->waits_of(ExecutionId{2})->empty());
}

}  // namespace

void check_journal_contract(const MakeJournal& make) {
    SUBCASE("workflows and their versions are kept, and a deleted one frees its name") {
        check_workflows(*make());
    }
    SUBCASE("an execution is open until it ends, and each commit replaces what it names") {
        check_life(*make());
    }
    SUBCASE("that an execution has begun to work is kept until it ends") {
        check_begun(*make());
    }
    SUBCASE("an execution that has ended is opened again, and keeps what it was") {
        check_reopening(*make());
    }
    SUBCASE("an execution keeps what has started it, and those that one has started are listed") {
        check_parents(*make());
    }
    SUBCASE("attempts wait for the ends of open executions, and no longer") {
        check_waits(*make());
    }
    SUBCASE("the chunks of an execution are linked backwards") {
        check_history(make()->get());
    }
    SUBCASE("marks are found by the events before them, each in its own history") {
        check_marks(make()->get());
    }
    SUBCASE("chunks of all executions are read in the order in which they were committed") {
        check_feed(make()->get());
    }
    SUBCASE("a name that a user gave is unique in its workflow, and a clash undoes the batch") {
        check_names(make()->get());
    }
    SUBCASE("lists are newest first under every filter") {
        check_lists(make()->get());
    }
    SUBCASE("a document is replaced, removed and listed by its key") {
        check_documents(*make());
    }
    SUBCASE("a claim is taken once, and a second one undoes the batch") {
        check_claims(*make());
    }
    SUBCASE("claims are listed from the oldest on but for the newest, and may be forgotten") {
        check_old_claims(*make());
    }
    SUBCASE("what is removed is gone, never an open execution, and its ids do not come again") {
        check_removals(*make());
    }
    SUBCASE("run rows live while their run is closed; failures stay; counts are of what is there") {
        check_run_rows(*make());
    }
    SUBCASE("operations of a batch are carried out in their order") {
        check_order(*make());
    }
    SUBCASE("nothing is written under a lease that is not the newest") {
        check_lease(*make());
    }
    SUBCASE("ids go on behind the highest after a restart") {
        check_counters(*make());
    }
}

}  // namespace stepwell::test
