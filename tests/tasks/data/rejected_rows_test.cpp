// Rows that were put aside, as who looks at them gets them.
#include "tasks/validate/rejected_rows.hpp"

#include <doctest/doctest.h>

#include "tests/tasks/data/task_test.hpp"

namespace stepwell::test {
namespace {

constexpr std::string_view kCsv = "id,amount\n1,abc\n2,5\n3\n4,\"x; y\"\n5,7\n6,-1\n";
const Json kColumns =
    *parse_json(R"x({"id": {"type": "bigint"}, "amount": {"type": "decimal(18,2)", "gt": 0}})x");

struct Quarantine {
    ScratchFolder folder;
    TestContext context{folder};

    /// The file into which the rows went.
    std::string fill(std::string_view csv, const Json& quarantine) {
        folder.write("data/lake/raw/in.csv", csv);
        const auto outcome = run_task("validate",
                                      {{"input", "lake://raw/in.csv"},
                                       {"columns", kColumns},
                                       {"on_fail", "quarantine"},
                                       {"quarantine", quarantine}},
                                      context);
        INFO(outcome.message());
        REQUIRE(outcome.result["quarantine"]["uri"].is_string());
        return outcome.result["quarantine"]["uri"];
    }
    tasks::TaskResult read(const std::string& uri, const std::string& check = "",
                           std::int64_t offset = 0, std::int64_t limit = 100) {
        return tasks::data::read_rejected_rows(
            {{"Uri", uri}, {"Check", check}, {"Offset", offset}, {"Limit", limit}}, context);
    }
};

/// "2 amount.type 1,abc; ...": line, reasons, cells or the whole line.
std::string said(const tasks::TaskResult& page) {
    if (!page) return page.error().error + ": " + page.error().cause;
    std::string text = to_text((*page)["total"]);
    for (const Json& row : (*page)["rows"]) {
        text += "; " + to_text(row["line"]);
        for (const Json& reason : row["reasons"]) text += " " + reason.get<std::string>();
        text += " " + to_text(row["raw"].is_null() ? row["cells"] : row["raw"]);
    }
    return text;
}

}  // namespace

TEST_CASE("Rejected rows are read as they stood, with reasons, whatever the format of their file") {
    Json where = {{"uri", "lake://quarantine/in/"}, {"max_bad", "99%"}};
    SUBCASE("parquet") {}
    SUBCASE("csv") {
        where["format"] = "csv";
    }
    SUBCASE("a file of its own name") {
        where["uri"] = "lake://quarantine/bad.rows";
        where["format"] = "csv";
    }
    Quarantine quarantine;
    const std::string uri = quarantine.fill(kCsv, where);
    const auto page = quarantine.read(uri);
    CHECK(said(page) ==
          R"(4; 2 amount.type {"id":"1","amount":"abc"}; )"
          R"(4 structure: expected 2 fields, but got 1 "3"; )"
          R"(5 amount.type {"id":"4","amount":"x; y"}; 7 amount.gt {"id":"6","amount":"-1"})");
    REQUIRE(page);
    CHECK(to_text((*page)["columns"]) == R"(["id","amount"])");
    CHECK((*page)["rows"][0]["file"].get<std::string>().ends_with("in.csv"));
    CHECK(said(quarantine.read(uri, "structure")) ==
          R"(1; 4 structure: expected 2 fields, but got 1 "3")");
    CHECK(said(quarantine.read(uri, "amount.type", 1, 1)) ==
          R"(2; 5 amount.type {"id":"4","amount":"x; y"})");
    CHECK(said(quarantine.read(uri, "amount' or true --")) == "0");
}

TEST_CASE("A page of large rows is shorter, and a long text is cut between characters") {
    Quarantine quarantine;
    std::string csv = "id,amount\n";
    for (int i = 0; i < 200; ++i) {
        for (int n = 0; n < 2'000; ++n) csv += "ä";
        csv += ",1\n";
    }
    const std::string uri =
        quarantine.fill(csv, {{"uri", "lake://quarantine/in/"}, {"max_bad", "100%"}});
    const auto page = quarantine.read(uri, "", 0, 200);
    REQUIRE(page);
    CHECK((*page)["total"] == 200);
    CHECK((*page)["rows"].size() > 10);
    CHECK((*page)["rows"].size() < 200);
    CHECK(to_text(*page).size() < kPayloadBytesMax);
    CHECK((*page)["rows"][0]["cells"]["id"].get<std::string>().ends_with("ä…"));
}

TEST_CASE("A file that is not there, or that tasks may not read, is refused") {
    Quarantine quarantine;
    CHECK(said(quarantine.read("lake://quarantine/none.parquet")).starts_with("E_NOT_FOUND: "));
    CHECK(said(quarantine.read("/etc/passwd")).starts_with("E_DENIED: "));
}

}  // namespace stepwell::test
