// Checks on the rows that are about to be committed.
#include "tasks/etl/etl_run.hpp"
#include "tasks/etl/step_tools.hpp"
#include "tasks/support/sentences.hpp"

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
    /// The first rows of a query over `input`, three values of each: "id '3', n 2".
    DataResult<std::string> examples(const std::string& select) {
        constexpr std::size_t kValuesMax = 3;
        const auto found = SW_TRY(pipeline_.connection().query(
            query("select * from (" + select + "\n) limit 3"), pipeline_.parameters()));
        std::vector<std::string> all;
        for (const Json& row : found.objects()) {
            std::string text;
            std::size_t shown = 0;
            for (const auto& [name, value] : row.items()) {
                if (++shown > kValuesMax) break;
                text += (text.empty() ? "" : ", ") + name + " " +
                        (value.is_string() ? "'" + value.get<std::string>() + "'" : to_text(value));
            }
            all.push_back(std::move(text));
        }
        return data::examples_text(all);
    }
    /// Says what is wrong with the rows that a query over `input` gives, and were counted: none is
    /// allowed.
    DataResult<void> none_of(Check& check, const std::string& select, const std::string& what) {
        if (check.failed == 0) return {};
        check.message = what + ", none is allowed" + SW_TRY(examples(select));
        return {};
    }
    [[nodiscard]] std::string of_rows(std::int64_t failed) const {
        return data::part_text(failed, rows_) + " rows (" + data::share_text(failed, rows_) + ")";
    }

    DataResult<void> duplicates(Check& check, const Json& argument) {
        const std::string by = data::quoted_list(SW_TRY(columns_of(argument, "keys")));
        check.name = check.name == check.kind ? "duplicates(" + by + ")" : check.name;
        const std::string select = "select " + by + ", count(*) as rows from input group by " + by +
                                   " having count(*) > 1 order by all";
        check.failed = SW_TRY(count(select));
        return none_of(check, select,
                       data::with_separators(check.failed) +
                           (check.failed == 1 ? " key of " : " keys of ") + by +
                           (check.failed == 1 ? " has" : " have") + " more than one row");
    }
    DataResult<void> not_null(Check& check, const Json& argument) {
        std::vector<std::string> conditions;
        const auto names = SW_TRY(columns_of(argument, "columns"));
        for (const auto& name : names)
            conditions.push_back(data::quote_identifier(name) + " is null");
        const std::string select = "select * from input where " + joined(conditions, " or ");
        check.failed = SW_TRY(count(select));
        return none_of(check, select,
                       of_rows(check.failed) + " have no value in " + joined(names, " or "));
    }
    DataResult<void> failing_rows(Check& check, const std::string& select) {
        check.failed = SW_TRY(count(select));
        return none_of(check, select, of_rows(check.failed) + " fail");
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
