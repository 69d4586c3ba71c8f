// Views that are kept as tables: in order, only where their inputs changed, the old rows until the
// new ones are there.
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
