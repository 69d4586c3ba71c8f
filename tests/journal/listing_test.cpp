#include "engine/journal/listing.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <cstdint>

#include "engine/journal/run_row_sql.hpp"
#include "engine/journal/sqlite.hpp"
#include "engine/journal/sqlite_journal.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {

using namespace journal;

namespace {

/// Each line of the plan, as "SEARCH e USING ...; ".
std::string plan_of(Database& database, const std::string& sql) {
    Statement statement = *database.prepare("EXPLAIN QUERY PLAN " + sql);
    std::string text;
    while (*statement.step()) text += statement.bytes(3) + "; ";
    return text;
}

}  // namespace

TEST_CASE("a list of executions walks the index that fits its conditions, and sorts nothing") {
    const TemporaryFolder folder;
    { REQUIRE(SqliteJournal::open(folder.path(), 7)); }
    Database database = *Database::open(folder.path() / "stepwell.db", Database::Mode::read_only);
    struct Case {
        std::string name;
        bool has_workflow;
        std::optional<core::Status> status;
        std::string want;  // what the list walks
    };
    const std::string by_id = "SEARCH e USING INTEGER PRIMARY KEY (rowid<?)";
    const std::string by_workflow =
        "SEARCH e USING INDEX executions_by_workflow (workflow=? AND rowid<?)";
    const std::string by_both =
        "SEARCH e USING INDEX executions_not_succeeded (workflow=? AND status=? AND rowid<?)";
    const std::string ended_badly =
        "SEARCH e USING INDEX executions_ended_badly (status=? AND rowid<?)";
    const std::vector<Case> cases = {
        {"all", false, {}, by_id},
        {"all that run", false, core::Status::running, "SEARCH r USING INTEGER PRIMARY KEY"},
        {"all that failed", false, core::Status::failed, ended_badly},
        {"all that were stopped", false, core::Status::aborted, ended_badly},
        {"all that succeeded", false, core::Status::succeeded, by_id},
        {"of a workflow", true, {}, by_workflow},
        {"of a workflow, that run", true, core::Status::running, by_both},
        {"of a workflow, that failed", true, core::Status::failed, by_both},
        {"of a workflow, that succeeded", true, core::Status::succeeded, by_workflow}};
    for (const Case& c : cases) {
        for (const bool has_more : {false, true}) {
            ExecutionQuery query;
            if (c.has_workflow) query.workflow = WorkflowId{1};
            query.status = c.status;
            if (has_more) query.version = VersionId{1};
            if (has_more) query.is_redriven = true;
            const std::string plan = plan_of(database, listing_of(query));
            CAPTURE(c.name);
            CAPTURE(plan);
            CHECK(plan.find(c.want) != std::string::npos);
            CHECK(plan.find("SCAN e") == std::string::npos);
            CHECK(plan.find("TEMP B-TREE") == std::string::npos);
        }
    }
    for (const bool is_narrow : {false, true}) {
        ExecutionQuery children;
        children.parent = ExecutionId{1};
        if (is_narrow) children.workflow = WorkflowId{1};
        if (is_narrow) children.status = core::Status::failed;
        const std::string plan = plan_of(database, listing_of(children));
        CAPTURE(plan);
        CHECK(plan.find("INDEX executions_by_parent (parent=? AND rowid<?)") != std::string::npos);
        CHECK(plan.find("TEMP B-TREE") == std::string::npos);
    }
    for (const bool only_succeeded : {false, true}) {
        ClosedQuery query;
        query.only_succeeded = only_succeeded;
        CHECK(plan_of(database, listing_of(query)).starts_with("SEARCH e USING INTEGER PRIMARY"));
        query.workflow = WorkflowId{1};
        CHECK(plan_of(database, listing_of(query)).find("executions_by_workflow") !=
              std::string::npos);
    }
}

TEST_CASE("questions about many runs walk an index over what they are about, never all runs") {
    const TemporaryFolder folder;
    { REQUIRE(SqliteJournal::open(folder.path(), 7)); }
    Database database = *Database::open(folder.path() / "stepwell.db", Database::Mode::read_only);
    const std::vector<std::pair<const char*, std::string>> cases = {
        {kRunRow, "SEARCH run_rows USING INTEGER PRIMARY KEY (rowid=?)"},
        {kRunFailuresOf, "SEARCH run_failures USING PRIMARY KEY (run=?)"},
        {kUnfoldedRows, "USING INDEX run_rows_unfolded"},
        {kRunCounts,
         "SEARCH run_counts USING PRIMARY KEY (workflow=? AND status=? AND minute>? "
         "AND minute<?)"},
        {kRunCountsOfWorkflow,
         "SEARCH run_counts USING PRIMARY KEY (workflow=? AND status=? AND "
         "minute>? AND minute<?)"},
        {kNewestCount,
         "SEARCH run_counts USING PRIMARY KEY (workflow=? AND status=? AND "
         "minute>? AND minute<?)"},
        {kFailureCounts,
         "SEARCH run_failures USING COVERING INDEX run_failures_by_start (started>?"
         " AND started<?)"},
        {kFailures, "USING INDEX run_failures_by_fingerprint (fingerprint=? AND run<?)"},
        {kCaughtRuns, "INDEX run_rows_caught (id<?)"}};
    for (const auto& row : cases) {
        const auto& sql = row.first;
        const auto& want = row.second;
        const std::string plan = plan_of(database, sql);
        CAPTURE(sql);
        CAPTURE(plan);
        CHECK(plan.find(want) != std::string::npos);
        CHECK(plan.find("SCAN executions") == std::string::npos);
    }
    ExecutionQuery oldest;
    oldest.workflow = WorkflowId{1};
    oldest.status = core::Status::running;
    oldest.is_oldest_first = true;
    const std::string plan = plan_of(database, listing_of(oldest));
    CAPTURE(plan);
    CHECK(plan.find("executions_not_succeeded (workflow=? AND status=?") != std::string::npos);
    CHECK(plan.find("TEMP B-TREE") == std::string::npos);
}

TEST_CASE("to count the runs of one status costs nothing for those of the others") {
    const TemporaryFolder folder;
    { REQUIRE(SqliteJournal::open(folder.path(), 7)); }
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open((folder.path() / "stepwell.db").c_str(), &database) == SQLITE_OK);
    REQUIRE(sqlite3_exec(database,
                         "INSERT INTO workflows VALUES(1, 'a', 'arn', 'STANDARD', 0, 0);"
                         "INSERT INTO run_counts WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1"
                         " FROM n WHERE i < 20000) SELECT 1, 1, i, 1 FROM n;"
                         "INSERT INTO run_counts VALUES(1, 0, 5, 1)",
                         nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_stmt* counts = nullptr;
    REQUIRE(sqlite3_prepare_v2(database, kRunCounts, -1, &counts, nullptr) == SQLITE_OK);
    sqlite3_bind_int64(counts, 1, INT64_MIN);
    sqlite3_bind_int64(counts, 2, INT64_MAX);
    sqlite3_bind_int64(counts, 4, 0);  // running; the others are null
    int rows = 0;
    while (sqlite3_step(counts) == SQLITE_ROW) ++rows;
    CHECK(rows == 1);
    CHECK(sqlite3_stmt_status(counts, SQLITE_STMTSTATUS_VM_STEP, 0) < 500);
    sqlite3_finalize(counts);
    sqlite3_close(database);
}

}  // namespace stepwell::test
