// The contract of what executions leave behind: chunks, marks in them, and run rows.
#include "tests/journal/contract_records.hpp"

namespace stepwell::test {
namespace {

using namespace contract;

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
    journal::RunCountQuery newest{kEtl, core::Status::failed, {}, {}, true};
    CHECK(counts_of(journal, newest) == "1:2@0=2 ");
    newest.until = from_ms(0);
    CHECK(counts_of(journal, newest).empty());
    journal::RunCountQuery failed;
    failed.status = core::Status::failed;
    CHECK(counts_of(journal, failed) == "1:2@0=2 ");
    failed.workflow = kOther;
    CHECK(counts_of(journal, failed).empty());
    failed.status = core::Status::running;
    CHECK(counts_of(journal, failed) == "2:0@0=1 ");

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

}  // namespace

void check_contract_of_histories(const MakeJournal& make) {
    SUBCASE("the chunks of an execution are linked backwards") {
        check_history(make()->get());
    }
    SUBCASE("marks are found by the events before them, each in its own history") {
        check_marks(make()->get());
    }
    SUBCASE("chunks of all executions are read in the order in which they were committed") {
        check_feed(make()->get());
    }
    SUBCASE("run rows live while their run is closed; failures stay; counts are of what is there") {
        check_run_rows(*make());
    }
}

}  // namespace stepwell::test
