// Rows as files: complete, counted, and never over what is there already.
#include "tasks/unload/unload.hpp"

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

TEST_CASE("A text that would be NULL's partition is refused, and no row is lost") {
    Unload unload;
    query_text(unload.context, "wh", "",
               "insert into t values (4, '__HIVE_DEFAULT_PARTITION__', 1)");
    query_text(unload.context, "wh", "", "insert into t values (5, null, 1)");
    const auto outcome = unload.run({{"table", "t"}, {"partition_by", {"day"}}});
    CHECK(outcome.error == "E_CONFIG");
    CHECK(outcome.message().find("stands for NULL") != std::string::npos);
    CHECK(!std::filesystem::exists(unload.root() + "/manifest.json"));
    const auto rest = unload.run(
        {{"sql", "select * from t where day is null or id < 4"}, {"partition_by", {"day"}}});
    CHECK(rest.error == "");
    CHECK(rest.result["rows"]["written"] == 4);
}

TEST_CASE("Compressed text is counted, too") {
    for (const std::string& format : std::vector<std::string>{"csv", "ndjson"}) {
        for (const std::string& codec : std::vector<std::string>{"gzip", "zstd"}) {
            const std::string packed = format + " " + codec;
            INFO(packed);
            Unload unload;
            const auto outcome =
                unload.run({{"table", "t"}, {"format", format}, {"compression", codec}});
            INFO(outcome.message());
            REQUIRE(outcome.error == "");
            CHECK(outcome.result["unloaded"][0]["rows"] == 3);
        }
    }
}

TEST_CASE("A lake table is no place to unload to, nor is a folder of them one to clean") {
    Unload unload;
    unload.folder.write("data/lake/exports/t/_stepwell/log/1.json", "{}");
    unload.folder.write("data/lake/exports/t/part.parquet", "x");
    for (const char* overwrite : {"error", "allow", "clean_path"}) {
        INFO(overwrite);
        CHECK(unload.run({{"table", "t"}, {"overwrite", overwrite}}).error == "E_CONFLICT");
        CHECK(
            unload.run({{"table", "t"}, {"to", "lake://exports/t/new/"}, {"overwrite", overwrite}})
                .error == "E_CONFLICT");
    }
    CHECK(unload.run({{"table", "t"}, {"to", "lake://exports/"}, {"overwrite", "clean_path"}})
              .error == "E_CONFLICT");
    CHECK(unload.folder.read("data/lake/exports/t/part.parquet") == "x");
    CHECK(unload.folder.read("data/lake/exports/t/_stepwell/log/1.json") == "{}");
}

TEST_CASE("The first unload into a new folder of the data folder works as the second") {
    Unload unload;
    TestContext context(unload.folder, {{"connections", {{"wh", {{"path", "wh.db"}}}}},
                                        {"allowed_roots", Json::array()}});
    for (const char* to : {"exports/t/", "fresh/", "other"}) {
        INFO(to);
        context.set_run_key(to);
        const auto outcome = run_task("unload", {{"table", "t"}, {"to", to}}, context);
        INFO(outcome.message());
        CHECK(outcome.error == "");
    }
    CHECK(std::filesystem::is_empty(unload.folder.path() / "data/tmp"));
}

TEST_CASE("What was unloaded loads as it is") {
    for (const std::string& format : std::vector<std::string>{"parquet", "csv", "ndjson"}) {
        INFO(format);
        Unload unload;
        REQUIRE(unload.run({{"table", "t"}, {"format", format}}).error == "");
        const auto outcome = run_task(
            "load", {{"input", "lake://exports/t/"}, {"target", "wh.back"}}, unload.context);
        INFO(outcome.message());
        REQUIRE(outcome.error == "");
        CHECK(query_text(unload.context, "wh", "back", "select count(*) from {}") == "3");
    }
}

TEST_CASE("What was unloaded packed loads as it is, also several members, and never in part") {
    struct {
        std::string format;
        std::string codec;
        std::string ending;
        std::string padding;  // which some programs put behind it
    } const cases[] = {{"csv", "gzip", ".gz", std::string(512, '\0')},
                       {"ndjson", "gzip", ".gz", std::string(512, '\0')},
                       {"csv", "zstd", ".zst", ""},
                       {"ndjson", "zstd", ".zst", ""}};
    for (const auto& [format, codec, ending, padding] : cases) {
        const std::string packed = format + " " + codec;
        INFO(packed);
        Unload unload;
        const auto outcome = unload.run(
            {{"table", "t"}, {"format", format}, {"compression", codec}, {"header", false}});
        REQUIRE(outcome.error == "");
        Json input = {{"uri", "lake://exports/t/"}};
        if (format == "csv") input["options"] = {{"header", false}, {"names", {"a", "b", "c"}}};
        const auto rows_of = [&](const std::string& key) {
            unload.context.set_run_key(key);
            const auto loaded =
                run_task("load", {{"input", input}, {"target", "wh.back"}, {"mode", "replace"}},
                         unload.context);
            return loaded.error.empty() ? loaded.result["rows"]["read"].dump() : loaded.message();
        };
        CHECK(rows_of("one") == "3");
        const std::string bytes = unload.folder.read(
            "data/lake/exports/t/" +
            std::filesystem::path(outcome.result["unloaded"][0]["uri"].get<std::string>())
                .filename()
                .string());
        const std::string name = "packed." + format + ending;
        input["uri"] = "lake://exports/" + name;
        unload.folder.write("data/lake/exports/" + name, bytes + bytes + padding);
        CHECK(rows_of("two") == "6");
        unload.folder.write("data/lake/exports/" + name, bytes.substr(0, bytes.size() - 4));
        CHECK(
            rows_of("cut").ends_with("expected a whole " + codec + " file, but it ends too early"));
        unload.folder.write("data/lake/exports/" + name, bytes + "xxxx");
        CHECK(rows_of("more").ends_with("expected " + codec + ", but the bytes are damaged"));
    }
}

TEST_CASE("After a crash at any point a retry leaves what one undisturbed attempt leaves") {
    struct {
        std::string overwrite;
        bool has_older;
        std::string rows;
    } const cases[] = {{"error", false, "3"}, {"allow", true, "4"}, {"clean_path", true, "3"}};
    for (const auto& test : cases) {
        for (int crash_at = 1;; ++crash_at) {
            INFO(test.overwrite << " crash at " << crash_at);
            Unload unload;
            if (test.has_older) {
                REQUIRE(unload.run({{"sql", "select * from t where id = 1"}}).error == "");
            }
            unload.context.set_run_key("retried");
            const Json parameters = {{"table", "t"},
                                     {"to", "lake://exports/t/"},
                                     {"partition_by", {"id"}},
                                     {"overwrite", test.overwrite}};
            int count = 0;
            bool is_complete = false;
            {
                tasks::data::DataSession session(unload.context, "unload");
                is_complete = tasks::data::run_unload(session, parameters, [&](std::string_view) {
                                  return ++count == crash_at
                                             ? tasks::data::DataResult<void>(
                                                   tasks::data::data_fail("E_INTERNAL", "crash"))
                                             : tasks::data::DataResult<void>();
                              }).has_value();
            }
            for (const auto& entry : std::filesystem::directory_iterator(unload.root())) {
                // What a crash leaves is in the stage alone, which the next attempt takes away.
                CHECK(!entry.path().filename().string().starts_with("_tmp-"));
            }
            const auto again = run_task("unload", parameters, unload.context);
            INFO(again.message());
            CHECK(again.error == "");
            CHECK(again.result["rows"]["written"] == 3);
            CHECK(query_text(unload.context, "wh", "",
                             "select count(*) from read_parquet('" + unload.root() +
                                 "/**/*.parquet')") == test.rows);
            CHECK((*parse_json(unload.folder.read("data/lake/exports/t/manifest.json")))["rows"] ==
                  3);
            if (is_complete) {
                CHECK(crash_at > 5);
                break;
            }
        }
    }
}

TEST_CASE("A retry that has other rows leaves none of the files of the attempt before") {
    Unload unload;
    unload.context.set_run_key("retried");
    const Json parameters = {
        {"table", "t"}, {"to", "lake://exports/t/"}, {"partition_by", {"day"}}};
    REQUIRE(run_task("unload", parameters, unload.context).error == "");
    // As if it had died just before its manifest.
    std::filesystem::remove(unload.root() + "/manifest.json");
    query_text(unload.context, "wh", "", "delete from t where day = '2024-01-01'");
    const auto again = run_task("unload", parameters, unload.context);
    CHECK(again.error == "");
    CHECK(query_text(unload.context, "wh", "",
                     "select count(*) from read_parquet('" + unload.root() + "/**/*.parquet')") ==
          "1");
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
