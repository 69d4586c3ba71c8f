// The two validating Lambda functions that users bring, as configurations of validate: the same
// files get the same verdict.
//
// The functions' verdicts are what their code says: "pass" (statusCode 200), "fail" (400) or
// "raise" (an exception before any report). Where they raise, Stepwell fails with a report: with a
// column missing both functions index it before they speak of it, and one bad amount turns the
// whole column to text, so that they cannot count. The second one leaves a refused file in raw/,
// where it would start the next run; Stepwell moves it in both cases.
#include <doctest/doctest.h>

#include "tests/tasks/data/task_test.hpp"

namespace stepwell::test {
namespace {

Json configuration(const std::string& name) {
    std::ifstream file(std::string(SW_SOURCE_FOLDER) + "/workflows/seeds/" + name);
    const std::string text((std::istreambuf_iterator<char>(file)),
                           std::istreambuf_iterator<char>());
    auto parsed = parse_json(text);
    SW_ASSERT(parsed.has_value());
    return *std::move(parsed);
}

struct Case {
    std::string name;
    std::string bytes;
    std::string verdict;  // of the function
    std::string says;     // one of our failing checks
};

void check_cases(const std::string& name, const std::vector<Case>& cases) {
    for (const auto& test : cases) {
        INFO(name << ": " << test.name);
        const ScratchFolder folder;
        TestContext context(folder);
        folder.write("data/lake/raw/in.csv", test.bytes);
        Json parameters = configuration(name);
        parameters["input"]["uri"] = "lake://raw/in.csv";
        const Outcome outcome = run_task("validate", parameters, context);
        INFO(to_text(outcome.result));
        CHECK(outcome.error == (test.verdict == "pass" ? "" : "E_QUALITY"));
        std::string failing;
        for (const auto& check : outcome.result["checks"]) {
            if (check["status"] == "fail") failing += check["name"].get<std::string>() + " ";
        }
        CHECK(failing == (test.says.empty() ? "" : test.says + " "));
        const auto lake = folder.path() / "data/lake";
        CHECK(!std::filesystem::exists(lake / "raw/in.csv"));
        CHECK(std::filesystem::exists(lake / (test.verdict == "pass" ? "validated" : "errors") /
                                      "in.csv"));
    }
}

TEST_CASE("The orders function and its configuration agree on every file") {
    const std::string header = "order_id,customer_id,order_date,order_amount\n";
    const std::string good = "1,C1,2024-01-15,10.50\n2,C2,2024-01-16,7\n";
    check_cases(
        "validate_orders.json",
        {
            {"good", header + good, "pass", ""},
            {"negative amounts are allowed", header + "1,C1,2024-01-15,-3\n", "pass", ""},
            {"extra column",
             "order_id,customer_id,order_date,order_amount,note\n1,C1,2024-01-15,1,x\n", "pass",
             ""},
            {"byte order mark", "\xEF\xBB\xBF" + header + good, "pass", ""},
            {"quoted", header + "\"1\",\"C1\",\"2024-01-15\",\"10.50\"\n", "pass", ""},
            {"header only", header, "fail", "row_count"},
            {"null key", header + good + ",C3,2024-01-17,1\n", "fail", "order_id.not_null"},
            {"NA is null", header + good + "3,NA,2024-01-17,1\n", "fail", "customer_id.not_null"},
            {"bad date", header + good + "3,C3,2024-02-30,1\n", "fail", "order_date.type"},
            {"text amount", header + good + "3,C3,2024-01-17,abc\n", "fail", "order_amount.type"},
            {"duplicate", header + good + "1,C3,2024-01-17,1\n", "fail", "order_id.unique"},
            {"empty", "", "raise", "file.not_empty schema.missing row_count"},
            {"missing column", "order_id,customer_id,order_date\n1,C1,2024-01-15\n", "raise",
             "schema.missing"},
            {"too many fields", header + good + "3,C3,2024-01-17,1,x\n", "raise", "structure"},
            {"latin-1", header + good + "3,M\xFCller,2024-01-17,1\n", "raise", "structure"},
        });
}

TEST_CASE("The banking function and its configuration agree on every file") {
    const std::string header = "transaction_id,customer_id,amount,transaction_date\n";
    const std::string good = "T1,C1,10.50,2024-01-15\nT2,C2,7,2024-01-16\n";
    check_cases(
        "validate_banking_data.json",
        {
            {"good", header + good, "pass", ""},
            {"duplicates are allowed", header + good + "T1,C3,1,2024-01-17\n", "pass", ""},
            {"header only", header, "pass", ""},
            {"extra column",
             "transaction_id,customer_id,amount,transaction_date,x\nT1,C1,1,2024-01-15,y\n", "pass",
             ""},
            {"zero amount", header + good + "T3,C3,0,2024-01-17\n", "fail", "amount.gt"},
            {"negative amount", header + good + "T3,C3,-1,2024-01-17\n", "fail", "amount.gt"},
            {"null customer", header + good + "T3,,1,2024-01-17\n", "fail", "customer_id.not_null"},
            {"null amount", header + good + "T3,C3,,2024-01-17\n", "fail", "amount.not_null"},
            {"bad date", header + good + "T3,C3,1,soon\n", "fail", "transaction_date.type"},
            {"text amount", header + good + "T3,C3,abc,2024-01-17\n", "raise", "amount.type"},
            {"missing column", "transaction_id,customer_id,amount\nT1,C1,1\n", "raise",
             "schema.missing"},
            {"empty", "", "raise", "file.not_empty schema.missing"},
            {"too many fields", header + good + "T3,C3,1,2024-01-17,x\n", "raise", "structure"},
        });
}

}  // namespace
}  // namespace stepwell::test
