// The load task: each mode, run first, again and overlapping, on both engines, with the same rows
// and the same messages.
#include <doctest/doctest.h>

#include "tasks/data_tasks.hpp"
#include "tests/tasks/data/task_test.hpp"

namespace stepwell::test {
namespace {

/// Both engines as targets; "wh" is one or the other.
const std::vector<std::string> kEngines = {"duckdb", "sqlite"};

struct Load {
    std::string engine;
    ScratchFolder folder;
    TestContext context{folder, {{"connections", {{"wh", {{"type", engine}, {"path", "wh.db"}}}}}}};
    int runs = 0;

    explicit Load(std::string name) : engine(std::move(name)) {}

    Outcome run(Json parameters) {
        context.set_run_key("run-" + std::to_string(++runs));
        return run_task("load", parameters, context);
    }
    Outcome run(const std::string& csv, const std::string& mode, Json more = Json::object()) {
        folder.write("in.csv", csv);
        Json parameters = {{"input", (folder.path() / "in.csv").string()},
                           {"target", {{"table", "sales.orders"}}},
                           {"mode", mode}};
        if (mode == "upsert" || mode == "merge" || mode == "insert_only")
            parameters["keys"] = {"id"};
        parameters.merge_patch(more);
        return run(parameters);
    }
    std::string table(const std::string& sql = "select * from {} order by 1, 2") {
        return query_text(context, "wh", engine == "sqlite" ? "\"sales.orders\"" : "sales.orders",
                          sql);
    }
};

std::string counts(const Outcome& outcome) {
    if (!outcome.error.empty()) return outcome.error + ": " + outcome.message();
    const Json& rows = outcome.result.at("rows");
    std::string text;
    for (const std::string& name :
         std::vector<std::string>{"read", "inserted", "updated", "deleted", "unchanged"}) {
        text += (text.empty() ? "" : " ") + rows.at(name).dump();
    }
    return text;
}

constexpr const char* kFirst = "id,name,amount\n1,a,1.5\n2,b,2.5\n";
constexpr const char* kSecond = "id,name,amount\n2,B,2.5\n3,c,3.5\n";

TEST_CASE("Each mode leaves the rows that its name says") {
    struct {
        std::string mode;
        std::string first;  // read inserted updated deleted unchanged
        std::string repeat;
        std::string overlap;
        std::string rows;
    } const cases[] = {
        {"append", "2 2 0 0 0", "2 2 0 0 0", "2 2 0 0 0",
         "1,a,1.5;1,a,1.5;2,B,2.5;2,b,2.5;2,b,2.5;3,c,3.5"},
        {"replace", "2 2 0 0 0", "2 2 0 0 0", "2 2 0 0 0", "2,B,2.5;3,c,3.5"},
        {"truncate", "2 2 0 0 0", "2 2 0 2 0", "2 2 0 2 0", "2,B,2.5;3,c,3.5"},
        {"upsert", "2 2 0 0 0", "2 0 0 0 2", "2 1 1 0 0", "1,a,1.5;2,B,2.5;3,c,3.5"},
        {"merge", "2 2 0 0 0", "2 0 0 0 2", "2 1 1 0 0", "1,a,1.5;2,B,2.5;3,c,3.5"},
        {"insert_only", "2 2 0 0 0", "2 0 0 0 2", "2 1 0 0 1", "1,a,1.5;2,b,2.5;3,c,3.5"},
    };
    for (const auto& engine : kEngines) {
        for (const auto& test : cases) {
            for (const bool has_primary_key : {false, true}) {
                if (has_primary_key && test.mode == "append") continue;
                INFO(engine << " " << test.mode << " " << has_primary_key);
                Load load(engine);
                Json more = Json::object();
                if (has_primary_key) more["target"]["primary_key"] = {"id"};
                CHECK(counts(load.run(kFirst, test.mode, more)) == test.first);
                CHECK(counts(load.run(kFirst, test.mode, more)) == test.repeat);
                CHECK(counts(load.run(kSecond, test.mode, more)) == test.overlap);
                CHECK(load.table() == test.rows);
            }
        }
    }
}

TEST_CASE("Each strategy leaves the same rows") {
    for (const auto& engine : kEngines) {
        for (const std::string& strategy :
             std::vector<std::string>{"auto", "delete_insert", "on_conflict"}) {
            INFO(engine << " " << strategy);
            Load load(engine);
            const Json more = {{"strategy", strategy}, {"target", {{"primary_key", {"id"}}}}};
            CHECK(counts(load.run(kFirst, "upsert", more)) == "2 2 0 0 0");
            CHECK(counts(load.run(kSecond, "upsert", more)) == "2 1 1 0 0");
            CHECK(counts(load.run(kSecond, "upsert", more)) == "2 0 0 0 2");
            CHECK(load.table() == "1,a,1.5;2,B,2.5;3,c,3.5");
        }
    }
}

TEST_CASE(
    "Keys that repeat or are missing are refused before anything is written, in the same words") {
    for (const auto& engine : kEngines) {
        INFO(engine);
        Load load(engine);
        CHECK(counts(load.run(kFirst, "upsert")) == "2 2 0 0 0");
        CHECK(counts(load.run("id,name,amount\n3,x,1\n3,y,2\n4,z,3\n", "upsert")) ==
              "E_DUPLICATE_KEY: expected each key (id) once in the input, but 1 comes more than "
              "once, "
              "for example (3); say duplicates: first or latest(COLUMN) to keep one");
        CHECK(counts(load.run("id,name,amount\n,x,1\n4,z,3\n", "upsert")) ==
              "E_QUALITY: expected a value for key (id) in every row, but 1 of 2 rows have none");
        CHECK(load.table() == "1,a,1.5;2,b,2.5");
    }
}

TEST_CASE("A table made anew refuses repeated keys in the same words, and is not left behind") {
    for (const auto& engine : kEngines) {
        INFO(engine);
        Load load(engine);
        const Json more = {{"target", {{"primary_key", {"id"}}}}};
        CHECK(counts(load.run("id,name,amount\n3,x,1\n3,y,2\n4,z,3\n", "upsert", more)) ==
              "E_DUPLICATE_KEY: expected each key (id) once in the input, but 1 comes more than "
              "once, "
              "for example (3); say duplicates: first or latest(COLUMN) to keep one");
        CHECK(counts(load.run(kFirst, "upsert", more)) == "2 2 0 0 0");
        CHECK(load.table() == "1,a,1.5;2,b,2.5");
    }
}

TEST_CASE("Of rows with one key the first or the latest can be kept") {
    for (const auto& engine : kEngines) {
        INFO(engine);
        const std::string rows = "id,name,amount\n3,x,1\n3,y,2\n3,z,1.5\n4,w,3\n";
        Load first(engine);
        CHECK(counts(first.run(rows, "upsert", {{"duplicates", "first"}})) == "4 2 0 0 2");
        CHECK(first.table() == (engine == "sqlite" ? "3,x,1.0;4,w,3.0" : "3,x,1.0;4,w,3.0"));
        Load latest(engine);
        CHECK(counts(latest.run(rows, "upsert", {{"duplicates", "latest(amount)"}})) ==
              "4 2 0 0 2");
        CHECK(latest.table() == "3,y,2.0;4,w,3.0");
    }
}

TEST_CASE("Rows of one key that are equally late are told, unless they are alike") {
    for (const auto& engine : kEngines) {
        INFO(engine);
        const std::string rows = "id,name,amount\n3,x,2\n3,y,2\n3,z,1\n4,w,3\n";
        Load load(engine);
        CHECK(counts(load.run(rows, "upsert", {{"duplicates", "latest(amount)"}})) ==
              "E_TIE: rows with the same keys differ, and latest(amount) does not say which to "
              "keep; name more columns, such as latest(amount desc, OTHER); for example (3) has 2 "
              "rows");
        CHECK(counts(load.run(rows, "upsert", {{"duplicates", "latest(amount desc, name)"}})) ==
              "4 2 0 0 2");
        CHECK(load.table() == "3,y,2;4,w,3");
        CHECK(counts(load.run("id,name,amount\n3,x,2\n3,x,2\n3,z,1\n,w,3\n,v,3\n", "upsert",
                              {{"duplicates", "latest(amount)"}})) ==
              "E_QUALITY: expected a value for key (id) in every row, but 2 of 4 rows have none");
        CHECK(counts(load.run("id,name,amount\n3,x,2\n3,x,2\n3,z,1\n", "upsert",
                              {{"duplicates", {{"latest", "amount"}}},
                               {"audit_columns", {{"file", "file"}}}})) == "3 0 1 0 2");
    }
}

TEST_CASE("What a run did is not done again by the same run") {
    for (const auto& engine : kEngines) {
        INFO(engine);
        Load load(engine);
        CHECK(counts(load.run(kFirst, "append")) == "2 2 0 0 0");
        load.runs = 0;  // the same run key
        const auto again = load.run(kFirst, "append");
        CHECK(again.result["commit"]["replayed"] == true);
        CHECK(again.result["rows"]["inserted"] == 0);
        CHECK(load.table() == "1,a,1.5;2,b,2.5");
    }
}

TEST_CASE("Updates and deletes can be narrowed by expressions over src and dst") {
    for (const auto& engine : kEngines) {
        INFO(engine);
        Load load(engine);
        const Json more = {{"update",
                            {{"except", {"name"}},
                             {"when", "src.amount > dst.amount"},
                             {"delete_when", "src.name = 'gone'"}}}};
        CHECK(counts(load.run("id,name,amount\n1,a,5\n2,b,5\n3,c,5\n4,gone,1\n", "merge", more)) ==
              "4 3 0 0 1");
        CHECK(counts(load.run("id,name,amount\n1,x,6\n2,x,4\n3,gone,9\n", "merge", more)) ==
              "3 0 1 1 1");
        CHECK(load.table() == (engine == "sqlite" ? "1,a,6;2,b,5" : "1,a,6;2,b,5"));
        const auto broken =
            load.run("id,name,amount\n1,a,7\n", "merge",
                     {{"update", {{"when", "true) then delete when matched and (true"}}}});
        CHECK(broken.error == "E_CONFIG");
        CHECK(load.table() == "1,a,6;2,b,5");
    }
}

TEST_CASE("New columns are added, missing ones are NULL, types widen, each as the policy says") {
    Load load("duckdb");
    CHECK(counts(load.run(kFirst, "append")) == "2 2 0 0 0");
    const auto added = load.run("id,amount,coupon\n3,1.5,x\n", "append");
    CHECK(counts(added) == "1 1 0 0 0");
    CHECK(to_text(added.result["schema_changes"]) ==
          R"([{"op":"add_column","column":"coupon","type":"varchar"}])");
    CHECK(load.table() == "1,a,1.5,null;2,b,2.5,null;3,null,1.5,x");
    CHECK(load.run("id,extra\n4,y\n", "append", {{"schema_policy", {{"new_columns", "fail"}}}})
              .error == "E_SCHEMA");
    CHECK(load.run("id,name\n4,y\n", "append", {{"schema_policy", {{"missing_columns", "fail"}}}})
              .error == "E_SCHEMA");
    CHECK(counts(load.run("id,name,other\n4,y,z\n", "append",
                          {{"schema_policy", {{"new_columns", "ignore"}}}})) == "1 1 0 0 0");
    const Json wide = {{"input", {{"sql", "select 5000000000.5::decimal(20,1) as id"}}},
                       {"target", {{"table", "sales.orders"}}},
                       {"mode", "append"}};
    const auto widened = load.run(wide);
    CHECK(to_text(widened.result["schema_changes"]) ==
          R"x([{"op":"widen_column","column":"id","from":"bigint","to":"decimal(20,1)"}])x");
    const Json text = {{"input", {{"sql", "select 'x' as id"}}},
                       {"target", {{"table", "sales.orders"}}},
                       {"mode", "append"}};
    CHECK(load.run(text).error == "E_SCHEMA");
}

TEST_CASE("Types of a new table are those of all values, and never change a value") {
    Load load("duckdb");
    CHECK(counts(load.run("zip,day,at,n,x,flag\n01234,2024-01-31,2024-01-31 "
                          "10:00:00,-5,1e3,true\n99999,2024-02-30,2024-01-31T10:00:00,,2,false\n",
                          "append")) == "2 2 0 0 0");
    CHECK(query_text(load.context, "wh", "sales.orders",
                     "select typeof(zip), typeof(day), typeof(\"at\"), typeof(n), typeof(x), "
                     "typeof(flag) from {} limit 1") ==
          "VARCHAR,VARCHAR,TIMESTAMP,BIGINT,DOUBLE,BOOLEAN");
}

TEST_CASE("A value that does not fit the target's type fails the load with its place") {
    Load load("duckdb");
    CHECK(counts(load.run(kFirst, "append")) == "2 2 0 0 0");
    const auto outcome = load.run("id,name,amount\n3,c,x\n", "append");
    CHECK(outcome.error == "E_FORMAT");
    CHECK(outcome.message().find("in.csv:2: column amount: expected double, but got 'x'") !=
          std::string::npos);
    CHECK(load.table() == "1,a,1.5;2,b,2.5");
}

TEST_CASE("Only changed files are loaded where that is asked for") {
    for (const auto& engine : kEngines) {
        INFO(engine);
        Load load(engine);
        load.folder.write("months/1.csv", "id,name\n1,a\n");
        load.folder.write("months/2.csv", "id,name\n2,b\n");
        const Json parameters = {
            {"input", {{"uri", (load.folder.path() / "months").string()}, {"files", "changed"}}},
            {"target", {{"table", "sales.orders"}, {"primary_key", {"id"}}}},
            {"mode", "upsert"}};
        CHECK(counts(load.run(parameters)) == "2 2 0 0 0");
        CHECK(counts(load.run(parameters)) == "0 0 0 0 0");
        load.folder.write("months/2.csv", "id,name\n2,changed\n3,c\n");
        CHECK(counts(load.run(parameters)) == "2 1 1 0 0");
        CHECK(load.table() == "1,a;2,changed;3,c");
    }
}

TEST_CASE("Audit columns say when, from where and by which run") {
    for (const auto& engine : kEngines) {
        INFO(engine);
        Load load(engine);
        const Json more = {
            {"audit_columns", {{"loaded_at", "_at"}, {"file", "_file"}, {"run_id", "_run"}}}};
        CHECK(counts(load.run(kFirst, "upsert", more)) == "2 2 0 0 0");
        CHECK(counts(load.run(kFirst, "upsert", more)) == "2 0 0 0 2");
        CHECK(load.table(
                  "select count(*) from {} where _file like '%in.csv' and _at > '2020-01-01' ") ==
              "2");
    }
}

TEST_CASE("Rows go from one engine to the other") {
    const ScratchFolder folder;
    TestContext context(
        folder, {{"connections", {{"lite", {{"type", "sqlite"}}}, {"wh", {{"type", "duckdb"}}}}}});
    context.set_run_key("1");
    CHECK(counts(run_task("load",
                          {{"input",
                            {{"sql", "select range as id, 'x' || range as name from range(5000)"},
                             {"connection", "wh"}}},
                           {"target", "lite.copy"},
                           {"mode", "upsert"},
                           {"keys", {"id"}}},
                          context)) == "5000 5000 0 0 0");
    context.set_run_key("2");
    CHECK(counts(run_task(
              "load",
              {{"input", {{"table", "lite.copy"}}}, {"target", "wh.back"}, {"mode", "replace"}},
              context)) == "5000 5000 0 0 0");
    CHECK(query_text(context, "wh", "back", "select sum(id), max(name) from {}") ==
          "12497500,x999");
}

TEST_CASE("Faults of the parameters are all named at once") {
    Load load("duckdb");
    const auto outcome = load.run(Json{{"input", {{"ur", "x"}}},
                                       {"target", {{"tabel", "x"}}},
                                       {"mode", "upsret"},
                                       {"kyes", {"id"}}});
    CHECK(outcome.error == "E_CONFIG");
    for (const std::string& part : std::vector<std::string>{
             "input.ur", "did you mean 'uri'", "target.tabel", "mode: expected one of", "kyes"}) {
        INFO(outcome.message());
        CHECK(outcome.message().find(part) != std::string::npos);
    }
}

}  // namespace
}  // namespace stepwell::test
