#include "tests/tasks/transform/transform_test.hpp"

#include <doctest/doctest.h>

#include <filesystem>

namespace stepwell::test {
namespace {

const std::string kEngines[] = {"duckdb", "sqlite"};

/// raw orders, a view on them, a table of customers and an incremental one of days.
void shop(Transform& t) {
    t.execute("create table orders (id integer, customer varchar, day varchar, amount integer)");
    t.execute(
        "insert into orders values (1, 'ann', '2024-01-01', 10), (2, 'bob', '2024-01-01', 20), (3, "
        "'ann', '2024-01-02', 30)");
    t.file("models/stg_orders.sql",
           "{{ config(materialized='view') }}\nselect * from {{ source('raw', 'orders') }};\n");
    t.file("models/customers.sql",
           "{{ config(materialized='table', tags=['daily']) }}\nselect customer, sum(amount) as "
           "total from {{ ref('stg_orders') }} group by customer");
    t.file("models/days.sql",
           "{{ config(materialized='incremental', unique_key='day', tags=['daily']) }}\n"
           "select day, sum(amount) as total from {{ ref('stg_orders') }}\n"
           "{% if is_incremental() %}where day >= (select max(day) from {{ this }}){% endif %} "
           "group by day");
    t.file("models/schema.yml",
           "version: 2\nsources:\n  - name: raw\n    schema: ''\n    tables: [{name: "
           "orders}]\nmodels:\n"
           "  - name: customers\n    columns:\n      - name: customer\n        tests:\n          - "
           "unique\n          - not_null\n"
           "          - accepted_values: {values: [ann, bob, carl]}\n          - relationships: "
           "{to: ref('stg_orders'), field: customer}\n");
}

}  // namespace

TEST_CASE("models are built in the order of their refs, then tested") {
    for (const auto& engine : kEngines) {
        CAPTURE(engine);
        Transform t(engine);
        shop(t);
        const Json result = t.run();
        CHECK(result["message"].is_null());
        CHECK(result["status"] == "success");
        CHECK(to_text(result["nodes"]) ==
              R"({"success":3,"error":0,"skipped":0,"pass":4,"warn":0,"fail":0,"total":7})");
        CHECK(to_text(t.query("select customer, total from customers order by 1")) ==
              R"([["ann",40],["bob",20]])");
        CHECK(to_text(t.query("select day, total from days order by 1")) ==
              R"([["2024-01-01",30],["2024-01-02",30]])");
    }
}

TEST_CASE("an incremental model takes in what is new by key, and all again on full refresh") {
    for (const auto& engine : kEngines) {
        for (const std::string strategy : {"", "merge"}) {
            CAPTURE(engine);
            Transform t(engine);
            shop(t);
            if (!strategy.empty())
                t.file(
                    "dbt_project.yml",
                    "name: shop\nmodels:\n  shop:\n    +incremental_strategy: " + strategy + "\n");
            REQUIRE(t.run()["status"] == "success");
            t.execute(
                "insert into orders values (4, 'carl', '2024-01-02', 5), (5, 'ann', '2024-01-03', "
                "7)");
            t.execute("update orders set amount = 99 where id = 1");
            const Json second = t.run();
            CHECK(second["status"] == "success");
            CHECK(to_text(t.query("select day, total from days order by 1")) ==
                  R"([["2024-01-01",30],["2024-01-02",35],["2024-01-03",7]])");
            REQUIRE(t.run({{"full_refresh", true}})["status"] == "success");
            CHECK(to_text(t.query("select total from days order by day")) == "[[119],[35],[7]]");
        }
    }
}

TEST_CASE("a model may make columns of what is in the rows") {
    Transform t;
    shop(t);
    t.file("models/wide.sql",
           "{{ config(materialized='table') }} pivot {{ ref('stg_orders') }} on customer using "
           "sum(amount) group by day");
    t.file("models/tall.sql",
           "{{ config(materialized='incremental') }} select day, ann from (pivot {{ "
           "ref('stg_orders') }} on customer using sum(amount) group by day)");
    for (int run = 0; run < 2; ++run) {
        const Json result = t.run();
        CAPTURE(to_text(result["message"]));
        REQUIRE(result["status"] == "success");
    }
    CHECK(to_text(t.query("select ann, bob from wide order by day")) == "[[10,20],[30,null]]");
    CHECK(to_text(t.query("select count(*) from tall")) == "[[4]]");
}

TEST_CASE("appending happens once per run key") {
    for (const auto& engine : kEngines) {
        CAPTURE(engine);
        Transform t(engine);
        t.file("models/log.sql", "{{ config(materialized='incremental') }} select 1 as x");
        REQUIRE(t.run({}, "k1")["status"] == "success");
        REQUIRE(t.run({}, "k1")["status"] == "success");
        CHECK(to_text(t.query("select count(*) from log")) == "[[1]]");
        REQUIRE(t.run({}, "k2")["status"] == "success");
        CHECK(to_text(t.query("select count(*) from log")) == "[[2]]");
    }
}

TEST_CASE("new rows with one key twice are refused and change nothing") {
    for (const auto& engine : kEngines) {
        CAPTURE(engine);
        Transform t(engine);
        t.execute("create table src (k integer, v integer)");
        t.execute("insert into src values (1, 1)");
        t.file("models/m.sql",
               "{{ config(materialized='incremental', unique_key=['k']) }} select * from src");
        REQUIRE(t.run()["status"] == "success");
        t.execute("insert into src values (2, 1), (2, 2)");
        const Json result = t.run();
        CHECK(result["code"] == "E_DUPLICATE_KEY");
        CHECK(to_text(t.query("select k, v from m")) == "[[1,1]]");
    }
}

TEST_CASE(
    "a column that is new to an incremental model is ignored, added or refused, as configured") {
    for (const auto& engine : kEngines) {
        for (const auto& row : {std::pair<std::string, std::string>{"ignore", "1"},
                                {"append_new_columns", "2"},
                                {"fail", ""}}) {
            const auto& policy = row.first;
            const auto& columns = row.second;
            CAPTURE(engine);
            CAPTURE(policy);
            Transform t(engine);
            const std::string config =
                "{{ config(materialized='incremental', on_schema_change='" + policy + "') }} ";
            t.file("models/m.sql", config + "select 1 as a");
            REQUIRE(t.run()["status"] == "success");
            t.file("models/m.sql", config + "select 2 as a, 3 as b");
            const Json result = t.run();
            if (columns.empty()) {
                CHECK(result["code"] == "E_SCHEMA");
                continue;
            }
            CHECK(result["status"] == "success");
            CHECK(t.query("select * from m")[0].size() == std::stoul(columns));
        }
    }
}

TEST_CASE("a view becomes a table and a table a view") {
    for (const auto& engine : kEngines) {
        CAPTURE(engine);
        Transform t(engine);
        for (const std::string kind : {"view", "table", "view", "incremental"}) {
            t.file("models/m.sql", "{{ config(materialized='" + kind + "') }} select 1 as a");
            CHECK(t.run()["status"] == "success");
            CHECK(to_text(t.query("select a from m")) == "[[1]]");
        }
    }
}

TEST_CASE("a failing test skips what comes after it, a warning does not") {
    for (const std::string severity : {"error", "warn"}) {
        CAPTURE(severity);
        Transform t;
        t.file("models/a.sql",
               "{{ config(materialized='table') }} select 1 as x union all select 1");
        t.file("models/b.sql", "select * from {{ ref('a') }}");
        t.file("models/s.yml",
               "models:\n  - name: a\n    columns:\n      - name: x\n        tests:\n          - "
               "unique: {severity: " +
                   severity + "}\n");
        const Json result = t.run();
        const bool is_error = severity == "error";
        CHECK(statuses(result) == (is_error ? "a:success b:skipped unique_a_x:fail"
                                            : "a:success b:success unique_a_x:warn"));
        CHECK(result["status"] == (is_error ? "failed" : "warn"));
        if (is_error) CHECK(result["code"] == "E_QUALITY");
    }
}

TEST_CASE("tests count what fails them") {
    Transform t;
    t.execute(
        "create table src as select * from (values (1, 'a', 10), (1, 'b', null), (2, 'c', 5), "
        "(null, 'a', 5)) v(id, kind, amount)");
    t.file("models/parent.sql", "select 1 as id");
    t.file("models/m.sql", "select * from src");
    t.file("models/s.yml", R"(
models:
  - name: m
    tests:
      - dbt_utils.unique_combination_of_columns: {combination_of_columns: [id, kind]}
      - expression_is_true: {expression: "amount >= 10"}
    columns:
      - name: id
        tests:
          - unique
          - not_null
          - not_null: {name: known, where: "kind <> 'a'"}
          - relationships: {to: ref('parent'), field: id}
      - name: kind
        data_tests:
          - accepted_values: {arguments: {values: [a]}}
      - name: amount
        tests:
          - accepted_values: {values: [5, 10], quote: false}
)");
    t.file("tests/no_c.sql", "select * from {{ ref('m') }} where kind = 'c'");
    const Json result = t.run({{"command", "build"}});
    std::map<std::string, int> failures;
    for (const auto& node : result["results"]) {
        const std::string id = node["unique_id"];
        if (node["resource_type"] == "test")
            failures[id.substr(id.rfind('.') + 1)] = node["failures"];
    }
    CHECK(failures == std::map<std::string, int>{{"unique_combination_of_columns_m__id__kind", 0},
                                                 {"expression_is_true_m__amount_10", 2},
                                                 {"unique_m_id", 1},
                                                 {"not_null_m_id", 1},
                                                 {"known", 0},
                                                 {"relationships_m_id__id__ref_parent_", 1},
                                                 {"accepted_values_m_kind__a", 2},
                                                 {"accepted_values_m_amount__False__5__10", 0},
                                                 {"no_c", 1}});
}

TEST_CASE("macros, vars, schemas and project configuration reach the SQL") {
    Transform t;
    t.file("dbt_project.yml",
           "name: shop\nvars:\n  limit: 3\n  shop:\n    word: hi\nmodels:\n  shop:\n    +schema: "
           "analytics\n    staging:\n      +materialized: table\n      +tags: [early]\n");
    t.file("macros/tools.sql",
           "{% macro twice(x) %}({{ x }} * 2){% endmacro %}{% macro four(x) %}{{ "
           "return(twice(twice(x))) }}{% endmacro %}");
    t.file("models/staging/a.sql",
           "select {{ four(var('limit')) }} as n, '{{ var('word') }}' as w, '{{ this }}' as me, {{ "
           "var('other', 1) }} as o");
    t.file("models/b.sql", "select n from {{ ref('a') }} -- {{ target.type }} {{ this.schema }}");
    REQUIRE(t.run({{"vars", {{"limit", 5}}}})["message"].is_null());
    CHECK(to_text(t.query("select n, w, me, o from analytics.a")) ==
          R"([[20,"hi","\"analytics\".\"a\"",1]])");
    CHECK(to_text(t.query("select table_type from information_schema.tables where table_name in "
                          "('a', 'b') order by table_name")) == R"([["BASE TABLE"],["VIEW"]])");
}

TEST_CASE("an ephemeral model stands inside of those that use it") {
    Transform t;
    t.file("models/e.sql", "{{ config(materialized='ephemeral') }} select 7 as x");
    t.file("models/m.sql", "select x + 1 as y from {{ ref('e') }} as e");
    REQUIRE(t.run()["status"] == "success");
    CHECK(to_text(t.query("select y from m")) == "[[8]]");
    CHECK(t.query("select * from e").is_string());
}

TEST_CASE("faults of a project are reported with their places and hints, all at once") {
    struct Case {
        std::map<std::string, std::string> files;
        std::vector<std::string> parts;
    };
    const Case cases[] = {
        {{{"models/a.sql", "select * from {{ ref('bb') }}"},
          {"models/b.sql", "\n{{ source('x', 'y') }}"}},
         {"models/a.sql:1: depends on a node named 'bb' which was not found; did you mean 'b'?",
          "models/b.sql:2: depends on a source named 'x.y' which was not found"}},
        {{{"models/a.sql", "select * from {{ ref('b') }}"},
          {"models/b.sql", "select * from {{ ref('a') }}"}},
         {"expected models without a cycle, but found a -> b -> a"}},
        {{{"models/a.sql", "{{ config(enabled=false) }}select 1 as x"},
          {"models/b.sql", "select * from {{ ref('a') }}"}},
         {"models/b.sql: depends on a node named 'a' which is disabled (enabled: false)"}},
        {{{"models/a.sql", "{{ config(alias='T') }}select 1 as x"},
          {"models/b.sql", "{{ config(alias='t') }}select 2 as x"}},
         {"models/b.sql: expected a table of its own, but models/a.sql is 't' too"}},
        {{{"models/a.sql", "select 1"}, {"models/x/a.sql", "select 2"}},
         {"models/x/a.sql: expected a name of its own, but models/a.sql is a model 'a' too"}},
        {{{"models/a.sql", "select 1"}, {"models/s.yml", "models:\n  - name: a\n   bad: 1\n"}},
         {"models/s.yml:3:"}},
        {{{"models/a.sql", "select 1"},
          {"macros/m.sql", "{% macro m() %}{% endmacro %}"},
          {"macros/n.sql", "{% macro m() %}{% endmacro %}"}},
         {"macros/n.sql: expected names of its own, but 'm' is in macros/m.sql too"}},
        {{{"models/a.sql", "select * from {{ ref('countries') }}"},
          {"seeds/countries.csv", "a\n1\n"}},
         {"models/a.sql:1: depends on 'countries', which is a seed or a snapshot"}},
        {{{"models/a.sql", "{% set r = run_query('select 1') %}select 1"}},
         {"models/a.sql:1: 'run_query' is undefined: dbt has it, and here it is not supported"}},
        {{{"models/a.sql", "select {{ dbt_utils.star('x') }}"}},
         {"'dbt_utils' is undefined: dbt has it, and here it is not supported"}},
        {{{"models/a.sql", "{% snapshot s %}select 1{% endsnapshot %}"}},
         {"models/a.sql:1: there is no tag 'snapshot'"}},
        {{{"models/a.sql", "{% if %}"}, {"models/b.sql", "{{ nope() }}"}}, {"models/a.sql:1: "}},
        {{{"models/a.sql", "selec 1"}}, {"models/a.sql: "}},
        {{{"models/a.sql", "select 1; drop table x"}}, {"models/a.sql: "}},
        {{{"models/a.sql", "select {{ var('v') }}"}},
         {"models/a.sql:1: expected var 'v', but it is not set"}},
        {{{"models/a.sql", "{{ config(materialized='tabel') }} select 1 as x"}},
         {"expected materialized: view, table, incremental or ephemeral, but got 'tabel'"}},
        {{{"models/a.sql", "select 1 as x"},
          {"models/s.yml", "models:\n  - name: a\n    columns: [{name: x, tests: [uniqe]}]\n"}},
         {"models/s.yml: there is no test 'uniqe'; did you mean 'unique'?"}},
        {{{"models/a.sql", "select 1 as x"},
          {"models/r.yml", "models: [{name: b}, {name: a}]\n"},
          {"models/s.yml", "models: [{name: a, description: x}]\n"}},
         {"models/s.yml: models[0]: expected model 'a' to be declared once, but models/r.yml: "
          "models[1] declares it too"}},
        {{{"models/a.sql", "select 1 as x"},
          {"models/s.yml", "sources: [{name: raw, tables: [{name: t}, {name: t}]}]\n"}},
         {"models/s.yml: sources[0]: expected source table 'raw.t' to be declared once, but "
          "models/s.yml: sources[0] declares it too"}},
    };
    for (const auto& c : cases) {
        Transform t;
        for (const auto& [name, text] : c.files) t.file(name, text);
        const Json result = t.run();
        CHECK(result["status"] == "failed");
        CHECK(result["code"] == "E_CONFIG");
        for (const auto& part : c.parts) {
            CAPTURE(result["message"].dump());
            CHECK(result["message"].get<std::string>().find(part) != std::string::npos);
        }
    }
}

TEST_CASE("a model that is disabled takes its tests with it, and its name is free") {
    Transform t;
    t.file("models/a.sql", "{{ config(enabled=false, alias='b') }}select 1 as x");
    t.file("models/b.sql", "select 1 as x");
    t.file("models/s.yml",
           "models:\n  - name: a\n    columns: [{name: x, tests: [unique]}]\n  - name: b\n    "
           "columns: [{name: x, tests: [unique, relationships: {to: ref('a'), field: x}]}]\n");
    const Json result = t.run();
    CAPTURE(result["message"].dump());
    CHECK(result["status"] == "success");
    CHECK(result["nodes"]["total"] == 2);
}

TEST_CASE("what a project has and transform has not is a warning with its file") {
    Transform t;
    t.file("models/a.sql", "{{ config(grants={'select': ['x']}) }} select 1 as x");
    t.file("models/s.yml",
           "models:\n  - name: gone\n    columns: [{name: x, tests: [unique]}]\nunit_tests: "
           "[{name: u}]\n"
           "sources:\n  - name: raw\n    freshness: {warn_after: {count: 1, period: day}}\n    "
           "tables: []\n");
    t.file("packages.yml", "packages: []\n");
    t.file("seeds/c.csv", "a\n1\n");
    t.file("snapshots/s.sql", "{% snapshot s %}{% endsnapshot %}");
    t.file("dbt_project.yml", "name: p\nquoting: {identifier: true}\n");
    const Json result = t.run();
    CHECK(result["status"] == "warn");
    const std::string warnings = to_text(result["warnings"]);
    for (const std::string part :
         {"models/a.sql: configuration 'grants'",
          "models/s.yml: expected the name of a model, but there is no 'gone'",
          "models/s.yml: 'unit_tests:'", "source raw: 'freshness'", "packages.yml: packages",
          "seeds/c.csv: seeds", "snapshots/s.sql: snapshots", "dbt_project.yml: 'quoting'"}) {
        CAPTURE(part);
        CAPTURE(warnings);
        CHECK(warnings.find(part) != std::string::npos);
    }
    t.file("dbt_project.yml", "name: p\non-run-end: ['drop table x']\n");
    CHECK(t.run()["code"] == "E_UNSUPPORTED");
}

TEST_CASE(
    "a select that fits nothing fails, and a term of several that fits nothing is a warning") {
    Transform t;
    t.file("models/a.sql", "select 1 as x");
    const Json none = t.run({{"select", "tag:dialy"}});
    CHECK(none["code"] == "E_CONFIG");
    CHECK(none["message"].get<std::string>().find("none fits 'tag:dialy'") != std::string::npos);
    const Json some = t.run({{"select", "a tag:dialy"}, {"exclude", "b"}});
    CHECK(some["status"] == "warn");
    CHECK(to_text(some["warnings"]) ==
          R"(["select: no node fits 'tag:dialy'","select: no node fits 'b'"])");
}

TEST_CASE("a test is judged by fail_calc, error_if and warn_if") {
    struct Case {
        std::string config;
        std::string status;
        int failures;
    };
    const Case cases[] = {
        {"error_if: '> 3'", "warn", 3},
        {"error_if: '> 2'", "fail", 3},
        {"warn_if: '> 3', error_if: '> 3'", "pass", 3},
        {"severity: warn, error_if: '> 0'", "warn", 3},
        {"severity: warn, warn_if: '> 5'", "pass", 3},
        {"fail_calc: 'sum(x)', error_if: '> 5', warn_if: '> 5'", "fail", 6},
        {"fail_calc: 'max(x)', error_if: '> 5', warn_if: '> 5'", "pass", 3},
        {"limit: 2", "fail", 2},
    };
    for (const auto& engine : kEngines) {
        for (const auto& c : cases) {
            CAPTURE(engine);
            CAPTURE(c.config);
            Transform t(engine);
            t.file("models/a.sql", "select 1 as x union all select 2 union all select 3");
            t.file("models/s.yml",
                   "models:\n  - name: a\n    tests:\n      - expression_is_true: {expression: "
                   "'x > 9', name: big, config: {" +
                       c.config + "}}\n");
            const Json result = t.run();
            CHECK(statuses(result) == "a:success big:" + c.status);
            CHECK(result["results"][1]["failures"] == c.failures);
        }
    }
}

TEST_CASE("the failures of a test are kept in a table where the test asks for it") {
    for (const auto& engine : kEngines) {
        CAPTURE(engine);
        Transform t(engine);
        t.file("models/a.sql", "select 1 as x union all select 2");
        t.file(
            "tests/none.sql",
            "{{ config(store_failures=true, schema='') }}select x from {{ ref('a') }} where x > 1");
        const Json result = t.run();
        CHECK(statuses(result) == "a:success none:fail");
        CHECK(to_text(t.query("select x from none")) == "[[2]]");
        t.file("models/a.sql", "select 1 as x");
        CHECK(t.run()["status"] == "success");
        CHECK(to_text(t.query("select count(*) from none")) == "[[0]]");
    }
    Transform t;
    t.file("models/a.sql", "select 1 as x");
    t.file("models/s.yml",
           "models:\n  - name: a\n    columns: [{name: x, tests: [{not_null: {config: "
           "{store_failures: true}}}]}]\n");
    REQUIRE(t.run()["status"] == "success");
    CHECK(to_text(t.query("select count(*) from dbt_test__audit.not_null_a_x")) == "[[0]]");
}

TEST_CASE("a contract holds a model to its declared columns") {
    Transform t;
    t.file("models/a.sql", "{{ config(materialized='table') }} select 1 as x, 'a' as y");
    const std::string model =
        "models:\n  - name: a\n    config: {contract: {enforced: true}}\n    columns:\n";
    t.file("models/s.yml",
           model + "      - {name: y, data_type: text}\n      - {name: x, data_type: int}\n");
    CHECK(t.run()["status"] == "success");
    t.file("models/s.yml",
           model + "      - {name: y, data_type: text}\n      - {name: x, data_type: bigint}\n");
    Json result = t.run();
    CHECK(result["code"] == "E_SCHEMA");
    const std::string message = result["message"];
    CAPTURE(message);
    CHECK(message.find(
              "contract: expected the columns y varchar, x bigint, but the query gives x integer, "
              "y varchar") != std::string::npos);
    t.file("models/s.yml",
           model + "      - {name: x, data_type: int, constraints: [{type: not_null}]}\n");
    CHECK(t.run()["code"] == "E_UNSUPPORTED");
    t.file("models/s.yml", model + "      - {name: x}\n");
    CHECK(t.run()["code"] == "E_CONFIG");
}

TEST_CASE("a NULL in unique_key is refused at the first run and at each later one") {
    for (const auto& engine : kEngines) {
        for (const std::string strategy : {"delete+insert", "merge"}) {
            CAPTURE(engine);
            Transform t(engine);
            t.execute("create table src (k integer, v integer)");
            t.execute("insert into src values (1, 1), (null, 2)");
            t.file("models/m.sql",
                   "{{ config(materialized='incremental', unique_key=['k'], "
                   "incremental_strategy='" +
                       strategy + "') }} select * from src");
            CHECK(t.run()["code"] == "E_QUALITY");
            CHECK(t.query("select * from m").is_string());
            t.execute("delete from src where k is null");
            REQUIRE(t.run()["status"] == "success");
            t.execute("insert into src values (null, 3)");
            const Json result = t.run();
            CHECK(result["code"] == "E_QUALITY");
            CHECK(result["message"].get<std::string>().find("'k' is NULL in 1 row") !=
                  std::string::npos);
            CHECK(to_text(t.query("select k, v from m")) == "[[1,1]]");
        }
    }
}

TEST_CASE("new rows keep their values, or are refused: nothing is cast in silence") {
    Transform t;
    const std::string config = "{{ config(materialized='incremental') }} ";
    struct Case {
        std::string first, second, code;
    };
    const Case cases[] = {{"1", "1.6::double", "E_SCHEMA"},
                          {"1", "2.0::double", ""},
                          {"1", "'007'", "E_SCHEMA"},
                          {"1::decimal(9,2)", "1.005::decimal(9,3)", "E_SCHEMA"},
                          {"date '2024-01-01'", "timestamp '2024-01-01 10:00:00'", "E_SCHEMA"},
                          {"date '2024-01-01'", "timestamp '2024-01-02 00:00:00'", ""},
                          {"1.5::double", "9007199254740993", "E_SCHEMA"},
                          {"1::bigint", "3000000000", ""}};
    for (const Case& c : cases) {
        CAPTURE(c.second);
        t.execute("drop table if exists m");
        t.file("models/m.sql", config + "select " + c.first + " as a");
        REQUIRE(t.run()["status"] == "success");
        t.file("models/m.sql", config + "select " + c.second + " as a");
        const Json result = t.run();
        CHECK((c.code.empty() ? result["message"].is_null() : result["code"] == c.code));
        CHECK(t.query("select * from m").size() == (c.code.empty() ? 2U : 1U));
    }
}

TEST_CASE("a hook changes tables, and neither the session nor what Stepwell keeps") {
    const std::pair<std::string, std::string> hooks[] = {
        {"attach 'other.db' as o", "E_DENIED"},
        {"/* x */ -- y\n use memory", "E_DENIED"},
        {"set threads = 1", "E_DENIED"},
        {"reset threads", "E_DENIED"},
        {"pragma threads=1", "E_DENIED"},
        {"drop table _stepwell_commits", "E_DENIED"},
        {"delete from \"_Stepwell_commits\"", "E_DENIED"},
        {"create or replace temp table a as select 1", "E_DENIED"},
        {"create temporary view a as select 1", "E_DENIED"},
        {"begin", "E_DENIED"},
        {"create table if not exists log (x integer)", ""},
        {"insert into log select 1", ""},
        {"(select 1)", ""},
    };
    Transform t;
    t.execute("create table log (x integer)");
    for (const auto& entry : hooks) {
        const std::string& code = entry.second;
        std::string quoted = entry.first;
        CAPTURE(quoted);
        for (auto at = quoted.find('\n'); at != std::string::npos; at = quoted.find('\n'))
            quoted.replace(at, 1, "\\n");
        for (auto at = quoted.find('"'); at != std::string::npos; at = quoted.find('"', at + 2))
            quoted.insert(at, "\\");
        for (const std::string when : {"pre_hook", "post_hook"}) {
            t.file("models/m.sql", "{{ config(" + when + "=\"" + quoted + "\") }} select 1 as x");
            const Json result = t.run();
            CHECK((code.empty() ? result["message"].is_null() : result["code"] == code));
        }
    }
    CHECK(to_text(t.query("select count(*) from log")) == "[[2]]");
}

TEST_CASE("a project lies where tasks may look, and its files lie in it") {
    Transform t;
    t.file("models/a.sql", "select 1 as x");
    for (const std::string project : {"../..", "/etc", "project/../../.."}) {
        CAPTURE(project);
        CHECK(t.run({{"project", project}})["code"] == "E_DENIED");
    }
    t.configuration["allowed_roots"] = Json::array();
    CHECK(t.run()["status"] == "success");  // a folder of the data folder needs no permission
    for (const std::string project : {".", "../outside", ""}) {
        CAPTURE(project);
        CHECK(t.run({{"project", project}})["status"] == "failed");
    }
    t.folder.write("outside/secret.sql", "select 2 as x");
    std::filesystem::create_symlink(t.folder.path() / "outside/secret.sql",
                                    t.folder.path() / "data/project/models/b.sql");
    const Json result = t.run();
    CHECK(result["status"] == "failed");
    CHECK(result["message"].get<std::string>().find("a link out of it") != std::string::npos);
}

TEST_CASE("adapter.dispatch finds the macro for the kind of database, else the default") {
    for (const auto& engine : kEngines) {
        Transform t(engine);
        t.file("macros/m.sql",
               "{% macro one() %}{{ return(adapter.dispatch('one', 'p')()) }}{% endmacro %}"
               "{% macro default__one() %}1{% endmacro %}{% macro duckdb__one() %}2{% endmacro %}");
        t.file("models/a.sql", "select {{ one() }} as x");
        REQUIRE(t.run()["status"] == "success");
        CHECK(to_text(t.query("select x from a")) == (engine == "duckdb" ? "[[2]]" : "[[1]]"));
    }
}

TEST_CASE("models wait for what is before them, also where what is between was not chosen") {
    Transform t;
    t.file("models/a.sql", "{{ config(materialized='table') }} select 1 as x");
    t.file("models/b.sql", "select * from {{ ref('a') }}");
    t.file("models/c.sql", "{{ config(materialized='table') }} select * from {{ ref('b') }}");
    REQUIRE(t.run()["status"] == "success");
    t.file("models/a.sql", "{{ config(materialized='table') }} select 2 as x");
    t.file("models/s.yml",
           "models:\n  - name: a\n    columns: [{name: x, tests: [{accepted_values: {values: "
           "[2]}}]}]\n");
    for (int i = 0; i < 5; ++i) {
        REQUIRE(t.run({{"select", "c a"}, {"threads", 4}})["status"] == "success");
        CHECK(to_text(t.query("select x from c")) == "[[2]]");
    }
    t.file("models/a.sql", "{{ config(materialized='table') }} select 3 as x");
    CHECK(statuses(t.run({{"select", "c a"}, {"threads", 4}})) ==
          "a:success c:skipped accepted_values_a_x__2:fail");
}

TEST_CASE("many models on several threads come out right") {
    Transform t;
    for (int i = 0; i < 24; ++i) {
        const std::string ref =
            i < 4 ? "(select 1 as x)" : "{{ ref('m" + std::to_string(i - 4) + "') }}";
        t.file("models/m" + std::to_string(i) + ".sql",
               "{{ config(materialized='" + std::string(i % 2 == 0 ? "table" : "view") +
                   "') }} select x + 1 as x from " + ref);
    }
    const Json result = t.run({{"threads", 4}});
    CHECK(result["nodes"]["success"] == 24);
    CHECK(to_text(t.query("select x from m23")) == "[[7]]");
}

}  // namespace stepwell::test
