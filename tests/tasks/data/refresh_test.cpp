// Views that are kept as tables: in order, only where their inputs changed, the old rows until the
// new ones are there.
#include "tasks/refresh/refresh.hpp"

#include <doctest/doctest.h>

#include "tests/tasks/data/task_test.hpp"

namespace stepwell::test {
namespace {

struct Warehouse {
    ScratchFolder folder;
    TestContext context;
    int runs = 0;

    explicit Warehouse(const std::string& engine)
        : context(folder, {{"connections", {{"wh", {{"type", engine}, {"path", "wh.db"}}}}}}) {
        sql("create table orders (id integer, day varchar, amount integer)");
        sql("insert into orders values (1, '2024-01-01', 10), (2, '2024-01-02', 20), (3, "
            "'2024-01-02', 5)");
    }
    std::string sql(const std::string& text) { return query_text(context, "wh", "", text); }
    Outcome run(Json parameters) {
        context.set_run_key("run-" + std::to_string(++runs));
        return run_task("refresh", parameters, context);
    }
};

/// "b full, a fresh": what happened to each.
std::string told(const Outcome& outcome) {
    std::string text = outcome.error;
    for (const auto& view : outcome.result["views"]) {
        text += (text.empty() ? "" : ", ") + view["name"].get<std::string>() + " " +
                view["mode"].get<std::string>();
    }
    for (const auto& view : outcome.result["skipped"]) {
        text += (text.empty() ? "" : ", ") + view["name"].get<std::string>() +
                " skipped: " + view["reason"].get<std::string>();
    }
    return text;
}

const Json kChain = {
    {"views",
     {{{"name", "c"}, {"sql", "select sum(total) as total from b"}},
      {{"name", "a"}, {"sql", "select day, sum(amount) as total from orders group by day"}},
      {{"name", "b"}, {"sql", "select day, total * 2 as total from a"}}}},
    {"only_if_stale", true}};

TEST_CASE("A chain of views is refreshed in its order, and only where something changed") {
    for (const std::string& engine : std::vector<std::string>{"duckdb", "sqlite"}) {
        INFO(engine);
        Warehouse warehouse(engine);
        CHECK(told(warehouse.run(kChain)) == "a full, b full, c full");
        CHECK(warehouse.sql("select * from c") == "70");
        CHECK(told(warehouse.run(kChain)) ==
              "a skipped: fresh, b skipped: fresh, c skipped: fresh");
        warehouse.sql("insert into orders values (4, '2024-01-03', 1)");
        CHECK(told(warehouse.run({{"views", "c"}, {"only_if_stale", true}})) ==
              "a full, b full, c full");
        CHECK(warehouse.sql("select * from c") == "72");
        CHECK(told(warehouse.run({{"views", "a"}, {"cascade", false}})) == "a full");
    }
}

TEST_CASE("A broken view keeps its old rows, and what is made of it waits") {
    for (const std::string& engine : std::vector<std::string>{"duckdb", "sqlite"}) {
        INFO(engine);
        Warehouse warehouse(engine);
        warehouse.run(kChain);
        warehouse.sql("insert into orders values (4, '2024-01-03', 1)");
        const auto outcome =
            warehouse.run({{"views", {{{"name", "b"}, {"sql", "select day, absent from a"}}}}});
        INFO(outcome.message());
        CHECK(outcome.error == "E_CONFIG");
        CHECK(outcome.message().find("view b") != std::string::npos);
        CHECK(told(outcome) == "E_CONFIG, a full, b failed, c skipped: b is not up to date");
        CHECK(warehouse.sql("select sum(total) from b") == "70");
    }
}

TEST_CASE("Incremental refreshing writes only changed groups and ends as a full one") {
    for (const std::string& engine : std::vector<std::string>{"duckdb", "sqlite"}) {
        INFO(engine);
        Warehouse warehouse(engine);
        const Json view = {
            {"name", "daily"},
            {"sql", "select day, sum(amount) as total, count(*) as n from orders group by day"}};
        const Json parameters = {{"views", {view}}, {"incremental", {{"key", "day"}}}};
        CHECK(told(warehouse.run(parameters)) == "daily full");
        warehouse.sql("insert into orders values (4, '2024-01-02', 7), (5, '2024-01-03', 9)");
        warehouse.sql("delete from orders where day = '2024-01-01'");
        const auto outcome = warehouse.run(parameters);
        CHECK(told(outcome) == "daily incremental");
        CHECK(outcome.result["views"][0]["changed"] == 3);
        CHECK(warehouse.sql("select * from daily order by 1") == "2024-01-02,32,3;2024-01-03,9,1");
        CHECK(warehouse
                  .run({{"views", "daily"},
                        {"mode", "incremental"},
                        {"incremental", {{"key", "none"}}}})
                  .error == "E_CONFIG");
    }
}

TEST_CASE("Incremental refreshing sees rows that come twice, and a view that was empty") {
    for (const std::string& engine : std::vector<std::string>{"duckdb", "sqlite"}) {
        INFO(engine);
        Warehouse warehouse(engine);
        const Json rows = {{"views", {{{"name", "r"}, {"sql", "select day, amount from orders"}}}},
                           {"incremental", {{"key", "day"}}}};
        CHECK(told(warehouse.run(rows)) == "r full");
        warehouse.sql("insert into orders values (4, '2024-01-01', 10)");
        const auto outcome = warehouse.run(rows);
        CHECK(told(outcome) == "r incremental");
        CHECK(outcome.result["views"][0]["changed"] == 1);
        // Nobody asked, so nothing was read for it.
        CHECK(outcome.result["views"][0]["stale_before"].is_null());
        CHECK(warehouse.sql("select count(*) from r") == "4");
        CHECK(warehouse.run(rows).result["views"][0]["changed"] == 0);

        warehouse.sql("create table late (day timestamp, n integer)");
        const Json window = {{"views", {{{"name", "w"}, {"sql", "select day, n from late"}}}},
                             {"incremental", {{"key", "day"}, {"window", "3d"}}}};
        CHECK(told(warehouse.run(window)) == "w full");
        warehouse.sql("insert into late values ('2024-01-01 00:00:00', 1), (null, 2)");
        CHECK(told(warehouse.run(window)) == "w incremental");
        CHECK(warehouse.sql("select count(*) from w") == "2");
        warehouse.sql("update late set n = 3 where day is null");
        warehouse.run(window);
        CHECK(warehouse.sql("select n from w where day is null") == "3");
        warehouse.sql("delete from late where day is null");
        warehouse.run(window);
        CHECK(warehouse.sql("select count(*) from w") == "1");
    }
}

TEST_CASE("What is made of files, clocks or chance is never taken for fresh") {
    Warehouse warehouse("duckdb");
    warehouse.folder.write("data/lake/x.txt", "");
    warehouse.sql("copy (select 1 as n) to '" +
                  (warehouse.folder.path() / "data/lake/x.parquet").string() + "'");
    const std::string file = "'" + (warehouse.folder.path() / "data/lake/x.parquet").string() + "'";
    warehouse.sql("create view behind as select * from read_parquet(" + file + ")");
    for (const std::string& sql :
         {"select * from read_parquet(" + file + ")", "select * from " + file,
          std::string("select n from behind"), std::string("select id, now() as seen from orders"),
          std::string("select id from orders where day < current_date::varchar"),
          std::string("select id, random() as r from orders"), std::string("select 1 as one"),
          std::string("select id, current_localtimestamp() as t from orders"),
          std::string("select id, age(cast(day as timestamp)) as a from orders"),
          "select id from orders, read_parquet(" + file + ")"}) {
        INFO(sql);
        const Json parameters = {{"views", {{{"name", "v"}, {"sql", sql}}}},
                                 {"only_if_stale", true}};
        CHECK(told(warehouse.run(parameters)) == "v full");
        CHECK(told(warehouse.run(parameters)) == "v full");
    }
    for (const std::string& sql :
         {std::string("with a as (select * from orders) select upper(day) as d, sum(amount) as s "
                      "from a group by 1"),
          std::string("select id, unnest([1, 2]) as u from orders"),
          std::string("select id from orders where id in (select range from range(10))")}) {
        INFO(sql);
        const Json parameters = {{"views", {{{"name", "v"}, {"sql", sql}}}},
                                 {"only_if_stale", true}};
        CHECK(told(warehouse.run(parameters)) == "v full");
        CHECK(told(warehouse.run(parameters)) == "v skipped: fresh");
    }
}

TEST_CASE("A view on one that was never refreshed says so") {
    for (const std::string& engine : std::vector<std::string>{"duckdb", "sqlite"}) {
        INFO(engine);
        Warehouse warehouse(engine);
        const Json broken = {{"views",
                              {{{"name", "a"}, {"sql", "select absent from orders"}},
                               {{"name", "b"}, {"sql", "select * from a"}}}}};
        CHECK(warehouse.run(broken).error == "E_CONFIG");
        for (const bool is_only_if_stale : {false, true}) {
            const auto outcome = warehouse.run(
                {{"views", "b"}, {"cascade", false}, {"only_if_stale", is_only_if_stale}});
            CHECK(outcome.error == "E_NOT_FOUND");
            CHECK(outcome.message().find("its input a") != std::string::npos);
        }
    }
}

TEST_CASE("After a crash at any point a retry leaves what one undisturbed refresh leaves") {
    for (const std::string& engine : std::vector<std::string>{"duckdb", "sqlite"}) {
        for (int crash_at = 1;; ++crash_at) {
            INFO(engine << " crash at " << crash_at);
            Warehouse warehouse(engine);
            REQUIRE(warehouse.run(kChain).error == "");
            warehouse.sql("insert into orders values (4, '2024-01-03', 1)");
            int count = 0;
            bool is_complete = false;
            {
                tasks::data::DataSession session(warehouse.context, "refresh");
                is_complete = tasks::data::run_refresh(session, kChain, [&](std::string_view) {
                                  return ++count >= crash_at
                                             ? tasks::data::DataResult<void>(
                                                   tasks::data::data_fail("E_CANCELLED", ""))
                                             : tasks::data::DataResult<void>();
                              }).has_value();
            }
            CHECK(warehouse.run(kChain).error == "");
            CHECK(warehouse.sql("select total from c") == "72");
            CHECK(warehouse.sql("select count(*) from a") == "3");
            if (is_complete) {
                CHECK(crash_at == 10);
                break;
            }
        }
    }
}

TEST_CASE("Views are found by glob, in schemas, through plain views, and with their indexes") {
    Warehouse warehouse("duckdb");
    warehouse.sql("create view big as select * from orders where amount > 5");
    const Json parameters = {
        {"views", {{{"name", "wh.marts.mv_one"}, {"sql", "select day, amount from big"}}}},
        {"only_if_stale", true}};
    CHECK(told(warehouse.run(parameters)) == "marts.mv_one full");
    warehouse.sql("create index by_day on marts.mv_one (day)");
    CHECK(told(warehouse.run({{"views", "marts.mv_*"}, {"only_if_stale", true}})) ==
          "marts.mv_one skipped: fresh");
    warehouse.sql("update orders set amount = 100 where id = 1");
    CHECK(told(warehouse.run({{"views", "marts.mv_*"}, {"only_if_stale", true}})) ==
          "marts.mv_one full");
    CHECK(warehouse.sql("select sum(amount) from marts.mv_one") == "120");
    CHECK(warehouse.sql("select count(*) from duckdb_indexes() where index_name = 'by_day'") ==
          "1");
    CHECK(warehouse.run({{"views", "nothing_*"}}).error == "E_NOT_FOUND");
}

TEST_CASE("Views in a circle are refused with the circle") {
    Warehouse warehouse("duckdb");
    const auto outcome = warehouse.run({{"views",
                                         {{{"name", "x"}, {"sql", "select * from y"}},
                                          {{"name", "y"}, {"sql", "select * from x"}}}}});
    CHECK(outcome.error == "E_CONFIG");
    CHECK(outcome.message().find("x -> y -> x") != std::string::npos);
}

TEST_CASE("SQL that is more than one query defines nothing") {
    Warehouse warehouse("duckdb");
    CHECK(warehouse
              .run({{"views",
                     {{{"name", "x"},
                       {"sql", "select 1) as q; drop table orders; select * from (select 1"}}}}})
              .error == "E_CONFIG");
    CHECK(warehouse.sql("select count(*) from orders") == "3");
}

}  // namespace
}  // namespace stepwell::test
