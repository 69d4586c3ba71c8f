// The two engines behind one interface: same questions, same answers.
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "tasks/sql/database_cache.hpp"
#include "tasks/sql/duckdb/duckdb_engine.hpp"
#include "tasks/sql/duckdb/unfinished_file.hpp"
#include "tasks/sql/sqlite/sqlite_engine.hpp"
#include "tests/tasks/data/data_test.hpp"

namespace stepwell::test {
namespace {

using namespace tasks::data;

std::shared_ptr<Database> duckdb_at(const std::filesystem::path& folder) {
    DuckdbOptions options;
    options.name = "wh";
    options.path = folder / "wh.duckdb";
    options.allowed_folders = {folder / "lake"};
    options.temporary_folder = folder / "tmp";
    auto opened = open_duckdb(options);
    INFO((opened ? "" : opened.error().message));
    REQUIRE(opened.has_value());
    return *opened;
}

/// The disk as SQLite sees it; remembers how rollback journals are removed.
struct WatchedDisk {
    inline static sqlite3_vfs* real = nullptr;
    inline static int removals = 0;
    inline static int synced = 0;
    sqlite3_vfs vfs;

    WatchedDisk() : vfs(*sqlite3_vfs_find(nullptr)) {
        real = sqlite3_vfs_find(nullptr);
        removals = synced = 0;
        vfs.zName = "watched";
        vfs.xDelete = [](sqlite3_vfs*, const char* name, int is_synced) {
            if (std::string_view(name).ends_with("-journal")) {
                ++removals;
                synced += is_synced != 0 ? 1 : 0;
            }
            return real->xDelete(real, name, is_synced);
        };
        sqlite3_vfs_register(&vfs, 1);
    }
    ~WatchedDisk() {
        sqlite3_vfs_unregister(&vfs);
        sqlite3_vfs_register(real, 1);
    }
};

TEST_CASE("Regular expressions on SQLite end no process, however text and pattern are made") {
    const auto connection = *(*open_sqlite({}))->connect();
    struct {
        std::string sql;
        std::string want;
    } const cases[] = {
        {"select 'order 17' regexp '[0-9]+'", "1"},
        {"select 'order' regexp '[0-9]+'", "0"},
        {"select 'a\nb' regexp 'b$'", "1"},
        {"select 'ab' regexp '^b'", "0"},
        {"select 'xay' regexp 'a|b'", "1"},
        {"select replace(hex(zeroblob(200000)), '00', 'ab') regexp '(a|b)*c'", "0"},
        {"select replace(hex(zeroblob(2000)), '00', 'a') regexp '(a+)+$b'", "0"},
    };
    for (const auto& test : cases) {
        CAPTURE(test.sql);
        const auto value = connection->query_value(test.sql);
        REQUIRE(value.has_value());
        CHECK(to_text(*value) == test.want);
    }
    const auto broken = connection->query_value("select 'a' regexp '('");
    REQUIRE_FALSE(broken.has_value());
    CHECK(broken.error().message.find("the regular expression cannot be read") !=
          std::string::npos);
}

TEST_CASE("DuckDB is not asked for what ends its process") {
    const ScratchFolder folder;
    const auto connection = *duckdb_at(folder.path())->connect();
    for (const std::string sql :
         {"call enable_logging(storage='file', storage_config={'path': '/x'})",
          "CALL \"Enable_Logging\"()"}) {
        const auto refused = connection->execute(sql);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().code == "E_DENIED");
    }
    CHECK(connection->query_value("select 1").has_value());
}

TEST_CASE("What is committed in a SQLite file is not undone when the power fails") {
    const ScratchFolder folder;
    const WatchedDisk disk;
    const auto connection = *(*open_sqlite({folder.path() / "x.db"}))->connect();
    REQUIRE(connection->execute("create table t(a)").has_value());
    REQUIRE(connection->execute("insert into t values (1)").has_value());
    CHECK(WatchedDisk::removals >= 2);
    CHECK(WatchedDisk::synced == WatchedDisk::removals);
}

TEST_CASE("A DuckDB file that was begun and holds nothing yet is made anew, and no other file is") {
    const ScratchFolder folder;
    const auto path = folder.path() / "wh.duckdb";
    const auto write = [&](const std::string& bytes) { std::ofstream(path) << bytes; };
    const std::string zeros(4'096, '\0');
    for (const std::string& bytes : {std::string(), zeros, zeros.substr(0, 8) + "DUCK" + zeros,
                                     std::string(8, 'x') + "DUCK"}) {
        CAPTURE(bytes.size());
        write(bytes);
        CHECK(remove_unfinished_duckdb(path) == bytes.size());
        CHECK_FALSE(std::filesystem::exists(path));
    }
    for (const std::string& bytes : {std::string("id,amount\n1,2\n"), std::string(12'288, '\0')}) {
        write(bytes);
        CHECK_FALSE(remove_unfinished_duckdb(path));
    }
    write("");
    std::ofstream(path.string() + ".wal") << "what was committed";
    CHECK_FALSE(remove_unfinished_duckdb(path));
    std::filesystem::remove(path.string() + ".wal");
    std::filesystem::remove(path);
    REQUIRE((*duckdb_at(folder.path())->connect())->execute("create table t(a int)").has_value());
    CHECK_FALSE(remove_unfinished_duckdb(path));
}

TEST_CASE(
    "A PIVOT over what is in the rows is a query and makes a table, in a transaction or not") {
    const ScratchFolder folder;
    const auto connection = *duckdb_at(folder.path())->connect();
    REQUIRE(connection
                ->execute("create table t as select * from (values (1, 'a', 5), (1, 'b', 6), "
                          "(2, 'a', 7)) as v(id, k, n)")
                .has_value());
    const std::string pivot = "pivot t on k using sum(n) order by id; -- ;";
    const auto rows = connection->query(pivot);
    REQUIRE(rows.has_value());
    CHECK(to_text(rows->objects()) == R"([{"id":1,"a":5,"b":6},{"id":2,"a":7,"b":null}])");
    CHECK(connection->describe(pivot)->size() == 3);
    CHECK(
        connection
            ->query_integer("select count(*) from (pivot t on k using sum(n)) as p where id = $id",
                            {{"id", 2}})
            .value() == 1);
    CHECK(connection->execute("create table p as " + pivot).has_value());
    {
        auto transaction = Transaction::begin(*connection);
        REQUIRE(transaction.has_value());
        REQUIRE(connection->execute("create table q as " + pivot).has_value());
    }
    CHECK(connection->query_integer("select count(*) from p").value() == 2);
    CHECK_FALSE(connection->query_integer("select count(*) from q").has_value());
    CHECK(connection->query("select 1; select 2").error().message ==
          "expected one SQL statement, but got 2");
}

TEST_CASE("Values come back from DuckDB as the JSON that stands for them") {
    const ScratchFolder folder;
    const auto connection = *duckdb_at(folder.path())->connect();
    struct {
        std::string sql;
        std::string want;
    } const cases[] = {
        {"select 42", "42"},
        {"select -9223372036854775808", "-9223372036854775808"},
        {"select 170141183460469231731687303715884105727::hugeint",
         "\"170141183460469231731687303715884105727\""},
        {"select 12.50::decimal(18,2)", "12.5"},
        {"select -0.05::decimal(18,2)", "-0.05"},
        {"select 99999999999999999.99::decimal(30,2)", "\"99999999999999999.99\""},
        {"select 1.5::double", "1.5"},
        {"select 'nan'::double", "\"nan\""},
        {"select true", "true"},
        {"select null", "null"},
        {"select 'short'", "\"short\""},
        {"select 'longer than twelve bytes'", "\"longer than twelve bytes\""},
        {"select date '2024-02-29'", "\"2024-02-29\""},
        {"select date '1969-12-31'", "\"1969-12-31\""},
        {"select timestamp '1969-12-31 23:59:59.5'", "\"1969-12-31 23:59:59.5\""},
        {"select time '01:02:03.000004'", "\"01:02:03.000004\""},
        {"select timestamptz '2024-01-01 00:00:00+00'", "\"2024-01-01 00:00:00+00\""},
        {"select interval 1 month", "\"1 months\""},
        {"select uuid '0123abcd-0000-4000-8000-000000000001'",
         "\"0123abcd-0000-4000-8000-000000000001\""},
        {"select [1, null, 3]", "[1,null,3]"},
        {"select {a: 1, b: 'x'}", "{\"a\":1,\"b\":\"x\"}"},
        {"select map {'k': 2}", "{\"k\":2}"},
        {"select '\\x01\\xFF'::blob", "\"01ff\""},
        {"select 'b'::enum('a', 'b')", "\"b\""},
        {"select [1, 2]::integer[2]", "[1,2]"},
    };
    for (const auto& test : cases) {
        INFO(test.sql);
        const auto value = connection->query_value(test.sql);
        REQUIRE(value.has_value());
        CHECK(to_text(*value) == test.want);
    }
}

TEST_CASE("Bound parameters are values, whatever stands in them") {
    const ScratchFolder folder;
    for (const auto& database : {duckdb_at(folder.path()), *open_sqlite({})}) {
        const auto connection = *database->connect();
        const Json parameters = {{"text", "'; drop table x--"}, {"number", 7}};
        const auto rows = connection->query("select $text, $number + 1", parameters);
        REQUIRE(rows.has_value());
        CHECK(rows->rows[0][0] == "'; drop table x--");
        CHECK(rows->rows[0][1] == 8);
        const auto missing = connection->query("select $other", parameters);
        REQUIRE(!missing.has_value());
        CHECK(missing.error().code == "E_CONFIG");
    }
}

TEST_CASE("A query is one statement: a second one cannot hide behind it") {
    const ScratchFolder folder;
    for (const auto& database : {duckdb_at(folder.path()), *open_sqlite({})}) {
        const auto connection = *database->connect();
        const auto result = connection->query("select 1) ; create table x(a int); select (2");
        REQUIRE(!result.has_value());
        const auto two = connection->query("select 1; create table x(a int)");
        REQUIRE(!two.has_value());
        CHECK(!*connection->has_table({"", "x"}));
    }
}

TEST_CASE("SQL cannot leave what it is allowed to touch") {
    const ScratchFolder folder;
    folder.write("secret.csv", "a\n1\n");
    folder.write("lake/open.csv", "a\n1\n");
    const auto duckdb = *duckdb_at(folder.path())->connect();
    const std::string root = folder.path().string();
    CHECK(duckdb->query("select * from read_text('" + root + "/lake/open.csv')").has_value());
    for (const std::string& sql : {
             "select * from read_text('" + root + "/secret.csv')",
             "select * from read_csv('" + root + "/lake/../secret.csv')",
             "attach '" + root + "/other.duckdb'",
             "copy (select 1) to '" + root + "/out.csv'",
             std::string("set enable_external_access = true"),
             std::string("set memory_limit = '1TB'"),
             std::string("install httpfs"),
             std::string("load httpfs"),
         }) {
        INFO(sql);
        CHECK(!duckdb->execute(sql).has_value());
    }
    const auto sqlite = *(*open_sqlite({folder.path() / "x.db"}))->connect();
    for (const std::string& sql : {
             "attach '" + root + "/other.db' as o",
             std::string("select load_extension('x')"),
             std::string("pragma journal_mode = off"),
         }) {
        INFO(sql);
        const auto done = sqlite->execute(sql);
        REQUIRE(!done.has_value());
        CHECK(done.error().code == "E_DENIED");
    }
}

TEST_CASE("A transaction that is not committed leaves nothing") {
    const ScratchFolder folder;
    for (const auto& database :
         {duckdb_at(folder.path()), *open_sqlite({folder.path() / "x.db"})}) {
        const auto connection = *database->connect();
        {
            auto transaction = Transaction::begin(*connection);
            REQUIRE(transaction.has_value());
            REQUIRE(connection->execute("create table t(a integer)").has_value());
            REQUIRE(connection->execute("insert into t values (1), (2)").value() == 2);
        }
        CHECK(!*connection->has_table({"", "t"}));
        auto transaction = Transaction::begin(*connection);
        REQUIRE(connection->execute("create table t(a integer)").has_value());
        REQUIRE(transaction->commit().has_value());
        CHECK(*connection->has_table({"", "T"}));
        CHECK(connection->table_columns({"", "t"})->at(0) == Column{"a", "integer"});
    }
}

TEST_CASE("Names with quotes and dots stay one name") {
    const ScratchFolder folder;
    const TableName odd{"", "we\"ird"};
    for (const auto& database : {duckdb_at(folder.path()), *open_sqlite({})}) {
        const auto connection = *database->connect();
        const std::string name = quote_table(odd, connection->dialect());
        REQUIRE(connection->execute("create table " + name + "(a integer)").has_value());
        CHECK(*connection->has_table(odd));
    }
}

TEST_CASE("A cancelled connection ends its query and starts no other") {
    const ScratchFolder folder;
    const auto connection = *duckdb_at(folder.path())->connect();
    const auto result = connection->scan("select * from range(1000000000)", Json::object(),
                                         [&](Row&) -> DataResult<void> {
                                             connection->interrupt();
                                             return {};
                                         });
    REQUIRE(!result.has_value());
    CHECK(result.error().code == "E_CANCELLED");
    CHECK(connection->query_value("select 1").error().code == "E_CANCELLED");
}

TEST_CASE("A file is open once in the process and closed after its last user") {
    const ScratchFolder folder;
    int opened = 0;
    const auto open = [&]() -> DataResult<std::shared_ptr<Database>> {
        ++opened;
        return duckdb_at(folder.path());
    };
    {
        const auto first = *shared_database("k", open);
        const auto second = *shared_database("k", open);
        CHECK(first == second);
    }
    auto connection = *(*shared_database("k", open))->connect();
    CHECK(opened == 2);
    const auto again = *shared_database("k", open);
    CHECK(opened == 2);  // the connection kept it open
}

TEST_CASE("A lock by name excludes others until it is let go") {
    const auto never = [] { return false; };
    auto held = lock_by_name("t", std::chrono::seconds(1), never);
    REQUIRE(held.has_value());
    const auto refused = lock_by_name("t", std::chrono::milliseconds(0), never);
    REQUIRE(!refused.has_value());
    CHECK(refused.error().code == "E_LOCKED");
    CHECK(refused.error().is_retryable());
    const auto cancelled = lock_by_name("t", std::chrono::seconds(5), [] { return true; });
    CHECK(cancelled.error().code == "E_CANCELLED");
    held->reset();
    CHECK(lock_by_name("t", std::chrono::milliseconds(0), never).has_value());
}

TEST_CASE("A file that is no database is refused with its name") {
    const ScratchFolder folder;
    folder.write("text.db", std::string(5000, 'x'));
    DuckdbOptions options;
    options.name = "wh";
    options.path = folder.path() / "text.db";
    const auto duckdb = open_duckdb(options);
    REQUIRE(!duckdb.has_value());
    CHECK(duckdb.error().code == "E_FORMAT");
    CHECK(duckdb.error().message.find("text.db") != std::string::npos);
    const auto sqlite = open_sqlite({folder.path() / "text.db"});
    REQUIRE(!sqlite.has_value());
    CHECK(sqlite.error().code == "E_FORMAT");
}

}  // namespace
}  // namespace stepwell::test
