#include <doctest/doctest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <atomic>
#include <fstream>

#include "engine/core/event_type.hpp"
#include "engine/journal/checkpoints.hpp"
#include "engine/journal/memory_journal.hpp"
#include "engine/journal/schema.hpp"
#include "engine/journal/sqlite.hpp"
#include "engine/journal/sqlite_journal.hpp"
#include "tests/journal/journal_contract.hpp"
#include "tests/support/commit.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {
namespace {

using journal::Checkpoints;
using journal::CommitError;
using journal::Database;
using journal::Journal;
using journal::MemoryDisk;
using journal::MemoryJournal;
using journal::SqliteJournal;
using journal::SqliteReader;

class MemoryUnderTest final : public JournalUnderTest {
public:
    Journal& get() override { return *journal_; }
    void reopen() override { journal_ = std::make_unique<MemoryJournal>(disk_); }

private:
    std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
    std::unique_ptr<MemoryJournal> journal_ = std::make_unique<MemoryJournal>(disk_);
};

class SqliteUnderTest final : public JournalUnderTest {
public:
    SqliteUnderTest() { reopen(); }
    Journal& get() override { return *journal_; }
    void reopen() override {
        journal_.reset();
        auto opened = SqliteJournal::open(folder_.path(), 99);
        REQUIRE(opened);
        journal_ = std::move(opened).value();
    }

private:
    TemporaryFolder folder_;
    std::unique_ptr<SqliteJournal> journal_;
};

journal::Batch one_workflow(std::uint64_t id) {
    journal::Batch batch;
    const std::string name = "w" + std::to_string(id);
    batch.add(journal::WorkflowRecord{WorkflowId{id}, name, "arn:" + name, "STANDARD", from_ms(0)});
    return batch;
}

}  // namespace

TEST_CASE("the journal in memory keeps the contract") {
    check_journal_contract([] { return std::make_unique<MemoryUnderTest>(); });
}

TEST_CASE("the journal in SQLite keeps the contract") {
    check_journal_contract([] { return std::make_unique<SqliteUnderTest>(); });
}

TEST_CASE("a second process is refused while the first owns the folder") {
    TemporaryFolder folder;
    auto first = SqliteJournal::open(folder.path(), 1);
    REQUIRE(first);
    auto second = SqliteJournal::open(folder.path(), 1);
    REQUIRE_FALSE(second);
    CHECK(second.error().code == ErrorCode::conflict);
    CHECK(second.error().message.find("process " + std::to_string(::getpid()) + " does") !=
          std::string::npos);
    first->reset();
    CHECK(SqliteJournal::open(folder.path(), 1));
}

TEST_CASE("a reader sees what was committed, while the owner lives") {
    TemporaryFolder folder;
    CHECK(SqliteReader::open(folder.path()).error().code == ErrorCode::not_found);
    auto owner = SqliteJournal::open(folder.path(), 1);
    REQUIRE(owner);
    auto reader = SqliteReader::open(folder.path());
    REQUIRE(reader);
    CHECK((*reader)->workflows()->empty());
    REQUIRE(commit(**owner, one_workflow(1)));
    CHECK((*reader)->workflows()->size() == 1);
}

TEST_CASE("a reader that stays at a moment sees nothing that is committed meanwhile") {
    TemporaryFolder folder;
    auto owner = SqliteJournal::open(folder.path(), 1);
    REQUIRE(owner);
    auto reader = SqliteReader::open(folder.path());
    REQUIRE(reader);
    REQUIRE((*reader)->begin_snapshot());
    CHECK((*reader)->workflows()->empty());
    REQUIRE(commit(**owner, one_workflow(1)));
    CHECK((*reader)->workflows()->empty());
    (*reader)->end_snapshot();
    CHECK((*reader)->workflows()->size() == 1);
    REQUIRE((*reader)->begin_snapshot());
    CHECK((*reader)->workflows()->size() == 1);
    (*reader)->end_snapshot();
}

TEST_CASE("files that are no journal of ours are refused with the reason") {
    TemporaryFolder folder;
    SUBCASE("not a database") {
        std::ofstream(folder.path() / "stepwell.db") << std::string(5000, 'x');
        auto opened = SqliteJournal::open(folder.path(), 1);
        REQUIRE_FALSE(opened);
        CHECK(opened.error().code == ErrorCode::corruption);
        CHECK(opened.error().message.find("is no SQLite database") != std::string::npos);
    }
    SUBCASE("another program's database") {
        auto database = journal::Database::open(folder.path() / "stepwell.db",
                                                journal::Database::Mode::read_write);
        REQUIRE(database);
        REQUIRE(database->execute("CREATE TABLE t(a)"));
        auto opened = SqliteJournal::open(folder.path(), 1);
        REQUIRE_FALSE(opened);
        CHECK(opened.error().message.find("it is another database") != std::string::npos);
    }
    SUBCASE("a journal of a newer form") {
        REQUIRE(SqliteJournal::open(folder.path(), 1));
        auto database = journal::Database::open(folder.path() / "stepwell.db",
                                                journal::Database::Mode::read_write);
        REQUIRE(database->execute("PRAGMA user_version = 1000"));
        database = journal::Database();
        auto opened = SqliteJournal::open(folder.path(), 1);
        REQUIRE_FALSE(opened);
        CHECK(opened.error().message.ends_with(
            "stepwell.db': expected a journal of form 5 or older, but it is of form 1000; a newer "
            "Stepwell wrote it: run that one, or restore a backup that was made before it was "
            "installed"));
    }
}

TEST_CASE("a kind of event that an older Stepwell does not know raises the form of the journal") {
    int kinds = 0;
    for (int number = 0; number < 256; ++number) {
        const std::string name = core::name_of(static_cast<core::EventType>(number));
        if (name != "?") ++kinds;
    }
    // Where this fails, raise kSchemaVersion with it: the journal of today must be refused there.
    CHECK(kinds == journal::kEventKinds);
}

TEST_CASE("a journal of the first form is brought up to date, and keeps what is in it") {
    TemporaryFolder folder;
    REQUIRE(commit(**SqliteJournal::open(folder.path(), 7), one_workflow(1)));
    auto database =
        journal::Database::open(folder.path() / "stepwell.db", journal::Database::Mode::read_write);
    REQUIRE(database);
    REQUIRE(database->execute(
        "ALTER TABLE executions DROP COLUMN origin;"
        "ALTER TABLE executions DROP COLUMN principal;"
        "ALTER TABLE executions DROP COLUMN redrives;"
        "ALTER TABLE executions DROP COLUMN redriven;"
        "ALTER TABLE history DROP COLUMN execution; DROP TABLE documents;"
        "DROP TABLE claims; DROP TABLE payloads; DROP TABLE leftovers; PRAGMA user_version = 1"));
    database = journal::Database();
    const auto early = SqliteReader::open(folder.path());
    REQUIRE_FALSE(early);
    CHECK(early.error().message.find("an older Stepwell wrote it") != std::string::npos);

    auto journal = SqliteJournal::open(folder.path(), 8);
    REQUIRE(journal);
    CHECK((*journal)->secret() == 7);
    CHECK((*journal)->workflows()->size() == 1);
    journal::Batch batch;
    batch.add(journal::DocumentWrite{"users", "ann", "1"});
    REQUIRE(commit(**journal, batch));
    CHECK((*SqliteReader::open(folder.path()))->document("users", "ann")->value() == "1");
}

TEST_CASE("a journal of the form before that does not tell who started a run learns to") {
    TemporaryFolder folder;
    REQUIRE(commit(**SqliteJournal::open(folder.path(), 7), one_workflow(1)));
    auto database =
        journal::Database::open(folder.path() / "stepwell.db", journal::Database::Mode::read_write);
    REQUIRE(database);
    REQUIRE(
        database->execute("ALTER TABLE executions DROP COLUMN principal; PRAGMA user_version = 2"));
    database = journal::Database();
    const auto early = SqliteReader::open(folder.path());
    REQUIRE_FALSE(early);
    CHECK(early.error().message.find("brings it up to date") != std::string::npos);
    REQUIRE(SqliteJournal::open(folder.path(), 8));
    CHECK((*SqliteReader::open(folder.path()))->closed_executions({})->empty());
}

TEST_CASE("a journal that does not tell which run has started another learns to") {
    TemporaryFolder folder;
    REQUIRE(commit(**SqliteJournal::open(folder.path(), 7), one_workflow(1)));
    auto database =
        journal::Database::open(folder.path() / "stepwell.db", journal::Database::Mode::read_write);
    REQUIRE(database);
    REQUIRE(
        database->execute("DROP TABLE awaited; DROP INDEX executions_by_parent;"
                          "ALTER TABLE executions DROP COLUMN parent;"
                          "ALTER TABLE executions DROP COLUMN parent_frame;"
                          "ALTER TABLE executions DROP COLUMN parent_attempt;"
                          "ALTER TABLE executions DROP COLUMN depth; PRAGMA user_version = 2"));
    database = journal::Database();
    CHECK_FALSE(SqliteReader::open(folder.path()));
    auto learned = SqliteJournal::open(folder.path(), 8);
    REQUIRE(learned);
    CHECK((*learned)->waits_of(ExecutionId{1})->empty());
    journal::ExecutionQuery children;
    children.parent = ExecutionId{1};
    CHECK((*SqliteReader::open(folder.path()))->executions(children)->empty());
}

TEST_CASE("a crash before a commit loses it whole, one after keeps it whole") {
    auto disk = std::make_shared<MemoryDisk>();
    struct Case {
        MemoryDisk::Cut cut;
        std::size_t want;
    };
    for (const Case& c :
         {Case{MemoryDisk::Cut::before_durable, 1}, Case{MemoryDisk::Cut::after_durable, 2}}) {
        MemoryJournal journal(disk = std::make_shared<MemoryDisk>());
        disk->crash_at(2, c.cut);
        CHECK(commit(journal, one_workflow(1)));
        CHECK_FALSE(commit(journal, one_workflow(2)));
        disk->repair();
        CHECK_FALSE(commit(journal, one_workflow(3)));  // it must not go on: it cannot know
        CHECK(MemoryJournal(disk).workflows()->size() == c.want);
        CHECK(commit(*std::make_unique<MemoryJournal>(disk), one_workflow(3)));
    }
}

TEST_CASE("on a full disk nothing is written, and when there is room the journal goes on") {
    TemporaryFolder folder;
    auto journal = SqliteJournal::open(folder.path(), 1);
    REQUIRE(journal);
    REQUIRE(commit(**journal, one_workflow(1)));
    REQUIRE((*journal)->limit_pages_for_test(20));
    auto batch = one_workflow(2);
    batch.add(journal::VersionRecord{VersionId{1}, WorkflowId{2}, 1, "",
                                     std::string(1'000'000, 'x'), "", "", from_ms(0)});
    const auto full = commit(**journal, batch);
    REQUIRE_FALSE(full);
    CHECK(full.error().kind == CommitError::Kind::nothing_written);
    CHECK(full.error().message.find("the disk is full") != std::string::npos);
    CHECK((*journal)->workflows()->size() == 1);
    REQUIRE((*journal)->limit_pages_for_test(100'000));
    REQUIRE(commit(**journal, batch));
    journal->reset();
    CHECK((*SqliteJournal::open(folder.path(), 1))->workflows()->size() == 2);
}

TEST_CASE("while another process has locked the file nothing is written, and then it goes on") {
    TemporaryFolder folder;
    auto journal = SqliteJournal::open(folder.path(), 1);
    REQUIRE(journal);
    auto other = Database::open(folder.path() / "stepwell.db", Database::Mode::read_write);
    REQUIRE(other);
    REQUIRE(other->execute("BEGIN IMMEDIATE"));
    for (int n = 0; n < 2; ++n) {
        const auto busy = commit(**journal, one_workflow(1));
        REQUIRE_FALSE(busy);
        CHECK(busy.error().kind == CommitError::Kind::nothing_written);
    }
    REQUIRE(other->execute("ROLLBACK"));
    CHECK(commit(**journal, one_workflow(1)));
}

TEST_CASE("of two owners of one folder only the one that came last writes") {
    TemporaryFolder folder;
    auto first = SqliteJournal::open(folder.path(), 1);
    REQUIRE(first);
    REQUIRE(commit(**first, one_workflow(1)));
    // A lock that somebody removed, or a file system that has none, keeps nobody out.
    std::filesystem::remove(folder.path() / "stepwell.lock");
    auto second = SqliteJournal::open(folder.path(), 1);
    REQUIRE(second);
    const auto fenced = commit(**first, one_workflow(2));
    REQUIRE_FALSE(fenced);
    CHECK(fenced.error().kind == CommitError::Kind::fenced);
    CHECK(fenced.error().message.find("another process has taken it over") != std::string::npos);
    CHECK(commit(**second, one_workflow(3)));
    CHECK((*second)->workflows()->size() == 2);
}

TEST_CASE("a file system without shared memory is refused, as no log can be kept on it") {
    TemporaryFolder folder;
    sqlite3_vfs* const usual = sqlite3_vfs_find(nullptr);
    REQUIRE(sqlite3_vfs_register(sqlite3_vfs_find("unix-dotfile"), 1) == SQLITE_OK);
    const auto opened = SqliteJournal::open(folder.path(), 1);
    sqlite3_vfs_register(usual, 1);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == ErrorCode::io);
    CHECK(opened.error().message.find("share memory") != std::string::npos);
}

TEST_CASE("a thread copies the log, which then begins anew") {
    TemporaryFolder folder;
    REQUIRE(SqliteJournal::open(folder.path(), 7));
    const auto path = folder.path() / "stepwell.db";
    auto writer = Database::open(path, Database::Mode::read_write);
    REQUIRE(writer);
    writer->make_no_checkpoints();
    auto checkpoints = Checkpoints::open(path);
    REQUIRE(checkpoints);
    int most = 0;
    for (int i = 0; i < 200; ++i) {
        REQUIRE(writer->execute("INSERT OR REPLACE INTO documents VALUES('large', '" +
                                std::to_string(i % 10) + "', hex(zeroblob(200000)))"));
        most = std::max(most, writer->log_pages());
        CHECK_FALSE((*checkpoints)->committed(writer->log_pages()));
        (*checkpoints)->wait_until_idle();
    }
    CHECK(most >= Checkpoints::kPagesPerPass);
    CHECK(most < Checkpoints::kPagesPerPass + Checkpoints::kRestPagesMax);
}

TEST_CASE("what was written while the thread copied the log is the writer's where it is little") {
    TemporaryFolder folder;
    REQUIRE(SqliteJournal::open(folder.path(), 7));
    const auto path = folder.path() / "stepwell.db";
    auto writer = Database::open(path, Database::Mode::read_write);
    REQUIRE(writer);
    writer->make_no_checkpoints();
    auto checkpoints = Checkpoints::open(path);
    REQUIRE(checkpoints);
    REQUIRE(writer->execute("INSERT INTO documents VALUES('large', '1', hex(zeroblob(5000000)))"));
    const int pages = writer->log_pages();
    REQUIRE(pages >= Checkpoints::kPagesPerPass);
    CHECK_FALSE((*checkpoints)->committed(pages));
    (*checkpoints)->wait_until_idle();
    CHECK_FALSE((*checkpoints)->committed(pages + Checkpoints::kRestPagesMax + 1));
    (*checkpoints)->wait_until_idle();
    CHECK((*checkpoints)->committed(pages + Checkpoints::kRestPagesMax));
}

TEST_CASE("a log that the thread does not keep up with is the writer's before it is large") {
    TemporaryFolder folder;
    REQUIRE(SqliteJournal::open(folder.path(), 7));
    auto checkpoints = Checkpoints::open(folder.path() / "stepwell.db");
    REQUIRE(checkpoints);
    CHECK_FALSE((*checkpoints)->committed(Checkpoints::kPagesPerPass - 1));
    CHECK((*checkpoints)->committed(Checkpoints::kLogPagesMax));
}

TEST_CASE("a journal whose log a thread copies keeps all that it has committed") {
    TemporaryFolder folder;
    constexpr int kCommits = 60;
    {
        auto journal =
            SqliteJournal::open(folder.path(), 7, SqliteJournal::Checkpointing::by_own_thread);
        REQUIRE(journal);
        for (int i = 0; i < kCommits; ++i) {
            journal::Batch batch;
            batch.add(journal::DocumentWrite{
                "large", std::to_string(i), std::string(250'000, static_cast<char>('a' + i % 26))});
            REQUIRE(commit(**journal, batch));
        }
    }
    auto reader = SqliteReader::open(folder.path());
    REQUIRE(reader);
    for (int i = 0; i < kCommits; ++i) {
        CHECK((*reader)->document("large", std::to_string(i))->value() ==
              std::string(250'000, static_cast<char>('a' + i % 26)));
    }
}

TEST_CASE("large payloads are kept apart from records, come back with them, and go with the end") {
    for (const bool has_ended : {false, true}) {
        TemporaryFolder folder;
        auto journal = SqliteJournal::open(folder.path(), 7);
        REQUIRE(journal);
        REQUIRE(commit(**journal, one_workflow(1)));
        journal::ExecutionWrite write;
        write.id = ExecutionId{1};
        write.start = journal::ExecutionStart{WorkflowId{1}, VersionId{1}, "", Timestamp{}, "", ""};
        write.chunks.push_back({journal::ChunkId{1}, journal::kNoChunk, 0, "events"});
        write.open = journal::OpenRecord{};
        write.open->id = ExecutionId{1};
        write.put = {{core::RecordKey{2}, "frame"},
                     {core::payload_key(1), "one"},
                     {core::payload_key(2), "two"}};
        journal::Batch first;
        first.add(write);
        REQUIRE(commit(**journal, first));
        CHECK((*journal)->load(ExecutionId{1})->value().records.size() == 3);

        journal::ExecutionWrite next;
        next.id = ExecutionId{1};
        next.was_open = true;
        next.chunks.push_back({journal::ChunkId{2}, journal::ChunkId{1}, 1, "events"});
        if (has_ended) {
            next.end = journal::ExecutionEnd{core::Status::succeeded, Timestamp{}, ""};
            next.had_payloads = true;
        } else {
            next.open = write.open;
            next.removed = {core::payload_key(1)};
        }
        journal::Batch second;
        second.add(next);
        REQUIRE(commit(**journal, second));
        auto database = Database::open(folder.path() / "stepwell.db", Database::Mode::read_only);
        REQUIRE(database);
        CHECK(*database->scalar("SELECT count(*) FROM payloads") == (has_ended ? 0 : 1));
        CHECK(*database->scalar("SELECT count(*) FROM records") == (has_ended ? 0 : 1));
    }
}

TEST_CASE("a run that goes on after its end finds nothing of what it had left") {
    TemporaryFolder folder;
    auto journal = SqliteJournal::open(folder.path(), 7);
    REQUIRE(journal);
    REQUIRE(commit(**journal, one_workflow(1)));
    const auto written = [&](journal::ExecutionWrite write) {
        journal::Batch batch;
        batch.add(std::move(write));
        return commit(**journal, batch);
    };
    journal::ExecutionWrite start;
    start.id = ExecutionId{1};
    start.start = journal::ExecutionStart{WorkflowId{1}, VersionId{1}, "", Timestamp{}, "", ""};
    start.chunks.push_back({journal::ChunkId{1}, journal::kNoChunk, 0, "events"});
    start.open = journal::OpenRecord{};
    start.open->id = ExecutionId{1};
    start.put = {{core::RecordKey{2}, "root"},
                 {core::RecordKey{6}, "branch"},
                 {core::payload_key(1), "large"}};
    REQUIRE(written(start));
    journal::ExecutionWrite end;
    end.id = ExecutionId{1};
    end.was_open = true;
    end.chunks.push_back({journal::ChunkId{2}, journal::ChunkId{1}, 1, "events"});
    end.end = journal::ExecutionEnd{core::Status::failed, Timestamp{}, ""};
    end.leaves_records = true;
    REQUIRE(written(end));
    CHECK((*journal)->has_leftovers().value());

    journal::ExecutionWrite again;
    again.id = ExecutionId{1};
    again.reopening = journal::ExecutionReopening{1, Timestamp{}};
    again.chunks.push_back({journal::ChunkId{3}, journal::ChunkId{2}, 2, "events"});
    again.open = start.open;
    again.put = {{core::RecordKey{2}, "root again"}};
    REQUIRE(written(again));
    CHECK_FALSE((*journal)->has_leftovers().value());
    CHECK((*journal)->load(ExecutionId{1})->value().records.size() == 1);
}

TEST_CASE(
    "a sweep removes as much as it says, oldest run first, and what runs has all of its own") {
    TemporaryFolder folder;
    auto journal = SqliteJournal::open(folder.path(), 7);
    REQUIRE(journal);
    REQUIRE(commit(**journal, one_workflow(1)));
    journal::Batch batch;
    for (std::uint64_t id = 1; id <= 3; ++id) {
        journal::ExecutionWrite write;
        write.id = ExecutionId{id};
        write.start = journal::ExecutionStart{WorkflowId{1}, VersionId{1}, "", Timestamp{}, "", ""};
        write.chunks.push_back({journal::ChunkId{id}, journal::kNoChunk, 0, "events"});
        write.open = journal::OpenRecord{};
        write.open->id = write.id;
        for (std::uint64_t n = 1; n <= 5; ++n) {
            write.put.push_back({core::RecordKey{4 * n + 2}, "frame"});
            write.put.push_back({core::payload_key(n), "payload"});
        }
        batch.add(write);
    }
    REQUIRE(commit(**journal, batch));
    batch = {};
    for (std::uint64_t id = 1; id <= 2; ++id) {
        journal::ExecutionWrite end;
        end.id = ExecutionId{id};
        end.was_open = true;
        end.chunks.push_back({journal::ChunkId{10 + id}, journal::ChunkId{id}, 1, "events"});
        end.end = journal::ExecutionEnd{core::Status::failed, Timestamp{}, ""};
        end.leaves_records = true;
        batch.add(end);
    }
    REQUIRE(commit(**journal, batch));
    auto database = Database::open(folder.path() / "stepwell.db", Database::Mode::read_only);
    REQUIRE(database);
    const auto count = [&](const std::string& table) {
        return database->scalar("SELECT count(*) FROM " + table).value();
    };
    journal::Batch sweep;
    sweep.add(journal::Sweep{2, 2});
    std::int64_t records = count("records");
    std::int64_t payloads = count("payloads");
    CHECK((records == 15 && payloads == 15));
    while ((*journal)->has_leftovers().value()) {
        REQUIRE(commit(**journal, sweep));
        CHECK(records - count("records") <= 2);
        CHECK(payloads - count("payloads") <= 2);
        records = count("records");
        payloads = count("payloads");
    }
    CHECK((records == 5 && payloads == 5));
    CHECK((*journal)->load(ExecutionId{3})->value().records.size() == 10);
    REQUIRE(commit(**journal, sweep));
    CHECK(count("records") == 5);
}

TEST_CASE("a journal of the second form gets a place for large payloads") {
    TemporaryFolder folder;
    REQUIRE(commit(**SqliteJournal::open(folder.path(), 7), one_workflow(1)));
    auto database = Database::open(folder.path() / "stepwell.db", Database::Mode::read_write);
    REQUIRE(database);
    REQUIRE(
        database->execute("DROP TABLE payloads; DROP TABLE leftovers; PRAGMA user_version = 2"));
    *database = Database();
    CHECK_FALSE(SqliteReader::open(folder.path()));
    auto journal = SqliteJournal::open(folder.path(), 8);
    REQUIRE(journal);
    CHECK((*journal)->workflows()->size() == 1);
    CHECK(SqliteReader::open(folder.path()));
}

}  // namespace stepwell::test
