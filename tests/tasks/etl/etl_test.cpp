#include "tests/tasks/etl/etl_test.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "tasks/etl/etl_shape.hpp"
#include "tasks/etl/step_order.hpp"
#include "tasks/etl/steps.hpp"
#include "tasks/load/load.hpp"

namespace stepwell::test {
namespace {

constexpr const char* kOrders =
    "id,customer,amount,day\n"
    "1, Ann ,10.5,2024-01-01\n"
    "2,BOB,abc,2024-01-01\n"
    "3,carl,30,2024-01-02\n"
    "3,carl,31,2024-01-03\n";

/// Steps applied to kOrders, as rows of the lake table that they give.
Json after_steps(const std::string& steps, const std::string& columns,
                 const std::string& more = "") {
    Etl etl;
    etl.folder.write("data/in/orders.csv", kOrders);
    etl.folder.write("data/in/names.csv", "id,name\n1,one\n3,three\n");
    const Json result = etl.result(
        R"({"input": {"orders": {"uri": "in/orders.csv", "columns": {"id": "bigint", "day": "date"}},
        "names": {"uri": "in/names.csv", "columns": {"id": "bigint"}}}, "steps": )" +
        steps + R"(, "write": {"uri": "lake://out/t/"})" + more + "}");
    if (result.is_string()) return result;
    return etl.rows("out/t", columns);
}

}  // namespace

TEST_CASE("each step does what its name says") {
    struct Case {
        std::string steps;
        std::string columns;
        std::string expected;
    };
    const Case cases[] = {
        {R"([{"trim": ["customer"]}, {"limit": 1}])", "customer", R"([["Ann"]])"},
        {R"([{"lower": {"trim": true, "columns": ["customer"]}}, {"select": ["customer"]}, {"dedupe": ["customer"]}])",
         "customer", R"([["ann"],["bob"],["carl"]])"},
        {R"([{"upper": "customer"}, {"filter": "id = 3"}, {"limit": 1}])", "customer",
         R"([["CARL"]])"},
        {R"([{"regexp_replace": {"customer": ["[^a-z]", ""]}}, {"filter": "id < 3"}])", "customer",
         R"([[""],["nn"]])"},
        {R"([{"derive": {"twice": "id * 2", "id": "id + 100"}}, {"filter": "id = 101"}])",
         "id, twice", "[[101, 2]]"},
        {R"([{"case": {"size": [{"when": "id > 2", "then": "big"}, {"when": "id > 1", "then": "mid"}, {"else": "small"}]}}])",
         "id, size", R"([[1,"small"],[2,"mid"],[3,"big"],[3,"big"]])"},
        {R"j([{"cast": {"amount": {"type": "decimal(18,2)", "on_error": "null"}}}])j",
         "id, amount::double", "[[1,10.5],[2,null],[3,30.0],[3,31.0]]"},
        {R"([{"cast": {"amount": {"type": "double", "on_error": "reject"}}}, {"filter": "amount < 31"}])",
         "id, amount", "[[1,10.5],[3,30.0]]"},
        {R"([{"dedupe": {"keys": ["id"], "order_by": ["day desc"]}}])", "id, day",
         R"([[1,"2024-01-01"],[2,"2024-01-01"],[3,"2024-01-03"]])"},
        {R"([{"dedupe": {"keys": ["day"], "order_by": ["day"], "ties": "any"}}])", "day",
         R"([["2024-01-01"],["2024-01-02"],["2024-01-03"]])"},
        {R"([{"sql": "with x as (select max(id) as m from this) select m from x"}])", "m", "[[3]]"},
        {R"([{"sql": "summarize this -- all"}, {"select": ["column_name"]}, {"limit": 1}])",
         "column_name", R"([["id"]])"},
        {R"([{"select": ["id", {"n": "id * 10"}]}, {"filter": "id = 1"}])", "*", "[[1, 10]]"},
        {R"([{"drop": ["customer", "amount"]}, {"filter": "id = 1"}])", "*",
         R"([[1,"2024-01-01"]])"},
        {R"([{"rename": {"id": "order_id"}}, {"filter": "order_id = 2"}, {"drop": ["customer"]}])",
         "*", R"([[2,"abc","2024-01-01"]])"},
        {R"([{"map": [["id", "long", "key", "string"], ["day", "date", "on_day", "date"]]}, {"filter": "key = '1'"}])",
         "*", R"([["1","2024-01-01"]])"},
        {R"([{"join": {"with": "names", "on": ["id"]}}])", "id, name",
         R"([[1,"one"],[2,null],[3,"three"],[3,"three"]])"},
        {R"([{"join": {"with": "names", "on": "this.id = names.id", "how": "inner", "columns": ["name"]}}])",
         "id, name", R"([[1,"one"],[3,"three"],[3,"three"]])"},
        {R"([{"join": {"with": "names", "on": ["id"], "how": "anti"}}])", "id", "[[2]]"},
        {R"([{"lookup": {"from": "names", "on": ["id"], "columns": ["name"], "default": "?"}}])",
         "id, name", R"([[1,"one"],[2,"?"],[3,"three"],[3,"three"]])"},
        {R"([{"rename": {"customer": "Name"}}, {"lookup": {"from": "names", "on": ["id"], "columns": ["name"], "default": "?"}}, {"filter": "id < 3"}])",
         "*", R"([[1,"one","10.5","2024-01-01"],[2,"?","abc","2024-01-01"]])"},
        {R"([{"select": ["id"]}, {"union": "names"}])", "id, name",
         R"([[1,"one"],[1,null],[2,null],[3,"three"],[3,null],[3,null]])"},
        {R"j([{"aggregate": {"by": ["day"], "columns": {"n": "count(*)"}, "having": "count(*) > 1"}}])j",
         "*", R"([["2024-01-01",2]])"},
        {R"([{"join": {"with": "names", "on": ["id"]}}, {"fill": {"name": "none"}}, {"filter": "id = 2"}])",
         "name", R"([["none"]])"},
        {R"([{"sort": ["day desc", "id"]}, {"limit": {"rows": 1, "offset": 1}}])", "id, day",
         R"([[3,"2024-01-02"]])"},
        {R"j([{"derive": {"parts": "string_split(customer, 'a')"}}, {"filter": "id = 3 and day = date '2024-01-02'"}, {"unnest": {"column": "parts", "as": "part"}}])j",
         "part", R"([["c"],["rl"]])"},
        {R"j([{"window": {"columns": {"n": "row_number()"}, "partition_by": ["id"], "order_by": ["day"]}}, {"filter": "n = 2"}])j",
         "id, n", "[[3, 2]]"},
        {R"([{"filter": "_line = 2"}])", "id, _line", "[[1, 2]]"},
        {R"([{"filter": "day = $day"}])", "id", "[[3]]"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.steps);
        CHECK(to_text(after_steps(c.steps, c.columns, R"(, "params": {"day": "2024-01-02"})")) ==
              to_text(Json::parse(c.expected)));
    }
}

TEST_CASE("a dedupe goes before steps whose columns it does not look at, and no further") {
    struct Case {
        std::string steps;
        std::vector<std::size_t> expected;
    };
    const Case cases[] = {
        {R"([{"trim": "a"}, {"derive": {"b": "x > 1", "c": 1}}, {"dedupe": {"keys": "k", "ties": "any"}}])",
         {2, 0, 1}},
        {R"([{"trim": "a"}, {"upper": ["K"]}, {"lower": {"columns": "b"}}, {"dedupe": {"keys": ["k"], "ties": "any"}}])",
         {0, 1, 3, 2}},
        {R"([{"derive": {"o": "x"}}, {"dedupe": {"keys": "k", "order_by": ["O desc nulls last"], "ties": "any"}}])",
         {0, 1}},
        {R"([{"derive": {"o": "x"}}, {"dedupe": {"keys": "k", "order_by": ["-p"], "ties": "any"}}])",
         {0, 1}},
        {R"([{"derive": {"o": "x"}}, {"dedupe": {"keys": "k", "order_by": ["p"]}}])", {0, 1}},
        {R"j([{"derive": {"n": "Row_number() OVER()"}}, {"dedupe": {"keys": "k", "ties": "any"}}])j",
         {0, 1}},
        {R"j([{"derive": {"n": "(select 1)"}}, {"dedupe": {"keys": "k", "ties": "any"}}])j",
         {0, 1}},
        {R"([{"filter": "x"}, {"trim": "a"}, {"dedupe": {"keys": "k", "ties": "any"}}, {"upper": "a"}, {"dedupe": {"keys": "l", "order_by": "p", "ties": "any"}}])",
         {0, 2, 4, 1, 3}},
    };
    for (const auto& c : cases) {
        CAPTURE(c.steps);
        CHECK(tasks::etl::run_order(tasks::etl::read_steps(Json::parse(c.steps))) == c.expected);
    }
}

TEST_CASE("what a step got and gave is told in the order of the steps, however they are run") {
    // Parsed by tally, counted by a query of its own, and with a step that changes rows behind it.
    for (const std::string kind : {"csv", "parquet", "limited"}) {
        CAPTURE(kind);
        Etl etl;
        etl.folder.write("data/in/a.csv", "id,name,day\n1, a ,1\n1, b ,2\n2, c ,1\n3, d ,1\n");
        std::string input = R"({"uri": "in/a.csv", "columns": {"id": "bigint"}})";
        if (kind == "parquet") {
            etl.result(R"({"input": )" + input + R"(, "write": {"uri": "lake://in/p/"}})");
            input = R"({"uri": "lake://in/p/"})";
        }
        const Json result = etl.result(
            R"({"input": )" + input +
            R"(, "steps": [{"filter": "id < 3"}, {"trim": "name"}, {"derive": {"twice": "id * 2"}},
                {"dedupe": {"keys": "id", "order_by": "day desc", "ties": "any"}})" +
            (kind == "limited" ? R"(, {"limit": 1}, {"lower": "name"})" : "") +
            R"(], "write": {"uri": "lake://out/t/"}})");
        REQUIRE(result.is_object());
        std::string told;
        for (const auto& step : result["steps"]) {
            told += step["step"].get<std::string>() + " " + step["in"].dump() + "-" +
                    step["out"].dump() + " ";
        }
        const std::string more = kind == "limited" ? "limit 2-1 lower 1-1 " : "";
        CHECK(told == "filter 4-3 trim 3-3 derive 3-3 dedupe 3-2 " + more);
        if (!more.empty()) continue;
        CHECK(etl.rows("out/t", "id, name, twice") == Json::parse(R"([[1,"b",2],[2,"c",4]])"));
        CHECK(result["rows"]["read"] == 4);
        CHECK(result["rows"]["dropped"] == 2);
        CHECK(result["rows"]["good"] == 2);
    }
}

TEST_CASE("values that only a loosened cast takes are counted by column") {
    Etl etl;
    etl.folder.write("data/in/a.csv",
                     "id,amount,day\n1,10.5,2024-01-01\n2,3,2024-01-02 10:00:00\n"
                     "3,7.25,2024-01-03\n");
    const Json result = etl.result(R"({"input": {"uri": "in/a.csv"}, "steps": [
        {"cast": {"amount": {"type": "integer", "numbers": "rounded"}, "id": "integer",
                  "day": {"type": "date", "dates": "iso_or_time"}}}],
        "write": {"uri": "lake://out/t/"}})");
    REQUIRE(result.is_object());
    CHECK(result["loosened"] == Json::parse(R"({"amount": 2, "day": 1})"));
    CHECK(etl.rows("out/t", "id, day") ==
          Json::parse(R"([[1,"2024-01-01"],[2,"2024-01-02"],[3,"2024-01-03"]])"));
}

TEST_CASE("a check that fails says which columns, how many rows and some of them") {
    Etl etl;
    etl.folder.write("data/in/a.csv", "id,amount\n1,5\n1,6\n2,\n");
    const std::string head =
        R"({"input": {"uri": "in/a.csv"}, "write": {"uri": "lake://out/t/"}, "checks": [)";
    CHECK(
        etl.result(head + R"({"not_null": ["amount"]}]})") ==
        "E_QUALITY: not_null: 1 of 3 rows (33.33%) have no value in amount, none is allowed, such "
        "as id '2', amount null");
    CHECK(
        etl.result(head + R"({"duplicates": {"keys": ["id"], "name": "keys"}}]})") ==
        "E_QUALITY: keys: 1 key of \"id\" has more than one row, none is allowed, such as id '1', "
        "rows 2");
    CHECK(
        etl.result(head + R"({"rows": {"where": "amount = '5'", "name": "five"}}]})") ==
        "E_QUALITY: five: 1 of 3 rows (33.33%) fail, none is allowed, such as id '1', amount '5'");
}

TEST_CASE("faults in steps say where, what was expected and a hint") {
    struct Case {
        std::string steps;
        std::string expected;
    };
    const Case cases[] = {
        {R"([{"trim": ["custmer"]}])",
         "E_SCHEMA: steps[0].trim: expected column 'custmer', but there is none; did you mean "
         "'customer'?"},
        {R"([{"trims": ["customer"]}])",
         "E_CONFIG: steps[0].trims: expected a step, but 'trims' is none; did you mean 'trim'?"},
        {R"([{"cast": {"amount": "integer"}}])",
         "E_FORMAT: steps[0].cast.amount: expected integer, but got '10.5'"},
        {R"([{"dedupe": {"keys": ["id"]}}])",
         "E_TIE: steps[0].dedupe: rows with the same keys differ, and order_by does not say which "
         "to keep; add a column to order_by or set ties: any; for example {\"id\":3,\"rows\":2}"},
        {R"([{"lookup": {"from": "orders", "on": ["id"], "columns": ["day"]}}])",
         "E_DUPLICATE_KEY: steps[0].lookup: 'orders' has several rows for one key, so looking up "
         "would multiply rows; for example {\"id\":3,\"rows\":2}"},
        {R"([{"rename": {"customer": "Day"}}])",
         "E_SCHEMA: steps[0].rename: expected columns of different names, but two are called "
         "'day'; "
         "rename or drop one of them before"},
        {R"([{"select": ["id", {"ID": "amount"}]}])",
         "E_SCHEMA: steps[0].select: expected columns of different names, but two are called 'ID'; "
         "rename or drop one of them before"},
        {R"([{"select": ["*", "id"]}])",
         "E_SCHEMA: steps[0].select: expected columns of different names, but two are called 'id'; "
         "rename or drop one of them before"},
        {R"([{"map": [["id", "int", "x", "string"], ["day", "string", "x", "string"]]}])",
         "E_SCHEMA: steps[0].map: expected columns of different names, but two are called 'x'; "
         "rename or drop one of them before"},
        {R"([{"join": {"with": "orders", "on": ["id"], "columns": ["day"]}}])",
         "E_SCHEMA: steps[0].join: expected columns of different names, but two are called 'day'; "
         "rename or drop one of them before"},
        {R"([{"join": {"with": "orders", "on": ["id"]}}])",
         "E_SCHEMA: steps[0].join: expected columns of different names, but two are called "
         "'customer'; "
         "rename or drop one of them before"},
        {R"([{"sql": "select id, id from this"}])",
         "E_SCHEMA: steps[0].sql: expected columns of different names, but two are called 'id'; "
         "rename or drop one of them before"},
        {R"([{"cast": {"id": "integer); drop table x"}}])",
         "E_CONFIG: steps[0].cast.id: expected a type, such as decimal(18,2), but got 'integer); "
         "drop table x'"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.steps);
        const Json result = after_steps(c.steps, "*");
        CHECK(result == Json(c.expected));
    }
    const Json two = after_steps(R"([{"filter": "true); select 1; --"}])", "*");
    REQUIRE(two.is_string());
    CHECK(two.get<std::string>().starts_with("E_CONFIG: steps[0].filter: "));
}

TEST_CASE("rows are counted step by step, and read, rejected and written add up") {
    Etl etl;
    etl.folder.write("data/in/orders.csv", kOrders);
    const Json result =
        etl.result(R"({"input": {"uri": "in/orders.csv"}, "steps": [{"trim": ["customer"]},
        {"cast": {"amount": {"type": "double", "on_error": "reject"}}}, {"derive": {"x": 1}},
        {"dedupe": {"keys": ["id"], "order_by": ["day desc"]}}], "write": {"uri": "lake://out/t/"}, "checks": [{"row_count": {"min": 1}}, {"duplicates": {"keys": ["id"]}}]})");
    REQUIRE(result.is_object());
    CHECK(
        to_text(result["steps"]) ==
        R"([{"step":"trim","in":4,"out":4},{"step":"cast","in":4,"out":3,"rejected":1},{"step":"derive","in":3,"out":3},{"step":"dedupe","in":3,"out":2,"dropped":1}])");
    CHECK(result["rows"]["read"] == 4);
    CHECK(result["rows"]["rejected"] == 1);
    CHECK(result["rows"]["written"] == 2);
    CHECK(result["checks"].size() == 2);
}

TEST_CASE(
    "read and added are good, rejected and dropped, also where SQL changes how many there are") {
    struct Case {
        std::string steps;
        std::string rows;  // read, added, good, rejected, dropped
    };
    const std::vector<Case> cases = {
        {R"x([{"filter": "id = 1"}])x", "[3,0,1,0,2]"},
        {R"x([{"filter": {"where": "id = 1", "reject": true}}])x", "[3,0,1,2,0]"},
        {R"x([{"derive": {"n": "unnest([1, 2])"}}])x", "[3,3,6,0,0]"},
        {R"x([{"filter": "id < 3"}, {"derive": {"n": "unnest([1, 2, 3])"}}])x", "[3,4,6,0,1]"},
        {R"x([{"filter": "id < 3"}, {"trim": ["text"]}, {"derive": {"n": "unnest([1, 2, 3])"}}, {"drop": ["n"]}])x",
         "[3,4,6,0,1]"},
        {R"x([{"select": [{"n": "count(*)"}]}])x", "[3,0,1,0,2]"},
        {R"x([{"derive": {"n": "row_number() over (order by id)"}}])x", "[3,0,3,0,0]"},
        {R"x([{"case": {"n": [{"when": "id > 0", "then": 1}, {"else": 0}]}}])x", "[3,0,3,0,0]"},
        {R"x([{"unnest": {"column": "list", "as": "item"}}])x", "[3,0,2,0,1]"},
        {R"x([{"unnest": {"column": "list", "as": "item", "outer": true}}])x", "[3,1,4,0,0]"},
        {R"x([{"unnest": {"column": "objects", "as": "item", "outer": true}}])x", "[3,1,4,0,0]"},
        {R"x([{"unnest": "object"}])x", "[3,0,3,0,0]"},
        {R"x([])x", "[3,0,3,0,0]"},
    };
    const std::string input = R"x("input": {"sql": "select * from (values
        (1, ' a', [1, 2], [{'n': 1}, {'n': 2}], {'m': 1}), (2, 'b', [], [], {'m': 2}),
        (3, 'c', null, null, null)) t(id, text, list, objects, object)"})x";
    for (const auto& c : cases) {
        CAPTURE(c.steps);
        Etl etl;
        std::string parameters =
            "{" + input + R"(, "steps": )" + c.steps + R"(, "write": {"uri": "lake://out/t/"}})";
        std::replace(parameters.begin(), parameters.end(), '\n', ' ');
        const Json result = etl.result(parameters);
        REQUIRE_MESSAGE(result.is_object(), to_text(result));
        const Json& rows = result["rows"];
        const Json found = {rows["read"], rows["added"], rows["good"], rows["rejected"],
                            rows["dropped"]};
        CHECK(to_text(found) == c.rows);
        CHECK(rows["good"] == etl.rows("out/t", "count(*)")[0][0]);
    }
}

TEST_CASE("a failing check on the staged rows leaves the table as it was") {
    Etl etl;
    etl.folder.write("data/in/orders.csv", kOrders);
    const std::string head =
        R"({"input": {"uri": "in/orders.csv"}, "write": {"uri": "lake://out/t/", "mode": "overwrite"}, )";
    REQUIRE(etl.result(head + R"("steps": [{"filter": "id = '1'"}]})").is_object());
    const std::string checks[] = {
        R"("checks": [{"duplicates": {"keys": ["id"]}}]})",
        R"("checks": [{"row_count": {"max": 3}}]})",
        R"("checks": [{"rows": {"where": "id = '2'"}}]})",
        R"("checks": [{"sql": {"failing_rows": "select * from input where amount = 'abc'"}}]})",
        R"j("checks": [{"aggregate": {"expr": "count(*)", "between": [5, 6]}}]})j"};
    for (const auto& check : checks) {
        CAPTURE(check);
        CHECK(etl.result(head + check).get<std::string>().starts_with("E_QUALITY: "));
    }
    CHECK(etl.result(head + R"("expect_rows": 5})") ==
          Json("E_ROW_COUNT: expected 5 rows, but the steps gave 4"));
    CHECK(
        etl.result(
               head +
               R"("checks": [{"row_count": {"max": 3, "severity": "warn"}}], "expect_rows": {"min": 9}})")
            .is_string());
    CHECK(etl.rows("out/t", "id") == Json::parse(R"([["1"]])"));
}

TEST_CASE("overwriting partitions leaves the others alone, and the same inputs change nothing") {
    Etl etl;
    etl.folder.write("data/in/a.csv", "id,day\n1,2024-01-01\n2,2024-01-02\n");
    const std::string task =
        R"({"input": {"uri": "in/a.csv"}, "write": {"uri": "lake://out/t/", "partition_by": ["day"], "mode": "overwrite_partitions"}})";
    const Json first = etl.result(task);
    REQUIRE(first.is_object());
    CHECK(first["outputs"][0]["commit"] == 1);
    CHECK(first["outputs"][0]["partitions_replaced"] ==
          Json::parse(R"(["day=2024-01-01","day=2024-01-02"])"));
    const Json second = etl.result(task);
    CHECK(second["unchanged"] == true);
    CHECK(second["rows"]["written"] == 0);
    // The same bytes written again are the same input.
    etl.folder.write("data/in/a.csv", "id,day\n1,2024-01-01\n2,2024-01-02\n");
    CHECK(etl.result(task)["unchanged"] == true);
    etl.folder.write("data/in/a.csv", "id,day\n7,2024-01-02\n");
    const Json third = etl.result(task);
    CHECK(third["unchanged"] == false);
    CHECK(third["outputs"][0]["partitions_replaced"] == Json::parse(R"(["day=2024-01-02"])"));
    CHECK(third["outputs"][0]["partitions_untouched"] == 1);
    CHECK(etl.rows("out/t", "id, day") ==
          Json::parse(R"([["1","2024-01-01"],["7","2024-01-02"]])"));
}

TEST_CASE("appending happens once per run key") {
    Etl etl;
    etl.folder.write("data/in/a.csv", "id\n1\n");
    const std::string task =
        R"({"input": {"uri": "in/a.csv"}, "write": {"uri": "lake://out/t/", "mode": "append"}})";
    REQUIRE(etl.result(task, "k1").is_object());
    CHECK(etl.result(task, "k1")["unchanged"] == true);
    CHECK(etl.result(task, "k2")["unchanged"] == false);
    CHECK(etl.rows("out/t", "id") == Json::parse(R"([["1"],["1"]])"));
}

TEST_CASE("merging replaces rows by key, in whatever partition they were") {
    Etl etl;
    const std::string task =
        R"({"input": {"uri": "in/a.csv"}, "write": {"uri": "lake://out/t/", "mode": "merge", "keys": ["id"], "partition_by": ["p"]}})";
    etl.folder.write("data/in/a.csv", "id,p,v\n1,x,a\n2,x,b\n3,y,c\n4,z,d\n");
    REQUIRE(etl.result(task).is_object());
    etl.folder.write("data/in/a.csv", "id,p,v\n2,x,B\n3,x,C\n5,w,e\n");
    const Json merged = etl.result(task);
    REQUIRE(merged.is_object());
    CHECK(merged["rows"]["written"] == 3);
    CHECK(
        etl.rows("out/t", "id, p, v") ==
        Json::parse(R"([["1","x","a"],["2","x","B"],["3","x","C"],["4","z","d"],["5","w","e"]])"));
    etl.folder.write("data/in/a.csv", "id,p,v\n2,x,1\n2,y,2\n");
    CHECK(etl.result(task).get<std::string>().starts_with("E_DUPLICATE_KEY: "));
}

TEST_CASE("merging refuses rows without a key: they would come in anew each time") {
    Etl etl;
    etl.folder.write("data/in/a.csv", "id,v\n1,a\n,b\n");
    const Json refused = etl.result(
        R"({"input": {"uri": "in/a.csv"}, "write": {"uri": "lake://out/t/", "mode": "merge", "keys": ["id"]}})");
    REQUIRE(refused.is_string());
    CHECK(
        refused.get<std::string>().starts_with("E_QUALITY: write: expected a value for key "
                                               "(\"id\") in every row, but 1 of 2 rows have none"));
}

TEST_CASE("rows are counted without a second look at the file, and the counts are the same") {
    const std::string cases[] = {
        R"x([{"derive": {"w": "v || '!'"}}, {"dedupe": {"keys": ["id"], "order_by": ["v"], "ties": "any"}}])x",
        R"x([{"filter": "v <> 'b'"}, {"upper": ["v"]}])x",
        R"x([{"derive": {"w": "(select max(v) from this)"}}, {"filter": "v <> 'b'"}])x"};
    for (const std::string& steps : cases) {
        INFO(steps);
        Etl etl;
        etl.folder.write("data/in/a.csv", "id,v\n1,a\n1,b\n2,c\n");
        const Json done =
            etl.result(R"({"input": {"uri": "in/a.csv"}, "steps": )" + steps +
                       R"(, "write": {"uri": "lake://out/t/", "mode": "overwrite"}})");
        REQUIRE_MESSAGE(done.is_object(), done);
        CHECK(done["rows"]["read"] == 3);
        CHECK(done["rows"]["good"] == 2);
        CHECK(done["rows"]["dropped"] == 1);
        CHECK(done["steps"][0]["in"] == 3);
        CHECK(done["steps"][1]["out"] == 2);
    }
}

TEST_CASE("partitions keep NULLs and any text, and refuse the name that stands for NULL") {
    Etl etl;
    etl.folder.write("data/in/a.csv", "id,p\n1,\n2,a b/c=%\n3,2024\n");
    const std::string task =
        R"({"input": {"uri": "in/a.csv"}, "write": {"uri": "lake://out/t/", "mode": "overwrite", "partition_by": ["p"]}})";
    REQUIRE(etl.result(task).is_object());
    CHECK(etl.rows("out/t", "id, p") ==
          Json::parse(R"([["1",null],["2","a b/c=%"],["3","2024"]])"));
    // Read back as an input, through the log.
    const Json again =
        etl.result(R"({"input": {"uri": "lake://out/t/"}, "write": {"uri": "lake://out/u/"}})");
    REQUIRE(again.is_object());
    CHECK(etl.rows("out/u", "id, p") ==
          Json::parse(R"([["1",null],["2","a b/c=%"],["3","2024"]])"));
    etl.folder.write("data/in/a.csv", "id,p\n1,__HIVE_DEFAULT_PARTITION__\n");
    CHECK(etl.result(task).get<std::string>().starts_with("E_CONFIG: "));
    etl.folder.write("data/in/a.csv", "id,p\n1,a\n2,b\n");
    CHECK(
        etl.result(
               R"({"input": {"uri": "in/a.csv"}, "write": {"uri": "lake://out/t/", "mode": "overwrite", "partition_by": ["p"], "max_partitions": 1}})")
            .get<std::string>()
            .starts_with("E_PARTITION_LIMIT: "));
    CHECK(etl.rows("out/t", "count(*)") == Json::parse("[[3]]"));
}

TEST_CASE("lake tables in a list are read by their logs, as one alone is") {
    Etl etl;
    etl.folder.write("data/in/a.csv", "id\n1\n");
    etl.folder.write("data/in/b.csv", "id\n2\n");
    for (const std::string name : {"a", "b"}) {
        REQUIRE(etl.result(R"({"input": {"uri": "in/)" + name +
                           R"(.csv"}, "write": {"uri": "lake://out/)" + name + R"(/"}})")
                    .is_object());
    }
    // Nobody's: the log does not know it.
    etl.query("copy (select '9' as id) to '" + etl.lake("out/a/data/stray.parquet") + "'");
    const std::string task =
        R"({"input": {"uri": ["lake://out/a/", "lake://out/b/"]}, "write": {"uri": "lake://out/all/", "mode": "overwrite"}})";
    REQUIRE(etl.result(task).is_object());
    CHECK(etl.rows("out/all", "id") == Json::parse(R"([["1"],["2"]])"));
    CHECK(etl.result(task)["unchanged"] == true);
    const std::string named =
        R"({"input": {"uri": "lake://out/a/"}, "steps": [{"derive": {"f": "_file"}}], "write": {"uri": "lake://out/named/"}})";
    REQUIRE(etl.result(named).is_object());
    CHECK(etl.rows("out/named", "regexp_extract(f, 'lake/(out/a/data/)[^/]*[.]parquet$', 1)") ==
          Json::parse(R"([["out/a/data/"]])"));
}

TEST_CASE("what asks the clock, draws lots or reads files by itself runs again on the same files") {
    Etl etl;
    etl.folder.write("data/in/a.csv", "id,d,current_date\n1,2024-01-01,x\n");
    const auto is_repeated = [&](const std::string& sql) {
        const Json task = {{"input", {{"uri", "in/a.csv"}}},
                           {"steps", {{{"sql", sql}}}},
                           {"write", {{"uri", "lake://out/t/"}, {"mode", "overwrite"}}}};
        const Json first = etl.result(task.dump());
        CAPTURE(to_text(first));
        REQUIRE(first.is_object());
        return etl.result(task.dump())["unchanged"] == false;
    };
    for (const std::string expression :
         {"current_date", "NOW ( )", "current_localtimestamp()", "random()", "uuid()",
          "age(cast(d as timestamp))", "'''now()' || Today()"}) {
        CAPTURE(expression);
        CHECK(is_repeated("select id, " + expression + " as x from this"));
    }
    CHECK(is_repeated("select * from this using sample 100 percent"));
    etl.query("copy (select 1 as i) to '" + etl.lake("b.parquet") + "'");
    CHECK(is_repeated("select * from read_parquet('" + etl.lake("b.parquet") + "')"));
    for (const std::string expression :
         {"d", "'current_date, now()'", "1 as now", "age(date '2024-01-01', date '2023-01-01')",
          "this.\"current_date\""}) {
        CAPTURE(expression);
        CHECK(!is_repeated("select id, " + expression + " from this"));
    }
}

TEST_CASE("a bookmark reads each file once") {
    Etl etl;
    const std::string task =
        R"({"input": {"a": {"uri": "in/*.csv", "bookmark": {"by": "files"}}}, "write": {"uri": "lake://out/t/", "mode": "append"}})";
    etl.folder.write("data/in/a.csv", "id\n1\n");
    REQUIRE(etl.result(task).is_object());
    CHECK(etl.result(task)["unchanged"] == true);
    etl.folder.write("data/in/b.csv", "id\n2\n");
    CHECK(etl.result(task)["rows"]["written"] == 1);
    CHECK(etl.rows("out/t", "id") == Json::parse(R"([["1"],["2"]])"));
}

TEST_CASE(
    "a list of lake tables is read by their logs, and what else lies in their folders is not") {
    Etl etl;
    etl.folder.write("data/in/a.csv", "id\n1\n");
    for (const std::string table : {"a", "b"}) {
        REQUIRE(etl.result(R"({"input": {"uri": "in/a.csv"}, "write": {"uri": "lake://in/)" +
                           table + R"(/", "mode": "append"}})")
                    .is_object());
    }
    etl.query("copy (select '2' as id) to '" + etl.lake("in/a/data/stray.parquet") + "'");
    const Json read = etl.result(
        R"({"input": {"uri": ["lake://in/a/", "lake://in/b/"], "format": "parquet"}, "write": {"uri": "lake://out/t/", "mode": "append"}})");
    CHECK(read["rows"]["written"] == 2);
}

TEST_CASE("a table of SQLite has the same types for etl as for load, and no value changes") {
    Etl etl;
    etl.configuration["connections"] = {{"app", {{"type", "sqlite"}, {"path", "a.db"}}},
                                        {"wh", {{"type", "duckdb"}, {"path", "w.db"}}}};
    TestContext context(etl.folder, etl.configuration);
    {
        tasks::data::DataSession session(context, "test");
        auto app = *session.connect("app");
        REQUIRE(
            app->execute("create table t(n integer, m integer, d date, x decimal(10,2), b blob); "
                         "insert into t values (1, 1.5, '2024-01-31', 10.5, x'00ff'), "
                         "(9007199254740993, 2, null, 3, null)")
                .has_value());
    }
    const Json done = etl.result(
        R"({"input": {"table": "app.t"}, "write": {"uri": "lake://out/t/", "mode": "append"}})");
    REQUIRE_MESSAGE(done.is_object(), done);
    const std::string columns =
        "typeof(n), typeof(m), typeof(d), typeof(x), typeof(b), cast(n as varchar), cast(m as "
        "varchar)";
    const Json by_etl = etl.rows("out/t", columns, "n");
    CHECK(by_etl == Json::parse(R"([
        ["BIGINT", "DOUBLE", "DATE", "DOUBLE", "BLOB", "1", "1.5"],
        ["BIGINT", "DOUBLE", "DATE", "DOUBLE", "BLOB", "9007199254740993", "2.0"]])"));
    {
        tasks::data::DataSession session(context, "test");
        const Json parameters =
            Json::parse(R"({"input": {"table": "app.t"}, "target": "wh.t", "mode": "replace"})");
        REQUIRE(tasks::data::run_load(session, parameters).has_value());
    }
    CHECK(etl.query("select " + columns + " from t order by n", "wh") == by_etl);
}

TEST_CASE("a changed type is refused, a new column is added and reported") {
    Etl etl;
    etl.folder.write("data/in/a.csv", "id,v\n1,2\n");
    const std::string write = R"(, "write": {"uri": "lake://out/t/", "mode": "append"}})";
    REQUIRE(etl.result(R"({"input": {"uri": "in/a.csv"})" + write).is_object());
    CHECK(etl.result(R"({"input": {"uri": "in/a.csv", "columns": {"v": "bigint"}})" + write)
              .get<std::string>()
              .starts_with("E_SCHEMA: write: expected column 'v' to be varchar"));
    const Json wider =
        etl.result(R"({"input": {"uri": "in/a.csv"}, "steps": [{"derive": {"w": "1"}}])" + write);
    CHECK(wider["schema_changes"][0]["op"] == "add_column");
}

TEST_CASE("wrong parameters are reported all at once") {
    Etl etl;
    const std::string message =
        etl.result(
               R"({"input": {}, "steps": [{"nope": 1}], "write": {"mode": "replace"}, "extra": 1})")
            .get<std::string>();
    for (const char* part : {"E_CONFIG", "input", "nope", "uri", "mode", "extra"})
        CHECK(message.find(part) != std::string::npos);
}

TEST_CASE("each step that there is declares what it takes") {
    std::vector<std::string> declared = tasks::etl::step_shape().member_names();
    std::erase(declared, "name");
    std::sort(declared.begin(), declared.end());
    CHECK(declared == tasks::etl::step_names());
}

TEST_CASE("what steps and checks take is told before a file is opened") {
    Etl etl;
    const std::string message = etl.result(
                                       R"({"input": {"orders": {"uri": "none.csv", "formt": "csv"}},
                   "steps": [{"dedupe": {"keys": ["id"], "ordr_by": "day", "ties": "all"}},
                             {"limit": -1}, {"join": {"with": "x", "how": "outer"}}],
                   "checks": [{"row_cuont": 1}, {"rows": {}}],
                   "write": {"uri": "lake://out/t/", "target_file_size": "1kB"}})")
                                    .get<std::string>();
    for (const char* part :
         {"E_CONFIG: input.orders.formt: expected a parameter, but 'formt' is none; did you mean "
          "'format'?",
          "steps[0].dedupe.ordr_by: ", "did you mean 'order_by'?",
          "steps[0].dedupe.ties: expected one of error, any, but got 'all'",
          "steps[1].limit: expected a whole number from 0",
          "steps[2].join.how: expected one of inner, left, right, full, semi, anti, cross",
          "checks[0].row_cuont: expected a check, but 'row_cuont' is none; did you mean "
          "'row_count'?",
          "checks[1].rows.where: expected a text, but it is not there",
          "write.target_file_size: expected a size of at least 1MB, such as 256MB, but got "
          "'1kB'"}) {
        CAPTURE(message);
        CHECK(message.find(part) != std::string::npos);
    }
}

}  // namespace stepwell::test
