// Rows between engines: every value as it is, or a refusal that names it.
#include "tasks/sql/row_copy.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <random>

#include "tasks/sql/duckdb/duckdb_engine.hpp"
#include "tasks/sql/sqlite/sqlite_engine.hpp"
#include "tests/tasks/data/data_test.hpp"

namespace stepwell::test {
namespace {

using namespace tasks::data;

struct Engines {
    std::unique_ptr<Connection> duckdb = *(*open_duckdb({}))->connect();
    std::unique_ptr<Connection> sqlite = *(*open_sqlite({}))->connect();

    static void run(Connection& connection, const std::string& sql) {
        const auto done = connection.execute(sql);
        REQUIRE_MESSAGE(done.has_value(), done.error().message);
    }
    static std::string rows(Connection& connection, const std::string& sql) {
        const auto found = connection.query(sql);
        if (!found) return found.error().code + ": " + found.error().message;
        std::string text;
        for (const auto& row : found->rows) {
            if (!text.empty()) text += "; ";
            for (std::size_t i = 0; i < row.size(); ++i) {
                text += (i == 0 ? "" : ", ");
                text += row[i].is_string() ? row[i].get<std::string>() : row[i].dump();
            }
        }
        return text;
    }
    /// The type and the values of SQLite's column t.x, as DuckDB has them.
    std::string to_duckdb(const std::string& declared, const std::string& values) {
        run(*sqlite, "create table t(x " + declared + "); insert into t values " + values);
        const auto copied =
            copy_to_duckdb(*sqlite, "select x from t", Json::object(), *duckdb, "t");
        if (!copied) return copied.error().code + ": " + copied.error().message;
        return (*copied)[0].type + ": " +
               rows(*duckdb, "select coalesce(cast(x as varchar), 'null') from t order by rowid");
    }
    /// The class and the value in SQLite of one value of DuckDB.
    std::string to_sqlite(const std::string& value, const std::string& declared = "") {
        run(*sqlite, "create table t(x " + declared + ")");
        const auto copied =
            copy_rows(*duckdb, "select " + value + " as x", Json::object(), *sqlite, "\"t\"");
        if (!copied) return copied.error().code + ": " + copied.error().message;
        return rows(*sqlite, "select typeof(x), coalesce(x, 'null') from t");
    }
};

TEST_CASE("What SQLite holds has the type of its values, and none changes") {
    const struct {
        const char* declared;
        const char* values;
        const char* want;
    } cases[] = {
        {"integer", "(1), (null), (9007199254740993)", "bigint: 1; null; 9007199254740993"},
        {"integer", "(1), (1.5)", "double: 1.0; 1.5"},
        {"integer", "(9007199254740993), (1.5)", "varchar: 9007199254740993; 1.5"},
        {"integer", "('abc'), (1)", "varchar: abc; 1"},
        {"", "(1.0), (0.1)", "double: 1.0; 0.1"},
        {"text", "('007'), (' x ')", "varchar: 007;  x "},
        {"date", "('2024-02-29'), (null)", "date: 2024-02-29; null"},
        {"date", "('2024-02-30')", "varchar: 2024-02-30"},
        {"timestamp", "('2024-01-01 10:00:00.5')", "timestamp: 2024-01-01 10:00:00.5"},
        {"boolean", "(1), (0)", "boolean: true; false"},
        {"boolean", "(2)", "bigint: 2"},
        {"blob", "(x'00ff')", "blob: \\x00\\xFF"},
        {"decimal(10,2)", "(1), (2.5)", "double: 1.0; 2.5"},
        {"real", "(null)", "double: null"},
        {"text", "(null)", "varchar: null"},
        {"", "(x'00'), (1)",
         "E_UNSUPPORTED: column x has blobs beside other values, which no other engine can hold; "
         "cast it in the SQL"},
        {"text", "(cast(x'ff41' as text))",
         "E_FORMAT: column x: expected varchar, but got '\xff"
         "A'"},
    };
    for (const auto& test : cases) {
        INFO(test.declared << " " << test.values);
        CHECK(Engines().to_duckdb(test.declared, test.values) == test.want);
    }
}

TEST_CASE("What DuckDB holds comes to SQLite as it is, or is refused by name") {
    const struct {
        const char* value;
        const char* declared;
        const char* want;
    } cases[] = {
        {"true", "integer", "integer, 1"},
        {"9223372036854775807::bigint", "integer", "integer, 9223372036854775807"},
        {"1.5::double", "real", "real, 1.5"},
        {"'nan'::double", "", "text, nan"},
        {"10.50::decimal(18,2)", "numeric", "real, 10.5"},
        {"10.50::decimal(18,2)", "text", "text, 10.50"},
        {"1234567890123456.78::decimal(18,2)", "text", "text, 1234567890123456.78"},
        {"1234567890123456.78::decimal(18,2)", "numeric",
         "E_FORMAT: column x: expected a number that SQLite holds (64 bits, 15 digits), but got "
         "'1234567890123456.78'; declare or cast the column as varchar"},
        {"18446744073709551616::hugeint", "integer",
         "E_FORMAT: column x: expected a number that SQLite holds (64 bits, 15 digits), but got "
         "'18446744073709551616'; declare or cast the column as varchar"},
        {"5::hugeint", "integer", "integer, 5"},
        {"date '2024-01-31'", "text", "text, 2024-01-31"},
        {"timestamptz '2024-01-31 10:00:00+02'", "text", "text, 2024-01-31 08:00:00+00"},
        {"timestamp_ns '2024-01-31 10:00:00.123456789'", "text",
         "text, 2024-01-31 10:00:00.123456789"},
        {"0.1::double + 0.2", "text", "text, 0.30000000000000004"},
        {"9007199254740993::bigint", "real",
         "E_FORMAT: column x: expected a number that SQLite holds (64 bits, 15 digits), but got "
         "'9007199254740993'; declare or cast the column as varchar"},
        {"time_ns '10:00:00.123456789'", "text", "text, 10:00:00.123456789"},
        {"bignum '123456789012345678901234567890123456789012'", "text",
         "text, 123456789012345678901234567890123456789012"},
        {"'0101'::bit", "text", "text, 0101"},
        {"'b'::enum('a', 'b')", "text", "text, b"},
        {"array_value(1, 2)", "text", "text, [1,2]"},
        {"map{'a': [1, 2]}", "text", "text, {\"a\":[1,2]}"},
        {"union_value(a := 1)", "text",
         "E_UNSUPPORTED: column x is of type union, which only DuckDB itself can read; cast it to "
         "varchar in the SQL"},
        {"1::variant", "text",
         "E_UNSUPPORTED: column x is of type variant, which only DuckDB itself can read; cast it "
         "to varchar in the SQL"},
        {"['POINT(1 2)'::geometry]", "text",
         "E_UNSUPPORTED: column x is of type geometry[], which only DuckDB itself can read; cast "
         "it to varchar in the SQL"},
        {"[1, 2]", "text", "text, [1,2]"},
        {"{'a': 1, 'b': 'x'}", "text", "text, {\"a\":1,\"b\":\"x\"}"},
        {"null", "text", "null, null"},
        {"'a\"b, ü'", "text", "text, a\"b, ü"},
    };
    for (const auto& test : cases) {
        INFO(test.value);
        CHECK(Engines().to_sqlite(test.value, test.declared) == test.want);
    }
    CHECK(Engines().to_sqlite("'\\x00\\xFF'::blob", "blob").starts_with("blob, "));
}

TEST_CASE("Types that only DuckDB reads are refused by name, and end nothing") {
    Engines engines;
    for (const char* value : {"union_value(a := 1)", "1::variant", "[1::variant]"}) {
        INFO(std::string(value));
        const auto read = engines.duckdb->query("select " + std::string(value) + " as x");
        REQUIRE(!read.has_value());
        CHECK(read.error().code == "E_UNSUPPORTED");
    }
    for (const char* value : {"time_ns '10:00:00'", "bignum '1'", "'POINT(1 2)'::geometry"}) {
        INFO(std::string(value));
        CHECK(engines.duckdb->query("select " + std::string(value)).error().code ==
              "E_UNSUPPORTED");
    }
    CHECK(Engines::rows(*engines.duckdb, "select 1") == "1");
    CHECK(Engines::rows(*engines.duckdb, "select '0101'::bit, 'infinity'::timestamp_s") ==
          "0101, infinity");
    CHECK(Engines::rows(*engines.duckdb, "select 900719925474099.2::decimal(18,1)") ==
          "900719925474099.2");
    CHECK(Engines::rows(*engines.duckdb,
                        "select timestamp_ns '1969-12-31 23:59:59.123456789', null") ==
          "1969-12-31 23:59:59.123456789, null");
}

TEST_CASE("Rows that go to the other engine and back are the same, over thousands") {
    Engines engines;
    std::mt19937_64 random(3);
    Engines::run(*engines.duckdb, "create table a(n bigint, x double, s varchar, b blob, d date)");
    std::string values;
    constexpr int kRows = 5000;
    for (int i = 0; i < kRows; ++i) {
        const bool is_null = random() % 7 == 0;
        const auto number = std::to_string(static_cast<std::int64_t>(random()));
        values +=
            (i == 0 ? "(" : ", (") +
            (is_null ? "null, null, null, null, null"
                     : number + ", " + number + "::double / 7, 'text " + number +
                           " that is longer than twelve bytes', '\\x" + (i % 2 == 0 ? "00" : "FF") +
                           "'::blob, date '2000-01-01' + " + std::to_string(i)) +
            ")";
    }
    Engines::run(*engines.duckdb, "insert into a values " + values);
    Engines::run(*engines.sqlite, "create table a(n integer, x real, s text, b blob, d date)");
    CHECK(*copy_rows(*engines.duckdb, "select * from a", Json::object(), *engines.sqlite,
                     "\"a\"") == kRows);
    REQUIRE(
        copy_to_duckdb(*engines.sqlite, "select * from a", Json::object(), *engines.duckdb, "back")
            .has_value());
    CHECK(Engines::rows(*engines.duckdb,
                        "select count(*), (select count(*) from (select * from a except all select "
                        "* from back)) "
                        "from back") == std::to_string(kRows) + ", 0");
}

TEST_CASE("What goes from one DuckDB to another is the same, also where it has members") {
    Engines engines;
    const auto other = *(*open_duckdb({}))->connect();
    for (const char* value :
         {"['a, b', 'x''y', '\"', ' z ', null, 'NULL', '']", "{'a': 'x, y', 'b': {'c': [1, null]}}",
          "map{'a,b': 'x=y'}", "array_value(1, 2)", "'-1234567890123456.78'::decimal(20,2)",
          "date 'infinity'", "date '0044-03-15 (BC)'",
          "'2f0ed6b5-7f5b-4e2a-9a4e-1c2d3e4f5a6b'::uuid", "true",
          "170141183460469231731687303715884105727::hugeint", "'0101'::bit",
          "interval '1 month 2 days 03:04:05.6'", "time '23:59:59.999999'",
          "timestamptz '2024-01-31 10:00:00+02'", "'\\x00\\xFF'::blob", "0.1::float"}) {
        INFO(std::string(value));
        Engines::run(*other, "drop table if exists t");
        const auto copied = copy_to_duckdb(
            *engines.duckdb, "select " + std::string(value) + " as x", Json::object(), *other, "t");
        REQUIRE_MESSAGE(copied.has_value(), copied.error().message);
        CHECK(Engines::rows(*other,
                            "select typeof(x) = typeof(v), x is not distinct from v from t, "
                            "(select " +
                                std::string(value) + " as v)") == "true, true");
    }
}

TEST_CASE("A value that a column of DuckDB would round, cut or shift is refused") {
    const struct {
        const char* type;
        const char* value;
    } cases[] = {
        {"decimal(5,1)", "'10.99'"},
        {"bigint", "1.5"},
        {"hugeint", "'1.5'"},
        {"double", "9007199254740993"},
        {"date", "'2024-01-31 10:00:00'"},
        {"timestamp", "'2024-01-31T10:00:00+02:00'"},
        {"timestamp", "'2024-01-31 10:00:00.1234567'"},
        {"boolean", "'yes'"},
        {"boolean", "2"},
        {"tinyint", "128"},
        {"uuid", "'x'"},
    };
    for (const auto& test : cases) {
        INFO(test.type << " " << test.value);
        Engines engines;
        Engines::run(*engines.duckdb, "create table t(x " + std::string(test.type) + ")");
        const auto copied = copy_rows(*engines.sqlite, "select " + std::string(test.value),
                                      Json::object(), *engines.duckdb, "\"t\"");
        REQUIRE(!copied.has_value());
        CHECK(copied.error().code == "E_FORMAT");
    }
}

/// What a column of SQLite's becomes, said plainly: of one random column of `kinds`.
std::string expected_type(bool has_integer, bool has_long, bool has_real, bool has_text) {
    if (has_text || (has_real && has_long)) return "varchar";
    if (has_real) return "double";
    return has_integer ? "bigint" : "varchar";
}

TEST_CASE("Any mixture of SQLite's values has the type that says all of them, and their texts") {
    std::mt19937_64 random(11);
    for (int round = 0; round < 60; ++round) {
        const unsigned kinds = static_cast<unsigned>(random() % 16);
        const int rows = static_cast<int>(random() % 40);
        bool has[4] = {};
        std::string values;
        std::vector<std::string> texts;
        for (int i = 0; i < rows; ++i) {
            const auto kind = static_cast<unsigned>(random() % 5);
            const bool is_there = kind < 4 && (kinds >> kind & 1U) != 0;
            const auto number = static_cast<std::int64_t>(random() % 1000);
            std::string text = "null";
            if (is_there) {
                has[kind] = true;
                text = kind == 0   ? std::to_string(number)
                       : kind == 1 ? std::to_string(9'007'199'254'740'993 + number)
                       : kind == 2 ? std::to_string(number) + ".5"
                                   : "t" + std::to_string(number);
            }
            texts.push_back(text);
            values +=
                (i == 0 ? "(" : ", (") + (is_there && kind == 3 ? "'" + text + "'" : text) + ")";
        }
        Engines engines;
        Engines::run(*engines.sqlite, "create table t(x)");
        if (rows > 0) Engines::run(*engines.sqlite, "insert into t values " + values);
        const auto copied = copy_to_duckdb(*engines.sqlite, "select x from t", Json::object(),
                                           *engines.duckdb, "t");
        REQUIRE(copied.has_value());
        const std::string type = expected_type(has[0] || has[1], has[1], has[2], has[3]);
        INFO("round " << round << ": " << values);
        CHECK((*copied)[0].type == type);
        std::string expected;
        for (const auto& text : texts) {
            const bool is_widened = type == "double" && text != "null" && !text.ends_with(".5");
            expected += (expected.empty() ? "" : "; ") + text + (is_widened ? ".0" : "");
        }
        CHECK(Engines::rows(*engines.duckdb,
                            "select coalesce(cast(x as varchar), 'null') from t order by rowid") ==
              expected);
    }
}

TEST_CASE("Rows are appended to chosen columns, in the order that they are named") {
    Engines engines;
    Engines::run(*engines.duckdb, "create table t(a integer, b varchar, c date)");
    Engines::run(*engines.sqlite,
                 "create table s(x text, y integer); insert into s values ('p', 1), ('q', 2)");
    CHECK(*copy_rows(*engines.sqlite, "select x, y from s", Json::object(), *engines.duckdb,
                     "\"main\".\"t\"", {"b", "a"}) == 2);
    CHECK(Engines::rows(*engines.duckdb, "select * from t order by a") == "1, p, null; 2, q, null");
    Engines::run(*engines.sqlite, "insert into s values ('r', 3000000000)");
    CHECK(copy_rows(*engines.sqlite, "select x, y from s", Json::object(), *engines.duckdb, "\"t\"",
                    {"b", "a"})
              .error()
              .code == "E_FORMAT");
}

}  // namespace
}  // namespace stepwell::test
