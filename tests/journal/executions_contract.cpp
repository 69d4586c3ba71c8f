// The contract of executions: open, ended, opened again, listed, removed.
#include "tests/journal/contract_records.hpp"

namespace stepwell::test {
namespace {

using namespace contract;

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

/// Frames of a Map that is over, with a payload whose key lies between theirs.
void check_ranges(JournalUnderTest& under_test) {
    REQUIRE(commit(under_test.get(), workflows()));
    const RecordKey payload = core::payload_key(2);
    auto write = opened(7, kEtl);
    write.put = {{RecordKey{6}, "frame 1"},
                 {RecordKey{7}, "variables 1"},
                 {RecordKey{10}, "frame 2"},
                 {RecordKey{14}, "frame 3"}};
    REQUIRE(commit(under_test.get(), of({write})));
    write = continued(7);
    write.put = {{payload, "large"}};
    write.removed_ranges = {{RecordKey{6}, RecordKey{10}}};
    REQUIRE(commit(under_test.get(), of({write})));
    under_test.reopen();
    const auto kept = (**under_test.get().load(ExecutionId{7})).records;
    REQUIRE(kept.size() == 2);
    const bool is_first = kept[0].key == payload;
    CHECK(kept[is_first ? 0 : 1].bytes == "large");
    CHECK(kept[is_first ? 1 : 0].bytes == "frame 3");
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

}  // namespace

void check_contract_of_executions(const MakeJournal& make) {
    SUBCASE("an execution is open until it ends, and each commit replaces what it names") {
        check_life(*make());
    }
    SUBCASE("that an execution has begun to work is kept until it ends") {
        check_begun(*make());
    }
    SUBCASE("an execution that has ended is opened again, and keeps what it was") {
        check_reopening(*make());
    }
    SUBCASE("a name that a user gave is unique in its workflow, and a clash undoes the batch") {
        check_names(make()->get());
    }
    SUBCASE("lists are newest first under every filter") {
        check_lists(make()->get());
    }
    SUBCASE("a range of records that is removed leaves large payloads") {
        check_ranges(*make());
    }
    SUBCASE("what is removed is gone, never an open execution, and its ids do not come again") {
        check_removals(*make());
    }
}

}  // namespace stepwell::test
