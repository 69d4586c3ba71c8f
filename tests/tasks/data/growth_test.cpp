// What data tasks remember of their runs goes when no retry can come any more.
#include <doctest/doctest.h>

#include "tasks/data/data_session.hpp"
#include "tests/tasks/data/task_test.hpp"

namespace stepwell::test {
namespace {

constexpr const char* kMetrics = R"({"m": {"type": "sqlite", "path": "metrics/validations.sqlite"},
                                     "wh": {"type": "duckdb", "path": "wh.db"},
                                     "lite": {"type": "sqlite", "path": "wh.sqlite"}})";

struct Remembering {
    ScratchFolder folder;
    TestContext context{folder, {{"connections", Json::parse(kMetrics)}}};
    int runs = 0;

    Outcome run(const std::string& task, const Json& parameters) {
        folder.write("data/lake/raw/in.csv", "id\n1\n");
        context.set_run_key("run-" + std::to_string(++runs));
        return run_task(task, parameters, context);
    }
    void execute(const std::string& connection, const std::string& sql) {
        tasks::data::DataSession session(context, "test");
        auto opened = session.connect(connection);
        REQUIRE(opened);
        REQUIRE((*opened)->execute(sql));
    }
};

}  // namespace

TEST_CASE("What a run did is remembered for 90 days, on either engine") {
    for (const std::string connection : {"wh", "lite"}) {
        CAPTURE(connection);
        Remembering tasks;
        const Json load = {{"input", "lake://raw/in.csv"},
                           {"target", {{"table", "t"}, {"connection", connection}}},
                           {"mode", "append"}};
        REQUIRE(tasks.run("load", load).error.empty());
        tasks.execute(connection,
                      "insert into _stepwell_commits values ('old', 't', 'x', "
                      "'2020-01-01T00:00:00Z')");
        REQUIRE(tasks.run("load", load).error.empty());
        CHECK(query_text(tasks.context, connection, "_stepwell_commits",
                         "select run_key from {} order by 1") == "run-1;run-2");
    }
}

TEST_CASE("A file that has been gone for 90 days is forgotten, one that comes back before is not") {
    for (const std::string connection : {"wh", "lite"}) {
        CAPTURE(connection);
        Remembering tasks;
        const Json load = {{"input", {{"uri", "lake://raw/"}, {"files", "changed"}}},
                           {"target", {{"table", "t"}, {"connection", connection}}},
                           {"mode", "append"}};
        const auto lake = tasks.folder.path() / "data/lake";
        const auto known = [&] {
            return query_text(tasks.context, connection, "_stepwell_files",
                              "select uri from {} order by 1");
        };
        const auto gone = [&] {
            return query_text(tasks.context, connection, "_stepwell_files_gone",
                              "select uri from {} order by 1");
        };
        tasks.folder.write("data/lake/raw/a.csv", "id\n2\n");
        tasks.folder.write("data/lake/raw/b.csv", "id\n3\n");
        REQUIRE(tasks.run("load", load).error.empty());
        std::filesystem::rename(lake / "raw/a.csv", lake / "a.csv");
        std::filesystem::rename(lake / "raw/b.csv", lake / "b.csv");
        REQUIRE(tasks.run("load", load).error.empty());
        CHECK(known() == "lake://raw/a.csv;lake://raw/b.csv;lake://raw/in.csv");
        CHECK(gone() == "lake://raw/a.csv;lake://raw/b.csv");
        tasks.execute(connection, "update _stepwell_files_gone set since = '2020-01-01T00:00:00Z'");
        std::filesystem::rename(lake / "a.csv", lake / "raw/a.csv");
        REQUIRE(tasks.run("load", load).error.empty());
        CHECK(known() == "lake://raw/a.csv;lake://raw/in.csv");
        CHECK(gone().empty());
        std::filesystem::rename(lake / "b.csv", lake / "raw/b.csv");
        REQUIRE(tasks.run("load", load).error.empty());
        // "in.csv" is written anew by each run; "a.csv" came back as it was.
        CHECK(query_text(tasks.context, connection, "t",
                         "select id, count(*) from {} where id <> 1 group by id order by 1") ==
              "2,1;3,2");
    }
}

TEST_CASE("Verdicts are kept for 90 days, also those that builds before did not date") {
    Remembering tasks;
    const Json validate = {{"input", "lake://raw/in.csv"},
                           {"columns", {{"id", "bigint"}}},
                           {"move", {{"passed", "raw/ -> validated/"}}}};
    const auto verdicts = [&] {
        return query_text(tasks.context, "m", "verdicts", "select run_key from {} order by 1");
    };
    REQUIRE(tasks.run("validate", validate).error.empty());
    // As a build before left it.
    tasks.execute("m", "insert into verdicts values ('undated', '{}')");
    tasks.execute("m", "drop table verdict_times");
    std::filesystem::remove(tasks.folder.path() / "data/lake/validated/in.csv");
    REQUIRE(tasks.run("validate", validate).error.empty());
    CHECK(verdicts() == "run-1;run-2;undated");
    tasks.execute("m",
                  "update verdict_times set at = '2020-01-01T00:00:00Z' where run_key <> "
                  "'run-2'");
    std::filesystem::remove(tasks.folder.path() / "data/lake/validated/in.csv");
    REQUIRE(tasks.run("validate", validate).error.empty());
    CHECK(verdicts() == "run-2;run-3");
}

TEST_CASE("Of a dataset the results of a thousand runs are kept") {
    Remembering tasks;
    const Json validate = {{"dataset", "d"},
                           {"input", "lake://raw/in.csv"},
                           {"columns", {{"id", "bigint"}}},
                           {"checks", {{{"row_count_change", {{"max_drop", "50%"}}}}}}};
    REQUIRE(tasks.run("validate", validate).error.empty());
    const std::string numbers =
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 1200) ";
    for (const std::string dataset : {"d", "other"}) {
        tasks.execute("m", numbers + "insert into runs(dataset, run_key) select '" + dataset +
                               "', 'before-' || i from n");
        tasks.execute("m", numbers + "insert into metrics select '" + dataset +
                               "', 'before-' || i, 'row_count', 1 from n");
    }
    REQUIRE(tasks.run("validate", validate).error.empty());
    const auto count = [&](const std::string& table) {
        return query_text(tasks.context, "m", table,
                          "select dataset, count(distinct run_key) from {} group by 1 order by 1");
    };
    CHECK(count("runs") == "d,1000;other,1200");
    CHECK(count("metrics") == "d,1000;other,1200");
}

}  // namespace stepwell::test
