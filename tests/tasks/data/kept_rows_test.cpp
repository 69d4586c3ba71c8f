// What validate keeps of the rows of text files: each row as it stands in its file, in its place.
#include <doctest/doctest.h>

#include "tests/tasks/data/task_test.hpp"

namespace stepwell::test {
namespace {

/// Validates `csv`; once with the rows kept, and once with the file read for each question.
struct KeptRows {
    explicit KeptRows(const Json& kept_rows)
        : context(folder, {{"tasks", {{"kept_rows", kept_rows}}}}) {
        context.set_run_key("run");
    }
    ScratchFolder folder;
    TestContext context;

    Json run(const std::string& csv, Json parameters) {
        folder.write("data/lake/raw/in.csv", csv);
        parameters["input"] = "lake://raw/in.csv";
        parameters["on_fail"] = "quarantine";
        parameters["quarantine"] = {{"uri", "lake://bad/bad.parquet"}};
        parameters["good"] = {{"uri", "lake://good/good.parquet"}};
        const auto outcome = run_task("validate", parameters, context);
        INFO(outcome.message());
        REQUIRE(outcome.error.empty());
        return outcome.result;
    }
    std::string query(const std::string& columns, const std::string& file,
                      const std::string& order = "") {
        return query_text(context, "wh", "",
                          "select " + columns + " from read_parquet('" +
                              (folder.path() / "data/lake" / file).string() + "')" + order);
    }
};

const Json kKept[] = {"256MB", 0};

TEST_CASE("Rejected values stand in quarantine as in the file, whatever they were rejected for") {
    for (const Json& kept : kKept) {
        INFO(kept.dump());
        KeptRows rows(kept);
        const Json result = rows.run(
            "id,n,day\n"
            "007,1.0,2024-01-01\n"
            "8,x,2024-01-01T10:00\n"
            "7,+3,2024-01-02\n"
            "9, 4,2024-01-03\n"
            "10,5,2024-01-04\n",
            {{"columns",
              {{"id", {{"type", "bigint"}, {"unique", true}}},
               {"n", {{"type", "integer"}}},
               {"day", {{"type", "timestamp"}}}}}});
        CHECK(result["rows"]["good"] == 1);
        CHECK(rows.query("_sw_line, id, n, day, array_to_string(_sw_reasons, '+')",
                         "bad/bad.parquet", " order by _sw_line") ==
              "2,007,1.0,2024-01-01,id.unique;3,8,x,2024-01-01T10:00,n.type;4,7,+3,2024-01-02,"
              "id.unique;5,9, 4,2024-01-03,n.type");
        CHECK(rows.query("id, n, day", "good/good.parquet") == "10,5,2024-01-04 00:00:00");
    }
}

TEST_CASE("Counts, missing values and conditions are the same whether rows are kept or not") {
    Json before;
    for (const Json& kept : kKept) {
        KeptRows rows(kept);
        std::string csv = "id,n,s\n";
        for (int i = 0; i < 500; ++i) {
            csv += (i % 7 == 0 ? "" : std::to_string(i % 400)) + "," +
                   (i % 11 == 0 ? "x" : std::to_string(i)) + "," + (i % 13 == 0 ? "" : "s") + "\n";
        }
        Json checks = Json::array();
        // More marks than one number has bits.
        for (int i = 0; i < 40; ++i) {
            checks.push_back({{"rows",
                               {{"name", "c" + std::to_string(i)},
                                {"where", "n % 41 = " + std::to_string(i)},
                                {"severity", "warn"}}}});
        }
        Json result =
            rows.run(csv, {{"columns",
                            {{"id", {{"type", "bigint"}, {"unique", true}, {"nullable", false}}},
                             {"n", {{"type", "integer"}, {"where", "s is not null"}, {"max", 480}}},
                             {"s", {{"nullable", false}, {"mostly", 0.5}}}}},
                           {"checks", checks}});
        const Json verdicts = {result["rows"], result["checks"]};
        if (before.is_null()) before = verdicts;
        CHECK(verdicts == before);
    }
}

TEST_CASE("Good rows have the order of their file, also of one that several threads read") {
    KeptRows rows("256MB");
    std::string csv = "id,text\n";
    constexpr int kRows = 150'000;
    for (int i = 0; i < kRows; ++i) {
        csv += std::to_string(i) + ",a text that makes the file larger than some pieces of " +
               std::to_string(i) + "\n";
    }
    REQUIRE(csv.size() > (8U << 20U));
    const Json result =
        rows.run(csv, {{"columns", {{"id", {{"type", "bigint"}, {"max", 149'990}}}}}});
    CHECK(result["rows"] == Json({{"read", kRows},
                                  {"good", 149'991},
                                  {"rejected", 9},
                                  {"inserted", 0},
                                  {"updated", 0},
                                  {"deleted", 0},
                                  {"unchanged", 0}}));
    CHECK(rows.query("count(*), bool_and(id = file_row_number)",
                     "good/good.parquet', file_row_number = '1") == "149991,true");
}

TEST_CASE("A repeated key is told as it stands in the file, in whichever piece it is") {
    KeptRows rows("256MB");
    std::string csv = "id,text\n";
    constexpr int kRows = 200'000;
    for (int i = 0; i < kRows; ++i) {
        const bool is_repeated = i == 7 || i == 100'000 || i == kRows - 1;
        csv += (is_repeated ? (i == 7 ? "5000000" : "05000000") : std::to_string(i)) +
               ",a text that makes the file larger than some pieces\n";
    }
    REQUIRE(csv.size() > (8U << 20U));
    const Json result =
        rows.run(csv, {{"columns",
                        {{"id", {{"type", "bigint"}, {"unique", true}}},
                         {"text", {{"not_regex", "pieces$"}, {"severity", "warn"}}}}}});
    CHECK(result["rows"]["good"] == kRows - 3);
    CHECK(rows.query("_sw_line, id, _sw_reasons[1]", "bad/bad.parquet", " order by _sw_line") ==
          "9,5000000,id.unique;100002,05000000,id.unique;200001,05000000,id.unique");
}

}  // namespace
}  // namespace stepwell::test
