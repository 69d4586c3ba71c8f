// Rows as files: complete, counted, and never over what is there already.
#include <doctest/doctest.h>

#include "tests/tasks/data/task_test.hpp"

namespace stepwell::test {
namespace {

struct Unload {
    ScratchFolder folder;
    TestContext context;
    int runs = 0;

    explicit Unload(const std::string& engine = "duckdb")
        : context(folder, {{"connections", {{"wh", {{"type", engine}, {"path", "wh.db"}}}}}}) {
        query_text(context, "wh", "", "create table t (id integer, day varchar, amount double)");
        query_text(context, "wh", "",
                   "insert into t values (1, '2024-01-01', 1.5), (2, '2024-01-01', 2.5), (3, "
                   "'2024-01-02', null)");
    }
    Outcome run(Json parameters) {
        context.set_run_key("run-" + std::to_string(++runs));
        if (!parameters.contains("to")) parameters["to"] = "lake://exports/t/";
        return run_task("unload", parameters, context);
    }
    [[nodiscard]] std::string root() const {
        return (folder.path() / "data/lake/exports/t").string();
    }
};

TEST_CASE("A table unloads in each format, with a manifest that counts all rows") {
    for (const std::string& engine : std::vector<std::string>{"duckdb", "sqlite"}) {
        for (const std::string& format : std::vector<std::string>{"parquet", "csv", "ndjson"}) {
            INFO(engine << " " << format);
            Unload unload(engine);
            const auto outcome = unload.run({{"table", "t"}, {"format", format}});
            INFO(outcome.message());
            REQUIRE(outcome.error.empty());
            CHECK(outcome.result["rows"]["written"] == 3);
            const auto manifest =
                *parse_json(unload.folder.read("data/lake/exports/t/manifest.json"));
            CHECK(manifest["rows"] == 3);
            std::int64_t rows = 0;
            for (const auto& entry : manifest["entries"]) rows += entry["rows"].get<std::int64_t>();
            CHECK(rows == 3);
            CHECK(manifest["entries"][0]["sha256"].get<std::string>().size() == 64);
            CHECK(manifest["schema"][0]["name"] == "id");
        }
    }
}

TEST_CASE("Partitions become folders, and parameters are bound") {
    Unload unload;
    const auto outcome = unload.run({{"sql", "select * from t where day >= $from"},
                                     {"params", {{"from", "2024-01-01"}}},
                                     {"partition_by", {"day"}}});
    INFO(outcome.message());
    REQUIRE(outcome.error.empty());
    CHECK(query_text(unload.context, "wh", "",
                     "select day::varchar, count(*) from read_parquet('" + unload.root() +
                         "/*/*.parquet', hive_partitioning = true) group by 1 order by 1") ==
          "2024-01-01,2;2024-01-02,1");
}

TEST_CASE("What is there already is kept, added to or replaced, as asked") {
    Unload unload;
    const auto count = [&] {
        return query_text(
            unload.context, "wh", "",
            "select count(*) from read_parquet('" + unload.root() + "/**/*.parquet')");
    };
    CHECK(unload.run({{"table", "t"}}).error.empty());
    const auto refused = unload.run({{"table", "t"}});
    CHECK(refused.error == "E_CONFLICT");
    CHECK(count() == "3");
    CHECK(unload.run({{"table", "t"}, {"overwrite", "allow"}}).error.empty());
    CHECK(count() == "6");
    CHECK(unload.run({{"sql", "select * from t where id = 1"}, {"overwrite", "clean_path"}})
              .error.empty());
    CHECK(count() == "1");
}

TEST_CASE("The same run does not unload twice") {
    Unload unload;
    CHECK(unload.run({{"table", "t"}}).error.empty());
    --unload.runs;
    const auto again = unload.run({{"table", "t"}});
    CHECK(again.error.empty());
    CHECK(again.result["commit"]["replayed"] == true);
    CHECK(again.result["rows"]["written"] == 3);
}

TEST_CASE("More rows than the guard allows are refused before anything appears") {
    Unload unload;
    const auto outcome = unload.run({{"table", "t"}, {"row_limit_guard", 2}});
    CHECK(outcome.error == "E_ROW_COUNT");
    CHECK(unload.run({{"table", "t"}, {"row_limit_guard", 3}}).error.empty());
}

TEST_CASE("Places outside and queries that are more than one are refused") {
    Unload unload;
    CHECK(unload.run({{"table", "t"}, {"to", "/etc/stepwell-test"}}).error == "E_DENIED");
    CHECK(unload.run({{"sql", "select 1; select 2"}}).error == "E_CONFIG");
    CHECK(unload.run({{"sql", "select 1"}, {"table", "t"}}).error == "E_CONFIG");
    CHECK(unload.run({{"table", "nothing"}}).error == "E_NOT_FOUND");
}

}  // namespace
}  // namespace stepwell::test
