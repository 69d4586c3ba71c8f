// Checks on the rows that are about to be committed.
#include "tasks/etl/etl_run.hpp"
#include "tasks/etl/step_tools.hpp"

namespace stepwell::tasks::etl {
namespace {

using data::data_fail;
using data::DataSession;

struct Check {
    std::string name;
    std::string kind;
    std::string severity;
    std::int64_t failed = 0;
    Json observed;
    std::string message;  // "" = it holds
};

class CheckRunner {
public:
    CheckRunner(Pipeline& pipeline, std::string relation, std::int64_t rows)
        : pipeline_(pipeline), relation_(std::move(relation)), rows_(rows) {}

    DataResult<Check> run(const std::string& kind, const Json& argument) {
        Check check{kind, kind, string_or(argument, "severity", "error"), 0, nullptr, ""};
        check.name = string_or(argument, "name", kind);
        if (kind == "row_count")
            SW_TRY(row_count(check, argument));
        else if (kind == "duplicates")
            SW_TRY(duplicates(check, argument));
        else if (kind == "not_null")
            SW_TRY(not_null(check, argument));
        else if (kind == "rows")
            SW_TRY(
                failing_rows(check, "select * from input where " + bracketed(argument, "where")));
        else if (kind == "sql")
            SW_TRY(failing_rows(check, string_or(argument, "failing_rows", "")));
        else if (kind == "aggregate")
            SW_TRY(aggregate(check, argument));
        else
            return data_fail(
                "E_CONFIG",
                "checks: there is no check '" + kind +
                    "' here; there are row_count, duplicates, not_null, rows, sql, aggregate");
        return check;
    }

private:
    static std::string bracketed(const Json& argument, std::string_view member) {
        return "(" + string_or(argument, member, "") + "\n)";
    }
    [[nodiscard]] std::string query(const std::string& select) const {
        return "with input as (select * from " + relation_ + ")\n" + select;
    }
    DataResult<std::int64_t> count(const std::string& select) {
        return pipeline_.connection().query_integer("with input as (select * from " + relation_ +
                                                        ") select count(*) from (" + select + "\n)",
                                                    pipeline_.parameters());
    }

    DataResult<void> row_count(Check& check, const Json& argument) {
        Json limits = argument;
        if (limits.is_object()) {
            limits.erase("severity");
            limits.erase("name");
        }
        const auto bounds = parse_bounds(limits);
        if (!bounds)
            return data_fail("E_CONFIG", "checks.row_count: expected a number or {min, max}");
        check.observed = rows_;
        if (!bounds->holds(rows_))
            check.message =
                "expected " + bounds->text() + " rows, but there are " + std::to_string(rows_);
        return {};
    }
    DataResult<std::vector<std::string>> columns_of(const Json& argument, std::string_view member) {
        const Json* list = argument.is_object() ? find(argument, member) : &argument;
        std::vector<std::string> names;
        if (list != nullptr && list->is_string()) names.push_back(*list);
        if (list != nullptr && list->is_array()) {
            for (const auto& name : *list)
                names.push_back(name.is_string() ? name.get<std::string>() : to_text(name));
        }
        if (names.empty())
            return data_fail("E_CONFIG",
                             "checks: expected " + std::string(member) + " to list columns");
        SW_TRY(need_columns(pipeline_.columns(), names, "checks"));
        return names;
    }
    DataResult<void> duplicates(Check& check, const Json& argument) {
        const std::string by = data::quoted_list(SW_TRY(columns_of(argument, "keys")));
        check.name = check.name == check.kind ? "duplicates(" + by + ")" : check.name;
        check.failed =
            SW_TRY(count("select " + by + " from input group by " + by + " having count(*) > 1"));
        if (check.failed > 0)
            check.message = std::to_string(check.failed) + " keys have more than one row";
        return {};
    }
    DataResult<void> not_null(Check& check, const Json& argument) {
        std::vector<std::string> conditions;
        for (const auto& name : SW_TRY(columns_of(argument, "columns")))
            conditions.push_back(data::quote_identifier(name) + " is null");
        check.failed = SW_TRY(count("select 1 from input where " + joined(conditions, " or ")));
        if (check.failed > 0)
            check.message = std::to_string(check.failed) + " rows are NULL where they must not be";
        return {};
    }
    DataResult<void> failing_rows(Check& check, const std::string& select) {
        check.failed = SW_TRY(count(select));
        if (check.failed > 0) check.message = std::to_string(check.failed) + " rows fail";
        return {};
    }
    DataResult<void> aggregate(Check& check, const Json& argument) {
        const Json* between = find(argument, "between");
        if (between == nullptr || !between->is_array() || between->size() != 2)
            return data_fail("E_CONFIG",
                             "checks.aggregate: expected {expr: SQL, between: [low, high]}");
        const auto value = SW_TRY(pipeline_.connection().query(
            query("select v, coalesce(v between " + data::sql_literal((*between)[0]) + " and " +
                  data::sql_literal((*between)[1]) + ", false) from (select " +
                  bracketed(argument, "expr") + " as v from input)"),
            pipeline_.parameters()));
        check.observed = value.rows[0][0];
        if (value.rows[0][1] != true)
            check.message = "expected a value between " + to_text((*between)[0]) + " and " +
                            to_text((*between)[1]) + ", but got " + to_text(check.observed);
        return {};
    }

    Pipeline& pipeline_;
    std::string relation_;
    std::int64_t rows_;
};

}  // namespace

DataResult<void> run_checks(DataSession& session, Pipeline& pipeline, const Json& checks,
                            const std::string& relation, std::int64_t rows) {
    CheckRunner runner(pipeline, relation, rows);
    std::string failures;
    for (const auto& entry : checks) {
        if (!entry.is_object() || entry.size() != 1)
            return data_fail("E_CONFIG", "checks: expected entries such as {row_count: {min: 1}}");
        const auto only = entry.begin();
        const Check check = SW_TRY(runner.run(only.key(), only.value()));
        const bool holds = check.message.empty();
        const std::string status = holds ? "pass" : check.severity == "warn" ? "warn" : "fail";
        session.result()["checks"].push_back({{"name", check.name},
                                              {"kind", check.kind},
                                              {"severity", check.severity},
                                              {"status", status},
                                              {"failed", check.failed},
                                              {"observed", check.observed},
                                              {"message", check.message}});
        if (status == "warn") session.result()["status"] = "warn";
        if (status == "fail")
            failures += (failures.empty() ? "" : "; ") + check.name + ": " + check.message;
    }
    if (failures.empty()) return {};
    return data_fail("E_QUALITY", failures);
}

}  // namespace stepwell::tasks::etl
