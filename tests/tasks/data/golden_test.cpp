// Twelve files, each with the whole result that validate gives for it, in golden/NAME.json.
// STEPWELL_UPDATE_GOLDEN=1 writes those anew; look at the difference before committing it.
#include <doctest/doctest.h>

#include <cstdlib>

#include "tests/tasks/data/task_test.hpp"

namespace stepwell::test {
namespace {

constexpr const char* kRules = R"x({
    "order_id": {"type": "bigint", "nullable": false, "unique": true},
    "customer_id": {"nullable": false, "regex": "^C[0-9]+$", "length": [2, 20]},
    "order_date": {"type": "date", "format": "%Y-%m-%d", "nullable": false, "min": "2015-01-01"},
    "order_amount": {"type": "decimal(18,2)", "nullable": false, "gt": 0},
    "status": {"in": ["completed", "pending", "cancelled"], "severity": "warn"}
})x";

std::string text_at(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// What does not depend on when and where it ran.
std::string lasting(const Json& result) {
    Json kept = Json::object();
    for (const char* name :
         {"status", "code", "message", "retryable", "rows", "score", "quarantine", "checks"}) {
        if (const Json* value = find(result, name)) kept[name] = *value;
    }
    return kept.dump(1) + "\n";
}

TEST_CASE("Twelve files give the results that stand beside them") {
    const auto folder = std::filesystem::path(SW_SOURCE_FOLDER) / "tests/tasks/data/golden";
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".csv") names.push_back(entry.path().stem().string());
    }
    CHECK(names.size() == 12);
    for (const auto& name : names) {
        INFO(name);
        const ScratchFolder scratch;
        TestContext context(scratch);
        scratch.write("data/lake/raw/in.csv", text_at(folder / (name + ".csv")));
        const Json parameters = {
            {"input", "lake://raw/in.csv"},
            {"columns", *parse_json(kRules)},
            {"schema", {{"extra", "warn"}}},
            {"on_fail", "quarantine"},
            {"quarantine", {{"uri", "lake://quarantine/orders/"}, {"max_bad", "40%"}}}};
        const std::string got = lasting(run_task("validate", parameters, context).result);
        const auto golden = folder / (name + ".json");
        if (std::getenv("STEPWELL_UPDATE_GOLDEN") != nullptr) std::ofstream(golden) << got;
        CHECK(got == text_at(golden));
    }
}

}  // namespace
}  // namespace stepwell::test
