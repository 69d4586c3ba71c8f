// Columns that cannot be there are told before validate runs, and no others.
#include "tasks/validate/validate_columns.hpp"

#include <doctest/doctest.h>

#include "engine/definition/workflow.hpp"

namespace stepwell::test {
namespace {

/// "pointer: message (hint)", a line each.
std::string told(const std::string& yaml, Written written = Written::as_paths) {
    const auto parameters = definition::parse_yaml(yaml);
    REQUIRE_MESSAGE(parameters.has_value(), yaml);
    std::string all;
    for (const ShapeFault& fault : tasks::data::validate_column_faults(*parameters, written)) {
        all += fault.pointer + ": " + fault.message + " (" + fault.hint + ")\n";
    }
    return all;
}

const std::string kNamed =
    "input: {uri: a.csv, options: {header: false, names: [id, day, amount]}}\n";
const std::string kRules = "input: a.csv\ncolumns: {id: bigint, day: {type: date}}\n";
const std::string kChecks = R"(
checks:
  - duplicates: {keys: [id, dya]}
  - references: {column: idd, to: {table: t}}
  - freshness: {column: day, max_age: 1d}
  - anomaly: {metric: sum(amout)}
  - row_count: {min: 1}
)";
const std::string kTold =
    "/checks/0/duplicates/keys/1: expected a column, but there is no 'dya' (did you mean 'day'?)\n"
    "/checks/1/references/column: expected a column, but there is no 'idd' (did you mean 'id'?)\n"
    "/checks/3/anomaly/metric: expected a column, but there is no 'amout' (";

}  // namespace

TEST_CASE("checks are about columns that the input has, where its columns are known") {
    CHECK(told(kNamed + kChecks) == kTold + "did you mean 'amount'?)\n");
    CHECK(told(kRules + "schema: {extra: fail}" + kChecks) ==
          kTold + "the columns here are id, day)\n");
    CHECK(told(kNamed + "columns: {dayy: date, id: bigint}") ==
          "/columns/dayy: expected a column, but there is no 'dayy' (did you mean 'day'?)\n");
}

TEST_CASE("checks may be about any column where others may be there") {
    CHECK(told(kRules + kChecks).empty());
    CHECK(told(kRules + "schema: {extra: warn}" + kChecks).empty());
    CHECK(told(kRules + "on_fail: warn\nschema: {extra: fail}" + kChecks).empty());
    CHECK(told(kRules + "schema: {extra.$: $.policy}" + kChecks).empty());
    CHECK(told(kRules + "schema.$: $.schema" + kChecks).empty());
    CHECK(told("input: a.csv\ncolumns.$: $.rules\nschema: {extra: fail}" + kChecks).empty());
    CHECK(told(kRules + "schema: {extra: '{% $policy %}'}" + kChecks, Written::as_queries).empty());
    CHECK(told(kRules + "on_fail: '{% $x %}'\nschema: {extra: fail}" + kChecks, Written::as_queries)
              .empty());
}

TEST_CASE("a rule for a column that need not be there is none of a missing one") {
    CHECK(told(kNamed + "columns: {other: {type: date, required: false}}").empty());
    CHECK(told(kNamed + "schema: {missing: warn}\ncolumns: {other: date}").empty());
    CHECK_FALSE(
        told(kNamed + "schema: {missing: warn}\ncolumns: {other: {required: true}}").empty());
    CHECK(told(kNamed + "columns: {other: {type: date, required.$: $.x}}").empty());
}

TEST_CASE("what has not the shape of validate's parameters is passed over") {
    for (const char* text : {"5", "[]", "{columns: [], checks: 5, schema: 5}",
                             "{columns: {a: 5}, schema: {extra: fail}, checks: [5, {anomaly: 5}, "
                             "{anomaly: {metric: 5}}, {duplicates: 5}]}"}) {
        CAPTURE(text);
        CHECK(told(text).empty());
    }
}

}  // namespace stepwell::test
