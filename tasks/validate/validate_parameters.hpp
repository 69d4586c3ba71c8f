// What a validate task is told (docs/tasks/validate.md), as checks that know their SQL.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tasks/data/input.hpp"

namespace stepwell::tasks::data {

/// What a scalar check says about the value of its expression.
struct Verdict {
    bool is_passed = true;
    Json observed;
    std::string expected;  // "between 1 and 5"
    std::string skipped;   // why it could not be told; "" = it could
};

/// One check. Exactly one of `ok`, `expression`, `keys` and `failing_rows` says of what kind.
struct Check {
    std::string name;
    std::string kind;
    std::string column;              // "" = of the whole set
    std::string severity = "error";  // error | warn | info
    Tolerance tolerance{-1, 0};
    std::string where;  // SQL: the rows that it is about; "" = all

    std::string ok;                 // SQL over a row: false = the row fails
    std::string fails;              // the same turned round: true = it fails, never NULL
    std::string expected;           // "decimal(18,2)": "2 of 6 values are not ..."
    bool is_about_missing = false;  // NULL is what it looks for

    std::string expression;  // SQL aggregate over the rows
    std::function<Verdict(const Json& value)> judge;

    std::vector<std::string> keys;  // unique together
    std::string keep = "none";      // of repeated ones: none | first | latest
    std::string order_by;
    std::string repeated;  // the table of keys that come more than once

    std::string failing_rows;  // SQL query over `input`

    std::string skipped;  // why it is not run
    std::int64_t evaluated = 0;
    std::int64_t missing = 0;
    std::int64_t failed = 0;
    Json extra = Json::object();  // more members of its result: samples, observed, groups
    std::string message;
    std::string status = "pass";  // pass | warn | info | fail | skipped

    [[nodiscard]] bool is_row_check() const { return !ok.empty(); }
    [[nodiscard]] bool is_failing() const { return status == "fail"; }
    [[nodiscard]] Json to_json() const;
};

/// A column that the parameters speak of.
struct ColumnRule {
    std::string name;
    std::string type;    // "" = as it comes
    std::string format;  // strptime's
    DeclaredType forms;  // how loosely values are read
    bool is_required = true;
    Json value = Json::object();  // all of the rule

    [[nodiscard]] DeclaredType declared() const {
        return {type, format, forms.are_numbers_rounded, forms.have_dates_times};
    }
};

struct ValidateParameters {
    InputSpec input;
    std::string connection;
    std::string dataset;  // under which results are remembered
    Json params = Json::object();
    std::vector<ColumnRule> columns;
    Json checks = Json::array();
    std::string schema_extra = "ignore";  // ignore | warn | fail
    std::string schema_missing = "fail";
    std::string schema_order = "ignore";
    bool is_case_sensitive = false;
    std::string on_fail = "fail";  // fail | quarantine | drop | warn
    std::string quarantine_uri;
    std::string quarantine_format = "parquet";
    std::optional<Tolerance> max_bad;
    std::string good_uri;
    std::string good_format = "parquet";
    std::string good_table;
    std::string good_mode = "replace";
    std::string move_passed;  // "FROM -> TO"
    std::string move_failed;
    std::vector<std::string> report_formats;
    std::int64_t samples = 20;
    std::vector<std::string> masked;

    static DataResult<ValidateParameters> parse(const Json& parameters);
};

}  // namespace stepwell::tasks::data
