// A validation whose files, rules and references have not changed reads nothing and says the same;
// anything else is validated again.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "tasks/validate/validate.hpp"
#include "tests/tasks/data/task_test.hpp"

namespace stepwell::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kIn = "data/lake/raw/in.csv";
constexpr const char* kRows = "id,code\n1,a\n2,b\nx,a\n";

Json rules() {
    return {{"input", "lake://raw/in.csv"},
            {"columns", {{"id", "bigint"}, {"code", {{"nullable", false}}}}},
            {"on_fail", "quarantine"},
            {"quarantine", {{"uri", "lake://quarantine/in/"}}},
            {"good", {{"uri", "lake://good/in.parquet"}}}};
}

Json with_reference() {
    Json parameters = rules();
    parameters["checks"] = *parse_json(
        R"x([{"references": {"column": "code", "to": {"table": "wh.codes", "column": "code"}}}])x");
    return parameters;
}

struct Repeats {
    Repeats() { folder.write(kIn, kRows); }

    ScratchFolder folder;
    TestContext context{folder};
    int runs = 0;

    Outcome run(const Json& parameters) {
        context.set_run_key("run-" + std::to_string(++runs));
        return run_task("validate", parameters, context);
    }
    void sql(const std::string& text) { query_text(context, "wh", "", text); }
    fs::path quarantined(const Outcome& outcome) const {
        const auto uri = outcome.result["quarantine"]["uri"].get<std::string>();
        return folder.path() / "data/lake" / uri.substr(std::string("lake://").size());
    }
    [[nodiscard]] std::string good() {
        return query_text(context, "wh", "",
                          "select id, code from read_parquet('" +
                              (folder.path() / "data/lake/good/in.parquet").string() +
                              "') order by 1");
    }
};

bool is_unchanged(const Outcome& outcome) {
    return outcome.error.empty() && outcome.result.contains("unchanged") &&
           outcome.result["unchanged"] == true;
}

std::string counts(const Outcome& outcome) {
    const Json& rows = outcome.result["rows"];
    return outcome.error + rows["read"].dump() + "=" + rows["good"].dump() + "+" +
           rows["rejected"].dump();
}

TEST_CASE("A second run of the same says so, with the same result, and reads and writes nothing") {
    Repeats repeats;
    const auto first = repeats.run(rules());
    CHECK(!is_unchanged(first));
    const auto good_before =
        fs::last_write_time(repeats.folder.path() / "data/lake/good/in.parquet");
    const auto second = repeats.run(rules());
    CHECK(is_unchanged(second));
    CHECK(counts(second) == "3=2+1");
    for (const char* name : {"status", "message", "rows", "score", "checks"})
        CHECK(second.result[name] == first.result[name]);
    CHECK(second.result["quarantine"]["uri"] == first.result["quarantine"]["uri"]);
    CHECK(second.result["outputs"][0]["rows"] == 2);
    CHECK(to_text(second.result["files"]) == R"({"read":0,"written":0,"unchanged":1})");
    CHECK(to_text(second.result["bytes"]) == R"({"read":0,"written":0})");
    CHECK(second.result["inputs"].size() == 1);
    CHECK(fs::last_write_time(repeats.folder.path() / "data/lake/good/in.parquet") == good_before);
    // The same bytes, delivered again.
    fs::remove(repeats.folder.path() / kIn);
    repeats.folder.write(kIn, kRows);
    CHECK(is_unchanged(repeats.run(rules())));
}

TEST_CASE("Another content of the same size and time of change is validated again") {
    Repeats repeats;
    const fs::path file = repeats.folder.path() / kIn;
    const auto first = repeats.run(rules());
    struct stat before {};
    REQUIRE(::stat(file.c_str(), &before) == 0);
    repeats.folder.write(kIn, "id,code\n1,a\n2,b\n3,a\n");
    const timespec times[2] = {before.st_atim, before.st_mtim};
    REQUIRE(::utimensat(AT_FDCWD, file.c_str(), times, 0) == 0);
    const auto second = repeats.run(rules());
    CHECK(second.result["inputs"] == first.result["inputs"]);  // the etag tells nothing
    CHECK(!is_unchanged(second));
    CHECK(counts(second) == "3=3+0");
    CHECK(repeats.good() == "1,a;2,b;3,a");
}

TEST_CASE("Other parameters, another dataset and another state have verdicts of their own") {
    Repeats repeats;
    repeats.run(rules());
    Json other = rules();
    other["columns"]["id"] = "varchar";
    CHECK(counts(repeats.run(other)) == "3=3+0");
    CHECK(repeats.good() == "1,a;2,b;x,a");
    // What this one wrote is not there any more.
    const auto back = repeats.run(rules());
    CHECK(!is_unchanged(back));
    CHECK(counts(back) == "3=2+1");
    CHECK(repeats.good() == "1,a;2,b");
    repeats.context.set_workflow("other");
    CHECK(!is_unchanged(repeats.run(rules())));
    CHECK(is_unchanged(repeats.run(rules())));
}

TEST_CASE("Changed values of a reference are seen, also where their number is the same") {
    Repeats repeats;
    repeats.sql("create table codes (code varchar, seen bigint)");
    repeats.sql("insert into codes values ('a', 1), ('b', 1)");
    CHECK(counts(repeats.run(with_reference())) == "3=2+1");
    CHECK(is_unchanged(repeats.run(with_reference())));
    repeats.sql("update codes set seen = 2");  // not what is asked for
    CHECK(is_unchanged(repeats.run(with_reference())));
    repeats.sql("update codes set code = 'c' where code = 'b'");
    const auto changed = repeats.run(with_reference());
    CHECK(!is_unchanged(changed));
    CHECK(counts(changed) == "3=1+2");
    repeats.sql("drop table codes");
    CHECK(repeats.run(with_reference()).error == "E_CONFIG");
}

TEST_CASE("An output that is gone, altered or replaced is written again") {
    Repeats repeats;
    const fs::path good = repeats.folder.path() / "data/lake/good/in.parquet";
    const fs::path quarantined = repeats.quarantined(repeats.run(rules()));
    const auto again = [&] {
        const auto outcome = repeats.run(rules());
        CHECK(!is_unchanged(outcome));
        CHECK(counts(outcome) == "3=2+1");
        CHECK(repeats.good() == "1,a;2,b");
        return repeats.quarantined(outcome);
    };
    REQUIRE(fs::remove(quarantined));
    const fs::path second = again();
    CHECK(fs::exists(second));
    std::ofstream(second, std::ios::app) << "x";
    again();
    fs::remove(good);
    again();
    fs::copy_file(good, good.string() + ".copy");
    fs::rename(good.string() + ".copy", good);
    again();
    CHECK(is_unchanged(repeats.run(rules())));
}

TEST_CASE("What no version of files and references tells is validated each time") {
    const char* const checks[] = {
        R"x([{"row_count_change": {"max_drop": "50%"}}])x",
        R"x([{"anomaly": {"metric": "row_count"}}])x",
        R"x([{"freshness": {"column": "code", "max_age": "1d", "severity": "warn"}}])x",
        R"x([{"rows": {"where": "random() > 2"}}])x",
        R"x([{"rows": {"where": "code in (select 'q')"}}])x",
        R"x([{"aggregate": {"expr": "count(*) + (FROM range(1))", "min": 0}}])x",
        R"x([{"sql": {"failing_rows": "select * from input where code = 'q'"}}])x",
        R"x([{"reconcile": {"expr": "count(*)", "against": {"sql": "select 3", "connection": "wh"}}}])x"};
    for (const char* check : checks) {
        INFO(check);
        Repeats repeats;
        Json parameters = rules();
        parameters["checks"] = *parse_json(check);
        CHECK(counts(repeats.run(parameters)) == "3=2+1");
        const auto second = repeats.run(parameters);
        CHECK(!is_unchanged(second));
        CHECK(counts(second) == "3=2+1");
    }
    Repeats repeats;
    Json parameters = rules();
    parameters["checks"] = *parse_json(R"x([{"rows": {"where": "code = 'q'"}}])x");
    repeats.run(parameters);
    CHECK(is_unchanged(repeats.run(parameters)));
    parameters["good"] = {{"table", "wh.good"}, {"mode", "append"}};
    repeats.run(parameters);
    CHECK(!is_unchanged(repeats.run(parameters)));
    CHECK(query_text(repeats.context, "wh", "good", "select count(*) from {}") == "4");
}

TEST_CASE("Each run has its own file where good rows go to a folder") {
    Repeats repeats;
    Json parameters = rules();
    parameters["good"]["uri"] = "lake://good/all/";
    for (int run = 1; run <= 2; ++run) CHECK(!is_unchanged(repeats.run(parameters)));
    const auto folder = repeats.folder.path() / "data/lake/good/all";
    CHECK(std::distance(fs::directory_iterator(folder), fs::directory_iterator()) == 2);
}

TEST_CASE("A failed validation is no verdict that stands") {
    Repeats repeats;
    Json parameters = rules();
    parameters["quarantine"]["max_bad"] = 0;
    CHECK(counts(repeats.run(parameters)) == "E_QUALITY3=2+1");
    CHECK(counts(repeats.run(parameters)) == "E_QUALITY3=2+1");
}

TEST_CASE(
    "Who dies before the verdict is kept leaves the older one, and a repeat comes to the same") {
    Repeats repeats;
    repeats.run(rules());
    repeats.folder.write(kIn, "id,code\n1,a\n7,b\n8,a\n");
    {
        repeats.context.set_run_key("killed");
        tasks::data::DataSession session(repeats.context, "validate");
        const auto crash = [](std::string_view) -> tasks::data::DataResult<void> {
            return tasks::data::data_fail("E_INTERNAL", "crash");
        };
        CHECK(!tasks::data::run_validate(session, rules(), crash));
    }
    // The older verdict is of the older file, whose good rows are not there any more.
    repeats.folder.write(kIn, kRows);
    CHECK(!is_unchanged(repeats.run(rules())));
    CHECK(repeats.good() == "1,a;2,b");
    // A second attempt of the same run, of which nobody heard the first.
    const auto repeated = run_task("validate", rules(), repeats.context);
    CHECK(repeated.result["replayed"] == true);
    CHECK(repeated.result["files"]["read"] == 1);
}

TEST_CASE("A file that is changed while it is validated gives no verdict that stands") {
    Repeats repeats;
    {
        repeats.context.set_run_key("overtaken");
        tasks::data::DataSession session(repeats.context, "validate");
        const auto overtake = [&](std::string_view) -> tasks::data::DataResult<void> {
            repeats.folder.write(kIn, "id,code\n1,a\n7,b\n8,a\n");
            return {};
        };
        REQUIRE(tasks::data::run_validate(session, rules(), overtake).has_value());
    }
    repeats.folder.write(kIn, kRows);
    CHECK(!is_unchanged(repeats.run(rules())));
}

}  // namespace
}  // namespace stepwell::test
