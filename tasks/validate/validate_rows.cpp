#include <algorithm>

#include "tasks/support/sentences.hpp"
#include "tasks/validate/validate.hpp"

namespace stepwell::tasks::data {
namespace {

constexpr const char* kWhole = "_sw_fault is null";

/// The aggregates of the one scan, each asked for once.
class Counters {
public:
    std::size_t add(const std::string& expression) {
        const auto found = std::find(expressions_.begin(), expressions_.end(), expression);
        const auto index = static_cast<std::size_t>(found - expressions_.begin());
        if (found == expressions_.end()) expressions_.push_back(expression);
        return index;
    }
    std::size_t count_where(const std::string& condition) {
        return add("count(*) filter (where " + condition + ")");
    }
    DataResult<void> run(Connection& connection, const CheckedRows& rows) {
        std::string select;
        for (const auto& expression : expressions_) {
            select += (select.empty() ? "" : ", ") + expression;
        }
        Rows result = SW_TRY(
            connection.query("select " + select + " from " + rows.relation, rows.parameters));
        values_ = std::move(result.rows.at(0));
        return {};
    }
    [[nodiscard]] const Json& value(std::size_t index) const { return values_[index]; }
    [[nodiscard]] std::int64_t number(std::size_t index) const {
        return values_[index].is_number() ? values_[index].get<std::int64_t>() : 0;
    }

private:
    std::vector<std::string> expressions_;
    Row values_;
};

struct RowCounters {
    std::size_t failed = 0;
    std::size_t missing = 0;
    std::size_t considered = 0;
    std::size_t value = 0;
};

std::string condition_of(const Check& check) {
    return std::string(kWhole) + (check.where.empty() ? "" : " and (" + check.where + "\n)");
}

std::string missing_condition(const Check& check) {
    return std::string(kWhole) + " and " + quote_identifier(raw_name(check.column)) + " is null";
}

void set_status(Check& check) {
    if (!check.tolerance.is_exceeded(check.failed, check.evaluated)) return;
    check.status = check.severity == "error" ? "fail" : check.severity;
    const std::string what = check.column.empty() ? " rows " : " values ";
    check.message = part_text(check.failed, check.evaluated) + what + check.expected;
    const bool is_tolerant = check.tolerance.count > 0 || check.tolerance.share > 0;
    if (!is_tolerant) return;
    check.message += " (" + share_text(check.failed, check.evaluated) + "), at most " +
                     check.tolerance.display() + " allowed";
}

void judge_scalar(Validation& validation, Check& check, const Json& value) {
    const Verdict verdict = check.judge(value);
    if (const Json* metric = find(check.extra, "metric"); metric != nullptr && value.is_number()) {
        validation.metrics[metric->get<std::string>()] = value.get<double>();
    }
    if (!verdict.skipped.empty()) {
        check.skipped = verdict.skipped;
        check.status = "skipped";
        return;
    }
    check.extra["observed"] = verdict.observed;
    check.extra["expected"] = verdict.expected;
    if (verdict.is_passed) return;
    check.status = check.severity == "error" ? "fail" : check.severity;
    check.message = "expected " + verdict.expected + ", but it is " +
                    (verdict.observed.is_string() ? verdict.observed.get<std::string>()
                                                  : to_text(verdict.observed));
}

/// The rows among which a key must not come twice. Where one of them stays, it must not be a bad
/// one: those are left out that a check of single rows rejects.
std::string key_condition(const Validation& validation, const Check& check) {
    std::string condition = condition_of(check) + (check.keep == "none" ? "" : validation.sound);
    for (const auto& key : check.keys)
        condition += " and " + quote_identifier(key) + " is not null";
    return condition;
}

DataResult<void> count_duplicates(Validation& validation, Check& check) {
    const std::string keys = quoted_list(check.keys);
    const Rows result = SW_TRY(validation.connection->query(
        "select count(*), coalesce(sum(n), 0) from (select count(*) as n from " +
            validation.rows.relation + " where " + key_condition(validation, check) + " group by " +
            keys + " having count(*) > 1)",
        validation.rows.parameters));
    const auto groups = result.rows[0][0].get<std::int64_t>();
    const auto rows = result.rows[0][1].get<std::int64_t>();
    check.failed = check.keep == "none" ? rows : rows - groups;
    check.evaluated = check.keep == "none" || validation.sound.empty()
                          ? validation.read - validation.faults
                          : SW_TRY(validation.connection->query_integer(
                                "select count(*) from " + validation.rows.relation + " where " +
                                    kWhole + validation.sound,
                                validation.rows.parameters));
    check.extra["groups"] = groups;
    set_status(check);
    return {};
}

std::string with_input(const Validation& validation, const std::string& sql) {
    std::vector<std::string> names;
    for (const auto& column : validation.rows.columns) names.push_back(column.name);
    return "with input as (select " + quoted_list(names) + ", _sw_file, _sw_line from " +
           validation.rows.relation + " where " + kWhole + ") " + sql;
}

DataResult<void> count_failing_rows(Validation& validation, Check& check) {
    check.failed = SW_TRY(validation.connection->query_integer(
        with_input(validation, "select count(*) from (" + check.failing_rows + "\n) as failing"),
        validation.rows.parameters));
    check.evaluated = validation.read - validation.faults;
    const auto columns = SW_TRY(validation.connection->describe(
        with_input(validation, "select * from (" + check.failing_rows + "\n) as failing"),
        validation.rows.parameters));
    const auto has = [&](const char* name) {
        return std::any_of(columns.begin(), columns.end(),
                           [&](const Column& column) { return column.name == name; });
    };
    // Rows that can be told are set apart; others make the whole fail.
    if (has("_sw_file") && has("_sw_line")) check.extra["rejects"] = true;
    set_status(check);
    return {};
}

/// The checks of single rows must have been judged.
DataResult<void> run_set_checks(Validation& validation) {
    for (const auto& check : validation.checks) {
        if (check.is_row_check() && check.is_failing() && validation.parameters.on_fail != "warn")
            validation.sound += " and not (" + check.fails + ")";
    }
    for (auto& check : validation.checks) {
        if (!check.skipped.empty()) continue;
        if (!check.keys.empty()) SW_TRY(count_duplicates(validation, check));
        if (!check.failing_rows.empty()) SW_TRY(count_failing_rows(validation, check));
    }
    return {};
}

void add_structure_check(Validation& validation) {
    if (!validation.input.is_text) return;
    Check check;
    check.name = "structure";
    check.kind = "structure";
    check.failed = validation.faults;
    check.evaluated = validation.read;
    check.extra = {{"evaluated", validation.read}, {"failed", validation.faults}};
    if (validation.faults > 0) {
        check.status = "fail";
        check.message = part_text(validation.faults, validation.read) + " lines are broken";
    }
    validation.checks.insert(validation.checks.begin(), std::move(check));
}

}  // namespace

std::string failing_condition(const Check& check) {
    return "coalesce(" + condition_of(check) + " and not (" + check.ok + "), false)";
}

DataResult<void> run_checks(Validation& validation) {
    Counters counters;
    const std::size_t read = counters.add("count(*)");
    const std::size_t faults = counters.count_where("_sw_fault is not null");
    std::vector<RowCounters> places(validation.checks.size());
    for (std::size_t i = 0; i < validation.checks.size(); ++i) {
        const Check& check = validation.checks[i];
        if (!check.skipped.empty()) continue;
        if (check.is_row_check()) {
            places[i].failed = counters.count_where(check.fails);
            places[i].considered = counters.count_where(condition_of(check));
            if (!check.column.empty()) {
                places[i].missing = counters.count_where(missing_condition(check));
            }
        }
        if (!check.expression.empty() && check.where.empty()) {
            places[i].value = counters.add(check.expression);
        }
    }
    SW_TRY(counters.run(*validation.connection, validation.rows));
    validation.read = counters.number(read);
    validation.faults = counters.number(faults);
    validation.metrics["row_count"] = static_cast<double>(validation.read);
    for (std::size_t i = 0; i < validation.checks.size(); ++i) {
        Check& check = validation.checks[i];
        if (!check.skipped.empty()) {
            check.status = "skipped";
        } else if (check.is_row_check()) {
            check.failed = counters.number(places[i].failed);
            check.missing = check.column.empty() ? 0 : counters.number(places[i].missing);
            check.evaluated = counters.number(places[i].considered);
            if (!check.is_about_missing && check.where.empty()) check.evaluated -= check.missing;
            set_status(check);
        } else if (!check.expression.empty()) {
            const Json value =
                check.where.empty()
                    ? counters.value(places[i].value)
                    : SW_TRY(validation.connection->query_value(
                          "select " + check.expression + " from " + validation.rows.relation +
                              " where " + condition_of(check),
                          validation.rows.parameters));
            judge_scalar(validation, check, value);
        }
    }
    SW_TRY(run_set_checks(validation));
    add_structure_check(validation);
    return {};
}

namespace {

/// The rows of repeated keys that are to go.
std::string repeated_rows(const Validation& validation, const Check& check) {
    const std::string keys = quoted_list(check.keys);
    const std::string condition = key_condition(validation, check);
    const std::string order =
        (check.keep == "latest" ? "(" + check.order_by + "\n) desc, " : std::string()) +
        "_sw_file, _sw_line";
    return "select _sw_file, _sw_line, " + quote_literal(check.name) +
           " as reason from (select _sw_file, _sw_line, row_number() over (partition by " + keys +
           " order by " + order + ") as rank from " + validation.rows.relation + " where " +
           condition + " and (" + keys + ") in (select (" + keys + ") from " +
           validation.rows.relation + " where " + condition + " group by " + keys +
           " having count(*) > 1))" + (check.keep == "none" ? "" : " where rank > 1");
}

std::string reported_rows(const Validation& validation, const Check& check) {
    return with_input(validation, "select distinct _sw_file, _sw_line, " +
                                      quote_literal(check.name) + " as reason from (" +
                                      check.failing_rows + "\n) as failing");
}

}  // namespace

DataResult<void> reject_rows(Validation& validation) {
    auto& connection = *validation.connection;
    const bool is_lenient = validation.parameters.on_fail == "warn";
    std::string rejecting = "_sw_fault is not null";
    std::string reasons = "case when _sw_fault is not null then 'structure: ' || _sw_fault end";
    bool has_any = validation.faults > 0;
    bool has_sets = false;
    SW_TRY(
        connection.execute("create or replace temp table _sw_sets(_sw_file varchar, "
                           "_sw_line bigint, reason varchar)"));
    for (const auto& check : validation.checks) {
        if (!check.is_failing() || is_lenient) continue;
        if (check.is_row_check()) {
            rejecting += " or " + check.fails;
            reasons += ", case when " + check.fails + " then " + quote_literal(check.name) + " end";
            has_any = true;
        } else if (!check.keys.empty() || check.extra.contains("rejects")) {
            const std::string sql = check.keys.empty() ? reported_rows(validation, check)
                                                       : repeated_rows(validation, check);
            SW_TRY(connection.execute("insert into _sw_sets select * from (" + sql + ")",
                                      validation.rows.parameters));
            has_sets = true;
        }
    }
    if (!has_any && !has_sets) return {};
    if (has_sets) {
        // Rows are compared much faster by one number than by a pair.
        rejecting += validation.input.files.size() > 1
                         ? " or (_sw_file, _sw_line) in (select (_sw_file, _sw_line) from _sw_sets)"
                         : " or _sw_line in (select _sw_line from _sw_sets)";
    }
    validation.rejecting = rejecting;
    std::string columns;
    for (const auto& column : validation.rows.columns) {
        columns += quote_identifier(source_name(column.name)) + " as " +
                   quote_identifier(column.name) + ", ";
    }
    const std::string sets =
        has_sets ? "coalesce((select list(s.reason) from _sw_sets s where s._sw_file = "
                   "r._sw_file and s._sw_line = r._sw_line), [])"
                 : "[]::varchar[]";
    validation.rejected_table = "_sw_rejected";
    SW_TRY(connection.execute("create or replace temp table _sw_rejected as select " + columns +
                                  "_sw_raw, list_filter([" + reasons +
                                  "], lambda x: x is not null) || " + sets +
                                  " as _sw_reasons, _sw_file, _sw_line from " +
                                  validation.rows.relation + " as r where " + rejecting,
                              validation.rows.parameters));
    validation.rejected =
        SW_TRY(connection.query_integer("select count(*) from " + validation.rejected_table));
    return {};
}

}  // namespace stepwell::tasks::data
